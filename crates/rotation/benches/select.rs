//! What a choice costs, what a username costs, and what a roster costs to build.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, LazyLock};

use divan::{Bencher, black_box};
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
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rotation::{Ask, Ledger, ProjectEntry, Roster, Sessions, Wish, select, username};
use tokio::time::Instant;

const COUNTRIES: [&str; 10] = ["us", "de", "fr", "gb", "jp", "br", "in", "ca", "au", "nl"];
const CONNECTORS: usize = 100;

static LARGE: LazyLock<World> = LazyLock::new(|| World::new(100_000));
static HUGE: LazyLock<World> = LazyLock::new(|| World::new(1_000_000));

struct World {
    roster: Roster,
    ledger: Ledger,
    sessions: Arc<Sessions>,
}

fn main() {
    divan::main();
}

// === choices ===

#[divan::bench(sample_size = 1000)]
fn round_robin_of_100_000(bencher: Bencher) {
    choose(bencher, &LARGE, Strategy::RoundRobin, &[]);
}

#[divan::bench(sample_size = 1000)]
fn round_robin_of_1_000_000(bencher: Bencher) {
    choose(bencher, &HUGE, Strategy::RoundRobin, &[]);
}

#[divan::bench(sample_size = 1000)]
fn random_of_100_000(bencher: Bencher) {
    choose(bencher, &LARGE, Strategy::Random, &[]);
}

#[divan::bench(sample_size = 1000)]
fn random_of_1_000_000(bencher: Bencher) {
    choose(bencher, &HUGE, Strategy::Random, &[]);
}

#[divan::bench(sample_size = 1000)]
fn least_used_of_100_000(bencher: Bencher) {
    choose(bencher, &LARGE, Strategy::LeastUsed, &[]);
}

#[divan::bench(sample_size = 1000)]
fn health_based_of_100_000(bencher: Bencher) {
    choose(bencher, &LARGE, Strategy::HealthBased, &[]);
}

#[divan::bench(sample_size = 1000)]
fn country_of_100_000(bencher: Bencher) {
    choose(bencher, &LARGE, Strategy::RoundRobin, &[("country", "de")]);
}

#[divan::bench(sample_size = 1000)]
fn country_of_1_000_000(bencher: Bencher) {
    choose(bencher, &HUGE, Strategy::RoundRobin, &[("country", "de")]);
}

#[divan::bench(sample_size = 1000)]
fn sticky_by_client_of_100_000(bencher: Bencher) {
    choose(bencher, &LARGE, Strategy::Sticky, &[]);
}

#[divan::bench(sample_size = 1000)]
fn sticky_by_client_of_1_000_000(bencher: Bencher) {
    choose(bencher, &HUGE, Strategy::Sticky, &[]);
}

#[divan::bench(sample_size = 1000)]
fn bound_session_of_100_000(bencher: Bencher) {
    bound(bencher, &LARGE);
}

#[divan::bench(sample_size = 1000)]
fn bound_session_of_1_000_000(bencher: Bencher) {
    bound(bencher, &HUGE);
}

fn choose(bencher: Bencher, world: &World, strategy: Strategy, parameters: &[(&str, &str)]) {
    let mut random = SmallRng::seed_from_u64(1);
    let (mut ask, now) = (world.ask(strategy, parameters), Instant::now());
    let mut client = 0u32;
    bencher.bench_local(|| {
        client += 1;
        ask.client = IpAddr::V4(Ipv4Addr::from_bits(client));
        black_box(select(&world.roster, &ask, &world.sessions, now, &mut random))
            .expect("every exit is up")
            .next(now)
            .map(|turn| turn.exit().id)
    });
}

fn bound(bencher: Bencher, world: &World) {
    let (mut random, now) = (SmallRng::seed_from_u64(1), Instant::now());
    let ask = world.ask(Strategy::RoundRobin, &[("session", "abc")]);
    let mut pick = |is_first: bool| {
        let chosen = select(&world.roster, &ask, &world.sessions, now, &mut random);
        let mut turn = chosen.expect("every exit is up").next(now).expect("one has been found");
        if is_first {
            turn.opened(std::time::Duration::from_millis(10), now);
        }
        turn.exit().id
    };
    let first = pick(true);
    bencher.bench_local(|| assert_eq!(pick(false), first));
}

// === logins and rosters ===

#[divan::bench(sample_size = 1000)]
fn username_of_an_account(bencher: Bencher) {
    read(bencher, "round_robin");
}

#[divan::bench(sample_size = 1000)]
fn username_with_parameters(bencher: Bencher) {
    read(bencher, "round_robin-country-us-session-a1b2c3d4-ttl-10m");
}

