//! A node without a front door: a database, the tasks, and who would relay.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use cluster::{Cluster, Load, Member, Notice, Op, Role, Signal};
use dial::Dialer;
use model::connector::{ConnectorKind, ConnectorSpec};
use model::project::ProjectSpec;
use model::proxy::{Endpoint, Protocol, ProxySpec, Status};
use model::{Clock, Configuration, Connector, Exchange, Host, Place, Project, ProxyId, Revision};
use reconcile::{Driver, Handle, Parts, Reach, Receivers, Settings};
use rotation::{Ledger, Roster, Sessions};
use store::{Store, Vault, connectors, projects, proxies};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

/// So long a state may take to come.
const PATIENCE: Duration = Duration::from_secs(40);

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) cluster: Cluster,
    pub(crate) roster: watch::Receiver<Arc<Roster>>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) exchanges: Option<mpsc::Sender<Vec<Exchange>>>,
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
    pub(crate) handle: Handle,
    spoilt: watch::Sender<Arc<Roster>>,
    _folder: Arc<tempfile::TempDir>,
}

/// Tasks that hardly ever run by themselves, so that a test sees what woke them.
pub(crate) fn quiet() -> Settings {
    let never = Duration::from_hours(1);
    Settings {
        load_roster: never,
        probe_proxies: Duration::from_millis(20),
        flush_usage: never,
        announce_member: never,
        judge_alerts: never,
        deliver_webhooks: never,
        charge_proxies: never,
        first_back_off: Duration::from_millis(20),
        longest_back_off: Duration::from_millis(50),
        last_flush: PATIENCE,
        ..Settings::default()
    }
}

/// A database with little patience and one connection to read with.
pub(crate) async fn open(folder: &Path, clock: &Clock) -> Store {
    let url = format!("sqlite://{}", folder.join("test.db").display());
    let mut settings = store::Settings::new(url);
    settings.pool_size = 1;
    settings.acquire_timeout = Duration::from_millis(200);
    Store::open(&settings, Vault::new([7; 32]), clock.clone()).await.unwrap()
}

/// A database, and the time.
#[derive(Clone)]
pub(crate) struct Home {
    folder: Arc<tempfile::TempDir>,
    store: Store,
    clock: Clock,
}

impl Home {
    pub(crate) async fn new() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let clock = Clock::held(jiff::Timestamp::from_second(1_800_000_030).unwrap());
        let store = open(folder.path(), &clock).await;
        Self { folder, store, clock }
    }
}

fn member(id: &str, clock: &Clock) -> Member {
    Member {
        id: id.to_owned(),
        role: Role::All,
        revision: Revision(0),
        started_at: clock.now(),
        addresses: Vec::new(),
        state: cluster::MemberState::Ready,
        load: Load::default(),
    }
}

impl World {
    pub(crate) async fn start(settings: Settings) -> Self {
        let home = Home::new().await;
        let cluster = Cluster::solo(member("node-1", &home.clock));
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        Self::start_at(settings, &home, cluster, (tracker, stop)).await
    }

    /// A node that meets others in Redis, over one database.
    pub(crate) async fn join(settings: Settings, home: &Home, id: &str, redis: &str) -> Self {
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let meeting = cluster::Settings::parse(&model::Secret::from(redis.to_owned())).unwrap();
        let me = member(id, &home.clock);
        let cluster = Cluster::redis(&meeting, me, &tracker, &stop).unwrap();
        Self::start_at(settings, home, cluster, (tracker, stop)).await
    }

    async fn start_at(
        settings: Settings,
        home: &Home,
        cluster: Cluster,
        (tracker, stop): (TaskTracker, CancellationToken),
    ) -> Self {
        let Home { folder, store, clock } = home.clone();
        let (to_roster, roster) = watch::channel(Arc::new(Roster::empty()));
        let spoilt = to_roster.clone();
        let (to_exchanges, exchanges) = mpsc::channel(1);
        let ledger = Arc::<Ledger>::default();
        let sessions = Arc::<Sessions>::default();
        let dialer = Dialer::new(dial::Settings::default()).unwrap();
        let allow = vec!["127.0.0.0/8".parse().unwrap()];
        let reach = Reach { allow, ..Reach::default() };
        let receivers =
            Receivers::new(dialer.clone(), (cluster.clone(), clock.clone()), reach).unwrap();
        let handle = Driver::start(Parts {
            settings,
            store: store.clone(),
            cluster: cluster.clone(),
            clock: clock.clone(),
            roster: to_roster,
            ledger: Arc::clone(&ledger),
            sessions: Arc::clone(&sessions),
            receivers,
            dialer,
            exchanges,
            tracker: tracker.clone(),
            stop: stop.clone(),
            boot: Uuid::now_v7(),
        });
        let world = Self {
            store,
            clock,
            cluster,
            roster,
            ledger,
            sessions,
            exchanges: Some(to_exchanges),
            tracker,
            stop,
            handle,
            spoilt,
            _folder: folder,
        };
        until("a first roster", || world.handle.roster_provenance().borrow().is_some()).await;
        world
    }

