//! A client that sends what it is told, byte for byte, and reads what comes back.

pub mod socks;

use std::net::SocketAddr;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::clock::SOON;
use crate::wire::{Body, Head, Wire};

/// A connection of a client. Every read fails when nothing comes for [`SOON`].
pub struct Client {
    /// The connection itself, for what is not HTTP.
    pub wire: Wire,
}

/// A complete answer, or as much of it as came.
#[derive(Debug)]
pub struct Answer {
    /// Heads with a status below 200 that came first.
    pub informational: Vec<Head>,
    /// The head.
    pub head: Head,
    /// The body without its framing.
    pub body: Vec<u8>,
    /// Fields behind the last chunk.
    pub trailers: Vec<(String, String)>,
    /// Whether the body ended as its head had said it would.
    pub complete: bool,
}

// === impl Client ===

impl Client {
    /// Connects; nothing is sent yet.
    ///
    /// # Errors
    /// When nobody accepts.
    pub async fn connect(address: SocketAddr) -> Result<Self> {
        Ok(Self::over(Wire::connect(address).await?))
    }

    /// A client on a connection that is there, as at the end of a tunnel.
    #[must_use]
    pub fn over(wire: Wire) -> Self {
        Self { wire: wire.patient_for(SOON) }
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn send(&mut self, bytes: impl AsRef<[u8]> + Send) -> Result<()> {
        self.wire.send(bytes).await
    }

    /// Reads the answer to a request with `method`.
    ///
    /// # Errors
    /// When no head comes, or the connection breaks.
    pub async fn answer(&mut self, method: &str) -> Result<Answer> {
        let mut informational = Vec::new();
        loop {
            let head = self.wire.reader.head().await?.context("closed without an answer")?;
            if matches!(head.status(), 100 | 102..200) {
                informational.push(head);
                continue;
            }
            let mut body = Body::new(head.answer_length(method));
            let bytes = body.collect(&mut self.wire.reader).await?;
            let complete = body.is_complete();
            return Ok(Answer {
                informational,
                head,
                body: bytes,
                trailers: body.trailers,
                complete,
            });
        }
    }

    /// Asks a proxy, or a server when `target` is a path, and reads the answer. `fields` stand
    /// behind `Host`, each ended by CRLF.
    ///
    /// # Errors
    /// As [`Client::answer`].
    pub async fn ask(&mut self, method: &str, target: &str, fields: &str) -> Result<Answer> {
        let authority = target.split_once("://").map_or("target.test", |(_, rest)| rest);
        let host = authority.split('/').next().unwrap_or_default();
        self.send(format!("{method} {target} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n")).await?;
        self.answer(method).await
    }

    /// Asks a proxy for a tunnel. The client is at its other end when the answer is 2xx.
    ///
    /// # Errors
    /// As [`Client::answer`].
    pub async fn tunnel(&mut self, target: &str, fields: &str) -> Result<Answer> {
        self.send(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{fields}\r\n")).await?;
        self.answer("CONNECT").await
    }

    /// Whether the peer has closed, and sent nothing before that.
    ///
    /// # Errors
    /// When it does neither, or the connection breaks.
    pub async fn closed(&mut self) -> Result<()> {
        let rest = self.wire.reader.rest().await?;
        ensure!(rest.is_empty(), "more came: {:?}", String::from_utf8_lossy(&rest));
        Ok(())
    }
}

/// The `Proxy-Authorization` line of a Basic login, ended by CRLF.
#[must_use]
pub fn login(username: &str, password: &str) -> String {
    format!("Proxy-Authorization: {}\r\n", basic(username, password))
}

/// The value of a Basic login (RFC 7617).
#[must_use]
pub fn basic(username: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{username}:{password}")))
}

/// Reads a Basic login back.
#[must_use]
pub fn read_basic(value: &str) -> Option<(String, String)> {
    let (scheme, encoded) = value.split_once(' ')?;
    let plain = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (username, password) = plain.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| (username.to_owned(), password.to_owned()))
}

// === impl Answer ===

impl Answer {
    /// The status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.head.status()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// When it is none; the body is told.
    pub fn json(&self) -> Result<serde_json::Value> {
        let told = || format!("{} with a body that is no JSON: {}", self.head.start, self.text());
        serde_json::from_slice(&self.body).with_context(told)
    }
}
