//! `GET /api/v1/projects/{project}/proxies/summary`: how many proxies are what, and where.

use std::collections::{BTreeMap, HashMap};

use axum::Json;
use axum::extract::{Path, State as Shared};
use model::ConnectorId;
use model::place::Country;
use serde::Serialize;
use store::proxies;
use utoipa::ToSchema;

use crate::caller::Viewer;
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::proxies::standing::Standing;
use crate::state::State;

/// How many proxies a project has of which kind. Where they stand is what the node that answers knows.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProxySummary {
    /// The node that answers.
    node: String,
    total: u64,
    statuses: Statuses,
    /// The most proxies first.
    countries: Vec<OfCountry>,
    /// The most proxies first; connectors without any are absent.
    connectors: Vec<OfConnector>,
}

/// How many proxies are what; each counts once. The words are those of `?status`.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
// In the document a name stands for one schema, and `Statuses` are those of answers.
#[schema(as = ProxyStatuses)]
pub(crate) struct Statuses {
    healthy: u64,
    degraded: u64,
    unhealthy: u64,
    /// Never tried.
    unknown: u64,
    /// They rest.
    quarantined: u64,
    /// Switched off.
    disabled: u64,
    initializing: u64,
    draining: u64,
    terminating: u64,
}

/// The proxies in one country.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfCountry {
    /// Two letters; `null`: it is not known.
    country: Option<String>,
    total: u64,
    statuses: Statuses,
}

/// The proxies of one connector.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OfConnector {
    connector_id: String,
    total: u64,
    statuses: Statuses,
}

/// Counts the proxies of a project by what they are, by country and by connector.
#[utoipa::path(get, path = "/projects/{project}/proxies/summary", tag = "proxies",
    operation_id = "summarize_proxies", params(("project" = String, Path)),
    responses((status = 200, body = ProxySummary), (status = 404, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
) -> Answer<Json<ProxySummary>> {
    let project = existing(&state, &project).await?;
    let rows = proxies::counts(&state.store, project).await?;
    let node = state.cluster.instance_id().to_owned();
    // It looks at every exit, of which there may be a million.
    let look = move || seen(&state, project);
    let seen = tokio::task::spawn_blocking(look).await;
    let seen = seen.map_err(|error| Problem::broken("a summary", &error))?;
    Ok(Json(ProxySummary::of(node, &rows, seen)))
}

/// A group whose proxies differ in nothing that is counted apart.
type Group = (ConnectorId, Option<Country>);

fn seen(state: &State, project: model::ProjectId) -> HashMap<Group, Statuses> {
    let mut groups: HashMap<Group, Statuses> = HashMap::new();
    for exit in state.live.exits_of(project) {
        let statuses = groups.entry((exit.connector, exit.country)).or_default();
        *statuses.of(Standing::of(exit.status, exit.is_resting)) += 1;
    }
    groups
}

impl ProxySummary {
    fn of(node: String, rows: &[proxies::Count], mut groups: HashMap<Group, Statuses>) -> Self {
        // Those that this node has not loaded yet have not been tried by it.
        for row in rows.iter().filter(|row| row.enabled) {
            let statuses = groups.entry((row.connector, row.country)).or_default();
            statuses.unknown += row.proxies.saturating_sub(statuses.total());
        }
        for row in rows.iter().filter(|row| !row.enabled) {
            groups.entry((row.connector, row.country)).or_default().disabled += row.proxies;
        }
        let mut all = Statuses::default();
        let (mut countries, mut connectors) = (BTreeMap::new(), BTreeMap::new());
        for ((connector, country), statuses) in groups {
            all.add(statuses);
            countries.entry(country).or_insert_with(Statuses::default).add(statuses);
            connectors.entry(connector).or_insert_with(Statuses::default).add(statuses);
        }
        let country = |(country, statuses): (Option<Country>, Statuses)| OfCountry {
            country: country.map(|country| country.to_string()),
            total: statuses.total(),
            statuses,
        };
        let connector = |(id, statuses): (ConnectorId, Statuses)| OfConnector {
            connector_id: id.to_string(),
            total: statuses.total(),
            statuses,
        };
        let mut countries: Vec<_> = countries.into_iter().map(country).collect();
        countries.sort_by_key(|of| std::cmp::Reverse(of.total));
        let mut connectors: Vec<_> = connectors.into_iter().map(connector).collect();
        connectors.sort_by_key(|of| std::cmp::Reverse(of.total));
        Self { node, total: all.total(), statuses: all, countries, connectors }
    }
}

impl Statuses {
    fn of(&mut self, standing: Standing) -> &mut u64 {
        match standing {
            Standing::Disabled => &mut self.disabled,
            Standing::Quarantined => &mut self.quarantined,
            Standing::Unknown => &mut self.unknown,
            Standing::Initializing => &mut self.initializing,
            Standing::Healthy => &mut self.healthy,
            Standing::Degraded => &mut self.degraded,
            Standing::Unhealthy => &mut self.unhealthy,
            Standing::Draining => &mut self.draining,
            Standing::Terminating => &mut self.terminating,
        }
    }

    fn add(&mut self, mut more: Self) {
        for standing in Standing::ALL {
            *self.of(*standing) += *more.of(*standing);
        }
    }

    fn total(mut self) -> u64 {
        Standing::ALL.iter().map(|standing| *self.of(*standing)).sum()
    }
}
