//! The exits of one connector: in the order of a ring, with those that satisfy a filter at hand.

use std::hint::black_box;
use std::sync::Arc;

use compact_str::CompactString;
use model::ProxyId;
use model::place::{Country, NetworkKind};
use parking_lot::RwLock;
use smallvec::SmallVec;

use crate::availability::{Availability, Grade};
use crate::classes::Classes;
use crate::cursor::rounded;
use crate::outlet::Outlet;
use crate::rendezvous;
use crate::roster::{ConnectorEntry, Exit, Traits};
use crate::spread::Spread;
use crate::table::Map;

/// Filters whose exits are remembered for one connector.
const MOST_LISTS: usize = 512;

/// Which exits a request can use.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct Filter {
    pub(crate) countries: SmallVec<[Country; 2]>,
    pub(crate) state: Option<CompactString>,
    pub(crate) city: Option<CompactString>,
    pub(crate) asn: Option<u32>,
    pub(crate) isp: Option<CompactString>,
    pub(crate) kind: Option<NetworkKind>,
    pub(crate) tags: SmallVec<[CompactString; 2]>,
    pub(crate) exit: Option<ProxyId>,
}

/// The exits of a connector, in ring order: sorted by the hash of their ids. What a session is
/// given first follows from the ring, so an exit that comes or goes moves only its neighbours'
/// sessions. It is what every choice reads, and nothing else: copies of it stand side by side.
#[derive(Debug, Clone)]
pub(crate) struct Pool {
    pub(crate) availability: Arc<Availability>,
    pub(crate) connector: Arc<ConnectorEntry>,
    pub(crate) exits: Arc<[Arc<Exit>]>,
    index: Arc<Index>,
}

/// Where the exits of a pool stand, and which of them satisfy a filter.
#[derive(Debug)]
struct Index {
    /// The points of the ring, in the order of the exits.
    ring: Spread<u32>,
    all: List,
    /// Where looking at each exit for a filter would cost more.
    classes: Option<Arc<Classes>>,
    lists: RwLock<Map<Filter, List>>,
}

/// Places in a pool.
#[derive(Debug, Clone)]
pub(crate) struct List {
    /// `None`: all of them.
    places: Option<Arc<Spread<u32>>>,
    length: usize,
}

// === impl Filter ===

impl Filter {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it admits exits with these traits, as far as those decide.
    fn admits(&self, traits: &Traits, connector: &ConnectorEntry) -> bool {
        let Traits { place, tags } = traits;
        let asks = |wanted: &Option<CompactString>, has: &Option<CompactString>| {
            wanted.is_none() || wanted == has
        };
        self.admits_country(place.country, connector)
            && asks(&self.state, &place.state)
            && asks(&self.city, &place.city)
            && asks(&self.isp, &place.isp)
            && self.asn.is_none_or(|asn| place.asn == Some(asn))
            && self.kind.is_none_or(|kind| place.kind == Some(kind))
            && self.tags.iter().all(|tag| tags.contains(tag))
    }

    /// An exit whose country is unknown is where its connector says.
    fn admits_country(&self, country: Option<Country>, connector: &ConnectorEntry) -> bool {
        match country {
            _ if self.countries.is_empty() => true,
            Some(country) => self.countries.contains(&country),
            None => self.countries.iter().any(|wanted| connector.spec.countries.contains(wanted)),
        }
    }
}

// === impl Pool ===

