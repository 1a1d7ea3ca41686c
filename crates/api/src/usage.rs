//! `GET /api/v1/projects/{project}/usage`

mod point;
pub(crate) mod caps;
pub(crate) mod held;
pub(crate) mod series;

use axum::Json;
use axum::extract::{Path, State as Shared};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::usage::{self, Level};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::point::micros;
use crate::caller::Viewer;
use crate::problem::{Answer, Problem};
use crate::projects::CountersView;
use crate::projects::endpoints::existing;
use crate::query::{Asked, parsed};
use crate::state::State;

/// Every route about usage, and what describes them.
pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(get))
        .routes(routes!(series::get))
        .routes(routes!(series::get_fleet))
        .routes(routes!(held::list))
}

/// What is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `project` (if absent), `connectors` or `proxies`.
    level: Option<String>,
    /// From when on, RFC 3339; a day ago if absent.
    since: Option<String>,
}

/// What went through since then, on all nodes together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Usage {
    since: String,
    /// One row a project, connector or proxy; the busiest first, a thousand at most.
    items: Vec<UsageItem>,
}

/// What went through one of them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsageItem {
    #[serde(skip_serializing_if = "Option::is_none")]
    connector_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy_id: Option<String>,
    #[serde(flatten)]
    counters: CountersView,
    /// In 10^-6 of the currency that prices are in.
    cost_micros: u64,
    /// The same for each success; `null`: there was none.
    cost_per_success_micros: Option<f64>,
}

impl From<usage::UsageTotal> for UsageItem {
    #[expect(clippy::cast_precision_loss, reason = "an average that people read")]
    fn from(total: usage::UsageTotal) -> Self {
        let successes = total.counters.requests.saturating_sub(total.counters.failures);
        let cost = total.cost_nanos as f64 / 1_000.0;
        Self {
            connector_id: total.connector.map(|id| id.to_string()),
            proxy_id: total.proxy.map(|id| id.to_string()),
            counters: total.counters.into(),
            cost_micros: micros(total.cost_nanos),
            cost_per_success_micros: (successes > 0).then(|| cost / successes as f64),
        }
    }
}

/// Shows what a project used. At the level of the project each request counts once; at the other
/// levels each attempt counts, by the exit that made it. A request shows up within seconds.
#[utoipa::path(get, path = "/projects/{project}/usage", tag = "usage", operation_id = "get_usage",
    params(("project" = String, Path), Wanted),
    responses((status = 200, body = Usage), (status = 404, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Json<Usage>> {
    let project = existing(&state, &project).await?;
    let level = match wanted.level.as_deref() {
        None | Some("project") => Level::Project,
        Some("connectors") => Level::Connectors,
        Some("proxies") => Level::Proxies,
        Some(_) => {
            return Err(Problem::mistake("?level", "must be one of: project, connectors, proxies"));
        }
    };
    let day_ago = || state.clock.now() - std::time::Duration::from_hours(24);
    let since: Timestamp = parsed("?since", wanted.since.as_deref())?.unwrap_or_else(day_ago);
    let totals = usage::totals(&state.store, project, level, since).await?;
    let items = totals.into_iter().map(UsageItem::from).collect();
    Ok(Json(Usage { since: since.to_string(), items }))
}
