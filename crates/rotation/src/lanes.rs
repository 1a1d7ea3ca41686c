//! Which connectors a request can use, tier by tier, and whose turn it is among them.

use std::ops::Range;
use std::sync::Arc;

use compact_str::CompactString;
use model::{ConnectorId, DomainRule, Host, ProxyId};
use parking_lot::RwLock;
use rand::{Rng, RngExt};
use smallvec::{SmallVec, smallvec};
use tokio::time::Instant;

use crate::ask::Wish;
use crate::cursor::{AllTurns, Cursor, Owner, Turns};
use crate::list::{Filter, List, Pool};
use crate::rendezvous;
use crate::sessions::Key;
use crate::tab::Reached;
use crate::table::Map;

/// Plans that are remembered for one project.
const MOST_PLANS: usize = 512;
/// The seed of a key's choice among lanes, which is none of those of its choice among exits.
const LANES: u64 = u64::MAX;
/// Throws of the die before all lanes are weighed: while most are open, the first one hits.
const THROWS: usize = 4;

/// The connectors of a project that are on, each a lane, in the order of their tiers.
#[derive(Debug)]
pub(crate) struct Lanes {
    pools: Box<[Pool]>,
    /// The connectors' ids once more, and their hashes: a search among them touches nothing else.
    ids: Box<[ConnectorId]>,
    hashes: Box<[u64]>,
    /// Most projects have one.
    tiers: SmallVec<[Tier; 1]>,
    has_rules: bool,
    has_caps: bool,
    /// That of requests that take any exit, which most do: nothing has to be followed to it.
    all: Plan,
    plans: RwLock<Map<Wanted, Arc<Plan>>>,
    /// The tiers and the lanes.
    owners: Arc<[Owner]>,
    turns: Arc<AllTurns<Wanted>>,
}

/// The lanes of one priority.
#[derive(Debug)]
struct Tier {
    priority: u8,
    lanes: Range<usize>,
    /// Each lane as often as its weight says, its turns spread evenly.
    order: Box<[u32]>,
    /// Where all weights are the same, so that nothing has to be weighed.
    is_even: bool,
}

/// What a plan is made for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Wanted {
    filter: Filter,
    connector: Option<CompactString>,
}

/// What each lane has for one kind of request; found once, and remembered as long as the lanes
/// stay the same.
#[derive(Debug)]
pub(crate) struct Plan {
    lists: Box<[List]>,
    open: Open,
    turns: Turns,
}

/// A set of lanes, as bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open(SmallVec<[u64; 2]>);

// === impl Lanes ===

impl Lanes {
    /// The lanes that `pools` make; turns go on as they were in `old`.
    pub(crate) fn new(mut pools: Vec<Pool>, old: Option<&Self>) -> Self {
        pools.sort_by_key(|pool| (pool.connector.spec.priority, pool.connector.id));
        let mut tiers: Vec<Tier> = Vec::new();
        for same in pools.chunk_by(|a, b| a.connector.spec.priority == b.connector.spec.priority) {
            let start = tiers.last().map_or(0, |tier| tier.lanes.end);
            tiers.push(Tier::new(start, same));
        }
        let lanes = pools.iter().map(|pool| Owner::Lane(pool.connector.id));
        let owners: Arc<[Owner]> =
            tiers.iter().map(|tier| Owner::Tier(tier.priority)).chain(lanes).collect();
        let turns = old.map(|old| Arc::clone(&old.turns)).unwrap_or_default();
        let wanted = Wanted::default();
        let all = Plan::new(&pools, &wanted, turns.get(&wanted, &owners));
        Self {
            ids: pools.iter().map(|pool| pool.connector.id).collect(),
            hashes: pools
                .iter()
                .map(|pool| rendezvous::hash(0, pool.connector.id.uuid().as_bytes()))
                .collect(),
            has_rules: pools.iter().any(|pool| {
                let spec = &pool.connector.spec;
                !spec.domain_allow.is_empty() || !spec.domain_deny.is_empty()
            }),
            has_caps: pools.iter().any(|pool| !pool.connector.spec.caps.is_empty()),
            pools: pools.into(),
            tiers: tiers.into(),
            all,
            plans: RwLock::default(),
            owners,
            turns,
        }
    }

    /// The pools, in the order of their tiers.
    pub(crate) fn pools(&self) -> &[Pool] {
        &self.pools
    }

    /// The pool of a lane.
    pub(crate) fn pool(&self, lane: usize) -> &Pool {
        &self.pools[lane]
    }

    /// The exits of all lanes.
    pub(crate) fn exit_count(&self) -> usize {
        self.pools.iter().map(|pool| pool.exits.len()).sum()
    }

