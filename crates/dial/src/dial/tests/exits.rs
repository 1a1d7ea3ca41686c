//! Exits for tests: a listener, and the few moves that scripts are made of.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use model::connector::{ConnectorKind, ConnectorSpec};
use model::project::TargetRule;
use model::proxy::{Endpoint, Login, Protocol};
use model::{Host, Target};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::{Dialer, How, Settings};

/// An exit that has a port, and does what the test does with the sockets it accepts.
pub(super) struct Exit {
    listener: TcpListener,
    protocol: Protocol,
}

impl Exit {
    pub(super) async fn new(protocol: Protocol) -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap(), protocol }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    pub(super) fn endpoint(&self, login: Option<(&str, &str)>) -> Endpoint {
        let login = login.map(|(username, password)| {
            Arc::new(Login { username: username.to_owned(), password: password.into() })
        });
        let host = Host::Ip(self.address().ip());
        Endpoint { protocol: self.protocol, host, port: self.address().port(), login }
    }

    pub(super) async fn accept(&self) -> TcpStream {
        let (socket, _) = self.listener.accept().await.unwrap();
        socket.set_nodelay(true).unwrap();
        socket
    }

    /// Accepts, reads exactly `count` bytes and answers.
    pub(super) async fn answer(&self, count: usize, answer: &[u8]) -> (Vec<u8>, TcpStream) {
        let mut socket = self.accept().await;
        let request = read(&mut socket, count).await;
        socket.write_all(answer).await.unwrap();
        (request, socket)
    }

    /// Accepts, reads a head and answers.
    pub(super) async fn answer_head(&self, answer: &[u8]) -> (String, TcpStream) {
        let mut socket = self.accept().await;
        let head = read_head(&mut socket).await;
        socket.write_all(answer).await.unwrap();
        (head, socket)
    }
}

pub(super) async fn read(socket: &mut (impl AsyncRead + Unpin), count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    socket.read_exact(&mut bytes).await.unwrap();
    bytes
}

/// Reads up to and including the blank line, and not a byte more.
pub(super) async fn read_head(socket: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap()
}

/// Each byte in a segment of its own, as far as the kernel plays along.
pub(super) async fn write_slowly(socket: &mut TcpStream, bytes: &[u8]) {
    for byte in bytes {
        socket.write_all(&[*byte]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Sends a few bytes each way.
pub(super) async fn assert_joined(
    near: &mut (impl AsyncRead + AsyncWrite + Unpin),
    far: &mut (impl AsyncRead + AsyncWrite + Unpin),
) {
    near.write_all(b"ping").await.unwrap();
    near.flush().await.unwrap();
    assert_eq!(read(far, 4).await, b"ping");
    far.write_all(b"pong").await.unwrap();
    far.flush().await.unwrap();
    assert_eq!(read(near, 4).await, b"pong");
}

/// A test that hangs has failed.
pub(super) async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), work).await.expect("no answer in 20 seconds")
}

pub(super) fn dialer() -> Dialer {
    Dialer::new(Settings::default()).unwrap()
}

pub(super) fn how() -> How {
    how_allowing(&[])
}

pub(super) fn how_allowing(rules: &[&str]) -> How {
    let allow: Arc<[TargetRule]> = rules.iter().map(|rule| rule.parse().unwrap()).collect();
    How::new(&ConnectorSpec::new("test".to_owned(), ConnectorKind::Static), allow).unwrap()
}

pub(super) fn target(text: &str) -> Target {
    Target::parse(text).unwrap()
}
