//! A node takes the place of the one that runs on this machine: it is handed the listeners, with
//! everybody who waits in them, and the other ends once this one is ready.
//!
//! Two nodes that share a port would not do: whoever waits in the listeners of the one that ends is
//! reset when it closes them. A listener that is handed over is the same listener, so nobody is.

use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, bail};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use tokio::io::AsyncReadExt;
use tokio::sync::watch;

use crate::listen;

/// For a node to hand over its listeners: it has nothing to wait for.
const PATIENCE: Duration = Duration::from_secs(5);
/// What stands for each listener, with which it is sent; the last is sent with none.
const PROXY: u8 = b'p';
const API: u8 = b'a';
const END: u8 = b'.';
/// What the node says that has taken over.
const READY: u8 = b'r';

/// Where a node listens.
pub(crate) struct Listeners {
    /// One for each thread of the data plane.
    pub(crate) proxy: Vec<TcpListener>,
    pub(crate) api: TcpListener,
    /// Whom they were taken from: then nothing is accepted before this node is ready.
    pub(crate) predecessor: Option<Predecessor>,
}

/// The node whose place this one takes.
pub(crate) struct Predecessor(UnixStream);

impl Listeners {
    /// Opens them; of the proxy so many.
    pub(crate) fn open(
        (proxy, threads): (SocketAddr, usize),
        api: SocketAddr,
    ) -> anyhow::Result<Self> {
        let proxy = if threads == 0 { Vec::new() } else { listen::shared(proxy, threads)? };
        Ok(Self { proxy, api: listen::alone(api)?, predecessor: None })
    }

    /// Has them handed over by the node that answers at `path`; what it does not have is opened.
    /// `None`: nobody answers there.
    pub(crate) fn take(
        path: &Path,
        (proxy, threads): (SocketAddr, usize),
        api: SocketAddr,
    ) -> anyhow::Result<Option<Self>> {
        let predecessor = match UnixStream::connect(path) {
            Err(error)
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
            {
                return Ok(None);
            }
            connected => connected?,
        };
        predecessor.set_read_timeout(Some(PATIENCE))?;
        let taken = receive_all(&predecessor).context("the running node hands over nothing")?;
        let of = |kind: u8, address: SocketAddr| {
            let taken = taken.iter().filter(move |(taken, _)| *taken == kind);
            let taken = taken.filter(move |(_, it)| it.local_addr().is_ok_and(|at| at == address));
            taken.map(|(_, listener)| listener.try_clone()).collect::<std::io::Result<Vec<_>>>()
        };
        // All of them: whoever waits in one that nobody serves waits for ever.
        let mut proxies = if threads == 0 { Vec::new() } else { of(PROXY, proxy)? };
        if proxies.len() < threads {
            proxies.extend(listen::shared(proxy, threads - proxies.len())?);
        }
        let api = match of(API, api)?.pop() {
            Some(listener) => listener,
            None => listen::alone(api)?,
        };
        Ok(Some(Self { proxy: proxies, api, predecessor: Some(Predecessor(predecessor)) }))
    }

    /// The same listeners once more.
    fn again(&self) -> std::io::Result<Vec<(u8, TcpListener)>> {
        let proxy = self.proxy.iter().map(|listener| (PROXY, listener));
        let all = proxy.chain([(API, &self.api)]);
        all.map(|(kind, listener)| Ok((kind, listener.try_clone()?))).collect()
    }
}

/// What is handed over to a node that takes the place of this one.
pub(crate) struct Succession {
    path: PathBuf,
    listeners: Vec<(u8, TcpListener)>,
    predecessor: Option<Predecessor>,
}

impl Succession {
    /// Of the node that listens with `listeners`, to whoever asks at `path`. Until it is dropped,
    /// they are open.
    pub(crate) fn new(path: PathBuf, listeners: &mut Listeners) -> anyhow::Result<Self> {
        let again = listeners.again()?;
        Ok(Self { path, listeners: again, predecessor: listeners.predecessor.take() })
    }

    /// Returns once another node is ready in the place of this one, which before took the place of
    /// its predecessor as soon as it was `ready` itself.
    pub(crate) async fn taken(&mut self, mut ready: watch::Receiver<bool>) {
        if ready.wait_for(|is_ready| *is_ready).await.is_ok() {
            match self.offer().await {
                Ok(()) => return,
                Err(error) => tracing::warn!(
                    error = %format!("{error:#}"),
                    "no other node can take the place of this one"
                ),
            }
        }
        std::future::pending::<()>().await;
    }

    async fn offer(&mut self) -> anyhow::Result<()> {
        // In the place of the predecessor's, from one moment to the next.
        let beside = self.path.with_extension(format!("{}.new", std::process::id()));
        let offer = tokio::net::UnixListener::bind(&beside)
            .with_context(|| format!("cannot listen at {}", beside.display()))?;
        std::fs::set_permissions(&beside, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        std::fs::rename(&beside, &self.path)?;
        if let Some(Predecessor(mut stream)) = self.predecessor.take() {
            std::io::Write::write_all(&mut stream, &[READY])?;
            tracing::info!("took the place of the node that ran here");
        }
        loop {
            let (successor, _) = offer.accept().await?;
            match self.hand_over(successor).await {
                Ok(()) => return Ok(()),
                Err(error) => tracing::warn!(
                    error = %format!("{error:#}"),
                    "a node that was to take the place of this one did not"
                ),
            }
        }
    }

    /// To one node, which then has as long as it needs to become ready.
    async fn hand_over(&self, mut successor: tokio::net::UnixStream) -> anyhow::Result<()> {
        for (kind, listener) in &self.listeners {
            successor.writable().await?;
            let files = [listener.as_fd()];
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            ancillary.push(SendAncillaryMessage::ScmRights(&files));
            sendmsg(&successor, &[IoSlice::new(&[*kind])], &mut ancillary, SendFlags::NOSIGNAL)?;
        }
        tokio::io::AsyncWriteExt::write_all(&mut successor, &[END]).await?;
        tracing::info!("handed the listeners over");
        match successor.read_u8().await {
            Ok(READY) => Ok(()),
            Ok(_) => bail!("it said something else than that it is ready"),
            Err(error) => Err(error).context("it ended"),
        }
    }
}

/// Every listener that is sent.
fn receive_all(from: &UnixStream) -> anyhow::Result<Vec<(u8, TcpListener)>> {
    let mut all = Vec::new();
    loop {
        match receive(from)? {
            (END, None) => return Ok(all),
            (kind, Some(listener)) => all.push((kind, TcpListener::from(listener))),
            (_, None) => bail!("it hands over something else"),
        }
    }
}

fn receive(from: &UnixStream) -> anyhow::Result<(u8, Option<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let mut kind = [0];
    let mut into = [IoSliceMut::new(&mut kind)];
    let received = recvmsg(from, &mut into, &mut ancillary, RecvFlags::CMSG_CLOEXEC)?;
    if received.bytes == 0 {
        bail!("it ended");
    }
    let file = ancillary.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut files) => files.next(),
        _ => None,
    });
    Ok((kind[0], file))
}
