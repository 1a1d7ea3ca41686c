//! HTTP/1.1 and other bytes on a socket, read as they come and judged by nobody.
//!
//! This is not `http1`, on purpose: what checks the node must not share its parser. It takes
//! whatever has the outline of a message and keeps every byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;
use tokio::io::{self, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::TcpStream;

pub mod head;
pub mod body;

pub use body::{Body, Length, Piece};
pub use head::Head;

/// Anything that bytes go through both ways.
pub trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// A socket, whatever it is made of.
pub type Socket = Box<dyn Duplex>;

/// A socket with what has been read ahead. Its two directions can be borrowed apart.
pub struct Wire {
    /// What comes in.
    pub reader: Reader,
    /// What goes out.
    pub writer: Writer,
}

/// What comes in.
pub struct Reader {
    half: ReadHalf<Socket>,
    buffer: BytesMut,
    patience: Option<Duration>,
    transcript: Option<Arc<Mutex<Transcript>>>,
}

/// What goes out.
pub struct Writer {
    half: WriteHalf<Socket>,
}

/// The bytes that came in on one connection: the first mebibyte, and how many there were.
#[derive(Debug, Clone, Default)]
pub struct Transcript {
    /// The beginning, byte for byte.
    pub bytes: Vec<u8>,
    /// How many came in all.
    pub total: u64,
}

/// Of a longer transcript only the number of bytes is kept.
const TRANSCRIPT: usize = 1024 * 1024;

/// A head that does not end within this is nobody's.
const HEAD: usize = 4 * 1024 * 1024;

// === impl Wire ===

impl Wire {
    /// A wire over a socket; reads wait for ever.
    #[must_use]
    pub fn new(socket: Socket) -> Self {
        let (reader, writer) = io::split(socket);
        let reader =
            Reader { half: reader, buffer: BytesMut::new(), patience: None, transcript: None };
        Self { reader, writer: Writer { half: writer } }
    }

    /// Connects over TCP, without delay of small writes.
    ///
    /// # Errors
    /// When nobody accepts.
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("nobody accepts the connection")?;
        stream.set_nodelay(true)?;
        Ok(Self::new(Box::new(stream)))
    }

    /// The same wire, whose reads fail when nothing has come for `patience`.
    #[must_use]
    pub fn patient_for(mut self, patience: Duration) -> Self {
        self.reader.patience = Some(patience);
        self
    }

    /// The same wire, which notes down every byte that comes in.
    #[must_use]
    pub fn noting(mut self, transcript: Arc<Mutex<Transcript>>) -> Self {
        self.reader.transcript = Some(transcript);
        self
    }

    /// The socket again.
    ///
    /// # Errors
    /// When something has been read ahead, which would be lost.
    pub fn into_socket(self) -> Result<Socket> {
        let ahead = &self.reader.buffer;
        ensure!(ahead.is_empty(), "{} bytes have been read ahead: {ahead:?}", ahead.len());
        Ok(self.reader.half.unsplit(self.writer.half))
    }

    /// Sends all of it.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]> + Send) -> Result<()> {
        self.writer.send(bytes).await
    }
}

// === impl Reader ===

impl Reader {
    /// Reads once; false at the end of the stream.
    async fn fill(&mut self) -> Result<bool> {
        self.buffer.reserve(16 * 1024);
        let before = self.buffer.len();
        let read = self.half.read_buf(&mut self.buffer);
        let count = match self.patience {
            Some(patience) => tokio::time::timeout(patience, read)
                .await
                .with_context(|| format!("nothing came for {patience:?}"))??,
            None => read.await?,
        };
        if let Some(transcript) = &self.transcript {
            transcript.lock().add(&self.buffer[before..]);
        }
        Ok(count > 0)
    }

    /// The next head; `None` when the stream ends before one begins.
    ///
    /// # Errors
    /// When the stream ends inside of it, or breaks.
    pub async fn head(&mut self) -> Result<Option<Head>> {
        let mut searched = 0;
        loop {
            let found = self.buffer[searched..].windows(4).position(|end| end == b"\r\n\r\n");
            if let Some(at) = found {
                let raw = self.buffer.split_to(searched + at + 4).freeze();
                return Ok(Some(Head::read(raw)));
            }
            searched = self.buffer.len().saturating_sub(3);
            ensure!(self.buffer.len() < HEAD, "the head does not end");
            if !self.fill().await? {
                ensure!(self.buffer.is_empty(), "ended inside a head: {:?}", self.buffer);
                return Ok(None);
            }
        }
    }

    /// Exactly so many bytes.
    ///
    /// # Errors
    /// When fewer come.
    pub async fn exactly(&mut self, count: usize) -> Result<Bytes> {
        while self.buffer.len() < count {
            if !self.fill().await? {
                bail!("ended after {} of {count} bytes: {:?}", self.buffer.len(), self.buffer);
            }
        }
        Ok(self.buffer.split_to(count).freeze())
    }

    /// Whatever comes next; empty at the end of the stream.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn some(&mut self) -> Result<Bytes> {
        if self.buffer.is_empty() {
            self.fill().await?;
        }
        Ok(self.buffer.split().freeze())
    }

    /// What comes next, but not more than `limit` bytes.
    pub(crate) async fn at_most(&mut self, limit: u64) -> Result<Bytes> {
        if self.buffer.is_empty() {
            self.fill().await?;
        }
        let count = self.buffer.len().min(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(self.buffer.split_to(count).freeze())
    }

    /// Everything until the end of the stream.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn rest(&mut self) -> Result<Vec<u8>> {
        while self.fill().await? {}
        Ok(self.buffer.split().to_vec())
    }

    /// A line with its line end; what there is of it when the stream ends.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn line(&mut self) -> Result<Bytes> {
        loop {
            if let Some(at) = self.buffer.iter().position(|byte| *byte == b'\n') {
                return Ok(self.buffer.split_to(at + 1).freeze());
            }
            if !self.fill().await? {
                return Ok(self.buffer.split().freeze());
            }
        }
    }

    /// Up to and including a zero byte, which is left out.
    pub(crate) async fn until_zero(&mut self) -> Result<String> {
        let mut text = Vec::new();
        loop {
            match self.exactly(1).await?[0] {
                0 => return Ok(String::from_utf8_lossy(&text).into_owned()),
                byte => text.push(byte),
            }
        }
    }

    /// Waits until the peer has closed, and throws away what comes until then.
    pub async fn until_closed(&mut self) {
        while let Ok(true) = self.fill().await {
            self.buffer.clear();
        }
    }
}

// === impl Writer ===

impl Writer {
    /// Sends all of it.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]> + Send) -> Result<()> {
        self.half.write_all(bytes.as_ref()).await.context("the peer does not take our bytes")?;
        self.half.flush().await.context("the peer does not take our bytes")
    }

    /// Says that nothing more will come; the other direction stays open.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn finish(&mut self) -> Result<()> {
        self.half.shutdown().await.context("the peer is gone")
    }
}

// === impl Transcript ===

impl Transcript {
    fn add(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = TRANSCRIPT.saturating_sub(self.bytes.len()).min(bytes.len());
        self.bytes.extend_from_slice(&bytes[..room]);
    }
}
