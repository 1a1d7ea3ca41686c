//! The tasks, and what wakes each.

use std::sync::Arc;

use cluster::{Cluster, Notice, Role, Signal};
use dial::Dialer;
use model::{Clock, Exchange};
use parking_lot::Mutex;
use rotation::{Ledger, Roster, Sessions};
use store::Store;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::activator::Activator;
use crate::driver::{BackOff, Driver, Handle, Pace};
use crate::homes::Homes;
use crate::receivers::Receivers;
use crate::settings::Settings;
use crate::status::Statuses;

mod load_roster;
mod check_digest;
mod probe_proxies;
mod share_facts;
mod flush_usage;
mod thin_usage;
mod share_limits;
mod forget_deletions;
mod forget_audit;
mod judge_alerts;
mod deliver_webhooks;
mod charge_proxies;
mod announce_member;

use announce_member::AnnounceMember;
use charge_proxies::ChargeProxies;
use check_digest::{Anew, CheckDigest};
use deliver_webhooks::DeliverWebhooks;
use flush_usage::{FlushUsage, Meter, Tally};
use forget_audit::ForgetAudit;
use forget_deletions::ForgetDeletions;
use judge_alerts::JudgeAlerts;
use load_roster::LoadRoster;
use probe_proxies::ProbeProxies;
pub(crate) use probe_proxies::Wanted;
pub use probe_proxies::{NotPassed, Passed, Probed, probers};
use share_facts::ShareFacts;
use share_limits::ShareLimits;
use thin_usage::ThinUsage;

/// Those who may wait to be heard that want exits to be asked.
const WANTED: usize = 64;

/// What the tasks are made of.
pub struct Parts {
    /// What the operator set.
    pub settings: Settings,
    /// The database; for a node that asks others for what is in it, one that is never opened.
    pub store: Store,
    /// The other nodes.
    pub cluster: Cluster,
    /// The wall clock.
    pub clock: Clock,
    /// Where requests find the configuration.
    pub roster: watch::Sender<Arc<Roster>>,
    /// What this node knows of its exits.
    pub ledger: Arc<Ledger>,
    /// What sessions are bound to on this node.
    pub sessions: Arc<Sessions>,
    /// The way to receivers of events.
    pub receivers: Receivers,
    /// The way to exits, for probes.
    pub dialer: Dialer,
    /// What became of each request. The channel is emptied at once, whatever the database does; that
    /// all its senders are gone is how `flush_usage` learns that there is no more to come.
    pub exchanges: mpsc::Receiver<Vec<Exchange>>,
    /// Every task is on it.
    pub tracker: TaskTracker,
    /// Cancelled: nothing new is begun.
    pub stop: CancellationToken,
    /// This run of the node: another one at each start, so that usage counts once.
    pub boot: Uuid,
}

/// What wakes each task before its period is over.
#[derive(Default)]
struct Activators {
    /// Notices, and who has the [`Handle`].
    load_roster: Activator,
    /// Probes that have ended, and who has the [`Handle`].
    probe_proxies: Activator,
    /// Itself: it waits for what there is to tell or to believe.
    share_facts: Activator,
    /// Nothing.
    flush_usage: Activator,
    /// Exits that want tokens.
    share_limits: Activator,
    /// Nothing.
    announce_member: Activator,
}