impl Pool {
    /// The pool of these exits; turns go on as they were in `old`.
    pub(crate) fn new(
        connector: Arc<ConnectorEntry>,
        exits: Vec<Arc<Exit>>,
        old: Option<&Self>,
        outlet: &Arc<Outlet>,
    ) -> Self {
        let point = |exit: Arc<Exit>| (rendezvous::point_of(exit.id), exit);
        let mut points: Vec<(u32, Arc<Exit>)> = exits.into_iter().map(point).collect();
        // Most of them are in order, where this is the pool of before with a few changes.
        points.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.id.cmp(&b.1.id)));
        let ring = Spread::new(points.iter().map(|(point, _)| *point).collect(), u32::MAX.into());
        let exits: Arc<[Arc<Exit>]> = points.into_iter().map(|(_, exit)| exit).collect();
        let availability = old.and_then(|old| old.availability_for(&connector, &exits));
        let availability = availability.unwrap_or_else(|| attached(&connector, &exits, outlet));
        let classes = match old.filter(|old| old.is_alike(&exits)) {
            Some(old) => old.index.classes.clone(),
            None => Classes::new(&exits).map(Arc::new),
        };
        let all = List { places: None, length: exits.len() };
        let index = Index { ring, all, classes, lists: RwLock::default() };
        Self { availability, connector, exits, index: Arc::new(index) }
    }

    /// What says which of `exits` can be chosen, if they stand in the same places here: of ten thousand
    /// exits most need not be touched then.
    fn availability_for(
        &self,
        connector: &Arc<ConnectorEntry>,
        exits: &[Arc<Exit>],
    ) -> Option<Arc<Availability>> {
        let is_same =
            |(old, new): (&Arc<Exit>, &Arc<Exit>)| Arc::ptr_eq(old, new) || old.id == new.id;
        let pairs = || self.exits.iter().zip(exits);
        let is_kept = Arc::ptr_eq(&self.connector, connector)
            && !self.availability.tells_rests()
            && self.exits.len() == exits.len()
            && pairs().all(is_same);
        if !is_kept {
            return None;
        }
        for (place, (old, new)) in (0..).zip(pairs()) {
            if !Arc::ptr_eq(old, new) {
                new.state.attach(&self.availability, place);
            }
        }
        Some(Arc::clone(&self.availability))
    }

    /// Whether each of `exits` has the traits of the one in its place here.
    fn is_alike(&self, exits: &[Arc<Exit>]) -> bool {
        let is_alike = |(old, new): (&Arc<Exit>, &Arc<Exit>)| {
            Arc::ptr_eq(old, new) || Arc::ptr_eq(&old.traits, &new.traits)
        };
        self.exits.len() == exits.len() && self.exits.iter().zip(exits).all(is_alike)
    }

    /// Whether its connector is the one that a request names, if it names one.
    pub(crate) fn is_named(&self, name: Option<&CompactString>) -> bool {
        name.is_none() || name == self.connector.slug.as_ref()
    }

    /// The classes of its exits, where it knows any.
    pub(crate) fn classes(&self) -> impl Iterator<Item = &Arc<Traits>> {
        self.index.classes.iter().flat_map(|classes| classes.iter())
    }

    /// Regrades the exits whose time has come.
    pub(crate) fn refresh(&self, now: u64) {
        for place in self.availability.due(now) {
            self.exits[place as usize].state.due(now);
        }
    }

    /// The exits that satisfy `filter`; found once, and remembered as long as the pool lasts.
    pub(crate) fn list(&self, filter: &Filter) -> List {
        if filter.is_empty() {
            return self.index.all.clone();
        }
        if let Some(list) = self.index.lists.read().get(filter) {
            return list.clone();
        }
        let places = self.matching(filter);
        let length = places.len();
        let places = Spread::new(places.into(), self.exits.len() as u64);
        let list = List { places: Some(Arc::new(places)), length };
        let mut lists = self.index.lists.write();
        if lists.len() >= MOST_LISTS {
            lists.clear();
        }
        lists.entry(filter.clone()).or_insert(list).clone()
    }

    /// The places of the exits that satisfy `filter`, looked for each time.
    pub(crate) fn matching(&self, filter: &Filter) -> Vec<u32> {
        let admits = |traits: &Traits| filter.admits(traits, &self.connector);
        let is_admitted = |place: usize| admits(&self.exits[place].traits);
        match (filter.exit, &self.index.classes) {
            (Some(id), _) => {
                let place = self.place_of(id).filter(|place| is_admitted(*place));
                place.and_then(|place| u32::try_from(place).ok()).into_iter().collect()
            }
            (None, Some(classes)) => classes.places(admits),
            (None, None) => {
                let places = 0..u32::try_from(self.exits.len()).unwrap_or(0);
                places.filter(|place| is_admitted(*place as usize)).collect()
            }
        }
    }

    /// Reads what a choice that comes to `place` will read.
    pub(crate) fn look_at(&self, place: usize) {
        if let (Some(exit), Ok(at)) = (self.exits.get(place), u32::try_from(place)) {
            black_box(exit.state.in_flight());
            black_box(self.connector.max_in_flight.is_some());
            black_box(self.availability.is(at, Grade::Up));
        }
    }

    /// The exit of this id.
    pub(crate) fn exit(&self, id: ProxyId) -> Option<&Arc<Exit>> {
        self.exits.get(self.place_of(id)?)
    }

    /// Where the exit stands.
    pub(crate) fn place_of(&self, id: ProxyId) -> Option<usize> {
        let point = rendezvous::point_of(id);
        let [first] = self.index.ring.positions([point]);
        (first..self.exits.len())
            .take_while(|place| self.point(*place) == point)
            .find(|place| self.exits[*place].id == id)
    }

    /// The point of the ring at which the exit at `place` stands.
    pub(crate) fn point(&self, place: usize) -> u32 {
        self.index.ring.as_slice()[place]
    }
}

