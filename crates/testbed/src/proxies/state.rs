//! What an exit is, how it behaves now, and what it has seen.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use model::proxy::Protocol;
use parking_lot::Mutex;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{Behaviour, Seen, Setup};
use crate::wire::Transcript;

/// Who may log in, and from which address they then reach targets.
pub(super) struct Account {
    pub(super) username: String,
    password: String,
    pub(super) source: Ipv4Addr,
}

/// Shared by an exit and its connections.
pub(super) struct State {
    pub(super) name: String,
    pub(super) protocol: Protocol,
    pub(super) accounts: Vec<Account>,
    pub(super) source: Ipv4Addr,
    pub(super) leads_to: Option<SocketAddr>,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) tracker: TaskTracker,
    pub(super) seen: Mutex<Vec<Seen>>,
    pub(super) heard: Arc<Mutex<Transcript>>,
    /// Whether the port is to be open.
    pub(super) wanted: watch::Sender<bool>,
    /// Whether it is.
    pub(super) listening: watch::Sender<bool>,
    behaviour: Mutex<Behaviour>,
    cut: Mutex<CancellationToken>,
    open: watch::Sender<u64>,
    connections: AtomicU64,
    tunnels: AtomicU64,
    forwarded: AtomicU64,
}

/// Loopback addresses nobody in this process has yet: 127.10.0.1 and on.
fn fresh_source() -> Ipv4Addr {
    static LAST: AtomicU32 = AtomicU32::new(0);
    Ipv4Addr::from_bits(
        Ipv4Addr::new(127, 10, 0, 1).to_bits() + LAST.fetch_add(1, Ordering::Relaxed),
    )
}

impl Account {
    pub(super) fn new(username: &str, password: &str) -> Self {
        let (username, password) = (username.to_owned(), password.to_owned());
        Self { username, password, source: fresh_source() }
    }
}

/// Counts a connection as open until it is dropped.
pub(super) struct Open(Arc<State>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.send_modify(|open| *open -= 1);
    }
}

impl State {
    pub(super) fn new(setup: Setup, tracker: TaskTracker) -> Self {
        Self {
            name: setup.name,
            protocol: setup.protocol,
            accounts: setup.accounts,
            source: fresh_source(),
            leads_to: setup.leads_to,
            tls: setup.tls,
            tracker,
            seen: Mutex::default(),
            heard: Arc::default(),
            wanted: watch::Sender::new(false),
            listening: watch::Sender::new(false),
            behaviour: Mutex::new(setup.behaviour),
            cut: Mutex::default(),
            open: watch::Sender::new(0),
            connections: AtomicU64::new(0),
            tunnels: AtomicU64::new(0),
            forwarded: AtomicU64::new(0),
        }
    }

    pub(super) fn behaviour(&self) -> Behaviour {
        *self.behaviour.lock()
    }

    /// Changes the behaviour and waits until the port is as it should be.
    pub(super) async fn behave(&self, behaviour: Behaviour) {
        *self.behaviour.lock() = behaviour;
        let listen = behaviour != Behaviour::Refuse;
        self.wanted.send_replace(listen);
        // Neither sender is ever dropped before `self`.
        let _ = self.listening.subscribe().wait_for(|listening| *listening == listen).await;
        if !listen {
            std::mem::take(&mut *self.cut.lock()).cancel();
            let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
        }
    }

    /// Cancelled when the connections that are open now are to end.
    pub(super) fn cut(&self) -> CancellationToken {
        self.cut.lock().clone()
    }

    /// Counts a connection; its number, and a guard for as long as it is open.
    pub(super) fn connected(self: &Arc<Self>) -> (u64, Open) {
        self.open.send_modify(|open| *open += 1);
        (self.connections.fetch_add(1, Ordering::Relaxed) + 1, Open(self.clone()))
    }

    /// The source address for a login; `None` when it may not.
    pub(super) fn admit(&self, login: Option<&(String, String)>) -> Option<Ipv4Addr> {
        if self.behaviour() == Behaviour::RefuseLogin {
            return None;
        }
        if self.accounts.is_empty() {
            return Some(self.source);
        }
        let (username, password) = login?;
        let mut accounts = self.accounts.iter();
        let account = accounts.find(|a| a.username == *username && a.password == *password)?;
        Some(account.source)
    }

    pub(super) fn note(&self, seen: Seen) {
        self.seen.lock().push(seen);
    }

    pub(super) fn tunnelled(&self) {
        self.tunnels.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn passed_on(&self) {
        self.forwarded.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }

    pub(super) fn open(&self) -> u64 {
        *self.open.borrow()
    }

    pub(super) fn tunnels(&self) -> u64 {
        self.tunnels.load(Ordering::Relaxed)
    }

    pub(super) fn forwarded(&self) -> u64 {
        self.forwarded.load(Ordering::Relaxed)
    }
}
