//! The cluster of nodes that meet in Redis.

use std::sync::Arc;
use std::time::Duration;

use metrics::{Counter, counter};
use model::Revision;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::{Connection, Link, Patience};
use crate::error::{ClusterError, Result};
use crate::facts::{Binding, Bindings, Marks, Rest, Rests, Verdicts};
use crate::keys;
use crate::lease::{Candidate, Lease};
use crate::letters::Letters;
use crate::members::{Member, Presence};
use crate::notices::{self, Coming, Heard, Notice, Op, Signal, Told};
use crate::settings::Settings;
use crate::solo::KEPT;

/// What could not be read is read again so soon.
const RETRY: Duration = Duration::from_millis(500);
/// Notices in one question.
const NOTICES_AT_ONCE: usize = 1_000;

/// One node of several.
pub(crate) struct Shared {
    pub(crate) id: String,
    pub(crate) connection: Connection,
    pub(crate) presence: Arc<Presence>,
    pub(crate) rests: Arc<Rests>,
    pub(crate) bindings: Bindings,
    pub(crate) verdicts: Verdicts,
    pub(crate) letters: Letters,
    pub(crate) marks: Arc<Marks>,
    /// Bindings are to be read anew.
    unread: Notify,
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
        let name = me.id.clone();
        let shared = Arc::new(Self {
            id: me.id.clone(),
            presence: Arc::new(Presence::new(connection.clone(), me)),
            rests: Arc::new(Rests::new(connection.clone())),
            bindings: Bindings::new(connection.clone()),
            verdicts: Verdicts::new(connection.clone()),
            letters: Letters::new(connection.clone()),
            marks: Arc::new(Marks::new(connection.clone())),
            unread: Notify::new(),
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
        let listening = notices::listen(connection, name, move |heard| hearing.hear(&heard));
        tracker.spawn(until_leaving().run_until_cancelled_owned(listening));
        let resting = Arc::clone(&shared.rests).keep();
        tracker.spawn(until_leaving().run_until_cancelled_owned(resting));
        let marking = Arc::clone(&shared.marks).keep();
        tracker.spawn(until_leaving().run_until_cancelled_owned(marking));
        let reading = Arc::clone(&shared).read_bindings();
        tracker.spawn(until_leaving().run_until_cancelled_owned(reading));
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
                self.rests.missed();
                self.marks.missed();
                self.unread.notify_one();
                true
            }
            Heard::Message(keys::EVENTS, payload) => self.hear_event(payload),
            Heard::Message(keys::MEMBERS, payload) => self.hear_coming(payload),
            Heard::Message(keys::STICKY, payload) => self.bindings.hear(payload, &self.id),
            Heard::Message(keys::HEALTH, payload) => self.verdicts.hear(payload, &self.id),
            Heard::Message(channel, payload) if channel.starts_with(keys::LETTERS) => {
                self.letters.hear(payload, &self.id)
            }
            Heard::Message(keys::MARKS, payload) => self.marks.hear(payload, &self.id),
            Heard::Message(..) => false,
        };
        if !is_understood {
            self.malformed.increment(1);
        }
    }

    fn hear_event(&self, payload: &[u8]) -> bool {
        match notices::read(payload, &self.id) {
            Some(Told::Peer(notice)) => {
                self.pass_on(notice);
                let rests = notice.signal == Signal::ProxyQuarantineChanged;
                if let Some(proxy) = notice.entity.filter(|_| rests) {
                    self.rests.changed(proxy.into());
                }
            }
            Some(Told::Echo) => {}
            None => return false,
        }
        true
    }

    fn hear_coming(&self, payload: &[u8]) -> bool {
        let Some((id, op)) = Coming::read(payload) else { return false };
        match op {
            Op::Updated if id == self.id => self.presence.called(),
            _ if id == self.id => {}
            Op::Removed => self.presence.left(&id),
            Op::Added | Op::Updated => self.presence.came(),
        }
        true
    }

    pub(crate) fn told_bindings(&self) -> broadcast::Receiver<Arc<[Binding]>> {
        let told = self.bindings.subscribe();
        // What was told before is told again.
        self.unread.notify_one();
        told
    }

    /// Reads every binding whenever some may have been missed.
    async fn read_bindings(self: Arc<Self>) {
        loop {
            self.unread.notified().await;
            while let Err(error) = self.bindings.read_all().await {
                tracing::debug!(%error, "what sessions are bound to will be read again");
                sleep(RETRY).await;
            }
        }
    }

    /// Writes which proxies rest, and says so.
    pub(crate) async fn rest(&self, rests: &[Rest]) -> Result<()> {
        let revision = self
            .presence
            .members()
            .borrow()
            .iter()
            .find(|member| member.id == self.id)
            .map_or(Revision(0), |me| me.revision);
        let notice = |rest: &Rest| Notice {
            signal: Signal::ProxyQuarantineChanged,
            entity: Some(rest.proxy.uuid()),
            op: if rest.rest.is_some() { Op::Updated } else { Op::Removed },
            revision,
        };
        for rest in rests {
            self.pass_on(notice(rest));
        }
        self.rests.write(rests, &self.id).await?;
        for some in rests.chunks(NOTICES_AT_ONCE) {
            let mut asking = redis::pipe();
            for rest in some {
                let said = notices::write(&notice(rest), &self.id).map_err(ClusterError::Write)?;
                asking.cmd("PUBLISH").arg(keys::EVENTS).arg(said).ignore();
            }
            self.connection.ask_all::<()>(Patience::Background, &asking).await?;
        }
        Ok(())
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
