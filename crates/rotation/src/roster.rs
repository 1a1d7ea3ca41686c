//! The immutable, indexed picture of one revision that every request reads.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use compact_str::CompactString;
use ipnet::IpNet;
use model::connector::ConnectorSpec;
use model::health::Health;
use model::policy::{Lost, RateLimit, Rotate, Strategy};
use model::project::ProjectSpec;
use model::proxy::{Endpoint, Login, Protocol, ProxySpec};
use model::{
    ConnectorId, CredentialId, Host, Place, ProjectId, ProxyId, Revision, RootCertificate,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::condition::Limits;
use crate::lanes::Lanes;
use crate::ledger::Account;
use crate::list::Pool;
use crate::marks::{Added, Mark, Marked, MarkedBy, Marks, Unwilling};
use crate::moment::millis;
use crate::rendezvous;
use crate::sharing::{Allotments, Sharing};
use crate::state::ExitState;
use crate::tab::{Bill, Reached, Tab};
use crate::table::Map;

mod build;

/// The share of marks that know no limit.
const ANY_SHARE: u8 = u8::MAX;
/// The share of marks that leave one exit; a node of an earlier version knows no limit.
const ALL_BUT_ONE: u8 = u8::MAX - 1;

/// A picture of the whole configuration. Built by one task, read by every request, never changed:
/// the next revision is another roster, which shares all that stayed the same.
#[derive(Debug, Default)]
pub struct Roster {
    revision: Revision,
    projects: Map<ProjectId, Arc<ProjectEntry>>,
    accounts: Map<Box<str>, Arc<ProjectEntry>>,
    /// The most specific network first.
    sources: Vec<(IpNet, Arc<ProjectEntry>)>,
    pools: Map<ConnectorId, PoolEntry>,
    credentials: Map<CredentialId, CredentialEntry>,
    /// In the order in which they begin to sign.
    roots: Arc<[RootCertificate]>,
}

/// A pool, and whose it is: to tell that of ten thousand of them must not take a look at each.
#[derive(Debug, Clone)]
struct PoolEntry {
    project: ProjectId,
    pool: Arc<Pool>,
}

/// A credential as exits see it.
#[derive(Debug, Clone)]
struct CredentialEntry {
    project: ProjectId,
    written_at: Revision,
    login: Option<Arc<Login>>,
}

/// A project as requests see it.
#[derive(Debug)]
pub struct ProjectEntry {
    pub(crate) brief: Brief,
    /// Its identifier.
    pub id: ProjectId,
    /// At which revision its row was written.
    pub written_at: Revision,
    /// What its operators decided.
    pub spec: Arc<ProjectSpec>,
    /// In which revision it was drawn.
    pub(crate) revision: Revision,
    /// Its connectors that are on.
    pub(crate) lanes: Lanes,
    account: Arc<Account>,
    /// Shared with the entries of other rosters that let in the same clients.
    revoked: CancellationToken,
}

/// What each choice reads of a project's spec, once more: there it lies in three places.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Brief {
    pub(crate) rotate: Rotate,
    pub(crate) strategy: Strategy,
    pub(crate) lost: Lost,
    pub(crate) is_enabled: bool,
    pub(crate) has_domain_rules: bool,
    pub(crate) has_caps: bool,
}

/// A connector as requests see it. In this order, because what a choice reads comes first.
#[derive(Debug)]
#[repr(C)]
pub struct ConnectorEntry {
    /// Requests that each exit may have under way, once more: what a choice reads of the spec.
    pub(crate) max_in_flight: Option<u32>,
    /// Whether there is a rate that they keep.
    has_rate: bool,
    /// Its identifier.
    pub id: ConnectorId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// At which revision its row was written.
    pub written_at: Revision,
    /// What its operators decided.
    pub spec: Arc<ConnectorSpec>,
    /// Its name, as requests spell it.
    pub(crate) slug: Option<CompactString>,
    /// What has been used of it, where it has caps or prices.
    pub(crate) bill: Option<Box<Bill>>,
}

