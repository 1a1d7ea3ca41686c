//! The cluster of nodes that meet in Redis.

use std::sync::Arc;

use metrics::{Counter, counter};
use tokio::sync::{broadcast, watch};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::{Connection, Link, Patience};
use crate::error::{ClusterError, Result};
use crate::keys;
use crate::lease::{Candidate, Lease};
use crate::members::{Member, Presence};
use crate::notices::{self, Coming, Heard, Notice, Op, Told};
use crate::settings::Settings;
use crate::solo::KEPT;

/// One node of several.
pub(crate) struct Shared {
    id: String,
    pub(crate) connection: Connection,
    pub(crate) presence: Arc<Presence>,
    notices: broadcast::Sender<Notice>,
    malformed: Counter,
    tracker: TaskTracker,
    /// Those that stand for leases: whoever leaves waits for them.
    candidates: TaskTracker,
    /// Cancelled: this node takes no more part.
    leaving: CancellationToken,
}

// === impl Shared ===

impl Shared {
    /// Begins to connect, and returns at once.
    pub(crate) fn start(
        settings: &Settings,
        me: Member,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Arc<Self>> {
        let connection = Connection::new(settings)?;
        let shared = Arc::new(Self {
            id: me.id.clone(),
            presence: Arc::new(Presence::new(connection.clone(), me)),
            notices: broadcast::Sender::new(KEPT),
            malformed: counter!("octoprox_cluster_malformed_messages_total"),
            tracker: tracker.clone(),
            candidates: TaskTracker::new(),
            leaving: stop.child_token(),
            connection: connection.clone(),
        });
        tracker.spawn(stop.clone().run_until_cancelled_owned(connection.clone().keep()));
        let until_leaving = || shared.leaving.clone();
        let present = Arc::clone(&shared.presence).keep();
        tracker.spawn(until_leaving().run_until_cancelled_owned(present));
        let hearing = Arc::clone(&shared);
        let listening = notices::listen(connection, move |heard| hearing.hear(&heard));
        tracker.spawn(until_leaving().run_until_cancelled_owned(listening));
        Ok(shared)
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    pub(crate) fn link(&self) -> watch::Receiver<Link> {
        self.connection.link()
    }

    pub(crate) async fn notify(&self, notice: Notice) {
        self.pass_on(notice);
        if let Err(error) = self.publish(notice).await {
            // That coordination is degraded has been said when it began.
            tracing::debug!(%error, "peers will find out by themselves what changed");
        }
    }

    async fn publish(&self, notice: Notice) -> Result<()> {
        let said = notices::write(&notice, &self.id).map_err(ClusterError::Write)?;
        let mut asking = redis::cmd("PUBLISH");
        asking.arg(keys::EVENTS).arg(said);
        self.connection.ask(Patience::Background, &asking).await
    }

    fn pass_on(&self, notice: Notice) {
        if self.notices.send(notice).is_err() {
            tracing::trace!(signal = notice.signal.as_str(), "nobody listens for notices");
        }
    }

    fn hear(&self, heard: &Heard<'_>) {
        let is_understood = match heard {
            Heard::Beginning => {
                self.pass_on(Notice::ANYTHING);
                true
            }
            Heard::Message(keys::EVENTS, payload) => self.hear_event(payload),
            Heard::Message(keys::MEMBERS, payload) => self.hear_coming(payload),
            Heard::Message(..) => false,
        };
        if !is_understood {
            self.malformed.increment(1);
        }
    }

    fn hear_event(&self, payload: &[u8]) -> bool {
        match notices::read(payload, &self.id) {
            Some(Told::Peer(notice)) => self.pass_on(notice),
            Some(Told::Echo) => {}
            None => return false,
        }
        true
    }

    fn hear_coming(&self, payload: &[u8]) -> bool {
        let Some((id, op)) = Coming::read(payload) else { return false };
        match op {
            _ if id == self.id => {}
            Op::Removed => self.presence.left(&id),
            Op::Added | Op::Updated => self.presence.came(),
        }
        true
    }

    pub(crate) fn stand(&self, name: String) -> Lease {
        let candidate = Candidate {
            connection: self.connection.clone(),
            name,
            holder: format!("{} {:016x}", self.id, rand::random::<u64>()),
            stop: self.leaving.child_token(),
        };
        let (lease, standing) = candidate.stand();
        self.tracker.spawn(self.candidates.track_future(standing));
        lease
    }

    /// Gives every lease back and tells peers that this node goes.
    pub(crate) async fn leave(&self) {
        self.leaving.cancel();
        self.candidates.close();
        let patience = 2 * self.connection.timing().command_timeout;
        if timeout(patience, self.candidates.wait()).await.is_err() {
            tracing::debug!("leases are left to end by themselves");
        }
        if let Err(error) = self.presence.leave().await {
            tracing::debug!(%error, "peers will miss this node by themselves");
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("id", &self.id).finish_non_exhaustive()
    }
}
