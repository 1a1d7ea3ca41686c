//! The exits of one connector: in the order of a ring, with those that satisfy a filter at hand.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use compact_str::CompactString;
use model::ProxyId;
use model::place::{Country, NetworkKind};
use parking_lot::RwLock;
use smallvec::SmallVec;

use crate::availability::{Availability, Grade};
use crate::cursor::{Cursor, Cursors};
use crate::outlet::Outlet;
use crate::rendezvous;
use crate::roster::{ConnectorEntry, Exit};

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
/// sessions.
#[derive(Debug)]
pub(crate) struct Pool {
    pub(crate) connector: Arc<ConnectorEntry>,
    pub(crate) exits: Arc<[Arc<Exit>]>,
    ring: Box<[u64]>,
    pub(crate) availability: Arc<Availability>,
    all: Arc<List>,
    /// By country, because a scan of a whole pool for one is what costs most.
    countries: HashMap<Country, Box<[u32]>>,
    lists: RwLock<HashMap<Filter, Arc<List>>>,
    cursors: Arc<Cursors<Filter>>,
}

/// Places in a pool, and whose turn it is among them.
#[derive(Debug)]
pub(crate) struct List {
    /// `None`: all of them.
    places: Option<Box<[u32]>>,
    length: usize,
    cursor: Arc<Cursor>,
}

// === impl Filter ===

impl Filter {
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn admits(&self, exit: &Exit, connector: &ConnectorEntry) -> bool {
        let place = &exit.place;
        let asks = |wanted: &Option<CompactString>, has: &Option<CompactString>| {
            wanted.is_none() || wanted == has
        };
        self.exit.is_none_or(|id| id == exit.id)
            && self.admits_country(place.country, connector)
            && asks(&self.state, &place.state)
            && asks(&self.city, &place.city)
            && asks(&self.isp, &place.isp)
            && self.asn.is_none_or(|asn| place.asn == Some(asn))
            && self.kind.is_none_or(|kind| place.kind == Some(kind))
            && self.tags.iter().all(|tag| exit.tags.contains(tag))
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
        mut exits: Vec<Arc<Exit>>,
        old: Option<&Self>,
        outlet: &Arc<Outlet>,
    ) -> Self {
        exits.sort_by_cached_key(|exit| (rendezvous::point(exit.id), exit.id));
        let exits: Arc<[Arc<Exit>]> = exits.into();
        let mut availability = Availability::new(exits.len());
        if connector.spec.rate_limit.is_some_and(|limit| limit.quarantine.is_some()) {
            // A wait for the next free slot of a limit is this node's own business.
            availability.tell_rests(Arc::clone(outlet), Arc::downgrade(&exits));
        }
        let availability = Arc::new(availability);
        let mut countries: HashMap<Country, Vec<u32>> = HashMap::new();
        for (place, exit) in (0..).zip(exits.iter()) {
            exit.state.attach(&availability, place);
            for country in exit.place.country.as_slice() {
                countries.entry(*country).or_default().push(place);
            }
        }
        let cursors = old.map(|old| Arc::clone(&old.cursors)).unwrap_or_default();
        let all = List::new(None, exits.len(), cursors.get(&Filter::default()));
        Self {
            ring: exits.iter().map(|exit| rendezvous::point(exit.id)).collect(),
            all: Arc::new(all),
            countries: countries.into_iter().map(|(c, places)| (c, places.into())).collect(),
            lists: RwLock::default(),
            exits,
            availability,
            connector,
            cursors,
        }
    }

    /// Whether its connector is the one that a request names, if it names one.
    pub(crate) fn is_named(&self, name: Option<&CompactString>) -> bool {
        name.is_none() || name == self.connector.slug.as_ref()
    }

    /// Regrades the exits whose time has come.
    pub(crate) fn refresh(&self, now: u64) {
        for place in self.availability.due(now) {
            self.exits[place as usize].state.due(now);
        }
    }

