//! One project with the connectors and exits of a test's choosing, and a clock that it sets.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use model::connector::{ConnectorKind, ConnectorSpec};
use model::login::LoginKey;
use model::policy::Strategy;
use model::project::ProjectSpec;
use model::proxy::{Endpoint, Protocol, ProxySpec};
use model::{
    Configuration, Connector, ConnectorId, Host, Place, Project, ProjectId, Proxy, ProxyId,
    Revision, Target, Version,
};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rotation::{Ask, Candidates, Ledger, Roster, Sessions, Turn, Unavailable, Wish, select};
use tokio::time::Instant;

/// How long every exit takes in these tests.
pub(crate) const LATENCY: Duration = Duration::from_millis(10);

/// What operators intend, and what a node makes of it.
pub(crate) struct World {
    pub(crate) rows: Configuration,
    pub(crate) roster: Arc<Roster>,
    pub(crate) ledger: Ledger,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) now: Instant,
    pub(crate) random: SmallRng,
}

impl World {
    /// A project of that strategy, without connectors.
    pub(crate) fn new(strategy: Strategy) -> Self {
        let mut world = Self {
            rows: Configuration::default(),
            roster: Arc::default(),
            ledger: Ledger::default(),
            sessions: Arc::default(),
            now: Instant::now(),
            random: SmallRng::seed_from_u64(1),
        };
        world.rows.projects.push(project("demo"));
        world.rows.projects[0].spec.strategy = strategy;
        world
    }

    /// A project of that strategy with so many exits in one connector.
    pub(crate) fn with_exits(strategy: Strategy, exits: usize) -> Self {
        let mut world = Self::new(strategy);
        let connector = world.connector(|_| ());
        world.exits(connector, exits);
        world.build();
        world
    }

    pub(crate) fn project(&mut self) -> &mut ProjectSpec {
        &mut self.rows.projects[0].spec
    }

    /// Adds a connector.
    pub(crate) fn connector(&mut self, change: impl FnOnce(&mut ConnectorSpec)) -> ConnectorId {
        let number = self.rows.connectors.len();
        let mut connector = connector(self.rows.projects[0].id, &format!("connector {number}"));
        change(&mut connector.spec);
        let id = connector.id;
        self.rows.connectors.push(connector);
        id
    }

    /// Adds exits about whose place nothing is known.
    pub(crate) fn exits(&mut self, connector: ConnectorId, count: usize) -> Vec<ProxyId> {
        (0..count).map(|_| self.exit(connector, |_| ())).collect()
    }

    /// Adds an exit.
    pub(crate) fn exit(
        &mut self,
        connector: ConnectorId,
        change: impl FnOnce(&mut ProxySpec),
    ) -> ProxyId {
        let mut proxy = proxy(connector, self.rows.proxies.len());
        change(&mut proxy.spec);
        let id = proxy.id;
        self.rows.proxies.push(proxy);
        id
    }

    /// Adds an exit of a country.
    pub(crate) fn exit_in(&mut self, connector: ConnectorId, country: &str) -> ProxyId {
        self.exit(connector, |spec| spec.place.country = country.parse().ok())
    }

    /// Takes an exit out, and builds.
    pub(crate) fn remove(&mut self, exit: ProxyId) {
        self.rows.proxies.retain(|proxy| proxy.id != exit);
        self.build();
    }

    /// Builds the full picture.
    pub(crate) fn build(&mut self) {
        self.rows.revision = Revision(self.rows.revision.0 + 1);
        let roster = Roster::build(self.rows.clone(), &self.roster, &self.ledger, self.now);
        self.roster = Arc::new(roster);
    }

    /// A request of the project, with parameters as in `country=us session=a`.
    pub(crate) fn ask(&self, parameters: &str) -> Ask {
        let mut wish = Wish::default();
        for parameter in parameters.split_whitespace() {
            let (key, value) = parameter.split_once('=').unwrap();
            wish.set(key, value).unwrap();
        }
        let project = Arc::clone(self.roster.account("demo").unwrap());
        let target = Target { host: Host::parse("example.com").unwrap(), port: 443 };
        Ask { project, target, wish: Arc::new(wish), client: IpAddr::V4(Ipv4Addr::LOCALHOST) }
    }

    pub(crate) fn select(&mut self, ask: &Ask) -> Result<Candidates, Unavailable> {
        select(&self.roster, ask, &self.sessions, self.now, &mut self.random)
    }

    /// Begins a request and leaves it in flight.
    pub(crate) fn begin(&mut self, parameters: &str) -> Result<Turn, Unavailable> {
        let ask = self.ask(parameters);
        let now = self.now;
        Ok(self.select(&ask)?.next(now).unwrap())
    }

    /// One whole request, which succeeds: the exit that carried it.
    pub(crate) fn carry(&mut self, ask: &Ask) -> Result<ProxyId, Unavailable> {
        let now = self.now;
        let mut turn = self.select(ask)?.next(now).unwrap();
        let exit = turn.exit().id;
        turn.opened(LATENCY, now);
        turn.finish(true);
        Ok(exit)
    }

    /// The same with these parameters.
    pub(crate) fn pick(&mut self, parameters: &str) -> Result<ProxyId, Unavailable> {
        let ask = self.ask(parameters);
        self.carry(&ask)
    }

    /// How often each exit carries one of so many requests.
    pub(crate) fn tally(&mut self, parameters: &str, requests: usize) -> BTreeMap<ProxyId, usize> {
        let ask = self.ask(parameters);
        let mut tally = BTreeMap::new();
        for _ in 0..requests {
            *tally.entry(self.carry(&ask).unwrap()).or_default() += 1;
        }
        tally
    }

    /// The connector of an exit.
    pub(crate) fn connector_of(&self, exit: ProxyId) -> ConnectorId {
        self.rows.proxies.iter().find(|proxy| proxy.id == exit).unwrap().connector
    }

    /// How often each connector carries one of so many requests.
    pub(crate) fn shares(&mut self, parameters: &str, requests: usize) -> Vec<usize> {
        let tally = self.tally(parameters, requests);
        let share = |connector: &Connector| {
            let own = tally.iter().filter(|(exit, _)| self.connector_of(**exit) == connector.id);
            own.map(|(_, count)| count).sum()
        };
        self.rows.connectors.iter().map(share).collect()
    }
}

pub(crate) fn project(username: &str) -> Project {
    let password = LoginKey::new(&[1; 32]).digest(b"demo");
    let spec = ProjectSpec::new(username.to_owned(), username.to_owned(), password);
    Project { id: ProjectId::new(), version: Version::FIRST, revision: Revision(1), spec }
}

pub(crate) fn connector(project: ProjectId, name: &str) -> Connector {
    let spec = ConnectorSpec::new(name.to_owned(), ConnectorKind::Static);
    let (version, revision) = (Version::FIRST, Revision(1));
    Connector { id: ConnectorId::new(), project, version, revision, spec }
}

pub(crate) fn proxy(connector: ConnectorId, number: usize) -> Proxy {
    let host = Host::Ip(IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(number).unwrap())));
    let endpoint = Endpoint { protocol: Protocol::Http, host, port: 8080, login: None };
    let spec = ProxySpec { endpoint, enabled: true, tags: Vec::new(), place: Place::default() };
    let (version, revision) = (Version::FIRST, Revision(1));
    Proxy { id: ProxyId::new(), connector, version, revision, spec }
}