    /// Whether any lane has the exit.
    pub(crate) fn has_exit(&self, exit: ProxyId) -> bool {
        self.pools.iter().any(|pool| pool.place_of(exit).is_some())
    }

    /// The lane of a connector.
    pub(crate) fn lane_of(&self, connector: ConnectorId) -> Option<usize> {
        self.ids.iter().position(|id| *id == connector)
    }

    /// What each lane has for a request with such a wish; `None`: [all](Self::or_all) that it has.
    pub(crate) fn plan(&self, wish: &Wish) -> Option<Arc<Plan>> {
        if wish.takes_any() {
            return None;
        }
        let wanted = Wanted { filter: wish.filter(), connector: wish.connector.clone() };
        if let Some(plan) = self.plans.read().get(&wanted) {
            return Some(Arc::clone(plan));
        }
        let turns = self.turns.get(&wanted, &self.owners);
        let plan = Arc::new(Plan::new(&self.pools, &wanted, turns));
        let mut plans = self.plans.write();
        if plans.len() >= MOST_PLANS {
            plans.clear();
        }
        Some(Arc::clone(plans.entry(wanted).or_insert(plan)))
    }

    /// What was found for a wish, or what each lane has for a request that takes any exit.
    pub(crate) fn or_all<'a>(&'a self, plan: Option<&'a Plan>) -> &'a Plan {
        plan.unwrap_or(&self.all)
    }

    /// The lanes of a plan whose domain rules let the request pass; and whether it is only for
    /// these rules that there is none.
    pub(crate) fn open(&self, plan: &Plan, wish: &Wish, host: &Host) -> (Open, bool) {
        let mut open = plan.open.clone();
        if !self.has_rules {
            return (open, false);
        }
        let mut has_refused = false;
        for (lane, pool) in self.pools.iter().enumerate() {
            let spec = &pool.connector.spec;
            if !is_allowed(&spec.domain_allow, &spec.domain_deny, host) {
                open.remove(lane);
                has_refused |= pool.is_named(wish.connector.as_ref());
            }
        }
        let is_refused = has_refused && open.first().is_none();
        (open, is_refused)
    }

    /// Closes lanes whose connectors have reached a cap; an error where that leaves none.
    pub(crate) fn close_capped(&self, open: &mut Open, now: Instant) -> Result<(), Reached> {
        if !self.has_caps {
            return Ok(());
        }
        let mut first: Option<Reached> = None;
        for (lane, pool) in self.pools.iter().enumerate() {
            let bill = pool.connector.bill.as_ref().filter(|_| open.has(lane));
            let reached = bill.and_then(|bill| bill.reached(now));
            if let Some(reached) = reached {
                open.remove(lane);
                first.get_or_insert(reached);
            }
        }
        first.filter(|_| open.first().is_none()).map_or(Ok(()), Err)
    }

    /// The open lanes of the first tier that has any.
    fn first_tier(&self, open: &Open) -> Option<(usize, &Tier)> {
        let first = open.first()?;
        let tier = self.tiers.partition_point(|tier| tier.lanes.end <= first);
        Some((tier, self.tiers.get(tier)?))
    }

    /// The open lane whose turn it is.
    pub(crate) fn by_turn(&self, plan: &Plan, open: &Open) -> Option<usize> {
        let (index, tier) = self.first_tier(open)?;
        let (cursor, length) = (plan.turns.of_tier(index), tier.order.len());
        self.look_ahead(plan, tier.turn(cursor.next(length)?));
        let position = cursor.take(length, |start| {
            let is_open = |position: &usize| open.has(tier.turn(*position));
            (start..length).chain(0..start).find(is_open)
        })?;
        Some(tier.turn(position))
    }

    /// Reads what the next turn of a lane leads to, unless it is given away. A turn is taken by a write
    /// that others must see, and behind such a write a processor begins nothing: what comes after the
    /// lane's turn and after the exit's would be waited for thrice instead of once.
    fn look_ahead(&self, plan: &Plan, lane: usize) {
        let list = plan.list(lane);
        if let Some(position) = plan.cursor(lane).next(list.len()) {
            self.pools[lane].look_at(list.place(position));
        }
    }

    /// An open lane by weighted chance.
    pub(crate) fn by_chance(&self, open: &Open, random: &mut impl Rng) -> Option<usize> {
        let (_, tier) = self.first_tier(open)?;
        for _ in 0..THROWS {
            let lane = tier.turn(random.random_range(0..tier.order.len()));
            if open.has(lane) {
                return Some(lane);
            }
        }
        let weight = |lane: usize| u64::from(self.pools[lane].connector.spec.weight);
        let total: u64 = open.of(tier).map(weight).sum();
        let mut left = random.random_range(0..total.max(1));
        open.of(tier).find(|lane| {
            let is_it = left < weight(*lane);
            left = left.saturating_sub(weight(*lane));
            is_it
        })
    }

