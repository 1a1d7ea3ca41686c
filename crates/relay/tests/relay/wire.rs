//! Frames of HTTP/2 written and read byte by byte: nothing here minds what is allowed.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;

use crate::secure::{self, Site, Speaks};
use crate::world::{LOGIN, SOON, World};

/// What a client says first (RFC 9113 section 3.4).
pub(crate) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RESET: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;

pub(crate) const END: u8 = 1;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// What a ping of ours carries.
pub(crate) const PINGED: &[u8; 8] = b"pingpong";

/// A frame that has come.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// A client of HTTP/2 inside of a tunnel, that sends what it is told.
pub(crate) struct Wire<S = TlsStream<TcpStream>> {
    pub(crate) stream: S,
}

/// The bytes of a frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    framed(payload.len(), (kind, flags, stream), payload)
}

/// The bytes of a frame that says it is so long.
pub(crate) fn framed(
    length: usize,
    (kind, flags, stream): (u8, u8, u32),
    payload: &[u8],
) -> Vec<u8> {
    let mut bytes = u32::try_from(length).unwrap().to_be_bytes()[1..].to_vec();
    bytes.extend_from_slice(&[kind, flags]);
    bytes.extend_from_slice(&stream.to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// A field, literally; `how` says whether it may be indexed (RFC 7541 section 6.2).
pub(crate) fn field(how: u8, name: &[u8], value: &[u8]) -> Vec<u8> {
    let mut bytes = vec![how];
    for text in [name, value] {
        write_length(text.len(), &mut bytes);
        bytes.extend_from_slice(text);
    }
    bytes
}

/// An integer behind a prefix of seven bits (RFC 7541 section 5.1).
fn write_length(length: usize, out: &mut Vec<u8>) {
    if length < 127 {
        out.push(u8::try_from(length).unwrap());
        return;
    }
    out.push(127);
    let mut rest = length - 127;
    while rest >= 128 {
        out.push(u8::try_from(rest % 128).unwrap() | 128);
        rest /= 128;
    }
    out.push(u8::try_from(rest).unwrap());
}

/// The head of a request, with indexed names where there are any.
pub(crate) fn head(method: &str, path: &str, authority: &str) -> Vec<u8> {
    let mut bytes = match method {
        "GET" => vec![0x82],
        "POST" => vec![0x83],
        other => field(0, b":method", other.as_bytes()),
    };
    bytes.push(0x87);
    bytes.extend(field(0, b":path", path.as_bytes()));
    bytes.extend(field(0, b":authority", authority.as_bytes()));
    bytes
}

impl Wire {
    /// Goes as far as TLS and no further.
    pub(crate) async fn bare(world: &World, site: &Site) -> Self {
        let (to, mut client) = (site.authority(), world.client().await);
        client.send(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n{LOGIN}\r\n")).await;
        assert_eq!(client.head().await.status, 200);
        let stream = secure::handshake(client.socket, "127.0.0.1", world, Speaks::Both).await;
        Self { stream: stream.unwrap() }
    }

    /// Greets with these settings.
    pub(crate) async fn new(world: &World, site: &Site, settings: &[(u16, u32)]) -> Self {
        let mut wire = Self::bare(world, site).await;
        let mut payload = Vec::new();
        for (setting, value) in settings {
            payload.extend_from_slice(&setting.to_be_bytes());
            payload.extend_from_slice(&value.to_be_bytes());
        }
        wire.send(&[PREFACE, &frame(SETTINGS, 0, 0, &payload)].concat()).await;
        wire
    }

    /// Waits for the windows that the relay has, and agrees to them.
    pub(crate) async fn agree(&mut self) {
        self.until(|frame| frame.kind == SETTINGS).await.unwrap();
        self.until(|frame| frame.kind == WINDOW && frame.stream == 0).await.unwrap();
        self.send(&frame(SETTINGS, ACK, 0, b"")).await;
    }

    /// Asks for something on a stream.
    pub(crate) async fn ask(&mut self, stream: u32, head: &[u8]) -> bool {
        self.send(&frame(HEADERS, END | END_HEADERS, stream, head)).await
    }
}

impl<S: AsyncWrite + Unpin> Wire<S> {
    /// Sends bytes, unless nobody takes them any more.
    pub(crate) async fn send(&mut self, bytes: &[u8]) -> bool {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        timeout(SOON, sent).await.expect("nobody reads").is_ok()
    }
}

impl<S: AsyncRead + Unpin> Wire<S> {
    /// The next frame; `None` at the end, be it a reset.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        timeout(SOON, self.read()).await.expect("nothing came in time")
    }

    /// The next frame, however long it takes.
    pub(crate) async fn read(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).await.ok()?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.stream.read_exact(&mut payload).await.ok()?;
        Some(Frame { kind, flags, stream: u32::from_be_bytes(stream) & 0x7fff_ffff, payload })
    }

    /// The first frame that `wanted` wants; all others are passed over.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Frame) -> bool) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            if wanted(&frame) {
                return Some(frame);
            }
        }
    }

    /// The reason that the connection gives before it ends, if any.
    pub(crate) async fn farewell(&mut self) -> Option<u32> {
        let mut code = None;
        while let Some(frame) = self.next().await {
            code = if frame.kind == GOAWAY { frame.code() } else { code };
        }
        code
    }
}

impl Frame {
    pub(crate) fn is(&self, kind: u8, flag: u8) -> bool {
        self.kind == kind && self.flags & flag == flag
    }

    /// The error of a `RST_STREAM` or a GOAWAY.
    pub(crate) fn code(&self) -> Option<u32> {
        let at = if self.kind == GOAWAY { 4 } else { 0 };
        Some(u32::from_be_bytes(self.payload.get(at..at + 4)?.try_into().ok()?))
    }

    /// The status at the beginning of an answer's head (RFC 7541 appendix A, and B for digits).
    pub(crate) fn status(&self) -> Option<u16> {
        let known = [200, 204, 206, 304, 400, 404, 500];
        // Behind sizes of the table, if it has changed.
        let begin = self.payload.iter().position(|byte| byte & 0xe0 != 0x20)?;
        let block = &self.payload[begin..];
        match block[0] {
            index @ 0x88..=0x8e => Some(known[usize::from(index - 0x88)]),
            0x48 | 0x08 => match *block.get(1)? {
                3 => std::str::from_utf8(&block[2..5]).ok()?.parse().ok(),
                huffman => digits(&block[2..2 + usize::from(huffman & 0x7f)]),
            },
            _ => None,
        }
    }
}

/// Three digits, of which 0, 1 and 2 take five bits and the others six.
fn digits(coded: &[u8]) -> Option<u16> {
    let bits = coded.iter().fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
    let mut left = coded.len() * 8;
    let mut number = 0;
    for _ in 0..3 {
        let five = bits >> (left.checked_sub(5)?) & 31;
        let digit = if five < 3 {
            left -= 5;
            five
        } else {
            left = left.checked_sub(6)?;
            (bits >> left & 63).checked_sub(22)?
        };
        number = number * 10 + u16::try_from(digit).ok()?;
    }
    Some(number)
}
