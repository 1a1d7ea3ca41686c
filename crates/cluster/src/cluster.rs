//! `Cluster`: the only way in, whatever connects the nodes.

use std::sync::Arc;

use model::{Counters, ProjectId, Revision};
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::connection::Link;
use crate::error::Result;
use crate::facts::{self, Binding, Grant, Mark, Rest, Verdict, Want};
use crate::lease::{self, Lease, LeaseView};
use crate::letters::Letter;
use crate::members::{Load, Member, MemberState};
use crate::notices::Notice;
use crate::settings::Settings;
use crate::shared::Shared;
use crate::solo::Solo;

/// What connects this node with its peers. Clones are the same connection.
#[derive(Debug, Clone)]
pub struct Cluster(Home);

#[derive(Debug, Clone)]
enum Home {
    Solo(Arc<Solo>),
    Shared(Arc<Shared>),
}

impl Cluster {
    /// A cluster of this node alone.
    #[must_use]
    pub fn solo(me: Member) -> Self {
        Self(Home::Solo(Arc::new(Solo::new(me))))
    }

    /// A cluster of all nodes that meet in the same Redis. Never waits for it: a connection is made
    /// in the background, and again whenever it breaks, by tasks on `tracker` that end with `stop`.
    ///
    /// # Errors
    /// When the settings cannot be right; never because Redis is away.
    pub fn redis(
        settings: &Settings,
        me: Member,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Self> {
        Shared::start(settings, me, tracker, stop).map(|shared| Self(Home::Shared(shared)))
    }

    /// Tells every node, this one included, that something changed. A hint: it may get lost, and
    /// nobody learns of that.
    pub async fn notify(&self, notice: Notice) {
        match &self.0 {
            Home::Solo(solo) => solo.notify(notice),
            Home::Shared(shared) => shared.notify(notice).await,
        }
    }

    /// What nodes tell from now on. A receiver that has [lagged](broadcast::error::RecvError) is to
    /// take that for a notice that [anything](crate::Signal::AnythingChanged) changed.
    #[must_use]
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        match &self.0 {
            Home::Solo(solo) => solo.notices(),
            Home::Shared(shared) => shared.notices(),
        }
    }

    /// Tells every node which configuration this one has loaded. That it is alive they are told
    /// anyway.
    #[expect(clippy::unused_async, reason = "callers need not know that a task does the telling")]
    pub async fn announce(&self, revision: Revision) {
        match &self.0 {
            Home::Solo(solo) => solo.announce(revision),
            Home::Shared(shared) => shared.presence.announce(revision),
        }
    }

    /// Tells every node with the next heartbeat how busy this one is.
    pub fn report(&self, load: Load) {
        match &self.0 {
            Home::Solo(solo) => solo.report(load),
            Home::Shared(shared) => shared.presence.report(load),
        }
    }

    /// Tells every node at once whether this one takes requests.
    pub fn turn(&self, state: MemberState) {
        match &self.0 {
            Home::Solo(solo) => solo.turn(state),
            Home::Shared(shared) => shared.presence.turn(state),
        }
    }

    /// Orders `member` (this node or a peer) to be drained, or no longer. The order waits for an hour
    /// until the node asks for it, which it does at once when it hears of it, and every 5 s anyway.
    /// It is for that process alone: who was started later is not meant. The last order counts.
    ///
    /// # Errors
    /// When Redis does not answer; the order may be there then.
    pub async fn order_drain(&self, member: &Member, draining: bool) -> Result<()> {
        match &self.0 {
            Home::Solo(solo) => solo.order(draining),
            Home::Shared(shared) => shared.presence.order(member, draining).await?,
        }
        Ok(())
    }

    /// Whether somebody wants this node to be drained, as it changes. It stays as it is when Redis
    /// goes away or forgets everything.
    #[must_use]
    pub fn drained(&self) -> watch::Receiver<bool> {
        match &self.0 {
            Home::Solo(solo) => solo.drained(),
            Home::Shared(shared) => shared.presence.drained(),
        }
    }

