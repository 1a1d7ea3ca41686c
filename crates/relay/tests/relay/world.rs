//! One relay with one project, exits of the test's choosing, and a raw client.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use authority::Root;
use capture::Recorder;
use dial::Dialer;
use model::connector::{ConnectorKind, ConnectorSpec};
use model::login::LoginKey;
use model::policy::Rotate;
use model::project::ProjectSpec;
use model::proxy::{Endpoint, Login, Protocol, ProxySpec};
use model::{
    Clock, Configuration, Connector, ConnectorId, Exchange, Host, Place, Project, ProjectId, Proxy,
    ProxyId, Revision, RootCertificate, Version,
};
use relay::{Parts, Pressure, Relay, Settings};
use rotation::{Ledger, Roster, Sessions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long a test waits for what must come.
pub(crate) const SOON: Duration = Duration::from_secs(10);

/// `demo:demo`, as a client sends it.
pub(crate) const LOGIN: &str = "Proxy-Authorization: Basic ZGVtbzpkZW1v\r\n";

/// A running relay.
pub(crate) struct World {
    pub(crate) address: SocketAddr,
    pub(crate) proxies: Vec<ProxyId>,
    pub(crate) ledger: Ledger,
    pub(crate) tracker: TaskTracker,
    pub(crate) soft: CancellationToken,
    pub(crate) hard: CancellationToken,
    pub(crate) pressure: Pressure,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) project: ProjectId,
    /// What clients have to trust whose tunnels are intercepted.
    pub(crate) root_pem: String,
    exchanges: mpsc::Receiver<Vec<Exchange>>,
    seen: Vec<Exchange>,
    _roster: watch::Sender<Arc<Roster>>,
    _ready: watch::Sender<bool>,
}

/// An endpoint on this machine.
pub(crate) fn endpoint(protocol: Protocol, address: SocketAddr) -> Endpoint {
    Endpoint { protocol, host: Host::Ip(address.ip()), port: address.port(), login: None }
}

/// An endpoint that wants a login.
pub(crate) fn with_login(mut endpoint: Endpoint, username: &str, password: &str) -> Endpoint {
    let login = Login { username: username.to_owned(), password: password.into() };
    endpoint.login = Some(Arc::new(login));
    endpoint
}

/// Project `demo:demo`, whose clients may go anywhere on this machine.
pub(crate) fn project() -> ProjectSpec {
    let password = key().digest(b"demo");
    let mut spec = ProjectSpec::new("demo".to_owned(), "demo".to_owned(), password);
    spec.allow_targets = vec!["127.0.0.0/8".parse().unwrap()];
    spec.connection_timeout = Duration::from_secs(4);
    spec.response_timeout = Duration::from_secs(4);
    spec.hedge = false;
    spec.rotate = Rotate::Auto;
    spec
}

pub(crate) fn key() -> LoginKey {
    LoginKey::new(&[7; 32])
}

impl World {
    /// A relay whose project has these exits; none: one connector of kind `direct`.
    pub(crate) async fn new(spec: ProjectSpec, exits: Vec<Endpoint>) -> Self {
        Self::with(spec, exits, Settings::default()).await
    }

    pub(crate) async fn with(spec: ProjectSpec, exits: Vec<Endpoint>, settings: Settings) -> Self {
        Self::serving(configuration(spec, exits), settings).await
    }

    /// A relay of two projects that dial targets themselves.
    pub(crate) async fn of_two(spec: ProjectSpec, other: ProjectSpec) -> Self {
        let (mut all, proxies) = configuration(spec, Vec::new());
        let (more, _) = configuration(other, Vec::new());
        all.projects.extend(more.projects);
        all.connectors.extend(more.connectors);
        Self::serving((all, proxies), Settings::default()).await
    }

