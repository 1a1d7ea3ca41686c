//! Server-sent events as a browser reads them.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;

use crate::control::Control;

/// How long an event may be waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// A stream of events.
pub struct Events {
    wire: TcpStream,
    read: Vec<u8>,
}

/// One event: its name, and what it says.
pub type Event = (String, Value);

// === impl Events ===

impl Events {
    /// Begins to watch `path` of the API at `address` with somebody's token.
    ///
    /// # Errors
    /// When the answer is not 200.
    pub async fn open(address: SocketAddr, control: &Control, path: &str) -> Result<Self> {
        let mut events = Self::ask(address, control, path).await?;
        loop {
            let text = String::from_utf8_lossy(&events.read).into_owned();
            if let Some((head, _)) = text.split_once("\r\n\r\n") {
                ensure!(
                    head.starts_with("HTTP/1.0 200") || head.starts_with("HTTP/1.1 200"),
                    "{head}"
                );
                events.read.drain(..head.len() + 4);
                return Ok(events);
            }
            ensure!(events.more().await?, "closed before it was answered");
        }
    }

    /// Asks for a stream, and reads nothing of it. There is next to no room for what comes.
    ///
    /// # Errors
    /// When nobody accepts.
    pub async fn ask(address: SocketAddr, control: &Control, path: &str) -> Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_recv_buffer_size(4096)?;
        let mut wire = socket.connect(address).await?;
        let token = control.token().unwrap_or_default();
        // HTTP/1.0 has no chunks: what comes is the stream.
        let head = format!("GET {path} HTTP/1.0\r\nHost: {address}\r\n");
        wire.write_all(format!("{head}Authorization: Bearer {token}\r\n\r\n").as_bytes()).await?;
        Ok(Self { wire, read: Vec::new() })
    }

    /// The next event; `None`: the stream has ended.
    ///
    /// # Errors
    /// When nothing comes for half a minute, or what comes is none.
    pub async fn next(&mut self) -> Result<Option<Event>> {
        loop {
            if let Some(end) = self.read.windows(2).position(|two| two == b"\n\n") {
                let text: Vec<u8> = self.read.drain(..end + 2).collect();
                let text = String::from_utf8(text)?;
                match event(&text)? {
                    Some(event) => return Ok(Some(event)),
                    None => continue,
                }
            }
            if !self.more().await? {
                return Ok(None);
            }
        }
    }

    /// The next event that says so.
    ///
    /// # Errors
    /// When the stream ends, or does not say so for half a minute.
    pub async fn find(&mut self, is_it: impl Fn(&str, &Value) -> bool) -> Result<Value> {
        timeout(PATIENCE, self.seek(is_it)).await.context("no such event comes")?
    }

    async fn seek(&mut self, is_it: impl Fn(&str, &Value) -> bool) -> Result<Value> {
        loop {
            let (name, data) = self.next().await?.context("the stream has ended")?;
            if is_it(&name, &data) {
                return Ok(data);
            }
        }
    }

    /// What has come so far, as it came.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn raw(&mut self) -> Result<&[u8]> {
        while let Ok(more) = timeout(Duration::from_millis(300), self.more()).await {
            if !more? {
                break;
            }
        }
        Ok(&self.read)
    }

    async fn more(&mut self) -> Result<bool> {
        let read = timeout(PATIENCE, self.wire.read_buf(&mut self.read)).await;
        Ok(read.context("no event comes")?? > 0)
    }
}

/// `None`: a sign of life.
fn event(text: &str) -> Result<Option<Event>> {
    let part = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    let (Some(name), Some(data)) = (part("event: "), part("data: ")) else { return Ok(None) };
    Ok(Some((name.to_owned(), serde_json::from_str(data)?)))
}
