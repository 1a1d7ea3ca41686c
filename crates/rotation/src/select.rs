//! `select`: the only way in. Filters the roster, then lets the strategy order what is left.

use std::sync::Arc;
use std::time::Duration;

use model::place::Country;
use model::policy::{Lost, Strategy};
use model::{Host, ProxyId};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use smallvec::SmallVec;
use tokio::time::Instant;

use crate::allotment::PENDING;
use crate::ask::Ask;
use crate::availability::Grade;
use crate::lanes::{Open, Plan, is_allowed};
use crate::list::{List, Pool};
use crate::marks::Unwilling;
use crate::moment::millis;
use crate::roster::{Exit, ProjectEntry, Roster};
use crate::sessions::{Bound, Sessions};
use crate::strategy;
use crate::tab::Reached;

mod affinity;
mod home;
mod turn;
mod explain;

use affinity::{Affinity, affinity};
pub use explain::{Avoided, Choice, Explanation, Share, Standing, explain};
pub use turn::{Failure, Turn};

/// Exits that others took in the very moment in which they were chosen, before the search is given
/// up.
const MOST_DENIED: usize = 64;

/// Why no exit can carry a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// The project, or every connector of it, refuses the target.
    #[error("the target is refused by a domain rule")]
    DomainRefused,
    /// There is no exit like that, or all of them are down.
    #[error("no exit is eligible")]
    NoneEligible,
    /// Every eligible exit is at its limit or rests.
    #[error("every eligible exit rests")]
    AllLimited {
        /// When the first of them can be used again.
        retry_after: Duration,
    },
    /// The session's exit cannot be used, and the session wants no other.
    #[error("the exit of the session is lost")]
    SessionLost,
    /// The project, or every connector that could carry the request, has used as much as it may.
    #[error("a cap has been reached")]
    Capped {
        /// What the client is to be answered: 509 or 429.
        status: u16,
        /// When there is more of it.
        retry_after: Duration,
    },
    /// The project is off.
    #[error("the project is switched off")]
    ProjectDisabled,
}

/// The exits that can carry a request, best first, found one at a time.
#[derive(Debug)]
pub struct Candidates {
    project: Arc<ProjectEntry>,
    /// `None`: that of the project's lanes for requests that take any exit.
    plan: Option<Arc<Plan>>,
    /// The connectors that the request can use.
    open: Open,
    /// Those among them that have not been found without an exit of the grade looked at.
    left: Open,
    grade: Grade,
    affinity: Option<Affinity>,
    session: Option<compact_str::CompactString>,
    /// The name of a rotation, where peers share it.
    rotation: Option<compact_str::CompactString>,
    sessions: Arc<Sessions>,
    random: SmallRng,
    tried: SmallVec<[ProxyId; 4]>,
    /// What the session was bound to when the request came.
    found: Option<Bound>,
    /// The exit that the session had until its time was over.
    outlived: Option<ProxyId>,
    /// Who may not want an exit that there is.
    unwilling: [Option<Unwilling>; 2],
    /// Restricts what follows a lost exit.
    only_country: Option<Country>,
    first: Option<Turn>,
    /// When the first exit that a limit held back can be used again, in milliseconds.
    due: Option<u64>,
    purpose: Purpose,
}

/// What a choice is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// A request.
    Carry,
    /// To tell it: nobody else's choice changes by it.
    Look,
    /// The same, when tokens are as good as here that are to be asked for.
    LookPatiently,
}

/// Whether the project lets anybody go there, whatever the exit.
///
/// # Errors
/// [`Unavailable::ProjectDisabled`], [`Unavailable::DomainRefused`], [`Unavailable::Capped`].
pub fn check(project: &ProjectEntry, host: &Host) -> Result<(), Unavailable> {
    let (brief, spec) = (&project.brief, &project.spec);
    if !brief.is_enabled {
        return Err(Unavailable::ProjectDisabled);
    }
    if brief.has_domain_rules && !is_allowed(&spec.domain_allow, &spec.domain_deny, host) {
        return Err(Unavailable::DomainRefused);
    }
    project.reached().map_or(Ok(()), |reached| Err(reached.into()))
}

