//! What it costs to relay: a client, the relay and an exit on one thread, over sockets. Client and
//! exit do as little as they can; what they cost is counted too.

use std::net::SocketAddr;
use std::sync::Arc;

use capture::Recorder;
use dial::Dialer;
use model::proxy::{Endpoint, Protocol};
use model::{Clock, Host};
use relay::{Parts, Pressure, Relay, Settings};
use rotation::{Ledger, Roster, Sessions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::rows;

const GET: &[u8] = b"\
GET http://target.test/page?number=17 HTTP/1.1\r\n\
Host: target.test\r\n\
Proxy-Authorization: Basic ZGVtbzpkZW1v\r\n\
User-Agent: curl/8.5.0\r\n\
Accept: */*\r\n\
Accept-Encoding: gzip, deflate\r\n\
Proxy-Connection: keep-alive\r\n\
\r\n";

const CONNECT: &[u8] = b"\
CONNECT target.test:443 HTTP/1.1\r\n\
Host: target.test:443\r\n\
Proxy-Authorization: Basic ZGVtbzpkZW1v\r\n\
User-Agent: curl/8.5.0\r\n\
Proxy-Connection: keep-alive\r\n\
\r\n";

const ANSWER: &[u8] = b"\
HTTP/1.1 200 OK\r\n\
Date: Mon, 01 Jun 2026 08:00:00 GMT\r\n\
Content-Type: text/plain\r\n\
Content-Length: 5\r\n\
Cache-Control: max-age=600\r\n\
\r\n\
hello";

const OPEN: &[u8] = b"HTTP/1.1 200 OK\r\n\r\n";

/// Requests one after another on one connection, through a kept connection to the exit.
pub(crate) fn requests(times: u32) {
    with_relay(async |relay| {
        let mut client = TcpStream::connect(relay).await.expect("it listens");
        for _ in 0..times {
            ask(&mut client, GET, b"hello").await;
        }
    });
}

/// Tunnels, each with a connection of its own and one question in it.
pub(crate) fn tunnels(times: u32) {
    with_relay(async |relay| {
        for _ in 0..times {
            let mut client = TcpStream::connect(relay).await.expect("it listens");
            ask(&mut client, CONNECT, b"\r\n\r\n").await;
            ask(&mut client, b"GET / HTTP/1.1\r\n\r\n", b"hello").await;
            client.shutdown().await.expect("it is open");
            let rest = client.read(&mut [0]).await.expect("it ends well");
            assert_eq!(rest, 0, "nobody has anything to say");
        }
    });
}

/// Sends a question and reads the answer, which ends like that.
async fn ask(client: &mut TcpStream, question: &[u8], end: &[u8]) {
    client.write_all(question).await.expect("it is open");
    let (mut answer, mut length) = ([0; 1024], 0);
    while !answer[..length].ends_with(end) {
        let read = client.read(&mut answer[length..]).await.expect("it is open");
        assert!(read > 0, "the relay hung up");
        length += read;
    }
    let is_good = answer.starts_with(b"HTTP/1.1 200 ");
    assert!(is_good, "{}", String::from_utf8_lossy(&answer[..length]));
}

/// Runs `client` on a thread with a relay and an exit.
fn with_relay(client: impl AsyncFnOnce(SocketAddr)) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime can be made").block_on(async {
        let tracker = TaskTracker::new();
        let exit = listen().await;
        let endpoint = endpoint(exit.local_addr().expect("it listens"));
        tracker.spawn(serve_exit(exit, tracker.clone()));
        let (parts, held) = parts(endpoint, &tracker);
        let listener = listen().await;
        let address = listener.local_addr().expect("it listens");
        let relay = Relay::for_cores(&parts, 1).remove(0);
        tracker.spawn(relay::listener::serve(listener, relay));
        client(address).await;
        drop(held);
    });
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("there is a free port")
}

fn endpoint(address: SocketAddr) -> Endpoint {
    let (host, port) = (Host::Ip(address.ip()), address.port());
    Endpoint { protocol: Protocol::Http, host, port, login: None }
}

/// An exit that is also every target.
async fn serve_exit(listener: TcpListener, tracker: TaskTracker) {
    while let Ok((socket, _)) = listener.accept().await {
        tracker.spawn(answer(socket));
    }
}

async fn answer(mut socket: TcpStream) {
    let mut question = [0; 1024];
    while let Ok(1..) = socket.read(&mut question).await {
        let answer = if question.starts_with(b"CONNECT ") { OPEN } else { ANSWER };
        socket.write_all(answer).await.expect("the relay listens");
    }
}

/// The other ends of what a relay is given: they must not go before it does.
type Held = (watch::Sender<Arc<Roster>>, watch::Sender<bool>);

/// What a relay with this exit is made of. Exchanges are taken and thrown away.
fn parts(exit: Endpoint, tracker: &TaskTracker) -> (Parts, Held) {
    let rows = rows::configuration(1, vec![exit]);
    let roster = Roster::build(rows, &Roster::empty(), &Ledger::default(), Instant::now());
    let (roster_out, roster) = watch::channel(Arc::new(roster));
    let (ready_out, ready) = watch::channel(true);
    let (exchanges, mut taken) = mpsc::channel(1024);
    tracker.spawn(async move { while taken.recv().await.is_some() {} });
    let parts = Parts {
        settings: Settings::default(),
        roster,
        dialer: Dialer::new(dial::Settings::default()).expect("TLS can be set up"),
        sessions: Arc::new(Sessions::default()),
        login_key: rows::key(),
        clock: Clock::system(),
        tls: None,
        exchanges,
        tracker: tracker.clone(),
        soft: CancellationToken::new(),
        hard: CancellationToken::new(),
        ready,
        pressure: Pressure::default(),
        recorder: Arc::new(Recorder::new(capture::Limits::default(), Clock::system().now())),
    };
    (parts, (roster_out, ready_out))
}
