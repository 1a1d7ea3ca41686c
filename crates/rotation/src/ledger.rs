//! What this node knows of each exit, kept from one roster to the next.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use model::health::{Counters, Health};
use model::proxy::Status;
use model::{ConnectorId, ProjectId, ProxyId};
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::marks::{Marked, Marks};
use crate::moment::millis;
use crate::outlet::{Outlet, Rested};
use crate::roster::{Exit, Roster};
use crate::sharing::Allotments;
use crate::state::ExitState;
use crate::tab::Tab;
use crate::table::{Map, Set};
use crate::totals::Totals;

/// The registry of exit states. Requests never look into it: they hold the state of their exit.
#[derive(Debug, Default)]
pub struct Ledger {
    exits: Mutex<Set<Known>>,
    projects: Mutex<Map<ProjectId, Arc<Account>>>,
    connectors: Mutex<Map<ConnectorId, Arc<Tab>>>,
    allotments: Arc<Allotments>,
    outlet: Arc<Outlet>,
    marked: Arc<Outlet<Marked>>,
}

/// What this node knows of a project.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// Requests and tunnels under way.
    pub(crate) in_flight: AtomicU32,
    /// What has been under way since this node started.
    pub(crate) totals: Totals,
    pub(crate) tab: Arc<Tab>,
    /// The node's, within reach of requests.
    pub(crate) allotments: Arc<Allotments>,
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) marked: Arc<Outlet<Marked>>,
    /// Who does not want which exit.
    pub(crate) marks: Marks,
}

/// An exit as it was drawn last, found by its id. The table holds nothing but a pointer: half of
/// it is empty when it has just grown.
#[derive(Debug)]
struct Known(Arc<Exit>);

/// The totals of one exit since this node started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExitTotals {
    /// The exit.
    pub proxy: ProxyId,
    /// Its connector.
    pub connector: ConnectorId,
    /// What has gone through it.
    pub counters: Counters,
}

impl Ledger {
    /// The state of an exit; a new one for an exit that has not been seen before.
    pub(crate) fn state(&self, proxy: ProxyId) -> Arc<ExitState> {
        let known = self.exits.lock();
        known.get(&proxy).map(|Known(exit)| Arc::clone(&exit.state)).unwrap_or_default()
    }

    /// An exit has been drawn, for the first time or anew.
    pub(crate) fn know(&self, exit: &Arc<Exit>) {
        self.exits.lock().replace(Known(Arc::clone(exit)));
    }

    /// How this node shares the limits of exits.
    #[must_use]
    pub fn allotments(&self) -> &Arc<Allotments> {
        &self.allotments
    }

    /// The exit of that id, if `roster` has it.
    #[must_use]
    pub fn exit(&self, proxy: ProxyId, roster: &Roster) -> Option<Arc<Exit>> {
        let known = self.exits.lock().get(&proxy).map(|Known(exit)| Arc::clone(exit));
        known.filter(|exit| roster.has(exit))
    }

    /// What is known of an exit now.
    #[must_use]
    pub fn health(&self, proxy: ProxyId, now: Instant) -> Option<Health> {
        self.exits.lock().get(&proxy).map(|Known(exit)| exit.state.health(millis(now)))
    }

    /// Sets a status that traffic and probes cannot find out; whether the exit is known.
    pub fn set_status(&self, proxy: ProxyId, status: Status) -> bool {
        let exits = self.exits.lock();
        exits.get(&proxy).is_some_and(|Known(exit)| {
            exit.state.set_status(status);
            true
        })
    }

    /// Exits that go to rest from now on for reasons that count on every node, or whose rest is
    /// ended: by hand, or by a limit with a quarantine of its own. Some are told more than once;
    /// 16,384 wait, and more are this node's alone. `None`: somebody listens already.
    #[must_use]
    pub fn rests(&self) -> Option<mpsc::Receiver<Rested>> {
        self.outlet.open()
    }

    /// Exits that some host or session does not want from now on, as requests of this node found out;
    /// 16,384 wait, and more are this node's alone. `None`: somebody listens already.
    #[must_use]
    pub fn marks(&self) -> Option<mpsc::Receiver<Marked>> {
        self.marked.open()
    }

    /// Lets an exit rest for so long, or ends its rest, and [tells](Self::rests) it; whether the exit
    /// is known.
    pub fn quarantine(&self, proxy: ProxyId, rest: Option<Duration>, now: Instant) -> bool {
        let rested = self.obey(proxy, rest, now);
        if let Some(Rested { proxy, until }) = rested {
            self.outlet.tell(proxy, until);
        }
        rested.is_some()
    }

    /// Does it for many, and waits for room where those that tell peers are busy: none of them stays
    /// this node's alone. How many of the exits are known.
    pub async fn quarantine_all(
        &self,
        proxies: &[ProxyId],
        rest: Option<Duration>,
        now: Instant,
    ) -> usize {
        let mut known = 0;
        for proxy in proxies {
            let Some(rested) = self.obey(*proxy, rest, now) else { continue };
            known += 1;
            self.outlet.say_surely(rested).await;
        }
        known
    }

