//! `explain`: whom [`select`](super::select) would choose now, and why; nobody is sent anywhere.

use std::sync::Arc;
use std::time::Duration;

use model::policy::Strategy;
use model::proxy::Status;
use model::{ConnectorId, ProxyId, words};
use rand::Rng;
use tokio::time::Instant;

use super::{Candidates, Purpose, Unavailable, choose, unwilling};
use crate::allotment::PENDING;
use crate::ask::Ask;
use crate::availability::Grade;
use crate::lanes::is_allowed;
use crate::list::{Filter, Pool};
use crate::moment::{length, millis};
use crate::roster::Exit;
use crate::sessions::Sessions;

/// Exits that are shown.
const SHOWN: usize = 10;

words! {
    /// What an exit has to pass, in this order.
    pub enum Standing {
        /// Its connector is on. What fails here is in no roster and never counted.
        Intended = "intended",
        /// It is of the connector that the request names.
        Connector = "connector",
        /// Its connector's domain rules let the target pass.
        Domain = "domain",
        /// It is where the request wants it.
        Place = "place",
        /// It has the tags that the request names, and is the exit that it names.
        Tag = "tag",
        /// It works, or is due for a trial.
        Health = "health",
        /// Nobody lets it rest.
        Quarantine = "quarantine",
        /// Neither the target nor the session is kept away from it.
        Mark = "mark",
        /// No limit holds it back: neither requests in flight nor their rate.
        Limit = "limit",
        /// None that works better is left.
        Grade = "grade",
        /// None of a tier before its own is left.
        Tier = "tier",
    }
}

/// Whom the choice would fall on, and why.
#[derive(Debug)]
pub struct Explanation {
    /// How many exits pass each stage and all before it.
    pub stages: Vec<(Standing, usize)>,
    /// The connectors that are on, in the order of their tiers.
    pub connectors: Vec<Share>,
    /// The exits in the order in which they would be tried, ten at most.
    pub choices: Vec<Choice>,
    /// Exits that nothing but a mark keeps away, ten at most.
    pub marked: Vec<Avoided>,
    /// The exit that the session or the rotation is bound to, whether or not it can be used.
    pub bound: Option<ProxyId>,
    /// Why there is none.
    pub refusal: Option<Unavailable>,
    /// What orders the exits.
    pub strategy: Strategy,
    /// In one line, as `debug` has it.
    pub why: Option<String>,
}

/// What a connector has to offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// Which one.
    pub connector: ConnectorId,
    /// All of a tier come before any of the next.
    pub tier: u8,
    /// Its part of the requests of its tier, where it has any exit for them.
    pub weight: u8,
    /// Exits that it has.
    pub exits: usize,
    /// Those among them that pass every stage up to [`Standing::Limit`].
    pub left: usize,
}

/// An exit that is kept away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Avoided {
    /// Which one.
    pub exit: ProxyId,
    /// Whether from the host; else from the session.
    pub by_host: bool,
    /// For how much longer.
    pub left: Duration,
}

/// An exit that would be tried.
#[derive(Debug, Clone)]
pub struct Choice {
    /// Which one.
    pub exit: Arc<Exit>,
    /// How good it has been lately, as `health_based` weighs it: above 0, and 1 at the most.
    pub score: f32,
    /// Requests that are going through it.
    pub in_flight: u32,
    /// The tier of its connector.
    pub tier: u8,
    /// The weight of its connector among those of its tier.
    pub weight: u8,
}

/// How the choice for `ask` would be made. It is made, by the same code and from the same state, but
/// takes nobody's turn, no token, and is no use of a session. The same `random` chooses the same.
#[must_use]
pub fn explain(
    ask: &Ask,
    sessions: &Arc<Sessions>,
    now: Instant,
    random: &mut (impl Rng + Clone),
) -> Explanation {
    let mut again = random.clone();
    let mut chosen = choose((ask, Purpose::Look), sessions, now, random);
    if let Err(Unavailable::AllLimited { retry_after }) = chosen
        && length(retry_after) <= PENDING
    {
        // A request would ask for tokens, and have them before anybody noticed.
        chosen = choose((ask, Purpose::LookPatiently), sessions, now, &mut again);
    }
    let affinity = super::affinity(ask).0.filter(|affinity| affinity.terms.is_some());
    let bound = affinity.and_then(|affinity| sessions.look(affinity.key, now));
    let (choices, why, refusal) = match chosen {
        Ok(mut candidates) => {
            let why = candidates.why();
            (candidates.shown(now), Some(why), None)
        }
        Err(refusal) => (Vec::new(), None, Some(refusal)),
    };
    let Walk { stages, connectors, marked } = stages(ask, now);
    Explanation {
        stages,
        connectors,
        marked,
        choices,
        bound: bound.map(|bound| bound.exit),
        refusal,
        strategy: ask.project.spec.strategy,
        why,
    }
}

