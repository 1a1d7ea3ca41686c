//! What exits answer, byte for byte, to a real dialer over loopback: SOCKS4, SOCKS5 and CONNECT.
//!
//! The first byte chooses what is spoken: `4`, `5`, `l` (SOCKS5 with a login), `h` (HTTP). The rest
//! is the exit's. A tunnel opens exactly when a second reader of the same bytes says so, and
//! everything behind the reply belongs to the target.
#![no_main]

use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::sync::{Arc, LazyLock};

use dial::{Dialer, How, Settings, TlsTrust};
use libfuzzer_sys::{Corpus, fuzz_target};
use model::connector::ResolveAt;
use model::proxy::{Endpoint, Login, Protocol};
use model::target::{Host, Target};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};

/// More than a head may have; what is longer would need a writer of its own.
const MOST: usize = 100_000;

static DIALER: LazyLock<Dialer> =
    LazyLock::new(|| Dialer::new(Settings::default()).expect("a dialer"));
static HOW: LazyLock<How> = LazyLock::new(|| How {
    resolve: ResolveAt::Exit,
    tls: TlsTrust::new(None).expect("certificates"),
    source_address: None,
    allow_targets: Arc::from([]),
});

thread_local! {
    static EXIT: RefCell<(Runtime, Option<TcpListener>)> = RefCell::new((
        Builder::new_current_thread().enable_all().build().expect("a runtime"),
        None,
    ));
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    let Some((kind, answer)) = bytes.split_first().filter(|_| bytes.len() < MOST) else {
        return Corpus::Reject;
    };
    let (protocol, has_login, expected) = match kind {
        b'4' => (Protocol::Socks4, false, socks4(answer)),
        b'5' => (Protocol::Socks5, false, socks5(answer, false)),
        b'l' => (Protocol::Socks5, true, socks5(answer, true)),
        b'h' => (Protocol::Http, true, connect(answer)),
        _ => return Corpus::Reject,
    };
    EXIT.with_borrow_mut(|(runtime, listener)| {
        let opened = runtime.block_on(dial(listener, protocol, has_login, answer));
        assert_eq!(opened.as_deref(), expected, "{protocol}");
    });
    Corpus::Keep
});

/// What the target said through the tunnel; `None`: there was no tunnel.
async fn dial(
    listener: &mut Option<TcpListener>,
    protocol: Protocol,
    has_login: bool,
    answer: &[u8],
) -> Option<Vec<u8>> {
    if listener.is_none() {
        *listener = Some(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port"));
    }
    let listener = listener.as_ref()?;
    let login = Arc::new(Login { username: "u".to_owned(), password: "p".to_owned().into() });
    let endpoint = Endpoint {
        protocol,
        host: Host::Ip(Ipv4Addr::LOCALHOST.into()),
        port: listener.local_addr().expect("an address").port(),
        login: has_login.then_some(login),
    };
    let target = Target { host: Host::Name("target.test".into()), port: 443 };
    let client = async {
        let mut stream = DIALER.tunnel(&endpoint, &HOW, &target).await.ok()?;
        let mut said = Vec::new();
        stream.read_to_end(&mut said).await.expect("a whole stream");
        Some(said)
    };
    let (opened, _exit) = tokio::join!(client, exit(listener, answer));
    opened
}

/// Says all it has to say, whatever it is asked.
async fn exit(listener: &TcpListener, answer: &[u8]) -> TcpStream {
    let (mut socket, _) = listener.accept().await.expect("a client");
    // A dialer that has heard enough hangs up.
    let _ = socket.write_all(answer).await;
    let _ = socket.shutdown().await;
    socket
}

// === the second reader ===

fn socks4(answer: &[u8]) -> Option<&[u8]> {
    match answer {
        [0 | 4, 90, _, _, _, _, _, _, said @ ..] => Some(said),
        _ => None,
    }
}

fn socks5(answer: &[u8], with_login: bool) -> Option<&[u8]> {
    let reply = match (answer, with_login) {
        ([5, 0, reply @ ..], false) | ([5, 2, 1 | 5, 0, reply @ ..], true) => reply,
        _ => return None,
    };
    let (length, address) = match reply {
        [5, 0, _, 1, address @ ..] => (4, address),
        [5, 0, _, 4, address @ ..] => (16, address),
        [5, 0, _, 3, length, address @ ..] => (usize::from(*length), address),
        _ => return None,
    };
    address.get(length + 2..)
}

/// The first answer that is not informational, by `httparse`; strict where we are.
fn connect(mut answer: &[u8]) -> Option<&[u8]> {
    for _ in 0..=10 {
        let length = head(answer)?;
        let mut fields = [httparse::EMPTY_HEADER; 100];
        let mut head = httparse::Response::new(&mut fields);
        let parsed = head.parse(&answer[..length]).ok()?;
        assert_eq!(parsed, httparse::Status::Complete(length), "another end of the same head");
        answer = &answer[length..];
        match head.code? {
            200..=299 => return Some(answer),
            101 | 200.. => return None,
            _ => {}
        }
    }
    None
}

/// The length of a head that we take.
fn head(answer: &[u8]) -> Option<usize> {
    let mut buffer = bytes::BytesMut::from(answer);
    let head = http1::response::parse(&mut buffer, &http1::Limits::default()).ok()??;
    let length = answer.len() - buffer.len();
    (head.status() < 1000).then_some(length)
}
