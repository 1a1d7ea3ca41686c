//! Time, the network, and everything that goes wrong; what has to hold nevertheless.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use model::Revision;
use tokio::time::Instant;

use super::chance::Chance;
use super::database::{Database, Query, Row};
use super::node::{Epoch, Node, Question};
use super::redis::{Command, Redis, Reply};
use crate::notices::{self, Notice, Op, Signal, Told};
use crate::settings::Timing;

/// Nothing goes wrong from then on, milliseconds.
const QUIET: u64 = 25_000;
/// Every node has the latest revision by then: a poll, and a question.
const REVISIONS: u64 = QUIET + 2_100;
/// Everybody sees everybody, and somebody is elected.
const END: u64 = QUIET + 20_000;

/// Nobody starts again after the end.
const NEVER: u64 = END + 1;

/// What holds in a world.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub(super) timing: Timing,
    pub(super) fences: bool,
    pub(super) counts_from_answer: bool,
    /// Whether Redis may forget what it was told.
    pub(super) forgets: bool,
}

impl Default for Rules {
    fn default() -> Self {
        let timing = Timing::default();
        Self { timing, fences: true, counts_from_answer: false, forgets: false }
    }
}

#[derive(Debug, Clone)]
enum Event {
    Tick,
    Ask(u64, Command),
    Reply(u64, Reply),
    Query(u64, Query),
    Row(u64, Row),
    Heard(String),
    Fault,
    CheckRevisions,
}

struct Place {
    node: Node,
    paused_until: u64,
    cut_off_until: u64,
    /// Crashed, until it starts again.
    down_until: u64,
    tick: u64,
}

pub(super) struct World {
    rules: Rules,
    chance: Chance,
    epoch: Epoch,
    now: u64,
    queue: BinaryHeap<Reverse<(u64, u64, usize)>>,
    events: Vec<Option<Event>>,
    places: Vec<Place>,
    redis: Redis,
    redis_hangs_until: u64,
    database: Database,
    number: u64,
    /// A person looks on.
    shows: bool,
}

impl World {
    pub(super) fn new(seed: u64, rules: Rules, shows: bool) -> Self {
        let mut world = Self {
            rules,
            chance: Chance::new(seed),
            epoch: Epoch(Instant::now()),
            now: 0,
            queue: BinaryHeap::new(),
            events: Vec::new(),
            places: Vec::new(),
            redis: Redis::default(),
            redis_hangs_until: 0,
            database: Database::new(rules.fences),
            number: 0,
            shows,
        };
        for id in 0..world.chance.between(2, 5) {
            let node = world.node(usize::try_from(id).unwrap_or_default());
            let place =
                Place { node, paused_until: 0, cut_off_until: 0, down_until: 0, tick: u64::MAX };
            world.places.push(place);
        }
        world
    }

    fn node(&mut self, id: usize) -> Node {
        self.number += 1;
        Node::new(id, self.number, self.rules.timing, (self.epoch, self.now))
            .counting_from_answer(self.rules.counts_from_answer)
    }

    /// What is wrong, if anything is.
    pub(super) fn run(mut self) -> Result<(), String> {
        for node in 0..self.places.len() {
            self.plan(node);
        }
        self.put(300, 0, Event::Fault);
        self.put(REVISIONS, 0, Event::CheckRevisions);
        while let Some(Reverse((now, slot, node))) = self.queue.pop() {
            if now > END {
                break;
            }
            self.now = now;
            let slot = usize::try_from(slot).unwrap_or_default();
            let Some(event) = self.events.get_mut(slot).and_then(Option::take) else { continue };
            if self.shows && !matches!(event, Event::Tick) {
                eprintln!("{now:>6} {node} {event:?}");
            }
            self.happen(node, event)?;
            self.check_holders()?;
        }
        self.check_end()
    }

    fn put(&mut self, at: u64, node: usize, event: Event) {
        let slot = self.events.len() as u64;
        self.events.push(Some(event));
        self.queue.push(Reverse((at, slot, node)));
    }

    /// Lets a node do what is due when it is.
    fn plan(&mut self, node: usize) {
        let due = self.places[node].node.due(self.epoch).max(self.now);
        if due < self.places[node].tick {
            self.places[node].tick = due;
            self.put(due, node, Event::Tick);
        }
    }

    fn happen(&mut self, node: usize, event: Event) -> Result<(), String> {
        match event {
            Event::Ask(number, command) => self.ask(node, number, command),
            Event::Query(number, query) => {
                let row = self.database.run(query)?;
                let at = self.now + self.delay();
                self.put(at, node, Event::Row(number, row));
            }
            Event::Fault => self.fault(),
            Event::CheckRevisions => return self.check_revisions(),
            event => return self.live(node, event),
        }
        Ok(())
    }

    /// What happens to a node happens when it runs.
    fn live(&mut self, node: usize, event: Event) -> Result<(), String> {
        let at = (self.epoch, self.now);
        let place = &mut self.places[node];
        if self.now < place.down_until {
            return Ok(());
        }
        if self.now < place.paused_until {
            let until = place.paused_until;
            self.put(until, node, event);
            return Ok(());
        }
        match event {
            Event::Tick => {
                place.tick = u64::MAX;
                let questions = place.node.tick(at, &mut self.number);
                self.send(node, questions);
            }
            Event::Reply(number, reply) => {
                let chance = self.chance.ratio();
                place.node.hear(number, reply, at, chance);
            }
            Event::Row(number, row) => place.node.read(number, row, self.epoch.at(self.now))?,
            Event::Heard(payload) => hear(&mut place.node, &payload, self.now),
            _ => {}
        }
        self.plan(node);
        Ok(())
    }

