//! A million exits: what they hold, what a change costs, and what each single choice costs.
//!
//! `cargo bench -p rotation --bench scale` prints a table for each of two shapes, each measured in
//! a process of its own. As a test it goes through the same with a thousand exits.

use std::hint::black_box;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use model::policy::Strategy;
use rand::RngExt;
use rotation::{Ask, select};
use tokio::time::Instant;

#[path = "scale/world.rs"]
mod world;

use world::{CITIES, COUNTRIES, Shape, World, city, resident_bytes, settled_bytes, wish};

/// That of the node: what it rounds up to counts. It asks for huge pages, which a node with so many exits
/// may have.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const SHAPES: [(&str, Shape); 2] = [
    ("many", Shape { projects: 1_000, connectors: 10_000, exits: 1_000_000 }),
    ("one", Shape { projects: 1, connectors: 100, exits: 1_000_000 }),
];
const SMALL: [(&str, Shape); 2] = [
    ("many", Shape { projects: 5, connectors: 10, exits: 4_000 }),
    ("one", Shape { projects: 1, connectors: 4, exits: 1_000 }),
];

/// How often each is done.
struct Effort {
    calls: usize,
    changes: usize,
    sessions: usize,
    /// Before memory is measured.
    rest: Duration,
}

fn main() -> std::io::Result<()> {
    let given: Vec<String> = std::env::args().collect();
    if !given.iter().any(|word| word == "--bench") {
        let effort = Effort { calls: 200, changes: 3, sessions: 100, rest: Duration::ZERO };
        return SMALL.iter().try_for_each(|(name, shape)| report(name, *shape, &effort));
    }
    let rest = Duration::from_millis(400);
    let effort = Effort { calls: 200_000, changes: 51, sessions: 100_000, rest };
    match SHAPES.iter().find(|(name, _)| given.iter().any(|word| word == name)) {
        Some((name, shape)) => report(name, *shape, &effort),
        None => SHAPES.iter().try_for_each(|(name, _)| {
            let itself = std::env::current_exe()?;
            std::process::Command::new(itself).args(["--bench", name]).status().map(|_| ())
        }),
    }
}

fn report(name: &str, shape: Shape, effort: &Effort) -> std::io::Result<()> {
    let (before, mut out) = (resident_bytes(), std::io::stdout().lock());
    let mut world = World::new(shape, effort.rest);
    let Shape { projects, connectors, exits } = shape;
    writeln!(out, "\n{name}: {exits} exits in {connectors} connectors of {projects} projects\n")?;
    writeln!(out, "| what | median | 99 % | worst |\n|---|---|---|---|")?;
    writeln!(out, "| bytes an exit | {} | | |", world.bytes)?;
    writeln!(out, "| full load | {:?} | | |", world.built_in)?;
    for (what, times) in first_uses(&mut world) {
        line(&mut out, &format!("first use of {what}"), times)?;
    }
    let clock = median((0..effort.calls).map(|_| Instant::now().elapsed()).collect());
    writeln!(out, "| the clock, taken off below | {clock:?} | | |")?;
    for (what, times) in choices(&mut world, effort) {
        let times = times.into_iter().map(|took| took.saturating_sub(clock)).collect();
        line(&mut out, what, times)?;
    }
    let changes = (0..effort.changes).map(|_| world.change_one()).collect();
    line(&mut out, "change of one proxy", changes)?;
    let bytes = settled_bytes(effort.rest).saturating_sub(before) / exits;
    writeln!(out, "| bytes an exit, after all of that | {bytes} | | |")
}

