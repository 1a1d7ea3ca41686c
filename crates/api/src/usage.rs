//! `GET /api/v1/projects/{project}/usage`

use axum::Json;
use axum::extract::{Path, State as Shared};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use store::usage::{self, Level};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Viewer;
use crate::problem::{Answer, Problem};
use crate::projects::CountersView;
use crate::projects::endpoints::existing;
use crate::query::{Asked, parsed};
use crate::state::State;

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
    let item = |total: usage::UsageTotal| UsageItem {
        connector_id: total.connector.map(|id| id.to_string()),
        proxy_id: total.proxy.map(|id| id.to_string()),
        counters: total.counters.into(),
    };
    let items = totals.into_iter().map(item).collect();
    Ok(Json(Usage { since: since.to_string(), items }))
}
