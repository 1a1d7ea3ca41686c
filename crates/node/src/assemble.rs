//! Builds every part of a node, leaves first.

use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use capture::Recorder;
use cluster::{Cluster, Load, Member, MemberState, Role};
use dial::Dialer;
use metrics_exporter_prometheus::PrometheusHandle;
use model::{Clock, Exchange, Revision};
use reconcile::{Driver, Handle};
use relay::Pressure;
use rotation::{Ledger, Roster, Sessions};
use store::{Store, Vault};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::data_plane::{Begins, DataPlane};
use crate::live::Seen;
use crate::peers::Peers;
use crate::settings::{Settings, TlsFiles};
use crate::takeover::{Listeners, Succession};
use crate::{exchanges, listen, memory, readiness, receivers, telemetry, traces};

/// Batches of exchanges that may wait to be counted.
const EXCHANGES: usize = 1024;
/// Where, in the folder of its data, a node hands over its listeners.
const TAKEOVER: &str = "takeover.sock";

/// A running node.
pub(crate) struct Node {
    /// Only of nodes that relay.
    pub(crate) data: Option<DataPlane>,
    pub(crate) control: Control,
    /// Where the API listens.
    pub(crate) api: SocketAddr,
    /// Cancelled: the node is about to end, and says that it takes no more requests.
    pub(crate) ending: CancellationToken,
    /// Whether the proxy's own `/ready` says yes.
    pub(crate) ready: watch::Sender<bool>,
    pub(crate) store: Store,
    pub(crate) cluster: Cluster,
    pub(crate) tasks: Handle,
    pub(crate) public_url: String,
    /// For a node that takes the place of this one.
    pub(crate) succession: Succession,
}

/// What runs besides the data plane.
#[derive(Clone, Default)]
pub(crate) struct Control {
    pub(crate) tracker: TaskTracker,
    /// Cancelled: the API accepts nobody any more.
    pub(crate) api_closed: CancellationToken,
    /// Cancelled: the API takes no more requests.
    pub(crate) api_stop: CancellationToken,
    /// Cancelled: background tasks end, usage is written for the last time.
    pub(crate) tasks_stop: CancellationToken,
    /// What keeps this node in touch with its peers: those that go on need it to the end.
    pub(crate) cluster: TaskTracker,
    /// Cancelled: this node takes no more part.
    pub(crate) cluster_stop: CancellationToken,
}

/// The database with the secret key, not opened yet.
pub(crate) fn store(settings: &Settings, clock: &Clock) -> anyhow::Result<Store> {
    let key = settings.keys.secret_key.load().context("the secret key cannot be read or made")?;
    let vault = Vault::new(*key.bytes());
    Ok(Store::unopened(&settings.database, vault, clock.clone()))
}

/// Starts a node over `store`.
pub(crate) fn node(settings: &Settings, store: Store, clock: Clock) -> anyhow::Result<Node> {
    // Before anything takes hold of a counter.
    let metrics = telemetry::metrics()?;
    let mut listeners = listeners(settings)?;
    let is_taken = listeners.predecessor.is_some();
    let succession = Succession::new(settings.data_dir.join(TAKEOVER), &mut listeners)?;
    let api = listeners.api.local_addr()?;
    let (exchanges, finished) = mpsc::channel(EXCHANGES);
    let (roster, roster_seen) = watch::channel(Arc::new(Roster::empty()));
    let (ready, ready_seen) = watch::channel(false);
    let (pressure, sessions) = (Pressure::default(), Arc::<Sessions>::default());
    let recorder = Arc::new(Recorder::new(capture::Limits::default(), clock.now()));
    let dialer = Dialer::new(dial::Settings::default()).context("TLS cannot be set up")?;
    let relaying = Relaying {
        settings,
        store: &store,
        clock: &clock,
        dialer: &dialer,
        sessions: &sessions,
        pressure: pressure.clone(),
        recorder: Arc::clone(&recorder),
        begins: if is_taken { Begins::WhenReady } else { Begins::AtOnce },
    };
    // Elsewhere the sender goes with this: nobody else sends exchanges.
    let data = matches!(settings.role, Role::All | Role::Data)
        .then(|| relaying.start(listeners.proxy, (roster_seen.clone(), ready_seen), exchanges))
        .transpose()?;
    let addresses: Vec<_> = data.iter().map(|data| data.address).chain([api]).collect();
    dialer.set_own_addresses(addresses.clone());
    let (control, ledger) = (Control::default(), Arc::new(Ledger::default()));
    let cluster = cluster(settings, member(settings, &clock, addresses), &control)?;
    let (journal, finished) = exchanges::show(settings, (&cluster, &clock), finished, &control);
    let peers = Arc::new(Peers(reconcile::Peers::new(dialer.clone(), store.vault())));
    let receivers = receivers::new(settings, &dialer, (&cluster, &clock), api)?;
    let (reach, outwards) = ((Arc::clone(&sessions), dialer.clone()), dialer.clone());
    let known = (&store, &cluster, &clock);
    let tasks = Tasks { settings, known, dialer, receivers: receivers.0.clone() };
    let exits = (roster_seen.clone(), Arc::clone(&ledger));
    read_from_time_to_time(settings, known, (&control, &metrics), (exits, pressure));
    let finished = told(settings, (&roster_seen, outwards), finished, &control);
    let tasks = tasks.start(roster, (Arc::clone(&ledger), sessions), finished, &control);
    let (readiness, ending) = readiness::keep(&ready, (&cluster, &tasks), &control);
    let public_url = settings.listen.public_url(api.port());
    let parts = api::Parts {
        role: settings.role,
        token_key: token_key(settings, &store),
        live: Arc::new(Seen::new(roster_seen, ledger, &tasks, reach)),
        recorder,
        journal,
        peers,
        receivers: Arc::new(receivers),
        metrics: Some(metrics),
        readiness,
        settings: api_settings(settings, public_url.clone()),
        store: store.clone(),
        cluster: cluster.clone(),
        clock,
    };
    let parts = (parts, is_taken.then(|| ready.subscribe()));
    serve_api(tokio::net::TcpListener::from_std(listeners.api)?, parts, &control);
    announce(data.as_ref(), api);
    Ok(Node { data, control, api, ending, ready, store, cluster, tasks, public_url, succession })
}