    /// Who is alive by name, as it changes; this node is always among them. While Redis is away, who
    /// was alive before. Receivers see every [`Load`] but are not woken by it.
    #[must_use]
    pub fn members(&self) -> watch::Receiver<Arc<[Member]>> {
        match &self.0 {
            Home::Solo(solo) => solo.members(),
            Home::Shared(shared) => shared.presence.members(),
        }
    }

    /// Which peers are gone without having said so, from now on.
    #[must_use]
    pub fn lost(&self) -> broadcast::Receiver<String> {
        match &self.0 {
            Home::Solo(solo) => solo.lost(),
            Home::Shared(shared) => shared.presence.lost(),
        }
    }

    /// Whether this node is connected with its peers, as it changes.
    #[must_use]
    pub fn link(&self) -> watch::Receiver<Link> {
        match &self.0 {
            Home::Solo(solo) => solo.link(),
            Home::Shared(shared) => shared.link(),
        }
    }

    /// Stands for the right to do what `name` says, for as long as the lease is not dropped.
    #[must_use]
    pub fn stand(&self, name: impl Into<String>) -> Lease {
        match &self.0 {
            Home::Solo(solo) => solo.stand(name.into()),
            Home::Shared(shared) => shared.stand(name.into()),
        }
    }

    /// Every lease that some node has now, by name.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn leases(&self) -> Result<Vec<LeaseView>> {
        match &self.0 {
            Home::Solo(solo) => Ok(solo.leases()),
            Home::Shared(shared) => lease::list(&shared.connection).await,
        }
    }

    /// Tells peers that proxies rest, or no longer: they are told by [`Cluster::rests`], and
    /// everybody by a [notice](crate::Signal::ProxyQuarantineChanged).
    ///
    /// # Errors
    /// When Redis does not answer; some peers may know then.
    pub async fn rest(&self, rests: &[Rest]) -> Result<()> {
        match &self.0 {
            Home::Solo(_) => Ok(()),
            Home::Shared(shared) => shared.rest(rests).await,
        }
    }

    /// Which proxies peers saw rest, from now on, in batches. After an outage, and at the start, every
    /// proxy that rests, whoever saw it.
    #[must_use]
    pub fn rests(&self) -> broadcast::Receiver<Arc<[Rest]>> {
        match &self.0 {
            Home::Solo(solo) => solo.rests(),
            Home::Shared(shared) => shared.rests.subscribe(),
        }
    }

    /// Tells peers what sessions are bound to, or that they still are. The first binding of a session
    /// wins for as long as it lives, unless the new one [replaces](Binding::replaces) it. Returned are
    /// the winners, where they are others.
    ///
    /// # Errors
    /// When Redis does not answer; some bindings may be known then.
    pub async fn share_bindings(&self, bindings: &[Binding]) -> Result<Vec<Binding>> {
        match &self.0 {
            Home::Solo(_) => Ok(Vec::new()),
            Home::Shared(shared) => shared.bindings.share(bindings, &shared.id).await,
        }
    }

    /// What peers bound sessions to, from now on, in batches. After an outage, and at the start, all
    /// bindings there are, this node's own among them, up to 200,000.
    #[must_use]
    pub fn bindings(&self) -> broadcast::Receiver<Arc<[Binding]>> {
        match &self.0 {
            Home::Solo(solo) => solo.bindings(),
            Home::Shared(shared) => shared.told_bindings(),
        }
    }

    /// Tells peers of which proxies the probes of this node have found out that they work, or no
    /// longer. Whoever does not listen just then never learns of it.
    ///
    /// # Errors
    /// When Redis does not answer; some peers may know then.
    pub async fn tell_verdicts(&self, verdicts: &[Verdict]) -> Result<()> {
        match &self.0 {
            Home::Solo(_) => Ok(()),
            Home::Shared(shared) => shared.verdicts.tell(verdicts, &shared.id).await,
        }
    }

    /// What the probes of peers have found out, from now on, in batches.
    #[must_use]
    pub fn verdicts(&self) -> broadcast::Receiver<Arc<[Verdict]>> {
        match &self.0 {
            Home::Solo(solo) => solo.verdicts(),
            Home::Shared(shared) => shared.verdicts.subscribe(),
        }
    }

    /// Writes to the peer `to`, or with `None` to all. Who does not listen just then never learns of
    /// it.
    ///
    /// # Errors
    /// When Redis does not answer; some peers may have it then.
    pub async fn write(&self, to: Option<&str>, text: &str) -> Result<()> {
        match &self.0 {
            Home::Solo(_) => Ok(()),
            Home::Shared(shared) => shared.letters.write(to, text, &shared.id).await,
        }
    }

    /// What peers write to this node or to all, from now on.
    #[must_use]
    pub fn letters(&self) -> broadcast::Receiver<Arc<Letter>> {
        match &self.0 {
            Home::Solo(solo) => solo.letters(),
            Home::Shared(shared) => shared.letters.subscribe(),
        }
    }

    /// Tells peers that exits are kept away from hosts or sessions. What is told is known until it is
    /// over.
    ///
    /// # Errors
    /// When Redis does not answer; some peers may know then.
    pub async fn tell_marks(&self, marks: &[Mark]) -> Result<()> {
        match &self.0 {
            Home::Solo(_) => Ok(()),
            Home::Shared(shared) => shared.marks.tell(marks, &shared.id).await,
        }
    }

    /// From whom peers keep exits away, from now on, in batches. After an outage, and at the start, all
    /// marks there are, this node's own among them, up to 200,000.
    #[must_use]
    pub fn marks(&self) -> broadcast::Receiver<Arc<[Mark]>> {
        match &self.0 {
            Home::Solo(solo) => solo.marks(),
            Home::Shared(shared) => shared.marks.subscribe(),
        }
    }

    /// Asks for tokens, one for each request that is to go through an exit, for many exits at once;
    /// grants come in the order of the wants. In no window whatsoever do all nodes together use more
    /// than the limit, what was [spent](Want::spent) without a token excepted: a grant counts until
    /// its tokens cannot be used any more and a window has passed since.
    ///
    /// # Errors
    /// When Redis does not answer at once. Tokens may have been granted then; they are lost.
    pub async fn take(&self, wants: &[Want]) -> Result<Vec<Grant>> {
        match &self.0 {
            Home::Solo(solo) => Ok(solo.windows.lock().take(wants, Instant::now())),
            Home::Shared(shared) => facts::take(&shared.connection, wants).await,
        }
    }

    /// Adds what this node counted since the last time; once a second is enough.
    ///
    /// # Errors
    /// When Redis does not answer; the numbers may count then.
    pub async fn add_live(&self, counted: &[(ProjectId, Counters)]) -> Result<()> {
        match &self.0 {
            Home::Solo(solo) => {
                solo.add_live(counted);
                Ok(())
            }
            Home::Shared(shared) => facts::add(&shared.connection, counted).await,
        }
    }

    /// What all nodes counted, by project: numbers that grow, and that begin anew after a quiet hour
    /// or when Redis forgets them. For dashboards; usage is the database's.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn live(&self) -> Result<Vec<(ProjectId, Counters)>> {
        match &self.0 {
            Home::Solo(solo) => Ok(solo.live()),
            Home::Shared(shared) => facts::read_all(&shared.connection).await,
        }
    }

    /// Gives every lease back and tells peers that this node goes; waits a second or so for Redis,
    /// and no longer. It takes no part from then on.
    pub async fn leave(&self) {
        match &self.0 {
            Home::Solo(_) => {}
            Home::Shared(shared) => shared.leave().await,
        }
    }

    /// The name of this node.
    #[must_use]
    pub fn instance_id(&self) -> &str {
        match &self.0 {
            Home::Solo(solo) => solo.id(),
            Home::Shared(shared) => shared.id(),
        }
    }
}

#[cfg(test)]
mod tests;