impl Candidates {
    /// Those that would be tried one after another.
    fn shown(&mut self, now: Instant) -> Vec<Choice> {
        let turns = std::iter::from_fn(|| self.next(now));
        let choice = |turn: super::Turn| {
            let exit = Arc::clone(turn.exit());
            let spec = &exit.connector.spec;
            let (tier, weight) = (spec.priority, spec.weight);
            // This look is among them.
            let in_flight = exit.state.in_flight().saturating_sub(1);
            Choice { score: exit.state.merit(), in_flight, tier, weight, exit }
        };
        turns.take(SHOWN).map(choice).collect()
    }
}

/// How many exits pass each stage and all before it, whose they are, and some that are marked.
struct Walk {
    stages: Vec<(Standing, usize)>,
    connectors: Vec<Share>,
    marked: Vec<Avoided>,
}

fn stages(ask: &Ask, now: Instant) -> Walk {
    let (mut shares, mut marked) = (Vec::new(), Vec::new());
    let mut passed = [0; Standing::ALL.len()];
    // The best that is left decides what is left of the last two.
    let mut left: Vec<(Grade, u8)> = Vec::new();
    for pool in ask.project.lanes.pools() {
        let early = early(ask, pool);
        for (sum, count) in passed.iter_mut().zip(early.counts) {
            *sum += count;
        }
        pool.refresh(millis(now));
        let places = early.places.iter();
        let before = left.len();
        for place in places {
            let (stage, grade) = late(ask, (pool, *place), now);
            if stage == Some(Standing::Mark) && marked.len() < SHOWN {
                marked.extend(avoided(ask, pool.exits[*place as usize].id, now));
            }
            let end = stage.unwrap_or(Standing::Grade) as usize;
            passed[Standing::Health as usize..end].iter_mut().for_each(|sum| *sum += 1);
            left.extend(grade.map(|grade| (grade, pool.connector.spec.priority)));
        }
        shares.push(share(pool, left.len() - before));
    }
    let best = left.iter().map(|(grade, _)| *grade).min();
    left.retain(|(grade, _)| Some(*grade) == best);
    passed[Standing::Grade as usize] = left.len();
    let first = left.iter().map(|(_, tier)| *tier).min();
    left.retain(|(_, tier)| Some(*tier) == first);
    passed[Standing::Tier as usize] = left.len();
    let stages = Standing::ALL.iter().copied().zip(passed).collect();
    Walk { stages, connectors: shares, marked }
}

/// Who keeps the exit away, the host first, and for how long.
fn avoided(ask: &Ask, exit: ProxyId, now: Instant) -> Option<Avoided> {
    let [host, session] = unwilling(ask);
    let left = |by| {
        let looked = ask.project.marks().look([by, None], millis(now))?;
        Some(Duration::from_millis(looked.until(exit)?.saturating_sub(millis(now))))
    };
    let (by_host, by_session) = (left(host), left(session));
    Some(Avoided { exit, by_host: by_host.is_some(), left: by_host.or(by_session)? })
}

fn share(pool: &Pool, left: usize) -> Share {
    let (connector, spec) = (pool.connector.id, &pool.connector.spec);
    Share { connector, tier: spec.priority, weight: spec.weight, exits: pool.exits.len(), left }
}

/// What the configuration decides of the exits of one connector.
struct Early {
    counts: [usize; Standing::Health as usize],
    /// Those that have passed.
    places: Vec<u32>,
}

fn early(ask: &Ask, pool: &Pool) -> Early {
    let (wish, spec) = (&ask.wish, &pool.connector.spec);
    let all = pool.exits.len();
    let mut early = Early { counts: [all, 0, 0, 0, 0], places: Vec::new() };
    if !pool.is_named(wish.connector.as_ref()) {
        return early;
    }
    early.counts[Standing::Connector as usize] = all;
    if !is_allowed(&spec.domain_allow, &spec.domain_deny, &ask.target.host) {
        return early;
    }
    early.counts[Standing::Domain as usize] = all;
    let filter = wish.filter();
    let place = Filter { tags: smallvec::SmallVec::new(), exit: None, ..filter.clone() };
    early.counts[Standing::Place as usize] = pool.matching(&place).len();
    early.places = pool.matching(&filter);
    early.counts[Standing::Tag as usize] = early.places.len();
    early
}

/// The stage at which an exit fails now; how good it is, where it passes.
fn late(ask: &Ask, (pool, place): (&Pool, u32), now: Instant) -> (Option<Standing>, Option<Grade>) {
    let (exit, now) = (&pool.exits[place as usize], millis(now));
    let grades = [Grade::Up, Grade::Degraded];
    let grade = grades.into_iter().find(|grade| pool.availability.is(place, *grade));
    let Some(grade) = grade else {
        let health = exit.state.health(now);
        let works = matches!(health.status, Status::Unknown | Status::Healthy | Status::Degraded);
        let rests = works && health.quarantined_for.is_some();
        return (Some(if rests { Standing::Quarantine } else { Standing::Health }), None);
    };
    // One at a time: requests look here, too.
    let looked = ask.project.marks().look(unwilling(ask), now);
    if looked.is_some_and(|looked| looked.until(exit.id).is_some()) {
        return (Some(Standing::Mark), None);
    }
    let limits = exit.limits(ask.project.allotments().sharing(), 0.0);
    if exit.state.is_limited(limits, now) {
        return (Some(Standing::Limit), None);
    }
    (None, Some(grade))
}