fn announce(data: Option<&DataPlane>, api: SocketAddr) {
    if let Some(data) = data {
        listen::announce("proxy", data.address);
    }
    listen::announce("api", api);
}

/// Exchanges, of which a collector is told where there is one.
fn told(
    settings: &Settings,
    (roster, dialer): (&watch::Receiver<Arc<Roster>>, Dialer),
    exchanges: mpsc::Receiver<Vec<Exchange>>,
    control: &Control,
) -> mpsc::Receiver<Vec<Exchange>> {
    let Some(collector) = settings.collector.clone() else { return exchanges };
    let (instance, roster) = (settings.instance_id.clone(), roster.clone());
    let origin = traces::Origin { dialer, instance, roster };
    traces::tell(collector, origin, exchanges, &control.tracker)
}

/// What is read again and again besides what the tasks do: the process, and what is to be logged.
fn read_from_time_to_time(
    settings: &Settings,
    (store, cluster, clock): (&Store, &Cluster, &Clock),
    (control, metrics): (&Control, &PrometheusHandle),
    ((roster, ledger), pressure): ((watch::Receiver<Arc<Roster>>, Arc<Ledger>), Pressure),
) {
    let stop = control.tasks_stop.clone();
    control.tracker.spawn(memory::watch(pressure, settings.memory_limit, stop));
    let stop = control.tasks_stop.clone();
    control.tracker.spawn(memory::follow_size(roster.clone(), stop));
    telemetry::readings::of_start(settings.role, clock.now());
    let stop = control.tasks_stop.clone();
    let upkeep = telemetry::upkeep(metrics.clone(), telemetry::UPKEEP, stop.clone());
    control.tracker.spawn(upkeep);
    control.tracker.spawn(telemetry::readings::keep(roster, ledger, stop.clone()));
    let following = telemetry::log::follow(store.clone(), cluster.clone(), settings.role, stop);
    control.tracker.spawn(following);
}

/// Opens the listeners, or has them handed over.
fn listeners(settings: &Settings) -> anyhow::Result<Listeners> {
    let relays = matches!(settings.role, Role::All | Role::Data);
    let proxy = (settings.listen.proxy, if relays { settings.size.threads } else { 0 });
    let path = settings.data_dir.join(TAKEOVER);
    let taken = settings.takes_over.then(|| Listeners::take(&path, proxy, settings.listen.api));
    match taken.transpose()?.flatten() {
        Some(taken) => Ok(taken),
        None => Listeners::open(proxy, settings.listen.api),
    }
}

/// What a data plane is made of.
struct Relaying<'a> {
    settings: &'a Settings,
    store: &'a Store,
    clock: &'a Clock,
    dialer: &'a Dialer,
    sessions: &'a Arc<Sessions>,
    pressure: Pressure,
    recorder: Arc<capture::Recorder>,
    begins: Begins,
}

impl Relaying<'_> {
    fn start(
        self,
        listeners: Vec<TcpListener>,
        (roster, ready): (watch::Receiver<Arc<Roster>>, watch::Receiver<bool>),
        exchanges: mpsc::Sender<Vec<Exchange>>,
    ) -> anyhow::Result<DataPlane> {
        let Self { settings, store, clock, dialer, sessions, pressure, recorder, begins } = self;
        let parts = relay::Parts {
            settings: settings.relay.clone(),
            roster,
            dialer: dialer.clone(),
            sessions: Arc::clone(sessions),
            login_key: store.vault().login_key(),
            clock: clock.clone(),
            tls: settings.tls.as_ref().map(server_config).transpose()?,
            exchanges,
            tracker: TaskTracker::new(),
            soft: CancellationToken::new(),
            hard: CancellationToken::new(),
            ready,
            pressure,
            recorder,
        };
        DataPlane::start(listeners, (settings.size.max_connections, begins), &parts)
    }
}