/// An exit as requests see it. In this order, because what a choice reads comes first: among a
/// million exits each cache line is a wait.
#[derive(Debug)]
#[repr(C)]
pub struct Exit {
    /// Its identifier.
    pub id: ProxyId,
    /// The connector it belongs to.
    pub connector: Arc<ConnectorEntry>,
    /// What this node knows of it.
    pub state: Arc<ExitState>,
    /// What requests can ask for. Stored once for all exits that have the same.
    pub traits: Arc<Traits>,
    /// How it is reached, with the login it has or its connector's credential gives it.
    pub endpoint: Endpoint,
    /// The lower half of the revision at which its row was written: it fits where nothing was.
    written_at: u32,
    /// Whether the login is the credential's.
    is_login_inherited: bool,
}

/// What requests can ask of an exit.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct Traits {
    /// Where it is, as far as known.
    pub place: Arc<Place>,
    /// Its labels.
    pub tags: Vec<CompactString>,
}

// === impl Traits ===

impl Traits {
    /// Whether an exit that is like this has them.
    fn are_of(&self, spec: &ProxySpec) -> bool {
        *self.place == spec.place && self.tags == spec.tags
    }
}

// === impl Roster ===

impl Roster {
    /// A picture of nothing.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// The revision it is a picture of.
    #[must_use]
    pub fn revision(&self) -> Revision {
        self.revision
    }

    /// The roots of interception, in the order in which they begin to sign. The very same as in the
    /// roster before, unless one of them has changed or all has been read anew.
    #[must_use]
    pub fn roots(&self) -> &Arc<[RootCertificate]> {
        &self.roots
    }

    /// The project of that id.
    #[must_use]
    pub fn project(&self, id: ProjectId) -> Option<&Arc<ProjectEntry>> {
        self.projects.get(&id)
    }

    /// Ends the tunnels of clients who came in by what `next`, now in force, does not let in.
    pub fn revoke(&self, next: &Self) {
        for old in self.projects.values() {
            if !next.project(old.id).is_some_and(|new| old.keeps_all_under(&new.spec)) {
                old.revoked.cancel();
            }
        }
    }

    /// The project of that account, by its exact username.
    #[must_use]
    pub fn account(&self, username: &str) -> Option<&Arc<ProjectEntry>> {
        self.accounts.get(username)
    }

    /// The project that clients from that address belong to without a login.
    #[must_use]
    pub fn by_source(&self, address: IpAddr) -> Option<&Arc<ProjectEntry>> {
        let address = address.to_canonical();
        self.sources.iter().find(|(network, _)| network.contains(&address)).map(|(_, entry)| entry)
    }

    /// All projects.
    pub fn projects(&self) -> impl Iterator<Item = &Arc<ProjectEntry>> {
        self.projects.values()
    }

    /// All connectors, whether or not they are on.
    pub fn connectors(&self) -> impl Iterator<Item = &Arc<ConnectorEntry>> {
        self.pools.values().map(|entry| &entry.pool.connector)
    }

    /// At which revision the row of each credential was written.
    pub fn credentials(&self) -> impl Iterator<Item = Revision> {
        self.credentials.values().map(|entry| entry.written_at)
    }

    /// At which revision the row of an exit of this roster was written; `None`: it is the one of a
    /// connector of kind `direct`, which has none. Right for the last 2^32 revisions.
    #[must_use]
    pub fn written_at(&self, exit: &Exit) -> Option<Revision> {
        let ago = low(self.revision).wrapping_sub(exit.written_at);
        let is_row = exit.endpoint.protocol != Protocol::Direct;
        is_row.then(|| Revision(self.revision.0.saturating_sub(u64::from(ago))))
    }

    /// All exits that are on, whether or not their connectors are.
    pub fn exits(&self) -> impl Iterator<Item = &Arc<Exit>> {
        self.pools.values().flat_map(|entry| entry.pool.exits.iter())
    }

    /// Those of one project.
    pub fn exits_of(&self, project: ProjectId) -> impl Iterator<Item = &Arc<Exit>> {
        let pools = self.pools.values().filter(move |entry| entry.project == project);
        pools.flat_map(|entry| entry.pool.exits.iter())
    }