/// What says of each of these exits, in their new places, whether it can be chosen.
fn attached(
    connector: &ConnectorEntry,
    exits: &Arc<[Arc<Exit>]>,
    outlet: &Arc<Outlet>,
) -> Arc<Availability> {
    let mut availability = Availability::new(exits.len());
    if connector.spec.rate_limit.is_some_and(|limit| limit.quarantine.is_some()) {
        // A wait for the next free slot of a limit is this node's own business.
        availability.tell_rests(Arc::clone(outlet), Arc::downgrade(exits));
    }
    let availability = Arc::new(availability);
    // Reads wait for their memory together, writes that others must see in order each wait alone.
    black_box(exits.iter().filter(|exit| exit.state.is_locked()).count());
    for (place, exit) in (0..).zip(exits.iter()) {
        exit.state.attach(&availability, place);
    }
    availability
}

// === impl List ===

impl List {
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// The place that stands at `position` of the list.
    pub(crate) fn place(&self, position: usize) -> usize {
        self.places.as_ref().map_or(position, |places| places.as_slice()[position] as usize)
    }

    /// Whether the list has the place.
    pub(crate) fn has(&self, place: usize) -> bool {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        self.places.as_ref().is_none_or(|places| places.as_slice().binary_search(&place).is_ok())
    }

    /// For each point of the ring the first position whose exit stands at or behind it.
    pub(crate) fn at_or_behind<const N: usize>(&self, pool: &Pool, points: [u32; N]) -> [usize; N] {
        let places = pool.index.ring.positions(points);
        match &self.places {
            None => places,
            Some(own) => {
                own.positions(places.map(|place| u32::try_from(place).unwrap_or(u32::MAX)))
            }
        }
    }

    /// The first position from `start` on, going round, with an exit of this grade that `wanted`
    /// does not refuse.
    pub(crate) fn find(
        &self,
        pool: &Pool,
        (start, grade): (usize, Grade),
        wanted: impl Fn(&Exit) -> bool,
    ) -> Option<usize> {
        if self.length == 0 {
            return None;
        }
        let start = rounded(start, self.length);
        let is_wanted = |place: usize| wanted(&pool.exits[place]);
        let Some(places) = &self.places else {
            return find_in_all(&pool.availability, (start, grade), is_wanted);
        };
        (start..self.length).chain(0..start).find(|position| {
            let place = places.as_slice()[*position];
            pool.availability.is(place, grade) && is_wanted(place as usize)
        })
    }
}

fn find_in_all(
    availability: &Availability,
    (start, grade): (usize, Grade),
    wanted: impl Fn(usize) -> bool,
) -> Option<usize> {
    let first = availability.next(start, grade)?;
    let mut place = first;
    let mut has_gone_round = false;
    while !wanted(place) {
        let next = availability.next(place + 1, grade)?;
        has_gone_round |= next <= place;
        if has_gone_round && next >= first {
            return None;
        }
        place = next;
    }
    Some(place)
}

#[cfg(test)]
mod tests;
