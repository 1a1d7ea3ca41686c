//! `select`: the only way in. Filters the roster, then lets the strategy order what is left.

use std::sync::Arc;
use std::time::Duration;

use model::place::Country;
use model::policy::{Lost, Rotate, Strategy};
use model::target::Host;
use model::{DomainRule, ProxyId};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use smallvec::SmallVec;
use tokio::time::Instant;

use crate::ask::Ask;
use crate::availability::Grade;
use crate::list::{List, Pool};
use crate::moment::millis;
use crate::rendezvous;
use crate::roster::{Exit, ProjectEntry, Roster};
use crate::sessions::{Binding, Key, Sessions, Terms};
use crate::strategy;

mod turn;

pub use turn::{Failure, Turn};

/// Exits that a limit has taken out of the race while it was looked for one, before the search is
/// given up: each is taken out for all requests, so the next search will not meet it.
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
    /// The project is off.
    #[error("the project is switched off")]
    ProjectDisabled,
}

/// The exits that can carry a request, best first, found one at a time.
#[derive(Debug)]
pub struct Candidates {
    project: Arc<ProjectEntry>,
    lanes: SmallVec<[Lane; 4]>,
    /// The grade that is being looked at.
    grade: Grade,
    strategy: Strategy,
    affinity: Option<Affinity>,
    session: Option<compact_str::CompactString>,
    sessions: Arc<Sessions>,
    random: SmallRng,
    tried: SmallVec<[ProxyId; 4]>,
    /// Restricts what follows a lost exit.
    only_country: Option<Country>,
    first: Option<Turn>,
    /// When the first exit that a limit held back can be used again, in milliseconds.
    due: Option<u64>,
}

/// One connector, as far as it satisfies the request.
#[derive(Debug)]
struct Lane {
    pool: Arc<Pool>,
    list: Arc<List>,
    is_spent: bool,
}

/// What ties a request to an exit.
#[derive(Debug, Clone, Copy)]
struct Affinity {
    key: Key,
    lost: Lost,
    /// `None`: nothing is remembered, the key alone decides.
    terms: Option<Terms>,
}

/// The exits for `ask`; at least one has been found, and its turn has begun.
///
/// # Errors
/// Why there is none.
pub fn select(
    roster: &Roster,
    ask: &Ask,
    sessions: &Arc<Sessions>,
    now: Instant,
    random: &mut impl Rng,
) -> Result<Candidates, Unavailable> {
    let _ = roster;
    let project = &ask.project;
    if !project.spec.enabled {
        return Err(Unavailable::ProjectDisabled);
    }
    let mut candidates = Candidates {
        project: Arc::clone(project),
        lanes: lanes(ask, millis(now))?,
        grade: Grade::Up,
        strategy: project.spec.strategy,
        affinity: affinity(ask),
        session: ask.wish.session.clone(),
        sessions: Arc::clone(sessions),
        random: SmallRng::seed_from_u64(random.next_u64()),
        tried: SmallVec::new(),
        only_country: None,
        first: None,
        due: None,
    };
    candidates.first = match candidates.bound(ask.wish.pin, now)? {
        Some(turn) => Some(turn),
        None => candidates.search(now),
    };
    if candidates.first.is_none() { Err(candidates.why_none(now)) } else { Ok(candidates) }
}

/// The connectors that the request can use, in the order of their tiers.
fn lanes(ask: &Ask, now: u64) -> Result<SmallVec<[Lane; 4]>, Unavailable> {
    let (spec, host) = (&ask.project.spec, &ask.target.host);
    if !is_allowed(&spec.domain_allow, &spec.domain_deny, host) {
        return Err(Unavailable::DomainRefused);
    }
    let filter = ask.wish.filter();
    let mut is_refused = false;
    let mut lanes = SmallVec::new();
    for pool in &ask.project.pools {
        let connector = &pool.connector;
        if ask.wish.connector.is_some() && ask.wish.connector != connector.slug {
            continue;
        }
        if !is_allowed(&connector.spec.domain_allow, &connector.spec.domain_deny, host) {
            is_refused = true;
            continue;
        }
        pool.refresh(now);
        let list = pool.list(&filter);
        if list.len() > 0 {
            lanes.push(Lane { pool: Arc::clone(pool), list, is_spent: false });
        }
    }
    if lanes.is_empty() && is_refused { Err(Unavailable::DomainRefused) } else { Ok(lanes) }
}

