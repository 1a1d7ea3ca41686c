//! A target that speaks TLS, with HTTP/1.1 and HTTP/2.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use authority::Root;
use bytes::{Bytes, BytesMut};
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::{Request, Response};
use http1::{BodyDecoder, Piece, request};
use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::task::TaskTracker;

use crate::secure::{Speaks, long_ago, now, server_config};

type Tls = TlsStream<TcpStream>;

/// A site. What it answers depends on the path.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    root_pem: String,
    state: Arc<State>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) requests: AtomicUsize,
    /// Streams that clients have taken back.
    pub(crate) resets: AtomicUsize,
    pub(crate) connections: AtomicUsize,
    pub(crate) released: Notify,
    tracker: TaskTracker,
    /// What it answers to the first request, the second one and so on, instead of what it should.
    pub(crate) scripts: Vec<&'static str>,
}

impl Site {
    pub(crate) async fn new(speaks: Speaks) -> Self {
        Self::with("127.0.0.1", (now(), speaks), false).await
    }

    pub(crate) async fn new_for(name: &str) -> Self {
        Self::with(name, (now(), Speaks::Both), false).await
    }

    pub(crate) async fn expired() -> Self {
        Self::with("127.0.0.1", (long_ago(), Speaks::Both), false).await
    }

    /// A site whose certificate is its own root.
    pub(crate) async fn self_signed() -> Self {
        let root = Root::generate("127.0.0.1", now()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(root.key_pem().as_bytes()).unwrap();
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![root.certificate_der().clone()], key)
            .unwrap();
        Self::listening(config, root.certificate_pem(), State::default()).await
    }

    pub(crate) async fn wanting_certificates(speaks: Speaks) -> Self {
        Self::with("127.0.0.1", (now(), speaks), true).await
    }

    /// A site that speaks HTTP/2 by these scripts, the last one again and again.
    pub(crate) async fn rogue(scripts: &[&'static str]) -> Self {
        let state = State { scripts: scripts.to_vec(), ..State::default() };
        Self::serving("127.0.0.1", (now(), Speaks::Both), (false, state)).await
    }

    async fn with(name: &str, (now, speaks): (Timestamp, Speaks), wants: bool) -> Self {
        Self::serving(name, (now, speaks), (wants, State::default())).await
    }

    async fn serving(
        name: &str,
        (now, speaks): (Timestamp, Speaks),
        (wants, state): (bool, State),
    ) -> Self {
        let root = Root::generate("site", long_ago()).unwrap();
        let root_pem = root.certificate_pem();
        let config = server_config(root, name, (now, speaks), wants);
        Self::listening(config, root_pem, state).await
    }

    async fn listening(config: ServerConfig, root_pem: String, state: State) -> Self {
        let config = Arc::new(config);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(state);
        let shared = Arc::clone(&state);
        state.tracker.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let (acceptor, state) =
                    (TlsAcceptor::from(Arc::clone(&config)), Arc::clone(&shared));
                shared.tracker.spawn(greet(acceptor, socket, state));
            }
        });
        Self { address, root_pem, state }
    }

    pub(crate) fn root_pem(&self) -> String {
        self.root_pem.clone()
    }

    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// Requests that have arrived.
    pub(crate) fn requests(&self) -> usize {
        self.state.requests.load(Ordering::Relaxed)
    }

    /// Streams that have been taken back.
    pub(crate) fn resets(&self) -> usize {
        self.state.resets.load(Ordering::Relaxed)
    }

    /// Connections that have been opened.
    pub(crate) fn connections(&self) -> usize {
        self.state.connections.load(Ordering::Relaxed)
    }

    /// Lets answers end that have not.
    pub(crate) fn release(&self) {
        self.state.released.notify_waiters();
    }
}

async fn greet(acceptor: TlsAcceptor, socket: TcpStream, state: Arc<State>) {
    let Ok(session) = acceptor.accept(socket).await else { return };
    state.connections.fetch_add(1, Ordering::Relaxed);
    if !state.scripts.is_empty() {
        crate::rogue::serve(session, &state).await;
    } else if session.get_ref().1.alpn_protocol() == Some(b"h2") {
        serve_http2(session, &state).await;
    } else {
        serve_http1(session, &state).await;
    }
}

async fn serve_http2(session: Tls, state: &Arc<State>) {
    let Ok(mut streams) = h2::server::handshake(session).await else { return };
    while let Some(Ok((request, respond))) = streams.accept().await {
        state.requests.fetch_add(1, Ordering::Relaxed);
        let shared = Arc::clone(state);
        state.tracker.spawn(async move { answer(request, respond, &shared).await });
    }
}

