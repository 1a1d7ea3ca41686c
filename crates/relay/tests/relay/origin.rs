//! A target that remembers every byte it was sent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

use crate::world::SOON;

/// A target. What it answers depends on the path.
pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
    tracker: TaskTracker,
}

impl Origin {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tracker = TaskTracker::new();
        let (log, tasks) = (Arc::clone(&seen), tracker.clone());
        tracker.spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                log.lock().push(Vec::new());
                let number = log.lock().len() - 1;
                tasks.spawn(serve(socket, number, Arc::clone(&log)));
            }
        });
        Self { address, seen, tracker }
    }

    /// The bytes that each connection brought, in the order of their coming.
    pub(crate) fn connections(&self) -> Vec<String> {
        assert!(!self.tracker.is_closed());
        self.seen.lock().iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    /// How often a request with this path has arrived.
    pub(crate) fn arrivals(&self, path: &str) -> usize {
        let line = format!(" {path} HTTP/1.1\r\n");
        self.connections().iter().map(|bytes| bytes.matches(&line).count()).sum()
    }

    /// Waits until a request with this path has arrived.
    pub(crate) async fn arrival(&self, path: &str) {
        let arrived = async {
            while self.arrivals(path) == 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(SOON, arrived).await.expect("the request never arrived");
    }
}

async fn serve(mut socket: TcpStream, number: usize, log: Arc<Mutex<Vec<Vec<u8>>>>) {
    let mut pending = Vec::new();
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = socket.read(&mut buffer).await {
        log.lock()[number].extend_from_slice(&buffer[..read]);
        pending.extend_from_slice(&buffer[..read]);
        while let Some((path, length)) = request(&pending) {
            pending.drain(..length);
            if !answer(&mut socket, &path).await {
                return;
            }
        }
    }
}

/// The path and the whole length of the first request, once it is there.
fn request(bytes: &[u8]) -> Option<(String, usize)> {
    let head = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let path = text.split(' ').nth(1)?.to_owned();
    if path == "/early" {
        return Some((path, head));
    }
    if text.contains("transfer-encoding: chunked") {
        let end = bytes[head..].windows(5).position(|window| window == b"0\r\n\r\n")?;
        return Some((path, head + end + 5));
    }
    let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
    let length: usize = length.map_or(0, |length| length.parse().unwrap());
    (bytes.len() >= head + length).then_some((path, head + length))
}

/// Answers; whether the connection goes on.
async fn answer(socket: &mut TcpStream, path: &str) -> bool {
    let (bytes, goes_on): (Vec<u8>, bool) = match path {
        "/chunked" => (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n\
              5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX: y\r\n\r\n"
                .to_vec(),
            true,
        ),
        "/until-close" => (b"HTTP/1.1 200 OK\r\n\r\nall of it".to_vec(), false),
        "/half" => (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_vec(), false),
        "/two-lengths" => (
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!".to_vec(),
            true,
        ),
        "/not-modified" => {
            (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\nETag: x\r\n\r\n".to_vec(), true)
        }
        "/no-content-of-a-length" => {
            (b"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n".to_vec(), true)
        }
        "/no-content" => (b"HTTP/1.1 204 No Content\r\n\r\n".to_vec(), true),
        "/continue" => (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec(),
            true,
        ),
        "/upgrade" => {
            let head = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\
                         Connection: Upgrade\r\n\r\n";
            let _ = socket.write_all(head).await;
            let (mut reader, mut writer) = socket.split();
            let _ = tokio::io::copy(&mut reader, &mut writer).await;
            return false;
        }
        "/garbage" => (b"what?\r\n\r\n".to_vec(), false),
        "/nothing" => (Vec::new(), false),
        "/login" => (
            b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n".to_vec(),
            true,
        ),
        "/forbidden" => (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno!".to_vec(), true),
        "/fields" => (
            b"HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\
              Keep-Alive: timeout=5\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n\
              Octoprox-Exit: forged\r\n\r\nok"
                .to_vec(),
            true,
        ),
        "/silent" => {
            std::future::pending::<()>().await;
            return false;
        }
        "/head" => (b"HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n".to_vec(), true),
        path => {
            let body = format!("you asked for {path}");
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
            ((head + &body).into_bytes(), true)
        }
    };
    socket.write_all(&bytes).await.is_ok() && goes_on
}
