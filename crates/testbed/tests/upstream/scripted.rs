//! An exit that says what it is told to, byte for byte, whatever it is asked.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::Result;
use parking_lot::Mutex;
use testbed::wire::{Head, Socket, Wire};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Ends when it is dropped.
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<Head>>>,
    _end: DropGuard,
}

#[derive(Clone)]
struct Script {
    words: Arc<[u8]>,
    tls: Option<TlsAcceptor>,
    heard: Arc<Mutex<Vec<Head>>>,
}

impl Scripted {
    /// Reads a head, answers `words`, and sends back whatever comes after that.
    pub(crate) async fn saying(words: &[u8]) -> Self {
        Self::listen(words, None).await
    }

    /// The same inside TLS.
    pub(crate) async fn secure(words: &[u8], tls: TlsAcceptor) -> Self {
        Self::listen(words, Some(tls)).await
    }

    async fn listen(words: &[u8], tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, heard) = (listener.local_addr().unwrap(), Arc::default());
        let (token, tasks) = (CancellationToken::new(), TaskTracker::new());
        let script = Script { words: words.into(), tls, heard: Arc::clone(&heard) };
        let (accepting, playing) = (token.clone(), tasks.clone());
        tasks.spawn(accepting.run_until_cancelled_owned(async move {
            while let Ok((socket, _)) = listener.accept().await {
                playing.spawn(script.clone().play(socket));
            }
        }));
        Self { address, heard, _end: token.drop_guard() }
    }

    /// The heads that it was sent so far.
    pub(crate) fn heard(&self) -> Vec<Head> {
        self.heard.lock().clone()
    }
}

impl Script {
    async fn play(self, socket: TcpStream) -> Result<()> {
        let socket: Socket = match self.tls {
            // A client that does not believe us goes away.
            Some(tls) => Box::new(tls.accept(socket).await?),
            None => Box::new(socket),
        };
        let mut wire = Wire::new(socket);
        let Some(head) = wire.reader.head().await? else { return Ok(()) };
        self.heard.lock().push(head);
        wire.send(self.words).await?;
        loop {
            let bytes = wire.reader.some().await?;
            if bytes.is_empty() {
                return wire.writer.finish().await;
            }
            wire.send(bytes).await?;
        }
    }
}
