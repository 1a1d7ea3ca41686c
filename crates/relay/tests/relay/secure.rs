//! A site that speaks TLS, and browsers that trust the relay's root.

use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use authority::{Authority, Root};
use bytes::{Bytes, BytesMut};
use h2::client::SendRequest;
use http::{HeaderMap, Request, Response};
use http1::{BodyDecoder, Piece, response};
use jiff::{Timestamp, ToSpan};
use model::Clock;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CipherSuite, ClientConfig, DigitallySignedStruct, DistinguishedName, RootCertStore,
    ServerConfig,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::task::TaskTracker;

use crate::exits::GoodExit;
use crate::world::{Answer, SOON, World};

pub(crate) use crate::site::Site;

/// What somebody offers in TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    Http1,
    /// HTTP/2, and HTTP/1.1 with those who do not.
    Both,
}

impl Speaks {
    pub(crate) fn protocols(self) -> Vec<Vec<u8>> {
        match self {
            Self::Http1 => vec![b"http/1.1".to_vec()],
            Self::Both => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
        }
    }
}

/// Exits that open tunnels.
pub(crate) async fn exits(count: usize) -> Vec<GoodExit> {
    let mut exits = Vec::new();
    for _ in 0..count {
        exits.push(GoodExit::new().await);
    }
    exits
}

fn trusting(root_pem: &str, speaks: Speaks) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(root_pem.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = speaks.protocols();
    config
}

/// What a client says first to whom it believes to be `name`.
pub(crate) fn hello(name: &str, world: &World) -> Vec<u8> {
    let config = Arc::new(trusting(&world.root_pem, Speaks::Both));
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut bytes = Vec::new();
    let mut connection = rustls::ClientConnection::new(config, name).unwrap();
    connection.write_tls(&mut bytes).unwrap();
    bytes
}

/// TLS as a client that trusts the relay's root.
pub(crate) async fn handshake_over<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    name: &str,
    world: &World,
    speaks: Speaks,
) -> io::Result<TlsStream<S>> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let config = Arc::new(trusting(&world.root_pem, speaks));
    let connecting = TlsConnector::from(config).connect(name, stream);
    timeout(SOON, connecting).await.expect("no handshake in time")
}

pub(crate) async fn handshake(
    socket: TcpStream,
    name: &str,
    world: &World,
    speaks: Speaks,
) -> io::Result<TlsStream<TcpStream>> {
    handshake_over(socket, name, world, speaks).await
}

/// TLS as a client that trusts the relay's root and offers these suites alone, in this order.
pub(crate) async fn offering(
    socket: TcpStream,
    name: &str,
    world: &World,
    suites: &[CipherSuite],
) -> TlsStream<TcpStream> {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    let place = |suite| suites.iter().position(|offered| *offered == suite);
    provider.cipher_suites.retain(|suite| place(suite.suite()).is_some());
    provider.cipher_suites.sort_by_key(|suite| place(suite.suite()));
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(world.root_pem.as_bytes()).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, socket);
    timeout(SOON, connecting).await.expect("no handshake in time").unwrap()
}

/// TLS as a client that trusts the site alone and has a certificate.
pub(crate) async fn with_certificate(
    socket: TcpStream,
    name: &str,
    site: &Site,
) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(site.root_pem().as_bytes()).unwrap()).unwrap();
    let own = Root::generate("client", now()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(own.key_pem().as_bytes()).unwrap();
    let config = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![own.certificate_der().clone()], key)
        .unwrap();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut session = TlsConnector::from(Arc::new(config)).connect(name, socket).await?;
    session.write_all(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").await?;
    assert!(session.read_u8().await? == b'H');
    Ok(session)
}

/// A client inside of a tunnel.
pub(crate) struct Browser {
    session: Session,
    url: String,
    authority: String,
    tracker: TaskTracker,
}

enum Session {
    Http1(Box<TlsStream<TcpStream>>, BytesMut),
    Http2(SendRequest<Bytes>),
}

impl Browser {
    pub(crate) async fn new(world: &World, site: &Site, speaks: Speaks) -> Self {
        Self::of(world, site, speaks, "demo").await
    }