/// The exits for `ask`; at least one has been found, and its turn has begun.
///
/// # Errors
/// Why there is none.
pub fn select(
    _roster: &Roster,
    ask: &Ask,
    sessions: &Arc<Sessions>,
    now: Instant,
    random: &mut impl Rng,
) -> Result<Candidates, Unavailable> {
    choose((ask, Purpose::Carry), sessions, now, random)
}

fn choose(
    (ask, purpose): (&Ask, Purpose),
    sessions: &Arc<Sessions>,
    now: Instant,
    random: &mut impl Rng,
) -> Result<Candidates, Unavailable> {
    let (project, host) = (&ask.project, &ask.target.host);
    check(project, host)?;
    let mut plan = project.lanes.plan(&ask.wish);
    if purpose != Purpose::Carry {
        plan = Some(Arc::new(project.lanes.or_all(plan.as_deref()).apart()));
    }
    let planned = project.lanes.or_all(plan.as_deref());
    let (mut open, is_refused) = project.lanes.open(planned, &ask.wish, host);
    if is_refused {
        return Err(Unavailable::DomainRefused);
    }
    project.lanes.close_capped(&mut open, now)?;
    let (affinity, rotation) = affinity(ask);
    let mut candidates = Candidates {
        project: Arc::clone(project),
        plan,
        left: open.clone(),
        open,
        grade: Grade::Up,
        affinity,
        session: ask.wish.session.clone(),
        rotation,
        sessions: Arc::clone(sessions),
        random: SmallRng::seed_from_u64(random.next_u64()),
        tried: SmallVec::new(),
        found: None,
        outlived: None,
        unwilling: unwilling(ask),
        only_country: None,
        first: None,
        due: None,
        purpose,
    };
    candidates.first = match candidates.bound(ask.wish.pin, now)? {
        Some(turn) => Some(turn),
        None => candidates.search(now),
    };
    if candidates.first.is_none() { Err(candidates.why_none(now)) } else { Ok(candidates) }
}

/// The host, and the session, where any exit is kept away from anybody.
fn unwilling(ask: &Ask) -> [Option<Unwilling>; 2] {
    let marks = ask.project.marks();
    if marks.is_empty() {
        return [None; 2];
    }
    let session = ask.wish.session.as_ref();
    [Some(marks.host(&ask.target.host)), session.map(|session| marks.session(session))]
}

impl From<Reached> for Unavailable {
    fn from(Reached { status, retry_after }: Reached) -> Self {
        Self::Capped { status, retry_after }
    }
}

// === impl Candidates ===

impl Candidates {
    /// The next exit to try, each at most once; its turn has begun.
    pub fn next(&mut self, now: Instant) -> Option<Turn> {
        self.first.take().or_else(|| self.search(now))
    }

    /// The session that the request belongs to.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// How the choice was made, in one line.
    #[must_use]
    pub fn why(&self) -> String {
        let lanes = self.open.iter().map(|lane| {
            let spec = &self.pool(lane).connector.spec;
            let exits = self.list(lane).len();
            format!("connector tier={} weight={} exits={exits}", spec.priority, spec.weight)
        });
        let lanes: Vec<String> = lanes.collect();
        let grade = if self.grade == Grade::Up { "up" } else { "degraded" };
        let strategy = self.project.brief.strategy;
        format!("strategy={strategy}; grade={grade}; {}", lanes.join("; "))
    }

    fn pool(&self, lane: usize) -> &Pool {
        self.project.lanes.pool(lane)
    }

    fn plan(&self) -> &Plan {
        self.project.lanes.or_all(self.plan.as_deref())
    }

    /// The exits of a lane that satisfy the request.
    fn list(&self, lane: usize) -> &List {
        self.plan().list(lane)
    }

