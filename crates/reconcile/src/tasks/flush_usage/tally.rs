//! How requests ended, summed up by what they were about, until it is written down.

use std::collections::{HashMap, HashSet};

use foldhash::quality::RandomState;
use jiff::Timestamp;
use model::place::Country;
use model::{ConnectorId, Counters, Exchange, Host, Measures, Prices, ProjectId};
use store::usage::{About, SeriesRow, UsageRow};

/// Hosts of one project that have rows of their own in a minute; the others share one.
const NAMED: usize = 50;
/// Hosts that are told apart between two takes, of one project and of all together: 400 bytes each.
const HOSTS_OF_PROJECT: usize = 2_000;
const HOSTS: usize = 20_000;

/// What a sum is about; there are as many as there are connectors and countries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Subject {
    Fleet,
    Project(ProjectId),
    Connector(ProjectId, ConnectorId),
    Country(ProjectId, Option<Country>),
}

/// Each request is looked up five times.
type Table<K, V> = HashMap<K, V, RandomState>;

/// Sums since they were last taken.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    sums: Table<Subject, Measures>,
    hosts: Table<ProjectId, Table<Host, Measures>>,
    host_count: usize,
    /// Of hosts that had to be left together.
    crowd: HashMap<ProjectId, Measures>,
    /// Which hosts have rows in `minute`.
    named: HashMap<ProjectId, HashSet<Host>>,
    minute: Timestamp,
    prices: HashMap<ConnectorId, Prices>,
}

impl Tally {
    /// What traffic costs from now on.
    pub(super) fn set_prices(&mut self, prices: HashMap<ConnectorId, Prices>) {
        self.prices = prices;
    }

    pub(super) fn prices(&self) -> &HashMap<ConnectorId, Prices> {
        &self.prices
    }

    /// Counts requests that are over. Those that nobody is known to have made are nobody's.
    pub(crate) fn count(&mut self, batch: &[Exchange]) {
        for exchange in batch {
            if let Some(project) = exchange.project {
                self.count_one(project, exchange);
            }
        }
    }

    fn count_one(&mut self, project: ProjectId, exchange: &Exchange) {
        let connector = exchange.connector.map(|id| Subject::Connector(project, id));
        for subject in [Some(Subject::Fleet), Some(Subject::Project(project)), connector] {
            let Some(subject) = subject else { continue };
            self.sums.entry(subject).or_default().add_ending(exchange);
        }
        let (counters, cost) = (counters(exchange), self.cost(exchange));
        if exchange.proxy.is_some() {
            let sum = self.sums.entry(Subject::Country(project, exchange.country)).or_default();
            sum.add_counters(counters, cost);
            sum.add_ending(exchange);
        }
        if let Some(target) = &exchange.target {
            let sum = self.host(project, &target.host);
            sum.add_counters(counters, cost);
            sum.add_ending(exchange);
        }
    }

    fn cost(&self, exchange: &Exchange) -> u64 {
        let prices = exchange.connector.and_then(|id| self.prices.get(&id));
        let bytes = exchange.bytes_sent.saturating_add(exchange.bytes_received);
        let cost = prices.map_or(0, |prices| prices.of(bytes, exchange.attempts.into()));
        u64::try_from(cost / 1_000_000).unwrap_or(u64::MAX)
    }

    /// The sum of a host; that of the crowd once there are too many of them.
    fn host(&mut self, project: ProjectId, host: &Host) -> &mut Measures {
        let hosts = self.hosts.entry(project).or_default();
        if !hosts.contains_key(host) {
            if hosts.len() >= HOSTS_OF_PROJECT || self.host_count >= HOSTS {
                return self.crowd.entry(project).or_default();
            }
            self.host_count += 1;
        }
        hosts.entry(host.clone()).or_default()
    }

    /// Adds what projects and connectors used, which is known without looking at their requests.
    pub(super) fn add(&mut self, rows: &[UsageRow]) {
        for row in rows.iter().filter(|row| row.proxy.is_none()) {
            let (counters, cost) = (row.counters, row.cost_nanos);
            let subject = match row.connector {
                Some(connector) => Subject::Connector(row.project, connector),
                None => Subject::Project(row.project),
            };
            self.sums.entry(subject).or_default().add_counters(counters, cost);
            if row.connector.is_none() {
                self.sums.entry(Subject::Fleet).or_default().add_counters(counters, cost);
            }
        }
    }

    /// The sums as rows of `minute`; they begin anew.
    pub(super) fn take(&mut self, minute: Timestamp) -> Vec<SeriesRow> {
        if minute != self.minute {
            self.named.clear();
            self.minute = minute;
        }
        let mut rows = self.take_hosts();
        for (subject, measures) in std::mem::take(&mut self.sums) {
            let (project, about, subject) = match subject {
                Subject::Fleet => (None, About::Fleet, String::new()),
                Subject::Project(id) => (Some(id), About::Project, String::new()),
                Subject::Connector(id, connector) => {
                    (Some(id), About::Connector, connector.to_string())
                }
                Subject::Country(id, country) => {
                    let country = country.map(|country| country.to_string()).unwrap_or_default();
                    (Some(id), About::Country, country)
                }
            };
            rows.push(SeriesRow { minute, project, about, subject, measures });
        }
        rows
    }

    /// The busiest hosts of each project, those that have rows already among them, and the others as
    /// one.
    fn take_hosts(&mut self) -> Vec<SeriesRow> {
        let (minute, mut rows) = (self.minute, Vec::new());
        self.host_count = 0;
        for (project, hosts) in std::mem::take(&mut self.hosts) {
            let row = |subject, measures| SeriesRow {
                minute,
                project: Some(project),
                about: About::Host,
                subject,
                measures,
            };
            let named = self.named.entry(project).or_default();
            let mut crowd = self.crowd.remove(&project).unwrap_or_default();
            let mut hosts = Vec::from_iter(hosts);
            hosts.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.counters().requests));
            let places = NAMED.saturating_sub(named.len());
            let newcomers = hosts.iter().filter(|(host, _)| !named.contains(host)).take(places);
            let newcomers: Vec<_> = newcomers.map(|(host, _)| host.clone()).collect();
            named.extend(newcomers);
            let (own, rest): (Vec<_>, Vec<_>) =
                hosts.into_iter().partition(|(host, _)| named.contains(host));
            rows.extend(own.into_iter().map(|(host, sum)| row(host.to_string(), sum)));
            for (_, sum) in &rest {
                crowd.add(sum);
            }
            if !crowd.is_empty() {
                rows.push(row(String::new(), crowd));
            }
        }
        rows
    }
}

fn counters(exchange: &Exchange) -> Counters {
    let is_success = exchange.blame.is_none();
    let latency = if is_success { exchange.latency.as_micros() } else { 0 };
    Counters {
        requests: 1,
        failures: u64::from(!is_success),
        bytes_sent: exchange.bytes_sent,
        bytes_received: exchange.bytes_received,
        latency_microseconds: u64::try_from(latency).unwrap_or(u64::MAX),
    }
}

#[cfg(test)]
mod tests;