fn line(out: &mut impl Write, what: &str, mut times: Vec<Duration>) -> std::io::Result<()> {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    writeln!(out, "| {what} | {:?} | {:?} | {:?} |", at(50), at(99), at(100))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// What the first request that asks for something pays for all after it, in one project.
fn first_uses(world: &mut World) -> Vec<(&'static str, Vec<Duration>)> {
    let mut ask = world.asks(Strategy::RoundRobin).swap_remove(0);
    let mut first = |parameters: &[(&str, &str)]| {
        ask.wish = Arc::new(wish(parameters));
        once(world, &ask)
    };
    let countries = COUNTRIES.iter().map(|country| first(&[("country", country)])).collect();
    let tags = ["datacenter", "fast", "residential", "trial", "v6", "rare"];
    let tags = tags.iter().map(|tag| first(&[("tag", tag)])).collect();
    let all = (0..COUNTRIES.len() * CITIES).map(|number| {
        let (country, number) = (number % COUNTRIES.len(), number / COUNTRIES.len());
        let city = city(country, number);
        first(&[("country", COUNTRIES[country]), ("city", &city), ("tag", "fast")])
    });
    let all = all.collect();
    vec![("a country", countries), ("a tag", tags), ("country, city and tag", all)]
}

/// One choice; it need not find anything. What is asked is as fresh as it is in a request, which has
/// been admitted to its project a moment ago.
fn once(world: &mut World, ask: &Ask) -> Duration {
    let ask = black_box(ask.clone());
    assert!(ask.project.begin());
    let started = Instant::now();
    let candidates = select(&world.roster, &ask, &world.sessions, started, &mut world.random);
    let turn = candidates.map(|mut candidates| {
        let turn = candidates.next(started);
        (turn, candidates)
    });
    let took = started.elapsed();
    drop(black_box(turn));
    ask.project.leave();
    took
}

/// Every kind of choice, each of a project taken at random.
fn choices(world: &mut World, effort: &Effort) -> Vec<(&'static str, Vec<Duration>)> {
    let (calls, sessions) = (effort.calls, effort.sessions);
    let mut found = Vec::new();
    let mut asks = world.asks(Strategy::RoundRobin);
    found.push(("round robin", choose(world, &mut asks, calls, |_, _| ())));
    wish_all(&mut asks, &[("country", "de")]);
    found.push(("round robin, country", choose(world, &mut asks, calls, |_, _| ())));
    world.ask_for_rare(&mut asks);
    let rare = "round robin, country, city and rare tag";
    found.push((rare, choose(world, &mut asks, calls, |_, _| ())));
    wish_all(&mut asks, &[]);
    // Each session belongs to the project that its number goes to.
    let named = |ask: &mut Ask, number| {
        Arc::make_mut(&mut ask.wish).session = Some(format!("s{}", number % sessions).into());
    };
    for number in 0..sessions {
        let at = number % asks.len();
        named(&mut asks[at], number);
        world.bind(&asks[at]);
    }
    found.push(("bound session", choose(world, &mut asks, calls, named)));
    wish_all(&mut asks, &[("country", "de")]);
    let new = |ask: &mut Ask, number| {
        Arc::make_mut(&mut ask.wish).session = Some(format!("n{number}").into());
    };
    found.push(("new session, country", choose(world, &mut asks, calls, new)));
    let mut asks = world.asks(Strategy::Sticky);
    let client = |ask: &mut Ask, number| {
        let bits = u32::try_from(number).expect("it was drawn like that");
        ask.client = IpAddr::V4(Ipv4Addr::from_bits(bits));
    };
    found.push(("sticky, a new client", choose(world, &mut asks, calls, client)));
    let mut asks = world.asks(Strategy::Random);
    found.push(("random", choose(world, &mut asks, calls, |_, _| ())));
    found
}

fn wish_all(asks: &mut [Ask], parameters: &[(&str, &str)]) {
    for ask in asks {
        ask.wish = Arc::new(wish(parameters));
    }
}

/// So many choices, before each of which the request is changed as `change` says.
fn choose(
    world: &mut World,
    asks: &mut [Ask],
    calls: usize,
    change: impl Fn(&mut Ask, usize),
) -> Vec<Duration> {
    let one = |_| {
        let number = world.random.random::<u32>() as usize;
        let at = number % asks.len();
        change(&mut asks[at], number);
        once(world, &asks[at])
    };
    (0..calls).map(one).collect()
}
