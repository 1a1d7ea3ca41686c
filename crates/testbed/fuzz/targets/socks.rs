//! What SOCKS clients send, byte for byte, to a real relay over loopback.
//!
//! A second reader of the same bytes says what must come back: nothing of a request that is cut off,
//! else exactly one answer to each step. The project denies every target, so that a target which is
//! understood is told apart from one which is not, and nothing is ever dialled.
#![no_main]

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use capture::Recorder;
use dial::Dialer;
use libfuzzer_sys::{Corpus, fuzz_target};
use model::login::LoginKey;
use model::project::ProjectSpec;
use model::target::Host;
use model::{Clock, Configuration, Project, ProjectId, Revision, Version};
use relay::{Parts, Pressure, Relay, Settings};
use rotation::{Ledger, Roster, Sessions, username};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A running relay, and what it must not lose.
struct World {
    runtime: Runtime,
    address: SocketAddr,
    roster: watch::Sender<Arc<Roster>>,
    _ready: watch::Sender<bool>,
    /// Clients come from many addresses: each has ports of its own.
    clients: std::cell::Cell<u8>,
}

thread_local! {
    static WORLD: World = World::new();
}

fuzz_target!(|bytes: &[u8]| -> Corpus {
    if bytes.len() > 10_000 || !matches!(bytes.first(), Some(4 | 5)) {
        return Corpus::Reject;
    }
    WORLD.with(|world| {
        let expected = match bytes {
            [5, rest @ ..] => five(rest, &world.roster.borrow()),
            _ => four(&bytes[1..], &world.roster.borrow()).unwrap_or_default(),
        };
        assert_eq!(world.send(bytes), expected);
    });
    Corpus::Keep
});

impl World {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let key = LoginKey::new(&[7; 32]);
        let mut spec = ProjectSpec::new("demo".into(), "demo".into(), key.digest(b"demo"));
        spec.domain_deny = vec!["*".parse().expect("a rule")];
        let (id, revision) = (ProjectId::new(), Revision(1));
        let projects = vec![Project { id, version: Version::FIRST, revision, spec }];
        let configuration = Configuration { revision, projects, ..Default::default() };
        let now = Instant::now();
        let built = Roster::build(configuration, &Roster::empty(), &Ledger::default(), now);
        let (roster, roster_in) = watch::channel(Arc::new(built));
        let (_ready, ready) = watch::channel(true);
        let tracker = TaskTracker::new();
        let parts = Parts {
            settings: Settings { login_failures: u32::MAX, ..Settings::default() },
            roster: roster_in,
            dialer: Dialer::new(dial::Settings::default()).expect("a dialer"),
            sessions: Arc::new(Sessions::default()),
            login_key: key,
            clock: Clock::system(),
            tls: None,
            exchanges: mpsc::channel(1).0,
            tracker: tracker.clone(),
            soft: CancellationToken::new(),
            hard: CancellationToken::new(),
            ready,
            pressure: Pressure::default(),
            recorder: Arc::new(Recorder::new(capture::Limits::default(), Clock::system().now())),
        };
        let bound = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port");
        let address = bound.local_addr().expect("an address");
        let relay = Relay::for_cores(&parts, 1).remove(0);
        tracker.spawn_on(relay::listener::serve(bound, relay), runtime.handle());
        Self { runtime, address, roster, _ready, clients: std::cell::Cell::new(0) }
    }

    /// Sends everything and hangs up; what came back.
    fn send(&self, bytes: &[u8]) -> Vec<u8> {
        let last = self.clients.get().wrapping_add(1);
        self.clients.set(last);
        self.runtime.block_on(async {
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind((Ipv4Addr::new(127, 77, 0, last), 0).into()).expect("a port");
            let mut stream = socket.connect(self.address).await.expect("a connection");
            stream.write_all(bytes).await.expect("a reader");
            stream.shutdown().await.expect("a reader");
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await.expect("an end in good order");
            answer
        })
    }
}

// === the second reader ===

