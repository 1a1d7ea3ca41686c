//! A million exits as operators have them: named places, a few sets of tags, ports of their own.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use model::connector::{ConnectorKind, ConnectorSpec};
use model::login::LoginKey;
use model::place::Place;
use model::policy::Strategy;
use model::project::ProjectSpec;
use model::proxy::{Endpoint, Protocol, ProxySpec};
use model::target::{Host, Target};
use model::{
    Configuration, Connector, ConnectorId, Project, ProjectId, Proxy, ProxyId, Revision, Version,
};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rotation::{Ask, Exit, Ledger, Roster, Sessions, Wish, select};
use tokio::time::Instant;

pub(crate) const COUNTRIES: [&str; 10] =
    ["us", "de", "fr", "gb", "jp", "br", "in", "ca", "au", "nl"];
pub(crate) const CITIES: usize = 20;
/// One exit in so many has a tag of its own besides.
const RARE: usize = 97;

/// How many of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) projects: usize,
    pub(crate) connectors: usize,
    pub(crate) exits: usize,
}

pub(crate) struct World {
    pub(crate) roster: Roster,
    pub(crate) ledger: Ledger,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) random: SmallRng,
    pub(crate) built_in: Duration,
    pub(crate) bytes: usize,
}

impl World {
    pub(crate) fn new(shape: Shape, rest: Duration) -> Self {
        let (ledger, before) = (Ledger::default(), resident_bytes());
        let rows = configuration(shape);
        let started = Instant::now();
        let roster = Roster::build(rows, &Roster::empty(), &ledger, started);
        let built_in = started.elapsed();
        let bytes = settled_bytes(rest).saturating_sub(before) / shape.exits;
        let random = SmallRng::seed_from_u64(1);
        Self { roster, ledger, sessions: Arc::default(), random, built_in, bytes }
    }

    /// A request of each project, under that strategy.
    pub(crate) fn asks(&mut self, strategy: Strategy) -> Vec<Ask> {
        let revision = Revision(self.roster.revision().0 + 1);
        let again = |entry: &Arc<rotation::ProjectEntry>| {
            let mut spec = (*entry.spec).clone();
            spec.strategy = strategy;
            Project { id: entry.id, version: Version(2), revision, spec }
        };
        let projects = self.roster.projects().map(again).collect();
        self.change(Configuration { projects, ..Configuration::default() });
        let ask = |entry: &Arc<rotation::ProjectEntry>| Ask {
            project: Arc::clone(entry),
            target: Target { host: Host::Name("example.com".into()), port: 443 },
            wish: Arc::default(),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        };
        self.roster.projects().map(ask).collect()
    }

    /// Applies a change; how long that took, the end of the picture before it included.
    pub(crate) fn change(&mut self, change: Configuration) -> Duration {
        let before = self.roster.revision();
        let revision = Revision(before.0 + 1);
        let change = Configuration { since: Some(before), revision, ..change };
        let started = Instant::now();
        self.roster = Roster::build(change, &self.roster, &self.ledger, started);
        started.elapsed()
    }

    /// Changes one proxy, any one.
    pub(crate) fn change_one(&mut self) -> Duration {
        let at = self.random.random_range(0..self.roster.exit_count());
        let exit = self.roster.exits().nth(at).expect("there are as many");
        let mut endpoint = exit.endpoint.clone();
        endpoint.port ^= 1;
        let (tags, place) = (exit.traits.tags.clone(), (*exit.traits.place).clone());
        let spec = ProxySpec { endpoint, enabled: true, tags, place };
        let (id, connector, version) = (exit.id, exit.connector.id, Version(2));
        let proxy = Proxy { id, connector, version, revision: Revision(2), spec };
        self.change(Configuration { proxies: vec![proxy], ..Configuration::default() })
    }

    /// Lets the request of each project ask for what few of its exits satisfy: the country, the
    /// city and the rare tag of one.
    pub(crate) fn ask_for_rare(&self, asks: &mut [Ask]) {
        let is_rare = |exit: &&Arc<Exit>| exit.traits.tags.iter().any(|tag| tag == "rare");
        let rare = self.roster.exits().filter(is_rare);
        let found: HashMap<ProjectId, Wish> =
            rare.map(|exit| (exit.connector.project, wish_for(exit))).collect();
        for ask in asks {
            ask.wish = Arc::new(found[&ask.project.id].clone());
        }
    }