    /// Whether it is an exit that is on.
    pub(crate) fn has(&self, exit: &Exit) -> bool {
        let pool = self.pools.get(&exit.connector.id).map(|entry| &entry.pool);
        pool.is_some_and(|pool| pool.place_of(exit.id).is_some())
    }

    /// How many exits there are.
    #[must_use]
    pub fn exit_count(&self) -> usize {
        self.pools.values().map(|entry| entry.pool.exits.len()).sum()
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
const fn low(revision: Revision) -> u32 {
    revision.0 as u32
}

// === impl Exit ===

impl Exit {
    /// What this node knows of it now.
    #[must_use]
    pub fn health(&self, now: Instant) -> Health {
        self.state.health(millis(now))
    }

    /// What a request through it starts under, where nodes share rates like this.
    pub(crate) fn limits(&self, sharing: Sharing, chance: f32) -> Limits<'_> {
        let sharing = (sharing, rendezvous::salt(self.id));
        let (rate, in_flight) = (self.connector.rate(), self.connector.max_in_flight);
        Limits { rate, in_flight, sharing, chance }
    }
}

// === impl Brief ===

impl Brief {
    fn of(spec: &ProjectSpec) -> Self {
        Self {
            rotate: spec.rotate,
            strategy: spec.strategy,
            lost: spec.session.lost,
            is_enabled: spec.enabled,
            has_domain_rules: !spec.domain_allow.is_empty() || !spec.domain_deny.is_empty(),
            has_caps: !spec.caps.is_empty(),
        }
    }
}

// === impl ProjectEntry ===

impl ProjectEntry {
    pub(crate) fn allotments(&self) -> &Allotments {
        &self.account.allotments
    }

    /// Cancelled when its username or password is another, one of its networks is not let in any
    /// more, or it is off or gone: whoever came in until then has to come again.
    #[must_use]
    pub fn revoked(&self) -> &CancellationToken {
        &self.revoked
    }

    /// Whether whoever was let in by this entry is by that `spec`, too.
    fn keeps_all_under(&self, spec: &ProjectSpec) -> bool {
        let is_let_in = |network| spec.source_cidrs.contains(network);
        spec.enabled
            && self.spec.username == spec.username
            && self.spec.password.matches(&spec.password)
            && self.spec.source_cidrs.iter().all(is_let_in)
    }

    pub(crate) fn marks(&self) -> &Marks {
        &self.account.marks
    }

    /// Keeps an exit that `host` has banned away from it, on every node: for `base`, and longer each
    /// time. False: more than `max_share` per cent of the project's exits would be kept away, and
    /// nothing is done.
    #[must_use]
    pub fn keep_from(
        &self,
        (exit, host): (ProxyId, &Host),
        (base, max_share): (Duration, u8),
        now: Instant,
    ) -> bool {
        let by = || MarkedBy::Host(host.clone());
        let added = self.mark((self.marks().host(host), by), exit, (base, max_share), now);
        added != Added::Refused
    }

    /// Keeps an exit away from a session, which is to have another one, for so long: on every node.
    pub fn keep_from_session(&self, exit: ProxyId, session: &str, time: Duration, now: Instant) {
        let by = || MarkedBy::Session(session.into());
        self.mark((self.marks().session(session), by), exit, (time, ANY_SHARE), now);
    }

    /// Whether it has such an exit.
    #[must_use]
    pub fn has_exit(&self, exit: ProxyId) -> bool {
        self.lanes.has_exit(exit)
    }

    /// Gives a session another exit than this one from its next request on, as an operator or its
    /// client wants it: on every node, for so long, unless no other exit is left to it then. Whether
    /// there is one.
    #[must_use]
    pub fn rotate_session(
        &self,
        (session, exit): (&str, ProxyId),
        time: Duration,
        now: Instant,
    ) -> bool {
        let by = || MarkedBy::Session(session.into());
        let but_one = (time, ALL_BUT_ONE);
        self.mark((self.marks().session(session), by), exit, but_one, now) != Added::Refused
    }