    pub(crate) async fn of(world: &World, site: &Site, speaks: Speaks, username: &str) -> Self {
        use base64::Engine as _;
        let login = base64::engine::general_purpose::STANDARD.encode(format!("{username}:demo"));
        let (to, mut client) = (site.authority(), world.client().await);
        let head = format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n");
        client.send(format!("{head}Proxy-Authorization: Basic {login}\r\n\r\n")).await;
        assert_eq!(client.head().await.status, 200);
        let stream = handshake(client.socket, "127.0.0.1", world, speaks).await.unwrap();
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        let tracker = TaskTracker::new();
        let session = if is_http2 {
            let (send, driver) = h2::client::handshake(stream).await.unwrap();
            tracker.spawn(driver);
            Session::Http2(send)
        } else {
            Session::Http1(Box::new(stream), BytesMut::new())
        };
        Self { session, url: site.url(""), authority: to, tracker }
    }

    pub(crate) fn is_http2(&self) -> bool {
        assert!(!self.tracker.is_closed());
        matches!(self.session, Session::Http2(_))
    }

    pub(crate) async fn get(&mut self, path: &str) -> Response<Bytes> {
        let request = Request::get(format!("{}{path}", self.url)).body(()).unwrap();
        self.exchange(request, Bytes::new(), None).await.0
    }

    pub(crate) async fn post(&mut self, path: &str, body: &[u8]) -> Response<Bytes> {
        let request = Request::post(format!("{}{path}", self.url)).body(()).unwrap();
        self.exchange(request, Bytes::copy_from_slice(body), None).await.0
    }

    /// One request, and its answer with the trailers.
    pub(crate) async fn exchange(
        &mut self,
        request: Request<()>,
        body: Bytes,
        trailers: Option<HeaderMap>,
    ) -> (Response<Bytes>, Option<HeaderMap>) {
        let exchange = async {
            match &mut self.session {
                Session::Http2(send) => over_http2(send, request, body, trailers).await,
                Session::Http1(stream, input) => {
                    (over_http1(stream, input, (request, &self.authority), body).await, None)
                }
            }
        };
        timeout(SOON, exchange).await.expect("no answer in time")
    }

    fn http1(&mut self) -> (&mut TlsStream<TcpStream>, &mut BytesMut) {
        match &mut self.session {
            Session::Http1(stream, input) => (stream, input),
            Session::Http2(_) => panic!("not HTTP/1.1"),
        }
    }