async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    state: &State,
) -> Option<()> {
    let (head, mut body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let mut content = BytesMut::new();
    while let Some(Ok(data)) = body.data().await {
        let _ = body.flow_control().release_capacity(data.len());
        content.extend_from_slice(&data);
    }
    let trailers = body.trailers().await.ok()?;
    let mut answer = Response::builder().header("x-spoken", "2");
    answer = match path.as_str() {
        "/hello" | "/echo" | "/events" => answer,
        "/grpc" => answer.header("x-te", head.headers.get("te")?),
        _ => answer.status(404),
    };
    let mut stream = respond.send_response(answer.body(()).ok()?, false).ok()?;
    match path.as_str() {
        "/hello" => send(&mut stream, Bytes::from("hello")).await?,
        "/events" => {
            stream.send_data(Bytes::from("data: 1\n\n"), false).ok()?;
            state.released.notified().await;
        }
        _ => send(&mut stream, content.freeze()).await?,
    }
    match trailers {
        Some(trailers) => stream.send_trailers(trailers).ok(),
        None => stream.send_data(Bytes::new(), true).ok(),
    }
}

async fn send(stream: &mut SendStream<Bytes>, mut content: Bytes) -> Option<()> {
    while !content.is_empty() {
        stream.reserve_capacity(content.len());
        let room = std::future::poll_fn(|cx| stream.poll_capacity(cx)).await?.ok()?;
        let piece = content.split_to(room.min(content.len()));
        stream.send_data(piece, false).ok()?;
    }
    Some(())
}

async fn serve_http1(mut session: Tls, state: &State) {
    let mut input = BytesMut::new();
    while serve_one(&mut session, &mut input, state).await.is_some() {}
    let _ = session.shutdown().await;
}

async fn serve_one(session: &mut Tls, input: &mut BytesMut, state: &State) -> Option<()> {
    let head = loop {
        if let Some(head) = request::parse(input, &http1::Limits::default()).ok()? {
            break head;
        }
        if session.read_buf(input).await.ok()? == 0 {
            return None;
        }
    };
    state.requests.fetch_add(1, Ordering::Relaxed);
    let is_head = head.method() == "HEAD";
    let mut decoder = BodyDecoder::new(head.framing().ok()?);
    let mut content = BytesMut::new();
    loop {
        match decoder.decode(input).ok()? {
            Some(Piece::Data(data)) => content.extend_from_slice(&data),
            Some(Piece::End) => break,
            None if session.read_buf(input).await.ok()? == 0 => return None,
            None => {}
        }
    }
    match head.target() {
        "/hello" => write(session, (200, is_head), b"hello").await,
        "/echo" => write(session, (200, is_head), &content).await,
        // It ends the connection without having said that it will.
        "/bye" => {
            write(session, (200, is_head), b"bye").await?;
            None
        }
        "/events" => {
            let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n";
            session.write_all(head.as_bytes()).await.ok()?;
            state.released.notified().await;
            session.write_all(b"0\r\n\r\n").await.ok()
        }
        "/endless" => {
            let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
            session.write_all(head).await.ok()?;
            while session.write_all(&[7; 16_384]).await.is_ok() {}
            None
        }
        "/gzip" => {
            let (fields, length) = ("Content-Encoding: gzip\r\nContent-Length:", content.len());
            let head = format!("HTTP/1.1 200 OK\r\n{fields} {length}\r\n\r\n");
            session.write_all(head.as_bytes()).await.ok()?;
            session.write_all(&content).await.ok()
        }
        "/socket" => {
            let head =
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: upgrade\r\n\r\n";
            session.write_all(head.as_bytes()).await.ok()?;
            let (mut reads, mut writes) = tokio::io::split(session);
            tokio::io::copy(&mut reads, &mut writes).await.ok()?;
            None
        }
        _ => write(session, (404, is_head), b"").await,
    }
}

async fn write(session: &mut Tls, (status, is_head): (u16, bool), content: &[u8]) -> Option<()> {
    let length = content.len();
    let head = format!("HTTP/1.1 {status} X\r\nX-Spoken: 1\r\nContent-Length: {length}\r\n\r\n");
    session.write_all(head.as_bytes()).await.ok()?;
    if is_head { Some(()) } else { session.write_all(content).await.ok() }
}
