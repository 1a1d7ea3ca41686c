//! Exits: an honest one, which is this very relay dialling directly, and ones that misbehave.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use model::proxy::{Endpoint, Protocol};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::world::{Client, SOON, World, endpoint, project, with_login};

/// What a bad exit does with a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// Accepts, and never says a word.
    Hang,
    /// Accepts, and closes.
    Close,
    /// Reads something, and answers this status.
    Answer(u16),
    /// Reads something, and answers what no protocol knows.
    Garbage,
    /// Reads this many bytes behind the head, and closes.
    Swallow(usize),
}

/// An exit that misbehaves.
pub(crate) struct BadExit {
    pub(crate) endpoint: Endpoint,
    pub(crate) connections: Arc<AtomicUsize>,
    tracker: TaskTracker,
}

impl BadExit {
    pub(crate) async fn new(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = endpoint(Protocol::Http, listener.local_addr().unwrap());
        let connections = Arc::new(AtomicUsize::new(0));
        let tracker = TaskTracker::new();
        let (counted, tasks) = (Arc::clone(&connections), tracker.clone());
        tracker.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                tasks.spawn(behave(socket, behaviour));
            }
        });
        Self { endpoint, connections, tracker }
    }

    pub(crate) fn connections(&self) -> usize {
        assert!(!self.tracker.is_closed());
        self.connections.load(Ordering::Relaxed)
    }
}

async fn behave(mut socket: TcpStream, behaviour: Behaviour) {
    let mut buffer = [0; 4096];
    match behaviour {
        Behaviour::Close => {}
        Behaviour::Hang => {
            while matches!(socket.read(&mut buffer).await, Ok(1..)) {}
            tokio::time::sleep(Duration::from_secs(30)).await;
        }
        Behaviour::Answer(status) => {
            let _ = socket.read(&mut buffer).await;
            let answer = format!(
                "HTTP/1.1 {status} Because\r\nContent-Length: 4\r\n\
                 Proxy-Authenticate: Basic realm=\"inner\"\r\n\r\noops"
            );
            let _ = socket.write_all(answer.as_bytes()).await;
        }
        Behaviour::Garbage => {
            let _ = socket.read(&mut buffer).await;
            let _ = socket.write_all(b"\x16\x03\x01 what?\r\n\r\n").await;
        }
        Behaviour::Swallow(count) => {
            let mut seen = Vec::new();
            while let Ok(read @ 1..) = socket.read(&mut buffer).await {
                seen.extend_from_slice(&buffer[..read]);
                let head = seen.windows(4).position(|window| window == b"\r\n\r\n");
                if head.is_some_and(|head| seen.len() >= head + 4 + count) {
                    break;
                }
            }
        }
    }
}

/// An exit whose every byte is the test's.
pub(crate) struct RawExit {
    pub(crate) endpoint: Endpoint,
    listener: TcpListener,
}

impl RawExit {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        Self { endpoint: endpoint(Protocol::Http, listener.local_addr().unwrap()), listener }
    }

    /// The next connection; `head` reads what it is asked, `send` answers.
    pub(crate) async fn accept(&self) -> Client {
        let accepted = timeout(SOON, self.listener.accept()).await;
        Client::new(accepted.expect("nobody came to the exit").unwrap().0)
    }
}

/// An address where nobody listens.
pub(crate) async fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// An honest exit: the relay itself, in front of targets instead of exits. Logs in `demo:demo`.
pub(crate) struct GoodExit {
    pub(crate) world: World,
}

impl GoodExit {
    pub(crate) async fn new() -> Self {
        Self { world: World::new(project(), Vec::new()).await }
    }

    pub(crate) fn http(&self) -> Endpoint {
        with_login(endpoint(Protocol::Http, self.world.address), "demo", "demo")
    }

    pub(crate) fn socks5(&self) -> Endpoint {
        with_login(endpoint(Protocol::Socks5, self.world.address), "demo", "demo")
    }

    pub(crate) fn socks4(&self) -> Endpoint {
        with_login(endpoint(Protocol::Socks4, self.world.address), "demo:demo", "")
    }
}