    async fn serving(
        (mut configuration, proxies): (Configuration, Vec<ProxyId>),
        settings: Settings,
    ) -> Self {
        let root = Root::generate("relay", Clock::system().now()).unwrap();
        configuration.roots = vec![RootCertificate {
            fingerprint: "0".repeat(64),
            certificate_pem: root.certificate_pem(),
            key_pem: root.key_pem().as_str().into(),
            signs_from: jiff::Timestamp::UNIX_EPOCH,
            revision: Revision(1),
        }];
        let ledger = Ledger::default();
        let project = configuration.projects[0].id;
        let roster = Roster::build(configuration, &Roster::empty(), &ledger, Instant::now());
        let (roster_out, roster) = watch::channel(Arc::new(roster));
        let (ready_out, ready) = watch::channel(true);
        let (exchanges_out, exchanges) = mpsc::channel(1024);
        let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
        let tracker = TaskTracker::new();
        let pressure = Pressure::default();
        let started_at = Clock::system().now();
        let recorder = Arc::new(Recorder::new(capture::Limits::default(), started_at));
        let parts = Parts {
            settings,
            roster,
            dialer: Dialer::new(dial::Settings::default()).unwrap(),
            sessions: Arc::new(Sessions::default()),
            login_key: key(),
            clock: Clock::system(),
            tls: None,
            exchanges: exchanges_out,
            tracker: tracker.clone(),
            soft: soft.clone(),
            hard: hard.clone(),
            ready,
            pressure: pressure.clone(),
            recorder: Arc::clone(&recorder),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let relay = Relay::for_cores(&parts, 1).remove(0);
        tracker.spawn(relay::listener::serve(listener, relay));
        Self {
            address,
            proxies,
            ledger,
            tracker,
            soft,
            hard,
            pressure,
            recorder,
            project,
            root_pem: root.certificate_pem(),
            exchanges,
            seen: Vec::new(),
            _roster: roster_out,
            _ready: ready_out,
        }
    }

    pub(crate) async fn client(&self) -> Client {
        Client::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// The records of the first `count` requests, once they are there.
    pub(crate) async fn exchanges(&mut self, count: usize) -> &[Exchange] {
        while self.seen.len() < count {
            let batch = timeout(SOON, self.exchanges.recv()).await;
            self.seen.extend(batch.expect("a request left no record").unwrap());
        }
        assert_eq!(self.seen.len(), count, "one request left more than one record");
        &self.seen
    }
}

fn configuration(spec: ProjectSpec, exits: Vec<Endpoint>) -> (Configuration, Vec<ProxyId>) {
    let (project, connector) = (ProjectId::new(), ConnectorId::new());
    let kind = if exits.is_empty() { ConnectorKind::Direct } else { ConnectorKind::Static };
    let revision = Revision(1);
    let proxies: Vec<Proxy> = exits
        .into_iter()
        .map(|endpoint| Proxy {
            id: ProxyId::new(),
            connector,
            version: Version::FIRST,
            revision,
            spec: ProxySpec { endpoint, enabled: true, tags: Vec::new(), place: Place::default() },
        })
        .collect();
    let ids = proxies.iter().map(|proxy| proxy.id).collect();
    let configuration = Configuration {
        revision,
        projects: vec![Project { id: project, version: Version::FIRST, revision, spec }],
        connectors: vec![Connector {
            id: connector,
            project,
            version: Version::FIRST,
            revision,
            spec: ConnectorSpec::new("exits".to_owned(), kind),
        }],
        proxies,
        ..Configuration::default()
    };
    (configuration, ids)
}

/// A client that sends what it is told, byte for byte.
pub(crate) struct Client {
    pub(crate) socket: TcpStream,
    read: Vec<u8>,
}

/// An answer, taken apart no further than a test needs.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a field, if it is there.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Client {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self { socket, read: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.socket.write_all(bytes.as_ref()).await.unwrap();
    }

    /// The head of the next answer, up to and with the empty line; status 0 for a request.
    pub(crate) async fn head(&mut self) -> Answer {
        let head = self.through(b"\r\n\r\n").await;
        let status = head.split(' ').nth(1).unwrap().parse().unwrap_or(0);
        Answer { status, head, body: Vec::new() }
    }

    /// The next answer and its body, by its length or to the end of the connection.
    pub(crate) async fn answer(&mut self) -> Answer {
        let mut answer = self.head().await;
        match answer.field("Content-Length").map(|length| length.parse().unwrap()) {
            Some(length) => answer.body = self.exactly(length).await,
            None if answer.field("Transfer-Encoding").is_some() => {
                answer.body = self.chunks().await;
            }
            None => answer.body = self.rest().await,
        }
        answer
    }

    pub(crate) async fn exactly(&mut self, length: usize) -> Vec<u8> {
        while self.read.len() < length {
            assert!(self.fill().await > 0, "the connection ended after {} bytes", self.read.len());
        }
        self.read.drain(..length).collect()
    }

    /// Everything until the connection ends.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.fill().await > 0 {}
        std::mem::take(&mut self.read)
    }

    /// Everything up to and with `mark`.
    async fn through(&mut self, mark: &[u8]) -> String {
        loop {
            if let Some(at) = self.read.windows(mark.len()).position(|window| window == mark) {
                let text = self.read.drain(..at + mark.len()).collect();
                return String::from_utf8(text).unwrap();
            }
            assert!(self.fill().await > 0, "the connection ended too early: {:?}", self.read);
        }
    }

    async fn chunks(&mut self) -> Vec<u8> {
        let mut body = Vec::new();
        loop {
            let line = self.through(b"\r\n").await;
            let size = usize::from_str_radix(line.trim(), 16).unwrap();
            let chunk = self.exactly(size + 2).await;
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                return body;
            }
        }
    }

    /// Reads some more; 0 at the end. A reset is an end too.
    async fn fill(&mut self) -> usize {
        let mut buffer = vec![0; 16 * 1024];
        let read = timeout(SOON, self.socket.read(&mut buffer)).await.expect("no answer in time");
        let read = read.unwrap_or(0);
        self.read.extend_from_slice(&buffer[..read]);
        read
    }
}