    /// The exits that satisfy `filter`; found once, and remembered as long as the pool lasts.
    pub(crate) fn list(&self, filter: &Filter) -> Arc<List> {
        if filter.is_empty() {
            return Arc::clone(&self.all);
        }
        if let Some(list) = self.lists.read().get(filter) {
            return Arc::clone(list);
        }
        let places = self.matching(filter);
        let length = places.len();
        let list = Arc::new(List::new(Some(places.into()), length, self.cursors.get(filter)));
        let mut lists = self.lists.write();
        if lists.len() >= MOST_LISTS {
            lists.clear();
        }
        Arc::clone(lists.entry(filter.clone()).or_insert(list))
    }

    fn matching(&self, filter: &Filter) -> Vec<u32> {
        let admits = |place: &u32| filter.admits(&self.exits[*place as usize], &self.connector);
        let by_country = match filter.countries.as_slice() {
            // Where exits of unknown country may count, there is no way around looking at all.
            [country] if !self.connector.spec.countries.contains(country) => {
                Some(self.countries.get(country).map_or(&[][..], |places| places))
            }
            _ => None,
        };
        match by_country {
            Some(places) => places.iter().copied().filter(admits).collect(),
            None => (0..u32::try_from(self.exits.len()).unwrap_or(0)).filter(admits).collect(),
        }
    }

    /// Where the exit stands.
    pub(crate) fn place_of(&self, id: ProxyId) -> Option<usize> {
        let point = rendezvous::point(id);
        let first = self.ring.partition_point(|other| *other < point);
        (first..self.ring.len())
            .take_while(|place| self.ring[*place] == point)
            .find(|place| self.exits[*place].id == id)
    }

    /// The point of the ring at which the exit at `place` stands.
    pub(crate) fn point(&self, place: usize) -> u64 {
        self.ring[place]
    }
}

// === impl List ===

impl List {
    fn new(places: Option<Box<[u32]>>, length: usize, cursor: Arc<Cursor>) -> Self {
        Self { places, length, cursor }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// The place that stands at `position` of the list.
    pub(crate) fn place(&self, position: usize) -> usize {
        self.places.as_ref().map_or(position, |places| places[position] as usize)
    }

    /// Whether the list has the place.
    pub(crate) fn has(&self, place: usize) -> bool {
        let place = u32::try_from(place).unwrap_or(u32::MAX);
        self.places.as_ref().is_none_or(|places| places.binary_search(&place).is_ok())
    }

    /// The first position whose exit stands at or behind `point` of the ring.
    pub(crate) fn at_or_behind(&self, pool: &Pool, point: u64) -> usize {
        let is_before = |position: usize| pool.ring[self.place(position)] < point;
        // Points are hashes, so the share of the ring that lies before one says nearly where it
        // is; what is off is in the order of the root, and the search stays in a few cache lines.
        let share = (u128::from(point) * self.length as u128) >> 64;
        let guess = usize::try_from(share).unwrap_or(0);
        let mut reach = self.length.isqrt() / 2 + 1;
        loop {
            let (low, high) = (guess.saturating_sub(reach), (guess + reach).min(self.length));
            let is_behind_low = low == 0 || is_before(low - 1);
            if is_behind_low && (high == self.length || !is_before(high)) {
                return low + self.before(pool, low..high, point);
            }
            reach *= 4;
        }
    }

    /// How many of `positions` stand before `point` of the ring.
    fn before(&self, pool: &Pool, positions: Range<usize>, point: u64) -> usize {
        match &self.places {
            None => pool.ring[positions].partition_point(|other| *other < point),
            Some(places) => {
                places[positions].partition_point(|place| pool.ring[*place as usize] < point)
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
        let is_wanted = |place: usize| wanted(&pool.exits[place]);
        let Some(places) = &self.places else {
            return find_in_all(&pool.availability, (start % self.length, grade), is_wanted);
        };
        (0..self.length).map(|step| (start + step) % self.length).find(|position| {
            let place = places[*position];
            pool.availability.is(place, grade) && is_wanted(place as usize)
        })
    }

    /// Takes the next turn among those that `find` likes.
    pub(crate) fn turn(&self, find: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        self.cursor.take(find)
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