    fn mark(
        &self,
        (by, name): (Unwilling, impl FnOnce() -> MarkedBy),
        exit: ProxyId,
        (base, max_share): (Duration, u8),
        now: Instant,
    ) -> Added {
        let added = self.marks().add((by, exit), (base, self.most(max_share)), millis(now));
        if let Added::New(Mark { until, times }) = added
            && self.account.marked.is_open()
        {
            let (project, by) = (self.id, name());
            self.account.marked.say(Marked { project, by, exit, times, max_share, until });
        }
        added
    }

    /// Keeps an exit away because a peer does; whether that is news.
    pub fn learn(&self, marked: &Marked, now: Instant) -> bool {
        let Marked { by, exit, times, max_share, until, .. } = marked;
        let mark = Mark { until: *until, times: *times };
        let by = self.marks().by(by);
        let added = self.marks().learn((by, *exit), (mark, self.most(*max_share)), millis(now));
        matches!(added, Added::New(_))
    }

    /// How many exits may be kept away from the same at a time.
    fn most(&self, max_share: u8) -> usize {
        match max_share {
            ALL_BUT_ONE => self.lanes.exit_count().saturating_sub(1),
            0..=100 => self.lanes.exit_count() * usize::from(max_share) / 100,
            _ => usize::MAX,
        }
    }

    /// Lets an exit rest on every node.
    pub fn quarantine(&self, exit: &Exit, rest: Duration, now: Instant) {
        let until = millis(now + rest);
        exit.state.quarantine(until);
        self.account.outlet.tell(exit.id, until);
    }

    /// Counts a request that begins; whether the project may have one more under way. Either way
    /// it is to be [ended](Self::end).
    #[must_use]
    pub fn begin(&self) -> bool {
        let before = self.account.in_flight.fetch_add(1, Ordering::Relaxed);
        self.spec.max_in_flight.is_none_or(|most| before < most)
    }

    /// What was begun turned out to be no request.
    pub fn leave(&self) {
        self.account.in_flight.fetch_sub(1, Ordering::Relaxed);
    }

    /// What the project has used, where it has caps.
    #[must_use]
    pub fn tab(&self) -> Option<&Arc<Tab>> {
        self.brief.has_caps.then_some(&self.account.tab)
    }

    /// The cap of the project, where it has been reached.
    pub(crate) fn reached(&self) -> Option<Reached> {
        self.tab()?.reached(Instant::now())
    }

    /// Whether a cap of the project ends what is under way.
    #[must_use]
    pub fn interrupts(&self) -> bool {
        self.tab().is_some_and(|tab| tab.interrupts())
    }

    /// Counts bytes that have been moved.
    pub fn count_bytes(&self, sent: u64, received: u64) {
        self.account.totals.count_bytes(sent, received);
        if let Some(tab) = self.tab() {
            tab.count_bytes(sent + received);
        }
    }

    /// Counts a request that is over, however many exits were tried for it.
    pub fn end(&self, is_success: bool, latency: Duration) {
        self.account.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.account.totals.count(is_success, is_success.then_some(latency));
        if let Some(tab) = self.tab() {
            tab.count_request();
        }
    }
}

// === impl ConnectorEntry ===

impl ConnectorEntry {
    /// The rate that each of its exits keeps.
    pub(crate) fn rate(&self) -> Option<&RateLimit> {
        if self.has_rate { self.spec.rate_limit.as_ref() } else { None }
    }

    /// What the connector has used, where it has caps.
    #[must_use]
    pub fn tab(&self) -> Option<&Arc<Tab>> {
        let bill = self.bill.as_ref().filter(|_| !self.spec.caps.is_empty());
        bill.map(|bill| &bill.tab)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With the two counts of an `Arc` an exit and its state fill blocks of the allocator, which
    /// come in few sizes (112 bytes here): a field more costs a million times 16.
    #[test]
    fn an_exit_and_its_state_are_small() {
        assert_eq!((size_of::<Exit>(), size_of::<ExitState>()), (88, 96));
    }
}