    fn send(&mut self, node: usize, questions: Vec<Question>) {
        for question in questions {
            let at = self.now + self.delay();
            match question {
                Question::Redis(..) if self.is_lost(node) => {}
                Question::Redis(number, command) => self.put(at, node, Event::Ask(number, command)),
                Question::Database(number, query) => {
                    self.put(at, node, Event::Query(number, query));
                }
            }
        }
    }

    fn ask(&mut self, node: usize, number: u64, command: Command) {
        if self.now < self.redis_hangs_until {
            let until = self.redis_hangs_until;
            return self.put(until, node, Event::Ask(number, command));
        }
        let Some(reply) = self.redis.run(command, &self.rules.timing, self.now) else { return };
        if !self.is_lost(node) {
            let at = self.now + self.delay();
            self.put(at, node, Event::Reply(number, reply));
        }
    }

    fn is_lost(&mut self, node: usize) -> bool {
        self.now < QUIET && (self.now < self.places[node].cut_off_until || self.chance.one_in(25))
    }

    /// How long something is on its way: mostly not long.
    fn delay(&mut self) -> u64 {
        if self.now < QUIET && self.chance.one_in(12) {
            return self.chance.between(0, 3_000);
        }
        self.chance.between(1, 10)
    }

    fn fault(&mut self) {
        let node = usize::try_from(self.chance.between(0, self.places.len() as u64)).unwrap_or(0);
        if self.now >= QUIET {
            return;
        }
        let next = self.now + self.chance.between(50, 900);
        self.put(next, 0, Event::Fault);
        if self.places[node].down_until == NEVER {
            return;
        }
        let until = QUIET.min(self.now + self.chance.between(200, 9_000));
        let now = self.epoch.at(self.now);
        match self.chance.between(0, 12) {
            0 | 1 => self.places[node].paused_until = until,
            2 => self.places[node].cut_off_until = until,
            3 => self.redis_hangs_until = until,
            4 if self.chance.one_in(4) && self.living().count() > 2 => self.crash(node, NEVER),
            4 => self.crash(node, until),
            5 => {
                self.number += 1;
                let release = self.places[node].node.resign(self.number, now);
                self.send(node, vec![Question::Redis(0, release)]);
                self.plan(node);
            }
            6 if self.rules.forgets => self.redis.wipe(),
            7 if self.rules.forgets => self.redis.lose_latest(),
            8 => self.redis.save(),
            _ => self.change(node),
        }
    }

    /// Those that have not ended for good.
    fn living(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| place.down_until != NEVER)
    }

    /// With or without a word; whatever it asked is still on its way.
    fn crash(&mut self, node: usize, until: u64) {
        let leave = Command::Leave { id: self.places[node].node.id.clone() };
        if self.chance.one_in(2) {
            self.send(node, vec![Question::Redis(0, leave)]);
        }
        let now = std::mem::replace(&mut self.now, until);
        let fresh = self.node(node);
        self.now = now;
        let place = &mut self.places[node];
        (place.node, place.down_until, place.paused_until) = (fresh, until, 0);
        place.tick = u64::MAX;
        self.plan(node);
    }

    /// Somebody changes the configuration through one node; the notice reaches some, or twice.
    fn change(&mut self, node: usize) {
        self.database.revision += 1;
        let notice = Notice {
            signal: Signal::ProxyChanged,
            entity: None,
            op: Op::Updated,
            revision: Revision(self.database.revision),
        };
        let said = notices::write(&notice, &self.places[node].node.id).unwrap_or_default();
        for place in 0..self.places.len() {
            (0..self.chance.between(0, 3)).for_each(|_| self.tell(place, &said));
        }
    }

    /// Some notices arrive late, and some without their beginning.
    fn tell(&mut self, node: usize, said: &str) {
        let at = self.now + self.delay();
        let begins = usize::from(self.chance.one_in(10));
        self.put(at, node, Event::Heard(said[begins..].to_owned()));
    }

    /// A Redis that forgets nothing has one holder at most, whoever is stopped or cut off.
    fn check_holders(&self) -> Result<(), String> {
        if self.rules.forgets {
            return Ok(());
        }
        let now = self.epoch.at(self.now);
        let mut holders = self.places.iter().filter(|place| place.node.is_held(now));
        match (holders.next(), holders.next()) {
            (Some(one), Some(two)) => {
                Err(format!("{} and {} both hold at {}", one.node.id, two.node.id, self.now))
            }
            _ => Ok(()),
        }
    }

    fn check_revisions(&self) -> Result<(), String> {
        let latest = self.database.revision;
        match self.living().find(|place| place.node.revision != latest) {
            Some(Place { node, .. }) => {
                Err(format!("{} is at {} instead of {latest}", node.id, node.revision))
            }
            None => Ok(()),
        }
    }

    fn check_end(&self) -> Result<(), String> {
        let alive: Vec<_> = self.living().map(|place| place.node.id.clone()).collect();
        for place in self.living() {
            let members = place.node.roll.members();
            let seen: Vec<_> = members.into_iter().map(|member| member.id).collect();
            if seen != alive {
                return Err(format!("{} sees {seen:?} instead of {alive:?}", place.node.id));
            }
        }
        let now = self.epoch.at(self.now);
        match self.living().filter(|place| place.node.is_held(now)).count() {
            1 if self.database.is_written() => Ok(()),
            1 => Err("the holder gets nothing written".to_owned()),
            many => Err(format!("{many} nodes hold the lease in the end")),
        }
    }
}

fn hear(node: &mut Node, payload: &str, now: u64) {
    match notices::read(payload.as_bytes(), &node.id) {
        Some(Told::Peer(_)) => node.wake(now),
        Some(Told::Echo) | None => {}
    }
}
