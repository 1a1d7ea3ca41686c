//! What became of the requests of each project and connector, by name.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use metrics::{Counter, Histogram, Label, counter, histogram};
use model::{ConnectorId, Exchange, ProjectId};
use rotation::Roster;
use tokio::sync::watch;

use super::{OUTCOMES, outcome};

/// Handles of so many projects and connectors are held. The recorder bounds the series behind them.
const HELD: usize = 10_000;
/// The project of requests whose login was never known.
const NONE: &str = "none";

/// What became of requests, by whose they were and what they went through.
pub(super) struct Shares {
    roster: watch::Receiver<Arc<Roster>>,
    projects: HashMap<Option<ProjectId>, Share>,
    connectors: HashMap<ConnectorId, Share>,
}

/// Of one project, or one connector.
struct Share {
    /// By outcome.
    requests: [Counter; 5],
    bytes_sent: Counter,
    bytes_received: Counter,
    latency: Histogram,
}

impl Shares {
    pub(super) fn new(roster: watch::Receiver<Arc<Roster>>) -> Self {
        Self { roster, projects: HashMap::new(), connectors: HashMap::new() }
    }

    pub(super) fn count(&mut self, batch: &[Exchange]) {
        // A change may have renamed any of them.
        if self.roster.has_changed().unwrap_or_default() {
            self.projects.clear();
            self.connectors.clear();
        }
        let roster = Arc::clone(&self.roster.borrow_and_update());
        for exchange in batch {
            held(&mut self.projects, exchange.project, |id| of_project(&roster, id))
                .count(exchange);
            let Some(connector) = exchange.connector else { continue };
            let make = |id| of_connector(&roster, exchange.project, id);
            held(&mut self.connectors, connector, make).count(exchange);
        }
    }
}

fn held<K: Eq + Hash + Copy>(
    shares: &mut HashMap<K, Share>,
    key: K,
    make: impl FnOnce(K) -> Share,
) -> &Share {
    if shares.len() >= HELD {
        shares.clear();
    }
    shares.entry(key).or_insert_with(|| make(key))
}

/// Its name; once it has gone its identifier, under which nothing more will come.
fn project_name(roster: &Roster, id: Option<ProjectId>) -> String {
    let Some(id) = id else { return NONE.to_owned() };
    roster.project(id).map_or_else(|| id.to_string(), |entry| entry.spec.name.clone())
}

fn of_project(roster: &Roster, id: Option<ProjectId>) -> Share {
    let labels = vec![Label::new("project", project_name(roster, id))];
    let requests = OUTCOMES.map(|outcome| {
        counter!("octoprox_project_requests_total", with(&labels, "outcome", outcome))
    });
    let bytes =
        |direction| counter!("octoprox_project_bytes_total", with(&labels, "direction", direction));
    let (bytes_sent, bytes_received) = (bytes("sent"), bytes("received"));
    let latency = histogram!("octoprox_project_latency_seconds", labels);
    Share { requests, bytes_sent, bytes_received, latency }
}

fn of_connector(roster: &Roster, project: Option<ProjectId>, id: ConnectorId) -> Share {
    let entry = roster.connectors().find(|entry| entry.id == id);
    let name = entry.map_or_else(|| id.to_string(), |entry| entry.spec.name.clone());
    let project = project_name(roster, project);
    let labels = vec![Label::new("project", project), Label::new("connector", name)];
    let requests = OUTCOMES.map(|outcome| {
        counter!("octoprox_connector_requests_total", with(&labels, "outcome", outcome))
    });
    let bytes = |direction| {
        counter!("octoprox_connector_bytes_total", with(&labels, "direction", direction))
    };
    let (bytes_sent, bytes_received) = (bytes("sent"), bytes("received"));
    let latency = histogram!("octoprox_connector_latency_seconds", labels);
    Share { requests, bytes_sent, bytes_received, latency }
}

fn with(labels: &[Label], name: &'static str, value: &'static str) -> Vec<Label> {
    labels.iter().cloned().chain([Label::from_static_parts(name, value)]).collect()
}

impl Share {
    fn count(&self, exchange: &Exchange) {
        self.requests[outcome(exchange)].increment(1);
        self.bytes_sent.increment(exchange.bytes_sent);
        self.bytes_received.increment(exchange.bytes_received);
        if exchange.blame.is_none() {
            self.latency.record(exchange.latency.as_secs_f64());
        }
    }
}
