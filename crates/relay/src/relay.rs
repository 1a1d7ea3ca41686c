//! `Relay`: what every request of one core may reach, and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dial::Dialer;
use model::login::LoginKey;
use model::{Clock, Exchange};
use rotation::{Roster, Sessions};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::boxed::Places;
use crate::connection::After;
use crate::intercept::{Mint, Refusers};
use crate::logins::Logins;
use crate::meter::Meter;
use crate::pool::Pool;
use crate::pressure::{Level, Pressure};
use crate::rulebook::Rulebooks;
use crate::settings::Settings;
use crate::throttle::Throttle;
use crate::upstream::Routes;

/// How often kept connections are looked through and finished exchanges are sent on.
const TICK: Duration = Duration::from_millis(250);

/// What a relay is made of. Clones share everything that is shared between cores.
#[derive(Clone)]
pub struct Parts {
    /// What the operator set.
    pub settings: Settings,
    /// The configuration, as it changes.
    pub roster: watch::Receiver<Arc<Roster>>,
    /// The way to exits.
    pub dialer: Dialer,
    /// Which session is bound to which exit.
    pub sessions: Arc<Sessions>,
    /// The key under which proxy passwords are digested.
    pub login_key: LoginKey,
    /// The wall clock.
    pub clock: Clock,
    /// How TLS is spoken with clients that begin with it; `None`: not at all.
    pub tls: Option<Arc<rustls::ServerConfig>>,
    /// Where finished exchanges go, in batches.
    pub exchanges: mpsc::Sender<Vec<Exchange>>,
    /// Every task is on it.
    pub tracker: TaskTracker,
    /// Cancelled: nothing new is begun, and `/ready` says so.
    pub soft: CancellationToken,
    /// Cancelled: what is still open is closed.
    pub hard: CancellationToken,
    /// Whether `/ready` may say yes.
    pub ready: watch::Receiver<bool>,
    /// How short of memory the node is.
    pub pressure: Pressure,
    /// Where exchanges are kept that people want to look at.
    pub recorder: Arc<capture::Recorder>,
}

/// The data plane of one core.
pub struct Relay {
    parts: Parts,
    shared: Arc<Shared>,
    pool: Pool,
    routes: Routes,
    rulebooks: Rulebooks,
    logins: Logins,
    places: Places<After>,
    meter: Meter,
}

/// What the cores of one node have in common besides their parts.
struct Shared {
    throttle: Throttle,
    connections: AtomicUsize,
    dials: AtomicUsize,
    hedges: AtomicUsize,
    mint: Mint,
    refusers: Refusers,
}

/// One connection of those that a node may have; gives its place back when dropped.
pub(crate) struct Place(Arc<Relay>);

impl Relay {
    /// One relay for each of `cores`, which count their clients together.
    #[must_use]
    pub fn for_cores(parts: &Parts, cores: usize) -> Vec<Arc<Self>> {
        let shared = Arc::new(Shared {
            throttle: Throttle::new(parts.settings.login_failures),
            connections: AtomicUsize::new(0),
            dials: AtomicUsize::new(0),
            hedges: AtomicUsize::new(0),
            mint: Mint::default(),
            refusers: Refusers::default(),
        });
        let (cores, settings) = (cores.max(1), &parts.settings);
        // A node at its limit has this many clients and as many exits for them.
        let most_kept = settings.max_connections / 4 / cores;
        (0..cores)
            .map(|_| {
                // Tokens of its own: cores do not meet in the lock of a shared one.
                let parts = Parts {
                    soft: parts.soft.child_token(),
                    hard: parts.hard.child_token(),
                    ..parts.clone()
                };
                Arc::new(Self {
                    parts: parts.clone(),
                    shared: Arc::clone(&shared),
                    pool: Pool::new(settings.pool_per_exit, most_kept, settings.pool_idle_timeout),
                    routes: Routes::default(),
                    rulebooks: Rulebooks::default(),
                    logins: Logins::default(),
                    places: Places::default(),
                    meter: Meter::new(parts.exchanges.clone()),
                })
            })
            .collect()
    }