/// Takes so many bytes off the front.
fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

/// A length, and so many bytes.
fn counted<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take(bytes, 1)?[0];
    take(bytes, length.into())
}

/// What SOCKS5 is answered.
fn five(mut rest: &[u8], roster: &Roster) -> Vec<u8> {
    let Some(methods) = counted(&mut rest) else { return vec![] };
    if !methods.contains(&2) {
        return vec![5, 0xff];
    }
    if login(&mut rest, roster).is_none() {
        return vec![5, 2, 1, 1];
    }
    let reply = request(&mut rest).map(|reply| [5, reply, 0, 1, 0, 0, 0, 0, 0, 0]);
    [&[5, 2, 1, 0][..], reply.as_ref().map_or(&[], |reply| &reply[..])].concat()
}

fn login(rest: &mut &[u8], roster: &Roster) -> Option<()> {
    let is_known = take(rest, 1)? == [1];
    let (username, password) =
        if is_known { (counted(rest)?, counted(rest)?) } else { return None };
    is_let_in(text(username)?, text(password)?, roster).then_some(())
}

/// The code of the reply; `None`: the request is cut off.
fn request(rest: &mut &[u8]) -> Option<u8> {
    let head = take(rest, 4)?;
    let is_host = match head {
        [5, _, _, 1] => take(rest, 4).map(|_| true)?,
        [5, _, _, 4] => take(rest, 16).map(|_| true)?,
        [5, _, _, 3] => is_host(counted(rest)?),
        _ => return Some(1),
    };
    if !is_host {
        return Some(1);
    }
    let port = take(rest, 2)?;
    match (head[1], port) {
        (1, [0, 0]) => Some(1),
        (1, _) => Some(2),
        _ => Some(7),
    }
}

/// What SOCKS4 is answered; `None`: the request is cut off.
fn four(mut rest: &[u8], roster: &Roster) -> Option<Vec<u8>> {
    let refused = |code| Some(vec![0, code, 0, 0, 0, 0, 0, 0]);
    let command = take(&mut rest, 1)?[0];
    if take(&mut rest, 2)? == [0, 0] {
        return refused(0x5b);
    }
    let address = take(&mut rest, 4)?;
    let user = match field(&mut rest)? {
        Field::TooLong => return refused(0x5b),
        Field::Is(user) => user,
    };
    let Some(user) = text(user) else { return refused(0x5d) };
    if matches!(address, [0, 0, 0, last] if *last != 0) {
        match field(&mut rest)? {
            Field::Is(name) if is_host(name) => {}
            _ => return refused(0x5b),
        }
    }
    let (name, password) = user.split_once(':').unwrap_or((user, ""));
    let is_known = match username::read(roster, name, password) {
        Err(username::BadUsername::UnknownAccount) => false,
        // The password comes first: who has a wrong one does not learn what his parameters are.
        Ok(_) | Err(username::BadUsername::Parameter(_)) => password == "demo",
    };
    let is_denied = command == 1 && !is_known;
    refused(if is_denied { 0x5d } else { 0x5b })
}

enum Field<'a> {
    Is(&'a [u8]),
    TooLong,
}

/// Up to a zero byte, at most 255 bytes.
fn field<'a>(rest: &mut &'a [u8]) -> Option<Field<'a>> {
    match rest.iter().take(256).position(|byte| *byte == 0) {
        Some(length) => take(rest, length + 1).map(|field| Field::Is(&field[..length])),
        None if rest.len() > 255 => Some(Field::TooLong),
        None => None,
    }
}

fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok().filter(|text| !text.contains(char::is_control))
}

fn is_host(name: &[u8]) -> bool {
    std::str::from_utf8(name)
        .is_ok_and(|name| name.parse::<Ipv6Addr>().is_ok() || Host::parse(name).is_ok())
}

fn is_let_in(username: &str, password: &str, roster: &Roster) -> bool {
    password == "demo" && username::read(roster, username, password).is_ok()
}