    /// The exit that the request is tied to, where it is and can be used.
    fn bound(&mut self, pin: Option<ProxyId>, now: Instant) -> Result<Option<Turn>, Unavailable> {
        if let Some(turn) = pin.and_then(|pin| self.pinned(pin, now)) {
            return Ok(Some(turn));
        }
        let Some(Affinity { key, lost, terms: Some(_), .. }) = self.affinity else {
            return Ok(None);
        };
        let found = match self.purpose {
            Purpose::Carry => self.sessions.find(key, self.project.revision, now),
            _ => self.sessions.look(key, now).map(|bound| (bound, false)),
        };
        self.found = found.map(|(bound, _)| bound);
        let Some((bound @ Bound { exit, connector, country }, is_unchecked)) = found else {
            self.outlived = self.sessions.outlived(key, now);
            return Ok(None);
        };
        let lane = self.project.lanes.lane_of(connector).filter(|lane| self.open.has(*lane));
        if let Some(turn) = lane.and_then(|lane| self.at(lane, exit, now)) {
            self.only_country = country.filter(|_| lost == Lost::Country);
            if is_unchecked {
                self.check(key, &bound, now);
            }
            return Ok(Some(turn));
        }
        if let Some(retry_after) = lane.and_then(|lane| self.waits_for(lane, exit, now)) {
            return Err(Unavailable::AllLimited { retry_after });
        }
        // Its exit may start in a moment, and no other one is what it wants.
        if let Some(due) = self.due.filter(|due| *due <= millis(now) + PENDING) {
            let retry_after = Duration::from_millis(due.saturating_sub(millis(now)).max(1));
            return Err(Unavailable::AllLimited { retry_after });
        }
        match lost {
            Lost::Fail => return Err(Unavailable::SessionLost),
            Lost::Country if country.is_none() => return Err(Unavailable::SessionLost),
            Lost::Country => self.only_country = country,
            Lost::Any => {}
        }
        Ok(None)
    }

    /// The exit that the request is pinned to, wherever it is.
    fn pinned(&mut self, exit: ProxyId, now: Instant) -> Option<Turn> {
        let mut lanes = self.open.iter();
        let lane = lanes.find(|lane| self.pool(*lane).place_of(exit).is_some())?;
        drop(lanes);
        self.at(lane, exit, now)
    }

    /// Begins a turn at one exit, where its lane has it and it is not resting.
    fn at(&mut self, lane: usize, exit: ProxyId, now: Instant) -> Option<Turn> {
        let pool = self.pool(lane);
        let place = pool.place_of(exit).filter(|place| self.list(lane).has(*place))?;
        pool.refresh(millis(now));
        let looked = self.project.marks().look(self.unwilling, millis(now));
        let is_marked = looked.is_some_and(|looked| looked.until(exit).is_some());
        if is_marked || !pool.availability.has(place) {
            return None;
        }
        let exit = Arc::clone(&pool.exits[place]);
        self.begin(exit, now)
    }

    /// How long the session has to wait for its exit, if its connector wants it to.
    fn waits_for(&self, lane: usize, exit: ProxyId, now: Instant) -> Option<Duration> {
        let pool = self.pool(lane);
        let limit = pool.connector.rate()?;
        let state = &pool.exits[pool.place_of(exit)?].state;
        let until = state.held_until(None, millis(now))?;
        limit.sticky_quarantine.then(|| Duration::from_millis(until - millis(now)))
    }

    /// Finds the next exit: those that are up in every tier, then those that are degraded.
    fn search(&mut self, now: Instant) -> Option<Turn> {
        let keeps_exit = self.affinity.is_some_and(|affinity| affinity.lost == Lost::Fail);
        if keeps_exit && self.found.is_some() {
            return None;
        }
        for _ in 0..MOST_DENIED {
            let exit = self.find(now)?;
            let turn = self.begin(exit, now);
            if turn.is_some() {
                return turn;
            }
        }
        None
    }

    /// The exit whose turn it is: one that is up in any tier, else one that is degraded.
    fn find(&mut self, now: Instant) -> Option<Arc<Exit>> {
        let found = self.find_left(now);
        if found.is_some() || self.grade == Grade::Degraded {
            return found;
        }
        self.grade = Grade::Degraded;
        self.left.clone_from(&self.open);
        self.find_left(now)
    }

