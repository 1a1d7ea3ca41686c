//! Whether the node takes requests, said in all places at once: to balancers, operators and peers.

use api::Readiness;
use cluster::{Cluster, MemberState};
use reconcile::{Handle, Provenance};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::assemble::Control;

/// Where it is said.
struct Reports {
    /// The proxy's own `/ready`.
    ready: watch::Sender<bool>,
    /// That of the API.
    readiness: watch::Sender<Readiness>,
    /// The peers.
    cluster: Cluster,
}

/// What it depends on besides the end of the node.
struct Reasons {
    roster: watch::Receiver<Option<Provenance>>,
    /// Whether an operator wants the node to be drained.
    drained: watch::Receiver<bool>,
}

/// Says it whenever it changes, on the tracker of `control`: a node takes requests as soon as there
/// is a roster to serve them from, but while an operator wants it to be drained. Once the token that
/// comes back is cancelled the node is about to end, and nothing changes that.
pub(crate) fn keep(
    ready: &watch::Sender<bool>,
    (cluster, tasks): (&Cluster, &Handle),
    control: &Control,
) -> (watch::Receiver<Readiness>, CancellationToken) {
    let (readiness, seen) = watch::channel(Readiness::Starting);
    let reports = Reports { ready: ready.clone(), readiness, cluster: cluster.clone() };
    let reasons = Reasons { roster: tasks.roster_provenance(), drained: cluster.drained() };
    let ending = control.tasks_stop.child_token();
    control.tracker.spawn(reports.keep(reasons, ending.clone()));
    (seen, ending)
}

// === impl Reports ===

impl Reports {
    async fn keep(self, mut reasons: Reasons, ending: CancellationToken) {
        let following = async {
            self.say(reasons.readiness());
            while reasons.changed().await {
                self.say(reasons.readiness());
            }
            // Nobody will say anything else.
            std::future::pending::<()>().await;
        };
        ending.run_until_cancelled(following).await;
        self.say(Readiness::Ending);
    }

    fn say(&self, now: Readiness) {
        let before = self.readiness.send_replace(now);
        let is_ready = now == Readiness::Ready;
        self.ready.send_if_modified(|ready| std::mem::replace(ready, is_ready) != is_ready);
        self.cluster.turn(match now {
            Readiness::Starting => MemberState::Starting,
            Readiness::Ready => MemberState::Ready,
            Readiness::Draining | Readiness::Ending => MemberState::Draining,
        });
        if before != now {
            tracing::info!("{}", now.as_str());
        }
    }
}

// === impl Reasons ===

impl Reasons {
    fn readiness(&mut self) -> Readiness {
        let has_roster = self.roster.borrow_and_update().is_some();
        match (has_roster, *self.drained.borrow_and_update()) {
            (_, true) => Readiness::Draining,
            (true, false) => Readiness::Ready,
            (false, false) => Readiness::Starting,
        }
    }

    /// Whether there will be anything else.
    async fn changed(&mut self) -> bool {
        let changed = tokio::select! {
            changed = self.roster.changed() => changed,
            changed = self.drained.changed() => changed,
        };
        changed.is_ok()
    }
}
