//! `/api/v1/exchanges`

use axum::Json;
use axum::extract::{Path, State as Shared};
use journal::Entry;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{ExchangeDetail, ExchangeView, Wanted, mistaken};
use crate::caller::Viewer;
use crate::page;
use crate::problem::{Answer, Problem};
use crate::query::{Asked, parsed};
use crate::state::State;

/// Which part of them is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// Exchanges at most: 1-1000, 100 if absent.
    limit: Option<usize>,
    /// The `next` of the page before: only older ones.
    before: Option<String>,
}

/// Finished requests.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Exchanges {
    /// The newest first.
    items: Vec<ExchangeView>,
    /// What to pass as `before` for older ones; `null` when there are none.
    next: Option<String>,
    /// Nodes that did not answer within a second: theirs are missing.
    silent: Vec<String>,
}

/// Lists what nodes remember of requests that finished lately, on all nodes. Each keeps as many as fit
/// into some memory, and forgets them when it ends. Who may see some projects only is shown the requests of
/// these.
#[utoipa::path(get, path = "/exchanges", tag = "exchanges", operation_id = "list_exchanges",
    params(Part, Wanted),
    responses((status = 200, body = Exchanges), (status = 422, body = Problem)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    caller: Viewer,
    Asked(part): Asked<Part>,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Json<Exchanges>> {
    let limit = page::rows(part.limit)?;
    let before = parsed("?before", part.before.as_deref())?;
    let wanted = wanted.within(caller.projects().as_deref());
    let found = state.journal.page(wanted, before, limit).await.map_err(mistaken)?;
    let next = found.entries.last().filter(|_| found.has_more).map(|entry| entry.id.to_string());
    let items = found.entries.iter().map(|entry| ExchangeView::from(&**entry)).collect();
    Ok(Json(Exchanges { items, next, silent: found.silent }))
}

/// Shows a finished request with all that was tried, whichever node served it.
#[utoipa::path(get, path = "/exchanges/{exchange}", tag = "exchanges",
    operation_id = "get_exchange", params(("exchange" = String, Path)),
    responses((status = 200, body = ExchangeDetail), (status = 404, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    caller: Viewer,
    Path(exchange): Path<String>,
) -> Answer<Json<ExchangeDetail>> {
    let id = exchange.parse().ok().ok_or_else(|| Problem::not_found("exchange"))?;
    let found = state.journal.find(id).await;
    let may_see = |entry: &Entry| match caller.projects() {
        Some(projects) => entry.project.is_some_and(|project| projects.contains(&project)),
        None => true,
    };
    match (found.entry.filter(|entry| may_see(entry)), found.silent.as_slice()) {
        (Some(entry), _) => Ok(Json((&*entry).into())),
        (None, []) => Err(Problem::not_found("exchange")),
        (None, silent) => {
            let mut problem = Problem::not_found("exchange");
            problem.detail = format!("Nobody has it who answers; {} did not.", silent.join(", "));
            Err(problem)
        }
    }
}