    /// The head that is answered to these bytes.
    pub(crate) async fn raw(&mut self, request: &str) -> Answer {
        let (stream, input) = self.http1();
        stream.write_all(request.as_bytes()).await.unwrap();
        let head = head(stream, input).await;
        let mut text = format!("HTTP/1.1 {}\r\n", head.status());
        for (name, value) in head.fields().iter() {
            let (name, value) = (String::from_utf8_lossy(name), String::from_utf8_lossy(value));
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        Answer { status: head.status(), head: text, body: Vec::new() }
    }

    /// What comes back on a connection that is no longer HTTP.
    pub(crate) async fn echoed(&mut self, bytes: &[u8]) -> Vec<u8> {
        let (stream, input) = self.http1();
        stream.write_all(bytes).await.unwrap();
        while input.len() < bytes.len() {
            assert!(timeout(SOON, stream.read_buf(input)).await.unwrap().unwrap() > 0);
        }
        input.to_vec()
    }

    /// The first bytes of a body that goes on for ever.
    pub(crate) async fn first_piece(&mut self, path: &str) -> Vec<u8> {
        let request = Request::get(format!("{}{path}", self.url)).body(()).unwrap();
        match &mut self.session {
            Session::Http2(send) => {
                let (answer, _) = send.send_request(request, true).unwrap();
                answer.await.unwrap().into_body().data().await.unwrap().unwrap().to_vec()
            }
            Session::Http1(stream, input) => {
                write_head(stream, &request, (&self.authority, 0)).await;
                let head = head(stream, input).await;
                let mut decoder = BodyDecoder::new(head.framing("GET").unwrap());
                let mut piece = decoder.decode(input).unwrap();
                while piece.is_none() {
                    assert!(stream.read_buf(input).await.unwrap() > 0);
                    piece = decoder.decode(input).unwrap();
                }
                let Some(Piece::Data(data)) = piece else { panic!("no data") };
                data.to_vec()
            }
        }
    }

    /// Asks and takes it back, over and over; the reason for which the connection ends.
    pub(crate) async fn reset_streams(&mut self, count: usize) -> Option<h2::Reason> {
        let Session::Http2(send) = &mut self.session else { panic!("not HTTP/2") };
        for _ in 0..count {
            let request = Request::get(format!("{}/events", self.url)).body(()).unwrap();
            let mut ready = match send.clone().ready().await {
                Ok(ready) => ready,
                Err(error) => return error.reason(),
            };
            match ready.send_request(request, true) {
                Ok((_, mut stream)) => stream.send_reset(h2::Reason::CANCEL),
                Err(error) => return error.reason(),
            }
        }
        let ended = async {
            let mut ready = send.clone().ready().await;
            while ready.is_ok() {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
                ready = send.clone().ready().await;
            }
            ready.err().and_then(|error| error.reason())
        };
        timeout(SOON, ended).await.expect("nobody minds")
    }
}

async fn over_http2(
    send: &mut SendRequest<Bytes>,
    request: Request<()>,
    body: Bytes,
    trailers: Option<HeaderMap>,
) -> (Response<Bytes>, Option<HeaderMap>) {
    *send = send.clone().ready().await.unwrap();
    let is_bare = body.is_empty() && trailers.is_none();
    let (answer, mut stream) = send.send_request(request, is_bare).unwrap();
    if !is_bare {
        stream.send_data(body, trailers.is_none()).unwrap();
    }
    if let Some(trailers) = trailers {
        stream.send_trailers(trailers).unwrap();
    }
    let (head, mut stream) = answer.await.unwrap().into_parts();
    let mut whole = BytesMut::new();
    while let Some(data) = stream.data().await {
        let data = data.unwrap();
        stream.flow_control().release_capacity(data.len()).unwrap();
        whole.extend_from_slice(&data);
    }
    let trailers = stream.trailers().await.unwrap();
    (Response::from_parts(head, whole.freeze()), trailers)
}

async fn write_head(
    stream: &mut TlsStream<TcpStream>,
    request: &Request<()>,
    (host, length): (&str, usize),
) {
    let (method, path) = (request.method(), request.uri().path());
    let framing =
        if method == "POST" { format!("Content-Length: {length}\r\n") } else { String::new() };
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\n{framing}\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
}

async fn over_http1(
    stream: &mut TlsStream<TcpStream>,
    input: &mut BytesMut,
    (request, host): (Request<()>, &str),
    body: Bytes,
) -> Response<Bytes> {
    write_head(stream, &request, (host, body.len())).await;
    stream.write_all(&body).await.unwrap();
    let head = head(stream, input).await;
    let mut answer = Response::builder().status(head.status());
    for (name, value) in head.fields().iter() {
        answer = answer.header(name, value);
    }
    let mut decoder = BodyDecoder::new(head.framing(request.method().as_str()).unwrap());
    let mut whole = BytesMut::new();
    loop {
        match decoder.decode(input).unwrap() {
            Some(Piece::Data(data)) => whole.extend_from_slice(&data),
            Some(Piece::End) => return answer.body(whole.freeze()).unwrap(),
            None if stream.read_buf(input).await.unwrap() > 0 => {}
            None => decoder.end_of_stream().unwrap(),
        }
    }
}

async fn head(stream: &mut TlsStream<TcpStream>, input: &mut BytesMut) -> http1::ResponseHead {
    let limits = http1::Limits::default();
    loop {
        if !input.is_empty()
            && let Some(head) = response::parse(input, &limits).unwrap()
        {
            return head;
        }
        let read = timeout(SOON, stream.read_buf(input)).await.expect("no answer in time");
        assert!(read.unwrap() > 0, "the connection ended too early");
    }
}

/// Lets in whoever has any certificate, and nobody without.
#[derive(Debug)]
pub(crate) struct AnyCertificate;

impl ClientCertVerifier for AnyCertificate {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        provider.signature_verification_algorithms.supported_schemes()
    }
}

/// TLS for a site of that name, at that time.
pub(crate) fn server_config(
    root: Root,
    name: &str,
    (now, speaks): (Timestamp, Speaks),
    wants_certificate: bool,
) -> ServerConfig {
    let authority = Authority::new(root, move || now).unwrap();
    let base = authority.server_config(&[name.to_owned()]).unwrap();
    let mut config = if wants_certificate {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(Arc::new(AnyCertificate))
            .with_cert_resolver(Arc::clone(&base.cert_resolver))
    } else {
        (*base).clone()
    };
    config.alpn_protocols = speaks.protocols();
    config
}

/// The time.
pub(crate) fn now() -> Timestamp {
    Clock::system().now()
}

/// A time long ago.
pub(crate) fn long_ago() -> Timestamp {
    now() - (400 * 24).hours()
}