    /// Binds the session that is asked for.
    pub(crate) fn bind(&mut self, ask: &Ask) {
        let now = Instant::now();
        let chosen = select(&self.roster, ask, &self.sessions, now, &mut self.random);
        let turn = chosen.ok().and_then(|mut candidates| candidates.next(now));
        turn.expect("every exit is up").opened(Duration::from_millis(10), now);
    }
}

fn wish_for(exit: &Exit) -> Wish {
    let mut wish = Wish::default();
    let place = &exit.traits.place;
    wish.countries.extend(place.country);
    wish.city.clone_from(&place.city);
    wish.set("tag", "rare").expect("it is a tag");
    wish
}

/// A request for these.
pub(crate) fn wish(parameters: &[(&str, &str)]) -> Wish {
    let mut wish = Wish::default();
    for (key, value) in parameters {
        wish.set(key, value).expect("it is understood");
    }
    wish
}

/// The name of a city.
pub(crate) fn city(country: usize, number: usize) -> String {
    format!("{}city{number}", COUNTRIES[country])
}

fn configuration(shape: Shape) -> Configuration {
    let (version, revision) = (Version::FIRST, Revision(1));
    let projects: Vec<Project> = (0..shape.projects)
        .map(|number| {
            let password = LoginKey::new(&[1; 32]).digest(b"secret");
            let name = format!("project{number}");
            let spec = ProjectSpec::new(name.clone(), name, password);
            Project { id: ProjectId::new(), version, revision, spec }
        })
        .collect();
    let connectors: Vec<Connector> = (0..shape.connectors)
        .map(|number| {
            let spec = ConnectorSpec::new(format!("connector {number}"), ConnectorKind::Static);
            let project = projects[number % shape.projects].id;
            Connector { id: ConnectorId::new(), project, version, revision, spec }
        })
        .collect();
    let mut random = SmallRng::seed_from_u64(7);
    let proxies = (0..shape.exits)
        .map(|number| proxy(number, connectors[number % shape.connectors].id, &mut random));
    let proxies = proxies.collect();
    Configuration { revision, proxies, projects, connectors, ..Configuration::default() }
}

fn proxy(number: usize, connector: ConnectorId, random: &mut SmallRng) -> Proxy {
    let small = u32::try_from(number).expect("it is small");
    let host = match random.random_range(0..4) {
        0 => Host::Name(format!("p{number}.example.net").into()),
        _ => Host::Ip(IpAddr::V4(Ipv4Addr::from_bits(0x0a00_0000 + small))),
    };
    let port = 10_000 + u16::try_from(number % 50_000).expect("it is small");
    let endpoint = Endpoint { protocol: Protocol::Http, host, port, login: None };
    let mut tags = match random.random_range(0..4) {
        0 => vec!["datacenter".into(), "fast".into()],
        1 => vec!["fast".into()],
        2 => vec!["residential".into(), "trial".into(), "v6".into()],
        _ => Vec::new(),
    };
    if random.random_range(0..RARE) == 0 {
        tags.push("rare".into());
    }
    let country = random.random_range(0..COUNTRIES.len());
    let place = Place {
        country: COUNTRIES[country].parse().ok(),
        city: Some(city(country, random.random_range(0..CITIES)).into()),
        ..Place::default()
    };
    let spec = ProxySpec { endpoint, enabled: true, tags, place };
    let (version, revision) = (Version::FIRST, Revision(1));
    Proxy { id: ProxyId::new(), connector, version, revision, spec }
}

/// The same four rests later, when the allocator has given back what it keeps for a second in case
/// of need. It looks after that when it is asked for something.
pub(crate) fn settled_bytes(rest: Duration) -> usize {
    for _ in 0..4 {
        std::thread::sleep(rest);
        std::hint::black_box(vec![1u8; 4 << 20]);
    }
    resident_bytes()
}

/// Memory that this process has in use.
pub(crate) fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split_whitespace().nth(1).and_then(|pages| pages.parse().ok());
    pages.map_or(0, |pages: usize| pages * 4096)
}