fn is_allowed(allow: &[DomainRule], deny: &[DomainRule], host: &Host) -> bool {
    (allow.is_empty() || allow.iter().any(|rule| rule.matches(host)))
        && !deny.iter().any(|rule| rule.matches(host))
}

/// A session, an implicit one of `rotate`, or the client's address under the sticky strategy.
fn affinity(ask: &Ask) -> Option<Affinity> {
    let (project, spec, wish) = (ask.project.id, &ask.project.spec, &ask.wish);
    let lost = wish.lost.unwrap_or(spec.session.lost);
    if let Some(session) = &wish.session {
        let ttl = wish.ttl.or(spec.session.ttl);
        let terms = Terms { ttl, idle: Some(wish.idle.unwrap_or(spec.session.idle)), uses: None };
        let key = Key::new(project, session.as_bytes());
        return Some(Affinity { key, lost, terms: Some(terms) });
    }
    // Two logins that wish for different places rotate apart.
    let implicit = || Key::new(project, format!("\0rotate {:?}", wish.filter()).as_bytes());
    match ask.rotate() {
        Rotate::Requests(uses) => {
            let terms = Terms { ttl: None, idle: None, uses: Some(uses) };
            Some(Affinity { key: implicit(), lost: Lost::Any, terms: Some(terms) })
        }
        Rotate::Every(ttl) => {
            let terms = Terms { ttl: Some(ttl), idle: None, uses: None };
            Some(Affinity { key: implicit(), lost: Lost::Any, terms: Some(terms) })
        }
        _ if spec.strategy == Strategy::Sticky => {
            let key = Key::new(project, format!("\0client {}", ask.client).as_bytes());
            Some(Affinity { key, lost: Lost::Any, terms: None })
        }
        _ => None,
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
        let lanes = self.lanes.iter().map(|lane| {
            let spec = &lane.pool.connector.spec;
            format!(
                "connector tier={} weight={} exits={}",
                spec.priority,
                spec.weight,
                lane.list.len()
            )
        });
        let lanes: Vec<String> = lanes.collect();
        let grade = if self.grade == Grade::Up { "up" } else { "degraded" };
        format!("strategy={}; grade={grade}; {}", self.strategy, lanes.join("; "))
    }

    /// The exit that the request is tied to, where it is and can be used.
    fn bound(&mut self, pin: Option<ProxyId>, now: Instant) -> Result<Option<Turn>, Unavailable> {
        if let Some(turn) = pin.and_then(|pin| self.at(pin, now)) {
            return Ok(Some(turn));
        }
        let Some(Affinity { key, lost, terms: Some(_) }) = self.affinity else { return Ok(None) };
        let Some(Binding { exit, country, .. }) = self.sessions.find(key, now) else {
            return Ok(None);
        };
        if let Some(turn) = self.at(exit, now) {
            self.only_country = country.filter(|_| lost == Lost::Country);
            return Ok(Some(turn));
        }
        if let Some(retry_after) = self.waits_for(exit, now) {
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

    /// Begins a turn at one exit, where it stands in a lane and is not resting.
    fn at(&mut self, exit: ProxyId, now: Instant) -> Option<Turn> {
        let found = self.lanes.iter().find_map(|lane| {
            let place = lane.pool.place_of(exit)?;
            lane.list.has(place).then(|| (Arc::clone(&lane.pool), place))
        });
        let (pool, place) = found?;
        let index = u32::try_from(place).ok()?;
        let can = |grade| pool.availability.is(index, grade);
        if !can(Grade::Up) && !can(Grade::Degraded) {
            return None;
        }
        self.begin(&pool.exits[place], now)
    }

    /// How long the session has to wait for its exit, if its connector wants it to.
    fn waits_for(&self, exit: ProxyId, now: Instant) -> Option<Duration> {
        let exit = self.lanes.iter().find_map(|lane| {
            let place = lane.pool.place_of(exit)?;
            Some(&lane.pool.exits[place])
        })?;
        let limit = exit.connector.spec.rate_limit.as_ref()?;
        let until = exit.state.quarantined_until(millis(now))?;
        limit.sticky_quarantine.then(|| Duration::from_millis(until - millis(now)))
    }

    /// Finds the next exit: those that are up in every tier, then those that are degraded.
    fn search(&mut self, now: Instant) -> Option<Turn> {
        let is_tied = self.affinity.is_some_and(|a| a.terms.is_some() && a.lost == Lost::Fail);
        if is_tied && !self.tried.is_empty() {
            return None;
        }
        let mut denied = 0;
        while denied < MOST_DENIED {
            let Some(index) = self.lane() else {
                if self.grade == Grade::Degraded {
                    return None;
                }
                self.grade = Grade::Degraded;
                self.lanes.iter_mut().for_each(|lane| lane.is_spent = false);
                continue;
            };
            let Some(exit) = self.choose(index) else {
                self.lanes[index].is_spent = true;
                continue;
            };
            if let Some(turn) = self.begin(&exit, now) {
                return Some(turn);
            }
            denied += 1;
        }
        None
    }

    /// The lane whose turn it is, of the first tier that is not spent.
    fn lane(&mut self) -> Option<usize> {
        let tier = self.lanes.iter().find(|lane| !lane.is_spent)?.pool.connector.spec.priority;
        let open: SmallVec<[usize; 4]> = (0..self.lanes.len())
            .filter(|index| {
                let lane = &self.lanes[*index];
                !lane.is_spent && lane.pool.connector.spec.priority == tier
            })
            .collect();
        if let [only] = open.as_slice() {
            return Some(*only);
        }
        let chosen = match (&self.affinity, self.strategy) {
            (Some(Affinity { key, .. }), _) => rendezvous::heaviest(open.iter().map(|index| {
                let connector = &self.lanes[*index].pool.connector;
                let seed = rendezvous::hash(7, connector.id.uuid().as_bytes());
                (key.hash(seed), f64::from(connector.spec.weight))
            })),
            (None, Strategy::RoundRobin) => self.smooth_turn(&open),
            (None, _) => self.weighted_chance(&open),
        };
        chosen.map(|chosen| open[chosen])
    }

    /// Smooth weighted round robin among the open lanes, for each such set apart.
    fn smooth_turn(&self, open: &[usize]) -> Option<usize> {
        const MOST_SETS: usize = 256;
        let weight = |index: &usize| i64::from(self.lanes[*index].pool.connector.spec.weight);
        let set = open.iter().fold(0, |set, index| {
            rendezvous::hash(set, self.lanes[*index].pool.connector.id.uuid().as_bytes())
        });
        let total: i64 = open.iter().map(weight).sum();
        let mut turns = self.project.turns.lock();
        if turns.len() >= MOST_SETS && !turns.contains_key(&set) {
            turns.clear();
        }
        let scores = turns.entry(set).or_insert_with(|| vec![0; open.len()]);
        for (score, index) in scores.iter_mut().zip(open) {
            *score += weight(index);
        }
        let chosen = (0..scores.len()).max_by_key(|at| (scores[*at], std::cmp::Reverse(*at)))?;
        scores[chosen] -= total;
        Some(chosen)
    }

    fn weighted_chance(&mut self, open: &[usize]) -> Option<usize> {
        let weight = |index: &usize| u64::from(self.lanes[*index].pool.connector.spec.weight);
        let total: u64 = open.iter().map(weight).sum();
        let mut left = self.random.next_u64() % total.max(1);
        open.iter().position(|index| {
            let is_it = left < weight(index);
            left = left.saturating_sub(weight(index));
            is_it
        })
    }

    /// Lets the strategy choose an exit of a lane.
    fn choose(&mut self, index: usize) -> Option<Arc<Exit>> {
        let Lane { pool, list, .. } = &self.lanes[index];
        let lane = strategy::Lane { pool, list, grade: self.grade };
        let (tried, country) = (&self.tried, self.only_country);
        let wanted = |exit: &Exit| {
            !tried.contains(&exit.id) && (country.is_none() || exit.place.country == country)
        };
        // An implicit session ends on purpose: what follows is the strategy's choice, not the key's.
        let is_named = self.session.is_some() || self.strategy == Strategy::Sticky;
        let key = self.affinity.map(|affinity| affinity.key).filter(|_| is_named);
        let place = strategy::choose(self.strategy, &lane, key, &mut self.random, wanted)?;
        Some(Arc::clone(&pool.exits[place]))
    }

    /// Why the search found nothing.
    fn why_none(&self, now: Instant) -> Unavailable {
        const MOST_ASKED: usize = 4096;
        let now = millis(now);
        let resting = self.lanes.iter().flat_map(|lane| {
            (0..lane.list.len().min(MOST_ASKED)).filter_map(|position| {
                lane.pool.exits[lane.list.place(position)].state.quarantined_until(now)
            })
        });
        match resting.chain(self.due).min() {
            Some(due) => {
                let retry_after = Duration::from_millis(due.saturating_sub(now).max(1));
                Unavailable::AllLimited { retry_after }
            }
            None => Unavailable::NoneEligible,
        }
    }
}