fn api_settings(settings: &Settings, public_url: String) -> api::Settings {
    api::Settings {
        public_url,
        allowed_hosts: settings.listen.allowed_hosts.clone(),
        trusted_proxies: settings.listen.trusted_proxies.clone(),
        browsers: relay::WEARS,
        ..api::Settings::default()
    }
}

/// Serves the API, where it was taken from another node only when this one is ready.
fn serve_api(
    listener: tokio::net::TcpListener,
    (parts, ready): (api::Parts, Option<watch::Receiver<bool>>),
    control: &Control,
) {
    let (closed, stop) = (control.api_closed.clone(), control.api_stop.clone());
    control.tracker.spawn(async move {
        if let Some(mut ready) = ready {
            // Whatever comes of it, the token is heard below.
            let _waited = stop.run_until_cancelled(ready.wait_for(|is_ready| *is_ready)).await;
        }
        let serving = api::serve(listener, parts, (closed, stop));
        if let Err(error) = serving.await {
            tracing::error!(%error, "the API ended");
        }
    });
}

struct Tasks<'a> {
    settings: &'a Settings,
    known: (&'a Store, &'a Cluster, &'a Clock),
    dialer: Dialer,
    receivers: reconcile::Receivers,
}

impl Tasks<'_> {
    fn start(
        self,
        roster: watch::Sender<Arc<Roster>>,
        (ledger, sessions): (Arc<Ledger>, Arc<Sessions>),
        exchanges: mpsc::Receiver<Vec<Exchange>>,
        control: &Control,
    ) -> Handle {
        let (wanted, (store, cluster, clock)) = (&self.settings.tasks, self.known);
        let defaults = reconcile::Settings::default();
        Driver::start(reconcile::Parts {
            settings: reconcile::Settings {
                role: self.settings.role,
                control_urls: self.settings.control_urls.clone(),
                copy: keeps_copy(self.settings)
                    .then(|| self.settings.data_dir.join("roster.sealed")),
                audit_kept: wanted.audit_kept,
                alerts_kept: wanted.alerts_kept,
                webhook_retry: wanted.webhook_retry,
                load_roster: wanted.roster_poll_interval,
                flush_usage: wanted.usage_flush_interval,
                // Exits elsewhere can reach this node only where somebody has said how.
                echo_url: self.settings.listen.public_url.as_ref().map(|url| format!("{url}/echo")),
                probes_at_once: NonZeroUsize::new(wanted.probe_concurrency)
                    .unwrap_or(defaults.probes_at_once),
                longest_back_off: longest_back_off(self.settings.role),
                ..defaults
            },
            store: store.clone(),
            cluster: cluster.clone(),
            clock: clock.clone(),
            roster,
            ledger,
            sessions,
            dialer: self.dialer,
            receivers: self.receivers,
            exchanges,
            tracker: control.tracker.clone(),
            stop: control.tasks_stop.clone(),
            boot: uuid::Uuid::now_v7(),
        })
    }
}

fn cluster(settings: &Settings, me: Member, control: &Control) -> anyhow::Result<Cluster> {
    let Some(url) = &settings.redis_url else { return Ok(Cluster::solo(me)) };
    let meeting = cluster::Settings::parse(url).context("the URL of Redis cannot be used")?;
    let started = Cluster::redis(&meeting, me, &control.cluster, &control.cluster_stop);
    started.context("Redis cannot be used")
}

/// Workers relay nothing that could go on without it, and a `SQLite` file is on the same disk.
fn keeps_copy(settings: &Settings) -> bool {
    match settings.role {
        Role::Data => true,
        Role::All | Role::Control => !settings.database.url.expose().starts_with("sqlite:"),
        Role::Worker => false,
    }
}

/// A node that has nobody else to ask does not leave control nodes alone for long.
fn longest_back_off(role: Role) -> Duration {
    match role {
        Role::Data => Duration::from_secs(5),
        _ => reconcile::Settings::default().longest_back_off,
    }
}

fn member(settings: &Settings, clock: &Clock, addresses: Vec<SocketAddr>) -> Member {
    Member {
        id: settings.instance_id.clone(),
        role: settings.role,
        revision: Revision::default(),
        started_at: clock.now(),
        addresses: addresses.into_iter().map(listen::reachable).collect(),
        state: MemberState::Starting,
        load: Load::default(),
    }
}

/// Access tokens are signed with a key of their own, whoever chose it.
fn token_key(settings: &Settings, store: &Store) -> [u8; 32] {
    match &settings.keys.jwt_secret {
        None => store.vault().derive("access tokens"),
        Some(secret) => {
            let key = model::login::LoginKey::new(&store.vault().derive("chosen token secret"));
            *key.digest(secret.expose().as_bytes()).as_bytes()
        }
    }
}

fn server_config(files: &TlsFiles) -> anyhow::Result<Arc<rustls::ServerConfig>> {
    let read = |path: &std::path::Path| {
        std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let (certificate, key) =
        (read(&files.certificate)?, zeroize::Zeroizing::new(read(&files.key)?));
    authority::server_config_from_pem(&certificate, &key).context("TLS to the proxy")
}
