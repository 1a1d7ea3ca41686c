//! `/api/v1/projects/{project}/captures`

use axum::Json;
use axum::extract::{Path, State as Shared};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::caller::{Editor, Viewer};
use crate::captures::{CaptureDetail, CaptureView, Wanted};
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::query::Asked;
use crate::state::State;

/// Which part of the records is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// Records at most: 1-1000, 100 if absent.
    limit: Option<usize>,
    /// The `next` of the page before: only older records.
    before: Option<u64>,
}

/// Recorded exchanges.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Captures {
    /// The node that answers: each has its own records.
    node: String,
    /// The newest first.
    items: Vec<CaptureView>,
    /// What to pass as `before` for older ones; `null` when there are none.
    next: Option<u64>,
}

/// Lists the exchanges of a project that the node which answers has recorded.
#[utoipa::path(get, path = "/projects/{project}/captures", tag = "captures",
    operation_id = "list_captures", params(("project" = String, Path), Part, Wanted),
    responses((status = 200, body = Captures), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
    Asked(part): Asked<Part>,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Json<Captures>> {
    let project = existing(&state, &project).await?;
    let limit = part.limit.unwrap_or(100);
    if !(1..=1000).contains(&limit) {
        return Err(Problem::mistake("?limit", "must be from 1 to 1000"));
    }
    // One more tells whether there are older ones.
    let mut found = state.recorder.list(project, &wanted.filter()?, part.before, limit + 1);
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|record| record.id);
    let items = found.iter().map(|record| CaptureView::of(&state, record)).collect();
    Ok(Json(Captures { node: state.cluster.instance_id().to_owned(), items, next }))
}

/// Shows a recorded exchange with its messages.
#[utoipa::path(get, path = "/projects/{project}/captures/{capture}", tag = "captures",
    operation_id = "get_capture",
    params(("project" = String, Path), ("capture" = u64, Path)),
    responses((status = 200, body = CaptureDetail), (status = 404, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path((project, capture)): Path<(String, String)>,
) -> Answer<Json<CaptureDetail>> {
    let project = existing(&state, &project).await?;
    let id = capture.parse().ok();
    let found = id.and_then(|id| state.recorder.find(project, id));
    let record = found.ok_or_else(|| Problem::not_found("capture on this node"))?;
    Ok(Json(CaptureDetail::of(&state, &record)))
}

/// What was forgotten.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cleared {
    /// The node that has forgotten.
    node: String,
    /// How many records.
    deleted: usize,
}

/// Forgets the recorded exchanges of a project, on the node that answers.
#[utoipa::path(delete, path = "/projects/{project}/captures", tag = "captures",
    operation_id = "delete_captures", params(("project" = String, Path)),
    responses((status = 200, body = Cleared), (status = 404, body = Problem)))]
pub(crate) async fn clear(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(project): Path<String>,
) -> Answer<Json<Cleared>> {
    let project = existing(&state, &project).await?;
    let deleted = state.recorder.clear(project);
    Ok(Json(Cleared { node: state.cluster.instance_id().to_owned(), deleted }))
}