    /// The exit whose turn it is in the lanes that are left; one that has none is left no longer.
    fn find_left(&mut self, now: Instant) -> Option<Arc<Exit>> {
        while let Some(lane) = self.lane() {
            let exit = self.choose(lane, now);
            if exit.is_some() {
                return exit;
            }
            self.left.remove(lane);
        }
        None
    }

    /// The lane whose turn it is, of the first tier that has any left.
    fn lane(&mut self) -> Option<usize> {
        let (lanes, left) = (&self.project.lanes, &self.left);
        match (self.deciding(), self.project.brief.strategy) {
            (Some(Affinity { key, .. }), _) => lanes.by_key(left, key),
            (None, Strategy::RoundRobin) => lanes.by_turn(self.plan(), left),
            (None, _) => lanes.by_chance(left, &mut self.random),
        }
    }

    /// Lets the strategy choose an exit of a lane.
    fn choose(&mut self, lane: usize, now: Instant) -> Option<Arc<Exit>> {
        let lanes = &self.project.lanes;
        let plan = lanes.or_all(self.plan.as_deref());
        let (pool, list, cursor) = (lanes.pool(lane), plan.list(lane), plan.cursor(lane));
        pool.refresh(millis(now));
        let (tried, country) = (&self.tried, self.only_country);
        let most_in_flight = pool.connector.max_in_flight;
        let looked = self.project.marks().look(self.unwilling, millis(now));
        let is_marked = |exit: &Exit| looked.as_ref().is_some_and(|at| at.until(exit.id).is_some());
        let wanted = |exit: &Exit| {
            !tried.contains(&exit.id)
                && !is_marked(exit)
                && (country.is_none() || exit.traits.place.country == country)
                && exit.state.has_room(most_in_flight)
        };
        let key = self.deciding().map(|affinity| affinity.key);
        let lane = strategy::Lane { pool, list, cursor, grade: self.grade };
        let strategy = self.project.brief.strategy;
        let another = |exit: &Exit| Some(exit.id) != self.outlived && wanted(exit);
        let random = &mut self.random;
        let place = strategy::choose(strategy, &lane, key, &mut *random, another)
            .or_else(|| strategy::choose(strategy, &lane, key, random, wanted))?;
        Some(Arc::clone(&pool.exits[place]))
    }

    /// What decides where nothing is remembered. It would decide on the exit that a session has
    /// outlived, again and again.
    fn deciding(&self) -> Option<Affinity> {
        self.affinity.filter(|affinity| affinity.decides && self.outlived.is_none())
    }

    /// Why the search found nothing.
    fn why_none(&self, now: Instant) -> Unavailable {
        const MOST_ASKED: usize = 4096;
        let (now, only) = (millis(now), self.only_country);
        let looked = self.project.marks().look(self.unwilling, now);
        let looked = looked.as_ref();
        let held = self.open.iter().flat_map(|lane| {
            let (pool, list) = (self.pool(lane), self.list(lane));
            let most_in_flight = pool.connector.max_in_flight;
            let country = |place: &usize| pool.exits[*place].traits.place.country;
            let is_wanted = move |at: &usize| only.is_none_or(|_| country(at) == only);
            let places = (0..list.len().min(MOST_ASKED)).map(|at| list.place(at));
            places.filter(is_wanted).filter_map(move |place| {
                let exit = &pool.exits[place];
                let marked = looked.and_then(|looked| looked.until(exit.id));
                let held = marked.or_else(|| exit.state.held_until(most_in_flight, now));
                // It was held when the search came by, and is not by now: tokens came, or room.
                held.or_else(|| pool.availability.has(place).then_some(now))
            })
        });
        match held.chain(self.due).min() {
            Some(due) => {
                let retry_after = Duration::from_millis(due.saturating_sub(now).max(1));
                Unavailable::AllLimited { retry_after }
            }
            None => Unavailable::NoneEligible,
        }
    }
}