    /// Looks after what is kept between requests, until nobody is left who could make any.
    pub(crate) async fn tick(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(TICK);
        while !self.parts.soft.is_cancelled() || self.shared.connections.load(Ordering::Relaxed) > 0
        {
            tokio::select! {
                _ = ticks.tick() => {}
                () = self.parts.hard.cancelled() => break,
            }
            let idle = self.parts.pressure.patience(self.parts.settings.pool_idle_timeout);
            self.pool.sweep(tokio::time::Instant::now(), idle);
            self.meter.send();
        }
        // What runs in the background of a kept connection ends with it.
        self.pool.clear();
        self.meter.send();
    }

    /// The configuration now. A request takes it once and keeps it to its end.
    pub(crate) fn roster(&self) -> Arc<Roster> {
        Arc::clone(&self.parts.roster.borrow())
    }

    /// Whether new requests are welcome: a node that is nearly full sends balancers to others while
    /// it still has places for those who come anyway.
    pub(crate) fn is_ready(&self) -> bool {
        let most = self.parts.settings.max_connections;
        let has_room = self.shared.connections.load(Ordering::Relaxed) <= most - most / 20;
        let has_room = has_room && !self.is_full();
        has_room && !self.parts.soft.is_cancelled() && *self.parts.ready.borrow()
    }

    /// Whether kept connections may go on: nobody has asked this node to end or to be drained, and
    /// there is memory.
    pub(crate) fn keeps_connections(&self) -> bool {
        let is_wanted = !self.parts.soft.is_cancelled() && *self.parts.ready.borrow();
        is_wanted && self.parts.pressure.level() < Level::High
    }

    /// Whether there is no memory for anything new.
    pub(crate) fn is_full(&self) -> bool {
        self.parts.pressure.level() == Level::Full
    }

    /// How long a connection without anything under way may stay, where `usual` is set.
    pub(crate) fn patience(&self, usual: Duration) -> Duration {
        self.parts.pressure.patience(usual)
    }

    /// A place for one more connection, unless the node is full.
    pub(crate) fn place(self: &Arc<Self>) -> Option<Place> {
        let before = self.shared.connections.fetch_add(1, Ordering::Relaxed);
        let place = Place(Arc::clone(self));
        self.meter.connected();
        (before < self.parts.settings.max_connections).then_some(place)
    }

    /// Counts a dial.
    pub(crate) fn count_dial(&self) {
        self.shared.dials.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether one more dial may be made only because another is slow: such dials stay within a tenth
    /// of all, the first ones included, so that a node that has just started does not judge by them.
    pub(crate) fn may_hedge(&self) -> bool {
        let dials = self.shared.dials.load(Ordering::Relaxed);
        (self.shared.hedges.load(Ordering::Relaxed) + 1) * 10 <= dials
    }

    /// Counts such a dial.
    pub(crate) fn count_hedge(&self) {
        self.shared.hedges.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    pub(crate) fn dialer(&self) -> &Dialer {
        &self.parts.dialer
    }

    pub(crate) fn sessions(&self) -> &Arc<Sessions> {
        &self.parts.sessions
    }

    pub(crate) fn login_key(&self) -> &LoginKey {
        &self.parts.login_key
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.parts.clock
    }

    pub(crate) fn tls(&self) -> Option<&Arc<rustls::ServerConfig>> {
        self.parts.tls.as_ref()
    }

    pub(crate) fn tracker(&self) -> &TaskTracker {
        &self.parts.tracker
    }

    pub(crate) fn soft(&self) -> &CancellationToken {
        &self.parts.soft
    }

    pub(crate) fn hard(&self) -> &CancellationToken {
        &self.parts.hard
    }

    /// Where exchanges run.
    pub(crate) fn places(&self) -> &Places<After> {
        &self.places
    }

    pub(crate) fn logins(&self) -> &Logins {
        &self.logins
    }

    pub(crate) fn throttle(&self) -> &Throttle {
        &self.shared.throttle
    }

    pub(crate) fn mint(&self) -> &Mint {
        &self.shared.mint
    }

    /// Targets that cannot be intercepted.
    pub(crate) fn refusers(&self) -> &Refusers {
        &self.shared.refusers
    }

    pub(crate) fn pool(&self) -> &Pool {
        &self.pool
    }

    pub(crate) fn routes(&self) -> &Routes {
        &self.routes
    }

    pub(crate) fn rulebooks(&self) -> &Rulebooks {
        &self.rulebooks
    }

    pub(crate) fn recorder(&self) -> &capture::Recorder {
        &self.parts.recorder
    }

    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.shared.connections.fetch_sub(1, Ordering::Relaxed);
        self.0.meter.disconnected();
    }
}
