//! What every handler may reach.

use std::sync::Arc;

use capture::Recorder;
use cluster::{Cluster, Role};
use journal::Journal;
use metrics_exporter_prometheus::PrometheusHandle;
use model::Clock;
use store::Store;
use tokio::sync::{Semaphore, watch};

use crate::feedback::Pace;
use crate::live::{Live, Readiness};
use crate::passwords::Passwords;
use crate::peers::Peers;
use crate::receivers::Receivers;
use crate::settings::Settings;
use crate::throttle::Throttle;
use crate::tokens::Tokens;

/// What the control plane is made of.
pub struct Parts {
    /// What the node does: only `all` and `control` answer operators.
    pub role: Role,
    /// The database; one that is never opened where the role is `data`.
    pub store: Store,
    /// The peers.
    pub cluster: Cluster,
    /// The time.
    pub clock: Clock,
    /// What an operator set.
    pub settings: Settings,
    /// What access tokens are signed with.
    pub token_key: [u8; 32],
    /// What the data plane sees.
    pub live: Arc<dyn Live>,
    /// What the data plane has seen of exchanges.
    pub recorder: Arc<Recorder>,
    /// What became of requests lately, on all nodes.
    pub journal: Journal,
    /// The way to other nodes.
    pub peers: Arc<dyn Peers>,
    /// The way to receivers of events.
    pub receivers: Arc<dyn Receivers>,
    /// What `/metrics` shows; `None`: nothing.
    pub metrics: Option<PrometheusHandle>,
    /// Whether traffic may be sent here.
    pub readiness: watch::Receiver<Readiness>,
}

/// What every handler may reach. Clones share it.
#[derive(Clone)]
pub(crate) struct State(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) role: Role,
    pub(crate) store: Store,
    pub(crate) cluster: Cluster,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    pub(crate) live: Arc<dyn Live>,
    pub(crate) recorder: Arc<Recorder>,
    pub(crate) journal: Journal,
    pub(crate) peers: Arc<dyn Peers>,
    pub(crate) receivers: Arc<dyn Receivers>,
    /// Streams that may be watched at once.
    pub(crate) streams: Arc<Semaphore>,
    pub(crate) metrics: Option<PrometheusHandle>,
    pub(crate) readiness: watch::Receiver<Readiness>,
    pub(crate) tokens: Tokens,
    pub(crate) passwords: Passwords,
    pub(crate) throttle: Throttle,
    /// How much feedback projects have sent.
    pub(crate) feedback: Pace,
    /// Whose turn it is to do what keeps a core busy.
    pub(crate) trials: Arc<Semaphore>,
}

impl State {
    /// Puts the parts together.
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            role,
            store,
            cluster,
            clock,
            settings,
            token_key,
            live,
            recorder,
            journal,
            peers,
            receivers,
            metrics,
            readiness,
        } = parts;
        let tokens = Tokens::new(&token_key, settings.access_ttl);
        let throttle = Throttle::new(settings.login_failures);
        let passwords = Passwords::default();
        let streams = Arc::new(Semaphore::new(settings.streams));
        Self(Arc::new(Inner {
            role,
            store,
            cluster,
            clock,
            settings,
            live,
            recorder,
            journal,
            peers,
            receivers,
            streams,
            metrics,
            readiness,
            tokens,
            passwords,
            throttle,
            feedback: Pace::default(),
            trials: Arc::new(Semaphore::new(1)),
        }))
    }
}

impl std::ops::Deref for State {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
