//! One event on one connection: a request, the head of its answer.

use std::io;
use std::time::Duration;

use bytes::BytesMut;
use dial::{DialError, Handshake, OriginTrust, Stream, secure};
use http1::{HeadError, HeadWriter, Limits, response};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ErrorKind};
use tokio::time::timeout;

use super::Address;

/// Bytes of an answer that are read.
const MOST: usize = 64 << 10;
/// How long is waited for what stands behind the head of an answer, which nobody needs.
const LINGER: Duration = Duration::from_millis(500);

/// An event for a receiver.
pub(super) struct Post<'a> {
    pub(super) address: &'a Address,
    pub(super) trust: &'a OriginTrust,
    pub(super) fields: [(&'static str, String); 3],
    pub(super) body: &'a str,
}

/// Why an event did not arrive.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    #[error("the URL is none: {0}")]
    BadUrl(String),
    #[error("the secret is none that can be signed with")]
    BadSecret,
    #[error("the receiver could not be reached")]
    Dial(#[from] DialError),
    #[error("the connection to the receiver broke off")]
    Broken(#[from] io::Error),
    #[error("the answer of the receiver was not understood")]
    BadHead(#[from] HeadError),
}

impl PostError {
    /// In a word.
    pub(super) fn token(&self) -> &'static str {
        match self {
            Self::BadUrl(_) | Self::BadSecret => "bad_url",
            Self::Dial(DialError::TargetForbidden(_)) => "forbidden",
            Self::Dial(DialError::TargetName(_)) => "name",
            Self::Dial(DialError::TargetUnreachable(_) | DialError::NoSocket(_)) => "unreachable",
            Self::Dial(_) => "tls",
            Self::Broken(_) | Self::BadHead(_) => "broken",
        }
    }
}

impl Post<'_> {
    /// Sends it: the status of the answer. A redirect is an answer like another.
    pub(super) async fn send(self, stream: Stream) -> Result<u16, PostError> {
        let mut stream = if self.address.is_secure {
            let host = &self.address.target.host;
            let handshake = Handshake { host, http2: false, verify: true };
            secure(stream, self.trust, handshake).await?.stream
        } else {
            stream
        };
        stream.write_all(&self.head()).await?;
        stream.write_all(self.body.as_bytes()).await?;
        stream.flush().await?;
        let status = status(&mut stream).await?;
        // Whoever is cut off in the middle of an answer takes that for a failure of ours.
        let _whatever = timeout(LINGER, rest(&mut stream)).await;
        Ok(status)
    }

    fn head(&self) -> BytesMut {
        let mut out = BytesMut::new();
        let mut writer = HeadWriter::new(&mut out);
        writer.request_line("POST", &[&self.address.path]);
        writer.field("Host", self.address.authority.as_bytes());
        writer.field("User-Agent", b"octoprox");
        writer.field("Content-Type", b"application/json");
        writer.field("Content-Length", self.body.len().to_string().as_bytes());
        for (name, value) in &self.fields {
            writer.field(name, value.as_bytes());
        }
        writer.field("Connection", b"close");
        writer.end();
        out
    }
}

async fn status(stream: &mut Stream) -> Result<u16, PostError> {
    let (mut input, limits) = (BytesMut::new(), Limits::default());
    let mut read = 0;
    loop {
        while let Some(head) = response::parse(&mut input, &limits)? {
            if head.status() >= 200 {
                return Ok(head.status());
            }
        }
        let more = stream.read_buf(&mut input).await?;
        read += more;
        if more == 0 || read > MOST {
            return Err(io::Error::from(ErrorKind::UnexpectedEof).into());
        }
    }
}

async fn rest(stream: &mut Stream) -> io::Result<()> {
    let mut left = MOST;
    let mut some = [0; 4096];
    while left > 0 {
        match stream.read(&mut some).await? {
            0 => break,
            read => left = left.saturating_sub(read),
        }
    }
    Ok(())
}