fn read(bencher: Bencher, name: &str) {
    let world = &*LARGE;
    bencher.bench_local(|| {
        username::read(black_box(&world.roster), black_box(name), "secret").expect("it is known")
    });
}

#[divan::bench(sample_count = 20)]
fn build_of_100_000(bencher: Bencher) {
    build(bencher, 100_000);
}

#[divan::bench(sample_count = 3)]
fn build_of_1_000_000(bencher: Bencher) {
    build(bencher, 1_000_000);
}

fn build(bencher: Bencher, exits: usize) {
    let configuration = configuration(exits);
    bencher.with_inputs(|| (configuration.clone(), Ledger::default())).bench_local_values(
        |(configuration, ledger)| {
            let roster = Roster::build(configuration, &Roster::empty(), &ledger, Instant::now());
            (roster, ledger)
        },
    );
}

/// One proxy of a million has a new tag.
#[divan::bench(sample_count = 50)]
fn change_of_1_in_1_000_000(bencher: Bencher) {
    let world = &*HUGE;
    let exit = world.roster.exits().next().expect("there are some");
    let mut changed = proxy(0, exit.connector.id);
    changed.id = exit.id;
    let change = Configuration {
        revision: Revision(2),
        since: Some(Revision(1)),
        proxies: vec![changed],
        ..Configuration::default()
    };
    bencher.with_inputs(|| change.clone()).bench_local_values(|change| {
        Roster::build(change, &world.roster, &world.ledger, Instant::now())
    });
}

// === the world ===

impl World {
    fn new(exits: usize) -> Self {
        let (ledger, before) = (Ledger::default(), resident_bytes());
        let roster = Roster::build(configuration(exits), &Roster::empty(), &ledger, Instant::now());
        if let (Some(before), Some(after)) = (before, resident_bytes()) {
            let each = after.saturating_sub(before) / exits;
            eprintln!("{exits} exits: about {each} bytes each, node and all");
        }
        Self { roster, ledger, sessions: Arc::default() }
    }

    /// A request with these parameters, of the project under that strategy.
    fn ask(&self, strategy: Strategy, parameters: &[(&str, &str)]) -> Ask {
        let mut wish = Wish::default();
        for (key, value) in parameters {
            wish.set(key, value).expect("it is understood");
        }
        Ask {
            project: self.project(strategy),
            target: Target { host: Host::Name("example.com".into()), port: 443 },
            wish: Arc::new(wish),
            client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        }
    }

    /// The one project, with another strategy.
    fn project(&self, strategy: Strategy) -> Arc<ProjectEntry> {
        let known = self.roster.account("round_robin").expect("it was built");
        let mut spec = (*known.spec).clone();
        spec.strategy = strategy;
        let project = Project { id: known.id, version: Version(2), revision: Revision(2), spec };
        let change = Configuration {
            revision: Revision(2),
            since: Some(Revision(1)),
            projects: vec![project],
            ..Configuration::default()
        };
        let changed = Roster::build(change, &self.roster, &self.ledger, Instant::now());
        Arc::clone(changed.account("round_robin").expect("it was built"))
    }
}

fn configuration(exits: usize) -> Configuration {
    let password = LoginKey::new(&[1; 32]).digest(b"secret");
    let spec = ProjectSpec::new("bench".to_owned(), "round_robin".to_owned(), password);
    let (version, revision) = (Version::FIRST, Revision(1));
    let project = Project { id: ProjectId::new(), version, revision, spec };
    let connectors: Vec<Connector> = (0..CONNECTORS)
        .map(|number| {
            let spec = ConnectorSpec::new(format!("connector {number}"), ConnectorKind::Static);
            Connector { id: ConnectorId::new(), project: project.id, version, revision, spec }
        })
        .collect();
    let proxies = (0..exits).map(|number| proxy(number, connectors[number % CONNECTORS].id));
    Configuration {
        revision,
        proxies: proxies.collect(),
        projects: vec![project],
        connectors,
        ..Configuration::default()
    }
}

fn proxy(number: usize, connector: ConnectorId) -> Proxy {
    let country = COUNTRIES[number / CONNECTORS % COUNTRIES.len()].parse();
    let place = Place { country: country.ok(), ..Place::default() };
    let address = Ipv4Addr::from_bits(u32::try_from(number).expect("it is small"));
    let host = Host::Ip(IpAddr::V4(address));
    let endpoint = Endpoint { protocol: Protocol::Http, host, port: 8080, login: None };
    let spec = ProxySpec { endpoint, enabled: true, tags: Vec::new(), place };
    let (version, revision) = (Version::FIRST, Revision(1));
    Proxy { id: ProxyId::new(), connector, version, revision, spec }
}

fn resident_bytes() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}
