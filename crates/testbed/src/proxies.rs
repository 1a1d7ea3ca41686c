//! Proxies of each kind, honest or broken on purpose: what the node calls exits.

mod state;
mod listen;
mod target;
mod http;
mod socks;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use model::proxy::Protocol;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::origin::Origin;
use crate::tls::Authority;
use crate::wire::Head;
use state::{Account, State};

/// How an exit behaves. It counts from the next request on, also on connections that are open; what
/// a protocol has no room for ends the connection without a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    /// As a proxy should.
    Honest,
    /// As a proxy should, after this long.
    Delay(Duration),
    /// Its port is closed, and all connections with it.
    Refuse,
    /// Takes everything and says nothing.
    Hang,
    /// Closes: at once, or when a request comes on a connection that is open.
    Close,
    /// The same with a RST; where the connection was open before, with a FIN.
    Reset,
    /// HTTP: answers everything with this status. SOCKS: a general failure.
    Answer(u16),
    /// SOCKS: refuses every tunnel with this code. HTTP: closes.
    Reply(u8),
    /// Takes no login, and no request without one either.
    RefuseLogin,
    /// SOCKS5: wants a method of login that was not offered.
    WrongMethod,
    /// Answers in a version that does not exist.
    WrongVersion,
    /// Closes in the middle of its own answer.
    ShortReply,
    /// Says something that is no answer in any protocol.
    Garbage,
    /// Its own head or reply comes byte by byte, with this pause between.
    SlowHead(Duration),
    /// HTTP: its own head has this many bytes.
    HugeHead(usize),
    /// HTTP: this many `100 Continue` before its own head.
    Informational(u32),
    /// HTTP: a `Content-Length` in its 200 to CONNECT, which means nothing there.
    OkWithLength,
    /// Says that all is well, and nothing more.
    OkThenNothing,
    /// Says that all is well, and closes.
    OkThenClose,
    /// Reads so many bytes of what the client sends, and closes without having passed them on.
    Swallow(u64),
    /// Passes on so many bytes of what the target sends, and closes.
    CutAfter(u64),
}

/// One request that an exit was asked to carry.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The connection it came on, from 1.
    pub connection: u64,
    /// The login it came with.
    pub login: Option<(String, String)>,
    /// Whether that was taken.
    pub admitted: bool,
    /// `CONNECT`, another HTTP method, `SOCKS4` or `SOCKS5`.
    pub method: String,
    /// Where to, as it was asked for: `host:port`, or a URL.
    pub target: String,
    /// The head of an HTTP request.
    pub head: Option<Head>,
}

/// What an exit is to be like; [`Setup::start`] makes it.
pub struct Setup {
    name: String,
    protocol: Protocol,
    accounts: Vec<Account>,
    leads_to: Option<SocketAddr>,
    behaviour: Behaviour,
    tls: Option<TlsAcceptor>,
}

/// A proxy on a loopback port. It ends when it is dropped.
pub struct Exit {
    address: SocketAddr,
    state: Arc<State>,
    _end: DropGuard,
}

// === impl Setup ===

impl Setup {
    /// An honest exit without a login, that leads to whatever target it is asked for.
    #[must_use]
    pub fn new(protocol: Protocol) -> Self {
        Self {
            name: "exit".to_owned(),
            protocol,
            accounts: Vec::new(),
            leads_to: None,
            behaviour: Behaviour::Honest,
            tls: None,
        }
    }

    /// An `https` exit, known as `localhost`, `127.0.0.1` and `exit.test`.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn https(authority: &Authority) -> Result<Self> {
        let tls = authority.server(&["localhost", "127.0.0.1", "exit.test"])?;
        Ok(Self { tls: Some(tls), ..Self::new(Protocol::Https) })
    }

    /// The name it puts into `X-Exit` of plain requests and their answers.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        name.clone_into(&mut self.name);
        self
    }

    /// An account that may log in, with a source address of its own. Without any, everyone may.
    #[must_use]
    pub fn account(mut self, username: &str, password: &str) -> Self {
        self.accounts.push(Account::new(username, password));
        self
    }

    /// Whatever it is asked for, it leads to this origin, so that tests may use any name.
    #[must_use]
    pub fn leading_to(self, origin: &Origin) -> Self {
        self.leading_to_address(origin.address())
    }

    /// The same with any other server.
    #[must_use]
    pub fn leading_to_address(mut self, address: SocketAddr) -> Self {
        self.leads_to = Some(address);
        self
    }

    /// How it behaves at first.
    #[must_use]
    pub fn behaving(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start(self) -> Result<Exit> {
        let port = listen::reserve()?;
        let address = port.local_addr()?;
        let (token, tracker) = (CancellationToken::new(), TaskTracker::new());
        let behaviour = self.behaviour;
        let state = Arc::new(State::new(self, tracker.clone()));
        let exit = Exit { address, state: state.clone(), _end: token.clone().drop_guard() };
        tracker.spawn(async move { token.run_until_cancelled(listen::run(state, port)).await });
        exit.behave(behaviour).await;
        Ok(exit)
    }
}

// === impl Exit ===

impl Exit {
    /// Where it listens, or would if it did.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// How it is spoken to.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.state.protocol
    }

    /// The address that origins see when no account is needed.
    #[must_use]
    pub fn source(&self) -> Ipv4Addr {
        self.state.source
    }

    /// The address that origins see when this account logged in.
    #[must_use]
    pub fn source_of(&self, username: &str) -> Option<Ipv4Addr> {
        let accounts = &self.state.accounts;
        accounts.iter().find(|account| account.username == username).map(|account| account.source)
    }

    /// Behaves differently from now on; back when that is so.
    pub async fn behave(&self, behaviour: Behaviour) {
        self.state.behave(behaviour).await;
    }

    /// Every request so far.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.state.seen.lock().clone()
    }

    /// Connections so far.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.state.connections()
    }

    /// Connections that are open now.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.state.open()
    }

    /// Tunnels opened so far.
    #[must_use]
    pub fn tunnels(&self) -> u64 {
        self.state.tunnels()
    }

    /// Plain requests passed on to a target so far.
    #[must_use]
    pub fn forwarded(&self) -> u64 {
        self.state.forwarded()
    }

    /// Bytes that clients have sent in all so far, TLS included.
    #[must_use]
    pub fn heard(&self) -> u64 {
        self.state.heard.lock().total
    }
}

#[cfg(test)]
mod tests;
