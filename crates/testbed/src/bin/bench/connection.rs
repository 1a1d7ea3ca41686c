//! One connection of a client that does as little as it can.

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

/// Room for more than any answer of these works has.
pub(crate) type Room = [u8; 8 * 1024];

/// A connection to a proxy, and through it.
pub(crate) struct Connection<S = TcpStream> {
    pub(crate) stream: S,
}

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answered {
    Kept,
    /// The proxy keeps no connections, and says so.
    Closes,
    /// It does not say so: the connection was closed before.
    Nothing,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream })
    }

    /// Opens a tunnel with SOCKS5 (RFC 1928, RFC 1929).
    pub(crate) async fn socks(&mut self, login: &[u8], request: &[u8]) -> Result<()> {
        let mut reply = [0; 10];
        self.stream.write_all(&[5, 1, 2]).await?;
        self.stream.read_exact(&mut reply[..2]).await?;
        self.stream.write_all(login).await?;
        self.stream.read_exact(&mut reply[..2]).await?;
        self.stream.write_all(request).await?;
        self.stream.read_exact(&mut reply).await?;
        ensure!(reply[1] == 0, "SOCKS5: {}", reply[1]);
        Ok(())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Sends a request and reads the answer, which has to be a 200, to its end.
    pub(crate) async fn ask(&mut self, request: &[u8], room: &mut Room) -> Result<Answered> {
        self.ask_for(*b"200", request, room).await
    }

    /// The same where the answer has to be of another status.
    pub(crate) async fn ask_for(
        &mut self,
        status: [u8; 3],
        request: &[u8],
        room: &mut Room,
    ) -> Result<Answered> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        let (mut filled, mut whole) = (0, None);
        while whole.is_none_or(|(length, _)| filled < length) {
            let count = self.stream.read(&mut room[filled..]).await?;
            if count == 0 && filled == 0 {
                return Ok(Answered::Nothing);
            }
            ensure!(count > 0, "closed: {}", String::from_utf8_lossy(&room[..filled]));
            filled += count;
            whole = whole.or_else(|| length_and_end(status, &room[..filled]));
        }
        let (length, answered) = whole.context("no answer")?;
        ensure!(filled == length, "{} bytes too many", filled - length);
        Ok(answered)
    }

    /// Sends a request and reads the head of its answer, which has to be a 200 without a body: what
    /// opens a tunnel, and what asks for a body to be sent.
    pub(crate) async fn open_with(&mut self, request: &[u8], room: &mut Room) -> Result<()> {
        self.stream.write_all(request).await?;
        self.stream.flush().await?;
        let mut filled = 0;
        while !room[..filled].ends_with(b"\r\n\r\n") {
            let count = self.stream.read(&mut room[filled..]).await?;
            ensure!(count > 0, "closed: {}", String::from_utf8_lossy(&room[..filled]));
            filled += count;
        }
        let head = &room[..filled];
        ensure!(&head[9..12] == b"200", "{}", String::from_utf8_lossy(head));
        Ok(())
    }
}

/// How long an answer is, and whether another one may follow it; `None` until its head is there.
fn length_and_end(status: [u8; 3], bytes: &[u8]) -> Option<(usize, Answered)> {
    let head = bytes.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let mut answered = Answered::Kept;
    let mut length = 0;
    for line in bytes[..head].split(|byte| *byte == b'\n') {
        if let Some(value) = value_of(line, b"content-length:") {
            length = value.parse().ok()?;
        }
        if value_of(line, b"connection:").is_some_and(|value| value == "close") {
            answered = Answered::Closes;
        }
    }
    // What is of another status has a length that is never reached.
    let length = if bytes[9..12] == status { length } else { usize::MAX - head };
    Some((head + length, answered))
}

fn value_of<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a str> {
    let (start, value) = line.split_at_checked(name.len())?;
    let value = std::str::from_utf8(value).ok()?;
    start.eq_ignore_ascii_case(name).then_some(value.trim())
}