    /// What the API does after a change.
    pub(crate) async fn notify(&self, revision: Revision) {
        let signal = Signal::ProxyChanged;
        self.cluster.notify(Notice { signal, entity: None, op: Op::Updated, revision }).await;
    }

    /// A project with a list, committed; nobody is told. `edit` may change what it is.
    pub(crate) async fn project(
        &self,
        edit: impl FnOnce(&mut ProjectSpec),
    ) -> (Project, Connector) {
        let password = self.store.vault().login_key().digest(b"password");
        let mut spec = ProjectSpec::new("home".to_owned(), "home".to_owned(), password);
        edit(&mut spec);
        let mut change = self.store.change().await.unwrap();
        let project = projects::create(&mut change, spec).await.unwrap();
        let spec = ConnectorSpec::new("list".to_owned(), ConnectorKind::Static);
        let connector = connectors::create(&mut change, project.id, spec).await.unwrap();
        change.commit().await.unwrap();
        (project, connector)
    }

    /// Adds proxies to a list; nobody is told.
    pub(crate) async fn add(
        &self,
        (project, list): (&Project, &Connector),
        exits: &[(Protocol, SocketAddr)],
    ) -> (Revision, Vec<ProxyId>) {
        let mut change = self.store.change().await.unwrap();
        let mut ids = Vec::new();
        for (protocol, address) in exits {
            let spec = proxy(*protocol, *address);
            let made = proxies::create(&mut change, project.id, list.id, spec).await.unwrap();
            ids.push(made.id);
        }
        (change.commit().await.unwrap(), ids)
    }

    /// The same, and waits until the roster has it.
    pub(crate) async fn add_now(
        &self,
        of: (&Project, &Connector),
        exits: &[(Protocol, SocketAddr)],
    ) -> Vec<ProxyId> {
        let (revision, ids) = self.add(of, exits).await;
        self.notify(revision).await;
        until("the change in the roster", || self.revision() == revision).await;
        ids
    }

    /// Puts a roster in force that is not what the database has, at the same revision.
    pub(crate) async fn spoil(&self, edit: impl FnOnce(&mut Configuration)) {
        let mut configuration = store::configuration::load(&self.store, None).await.unwrap();
        assert_eq!(configuration.revision, self.revision());
        edit(&mut configuration);
        let spoilt = Roster::build(configuration, &Roster::empty(), &self.ledger, Instant::now());
        self.spoilt.send_replace(Arc::new(spoilt));
    }

    pub(crate) fn revision(&self) -> Revision {
        self.roster.borrow().revision()
    }

    pub(crate) fn health(&self, exit: ProxyId) -> Status {
        self.ledger.health(exit, Instant::now()).unwrap().status
    }

    pub(crate) fn status(&self, task: &str) -> reconcile::Status {
        self.handle.status().into_iter().find(|status| status.name == task).unwrap()
    }

    /// What a node does when it is told to end.
    pub(crate) async fn end(&mut self) {
        self.stop.cancel();
        self.exchanges = None;
        self.tracker.close();
        timeout(PATIENCE, self.tracker.wait()).await.unwrap();
    }
}

pub(crate) fn proxy(protocol: Protocol, address: SocketAddr) -> ProxySpec {
    let (host, port) = (Host::Ip(address.ip()), address.port());
    let endpoint = Endpoint { protocol, host, port, login: None };
    ProxySpec { endpoint, enabled: true, tags: Vec::new(), place: Place::default() }
}

/// Waits for a state.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what} did not come");
        sleep(Duration::from_millis(5)).await;
    }
}

/// Keeps the database from readers until it is dropped.
pub(crate) struct Outage {
    _reading: Pin<Box<dyn Future<Output = ()>>>,
}

/// The database is away for readers: the one connection is taken by a read that is begun and then
/// left alone. Where the database is done before it can be left, it is begun again.
pub(crate) async fn outage(store: &Store) -> Outage {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let reader = store.clone();
        let mut reading: Pin<Box<dyn Future<Output = ()>>> = Box::pin(async move {
            store::configuration::load(&reader, None).await.ok();
        });
        let polled = std::future::poll_fn(|context| Poll::Ready(reading.as_mut().poll(context)));
        if polled.await.is_pending() && store.revision().await.is_err() {
            return Outage { _reading: reading };
        }
    }
    panic!("the connection could not be taken");
}