    /// The open lane that the key alone decides on, by weight.
    pub(crate) fn by_key(&self, open: &Open, key: Key) -> Option<usize> {
        let (_, tier) = self.first_tier(open)?;
        let seed = key.hash(LANES);
        let hash = |lane: usize| rendezvous::mix(seed ^ self.hashes[lane]);
        if tier.is_even {
            return open.of(tier).max_by_key(|lane| hash(*lane));
        }
        let weighed = open.of(tier).map(|lane| {
            let weight = f64::from(self.pools[lane].connector.spec.weight);
            (hash(lane), weight)
        });
        open.of(tier).nth(rendezvous::heaviest(weighed)?)
    }
}

/// Whether a pair of lists lets requests to `host` pass.
pub(crate) fn is_allowed(allow: &[DomainRule], deny: &[DomainRule], host: &Host) -> bool {
    (allow.is_empty() || allow.iter().any(|rule| rule.matches(host)))
        && !deny.iter().any(|rule| rule.matches(host))
}

// === impl Tier ===

impl Tier {
    fn new(start: usize, pools: &[Pool]) -> Self {
        let weight = |pool: &Pool| u64::from(pool.connector.spec.weight.max(1));
        let common = pools.iter().map(weight).fold(0, greatest_common_divisor);
        let mut turns: Vec<(u64, u32)> = Vec::new();
        for (lane, pool) in (start..).zip(pools) {
            let share = weight(pool) / common;
            let lane = u32::try_from(lane).unwrap_or(u32::MAX);
            // The middles of as many equal parts of a round, so that a lane's turns lie far apart.
            turns.extend((0..share).map(|turn| (((2 * turn + 1) << 32) / share, lane)));
        }
        turns.sort_unstable();
        Self {
            priority: pools.first().map_or(0, |pool| pool.connector.spec.priority),
            lanes: start..start + pools.len(),
            is_even: turns.len() == pools.len(),
            order: turns.into_iter().map(|(_, lane)| lane).collect(),
        }
    }

    /// The lane that stands at this position of the order, which of an even tier need not be read.
    fn turn(&self, position: usize) -> usize {
        if self.is_even { self.lanes.start + position } else { self.order[position] as usize }
    }
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

// === impl Plan ===

impl Plan {
    fn new(pools: &[Pool], wanted: &Wanted, turns: Turns) -> Self {
        let lists: Box<[List]> = pools.iter().map(|pool| pool.list(&wanted.filter)).collect();
        let mut open = Open::none(pools.len());
        for (lane, pool) in pools.iter().enumerate() {
            if pool.is_named(wanted.connector.as_ref()) && lists[lane].len() > 0 {
                open.insert(lane);
            }
        }
        Self { lists, open, turns }
    }

    /// One like it whose turns are its own: to take them changes nobody's.
    pub(crate) fn apart(&self) -> Self {
        Self { lists: self.lists.clone(), open: self.open.clone(), turns: self.turns.apart() }
    }

    /// The lanes that have any exits which satisfy the request.
    pub(crate) fn open(&self) -> &Open {
        &self.open
    }

    /// The exits of a lane that satisfy the request.
    pub(crate) fn list(&self, lane: usize) -> &List {
        &self.lists[lane]
    }

    /// Whose turn it is among them.
    pub(crate) fn cursor(&self, lane: usize) -> &Cursor {
        self.turns.of_lane(lane)
    }
}

// === impl Open ===

impl Open {
    fn none(lanes: usize) -> Self {
        Self(smallvec![0; lanes.div_ceil(64)])
    }

    fn insert(&mut self, lane: usize) {
        self.0[lane / 64] |= 1 << (lane % 64);
    }

    /// Takes a lane out of the set.
    pub(crate) fn remove(&mut self, lane: usize) {
        self.0[lane / 64] &= !(1 << (lane % 64));
    }

    /// Whether a lane is in the set.
    pub(crate) fn has(&self, lane: usize) -> bool {
        self.0[lane / 64] & 1 << (lane % 64) != 0
    }

    /// The lanes in the set, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> {
        let lanes = 0..self.0.len() * 64;
        lanes.filter(|lane| self.has(*lane))
    }

    /// The first lane in the set.
    fn first(&self) -> Option<usize> {
        let at = self.0.iter().position(|word| *word != 0)?;
        Some(at * 64 + self.0[at].trailing_zeros() as usize)
    }

    fn of(&self, tier: &Tier) -> impl Iterator<Item = usize> {
        let words = self.0.as_slice();
        tier.lanes.clone().filter(|lane| words[lane / 64] & 1 << (lane % 64) != 0)
    }
}