    /// The same because a peer says so; it would be told as what is returned. `None`: the exit is
    /// not known.
    pub fn obey(&self, proxy: ProxyId, rest: Option<Duration>, now: Instant) -> Option<Rested> {
        let until = rest.map_or(0, |rest| millis(now + rest));
        let state = self.exits.lock().get(&proxy).map(|Known(exit)| Arc::clone(&exit.state))?;
        state.quarantine(until);
        Some(Rested { proxy, until })
    }

    /// A probe of the exit has an outcome: how long it took, or `None` for a failure. `chance`
    /// (0-1) spreads the rests of exits that fail together. Returned is whether the exit works,
    /// where that is decided now.
    pub fn probed(
        state: &ExitState,
        outcome: Option<Duration>,
        now: Instant,
        chance: f32,
    ) -> Option<bool> {
        state.probed(outcome, now, chance)
    }

    /// A peer's probes have decided whether the exit works; whether the exit is known. `chance` is
    /// that of [`probed`](Self::probed).
    pub fn believe(&self, proxy: ProxyId, works: bool, now: Instant, chance: f32) -> bool {
        let state = self.exits.lock().get(&proxy).map(|Known(exit)| Arc::clone(&exit.state));
        state.is_some_and(|state| {
            state.believe(works, millis(now), chance);
            true
        })
    }

    /// The totals of every exit that has ever carried a request, those included that have left the
    /// configuration and whose totals nobody has [forgotten](Self::forget) yet.
    #[must_use]
    pub fn totals(&self) -> Vec<ExitTotals> {
        let exits = self.exits.lock();
        let totals = exits.iter().map(|Known(exit)| ExitTotals {
            proxy: exit.id,
            connector: exit.connector.id,
            counters: exit.state.totals().read(),
        });
        totals.filter(|totals| totals.counters != Counters::default()).collect()
    }

    /// The totals of one exit.
    #[must_use]
    pub fn counters(&self, proxy: ProxyId) -> Counters {
        let exits = self.exits.lock();
        exits.get(&proxy).map(|Known(exit)| exit.state.totals().read()).unwrap_or_default()
    }

    /// The totals of every project since this node started: its requests, while those of exits
    /// are attempts.
    #[must_use]
    pub fn project_totals(&self) -> Vec<(ProjectId, Counters)> {
        self.projects.lock().iter().map(|(id, account)| (*id, account.totals.read())).collect()
    }

    /// Requests and tunnels of all projects that are under way.
    #[must_use]
    pub fn in_flight(&self) -> u32 {
        let projects = self.projects.lock();
        projects.values().map(|account| account.in_flight.load(Ordering::Relaxed)).sum()
    }

    /// Requests of all projects that have ended since this node started.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.projects.lock().values().map(|account| account.totals.read().requests).sum()
    }

    /// Forgets exits that are in no roster and carry nothing, once their totals have been read as
    /// `read`: one that has grown since is kept for the next time.
    pub fn forget(&self, roster: &Roster, read: &HashMap<ProxyId, Counters>) {
        self.exits.lock().retain(|Known(exit)| {
            let is_read = || {
                let counters = exit.state.totals().read();
                counters == read.get(&exit.id).copied().unwrap_or_default()
            };
            let is_held = Arc::strong_count(exit) > 1 || Arc::strong_count(&exit.state) > 1;
            is_held || roster.has(exit) || !is_read()
        });
    }

    pub(crate) fn outlet(&self) -> &Arc<Outlet> {
        &self.outlet
    }

    pub(crate) fn connector_of(&self, proxy: ProxyId) -> Option<ConnectorId> {
        self.exits.lock().get(&proxy).map(|Known(exit)| exit.connector.id)
    }

    pub(crate) fn tab(&self, id: ConnectorId) -> Arc<Tab> {
        Arc::clone(self.connectors.lock().entry(id).or_default())
    }

    pub(crate) fn project(&self, id: ProjectId) -> Arc<Account> {
        let mut projects = self.projects.lock();
        Arc::clone(projects.entry(id).or_insert_with(|| {
            let (allotments, outlet) = (Arc::clone(&self.allotments), Arc::clone(&self.outlet));
            let marked = Arc::clone(&self.marked);
            Arc::new(Account { allotments, outlet, marked, ..Account::default() })
        }))
    }

    /// A full picture has come: exits that it lacks, and that never carried anything, are gone.
    pub(crate) fn keep_only(&self, roster: &Roster) {
        self.forget(roster, &HashMap::new());
    }
}

// === impl Known ===

impl Borrow<ProxyId> for Known {
    fn borrow(&self) -> &ProxyId {
        &self.0.id
    }
}

impl Hash for Known {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

impl PartialEq for Known {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Known {}