pub(crate) fn start(parts: Parts) -> Handle {
    let settings = &parts.settings;
    let driver = Driver {
        tracker: parts.tracker.clone(),
        clock: parts.clock.clone(),
        statuses: Statuses::default(),
        back_off: BackOff { first: settings.first_back_off, longest: settings.longest_back_off },
    };
    let Activators {
        load_roster,
        probe_proxies,
        share_facts,
        flush_usage,
        share_limits,
        announce_member,
    } = Activators::default();
    let (loaded, provenance) = watch::channel(None);
    let (to_wanted, wanted) = mpsc::channel(WANTED);
    let handle = Handle {
        statuses: driver.statuses.clone(),
        load_roster: load_roster.clone(),
        provenance,
        probes: (settings.role != Role::Control).then(|| (to_wanted, probe_proxies.clone())),
    };
    let anew = Anew::new(load_roster.clone());
    let homes = Arc::new(Homes::default());
    let pace = |period, activator| Pace::new(period, activator, &parts.stop);

    listen(&parts, load_roster.clone());
    let task = LoadRoster::new(&parts, loaded, Arc::clone(&homes), anew.clone());
    // Changes are in force soon after whoever tells them is back, however long that took.
    driver.run(task, Pace { insists: true, ..pace(settings.load_roster, load_roster) });

    let (to_verdicts, verdicts) = mpsc::channel(share_facts::VERDICTS);
    if let Some(task) = ShareFacts::new(&parts, verdicts) {
        driver.run(task, pace(settings.probe_proxies, share_facts));
    }

    if settings.role != Role::Control {
        let woken = (probe_proxies.clone(), wanted);
        let task = ProbeProxies::new(&parts, to_verdicts, woken);
        driver.run(task, pace(settings.probe_proxies, probe_proxies));
    }

    if settings.control_urls.is_empty() {
        let task = CheckDigest::new(&parts, handle.provenance.clone(), anew);
        driver.run(task, pace(settings.check_digest, Activator::default()));
    }
    start_offices(&parts, &driver);

    let task = AnnounceMember::new(&parts);
    driver.run(task, pace(settings.announce_member, announce_member));

    if matches!(settings.role, Role::Control | Role::Worker) {
        // Nothing passes through here that could be counted.
        return handle;
    }
    let task = ShareLimits::new(&parts);
    task.wakes(share_limits.clone(), &parts.tracker, &parts.stop);
    driver.run(task, pace(settings.share_limits, share_limits));

    let tally = Arc::new(Mutex::new(Tally::default()));
    let task = FlushUsage::new(&parts, homes, Arc::clone(&tally));
    let pace = Pace { stop: CancellationToken::new(), ..pace(settings.flush_usage, flush_usage) };
    let drained = pace.stop.clone().drop_guard();
    driver.run(task, pace);
    let Parts { tracker, exchanges, stop, roster, .. } = parts;
    let meter = Meter::new(roster.subscribe());
    tracker.spawn(count(exchanges, (meter, tally), stop, drained));
    handle
}

/// Counts what became of requests until there are no more to come and the node ends.
async fn count(
    mut exchanges: mpsc::Receiver<Vec<Exchange>>,
    (mut meter, tally): (Meter, Arc<Mutex<Tally>>),
    stop: CancellationToken,
    drained: DropGuard,
) {
    while let Some(batch) = exchanges.recv().await {
        meter.count(&batch);
        tally.lock().count(&batch);
    }
    stop.cancelled().await;
    drop(drained);
}

/// Starts what one node at a time does for all. What wakes each is its turn.
fn start_offices(parts: &Parts, driver: &Driver) {
    let settings = &parts.settings;
    if !matches!(settings.role, Role::All | Role::Worker) {
        return;
    }
    let pace = |period, activator| Pace::new(period, activator, &parts.stop);

    let activator = Activator::default();
    let task = ThinUsage::new(parts, activator.clone());
    driver.run(task, pace(settings.thin_usage, activator));

    let activator = Activator::default();
    let task = ForgetDeletions::new(parts, activator.clone());
    driver.run(task, pace(settings.forget_deletions, activator));

    let activator = Activator::default();
    let task = ForgetAudit::new(parts, activator.clone());
    driver.run(task, pace(settings.forget_audit, activator));

    let activator = Activator::default();
    let task = ChargeProxies::new(parts, activator.clone());
    driver.run(task, pace(settings.charge_proxies, activator));

    let activator = Activator::default();
    let task = JudgeAlerts::new(parts, activator.clone());
    driver.run(task, pace(settings.judge_alerts, activator));

    let activator = Activator::default();
    let task = DeliverWebhooks::new(parts, activator.clone());
    driver.run(task, pace(settings.deliver_webhooks, activator));
}

/// Looks for a newer configuration at every notice. One that was missed is as good as one.
fn listen(parts: &Parts, load_roster: Activator) {
    let (mut notices, stop) = (parts.cluster.notices(), parts.stop.clone());
    parts.tracker.spawn(stop.run_until_cancelled_owned(async move {
        loop {
            match notices.recv().await {
                // No configuration says who rests, or what is wrong.
                Ok(Notice {
                    signal: Signal::ProxyQuarantineChanged | Signal::AlertChanged,
                    ..
                }) => {}
                Err(RecvError::Closed) => return,
                Ok(_) | Err(RecvError::Lagged(_)) => load_roster.wake(),
            }
        }
    }));
}
