//! `/api/v1/projects/{project}/captures`

use axum::Json;
use axum::extract::{Path, State as Shared};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::acting;
use crate::caller::{Editor, Viewer};
use crate::captures::everywhere::{Detail, Gathered, Question, What, Which, number};
use crate::captures::{CaptureDetail, CaptureView, Wanted};
use crate::page;
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
    /// The node that answers, for all.
    node: String,
    /// The newest first.
    #[schema(value_type = Vec<CaptureView>)]
    items: Vec<Value>,
    /// What to pass as `before` for older ones; `null` when there are none.
    next: Option<u64>,
    /// Nodes that did not answer: what they have recorded is not in here.
    unanswered: Vec<String>,
}

/// Lists the exchanges of a project that the nodes of the installation have recorded.
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
    let project = existing(&state, &project).await?.to_string();
    let mut limit = page::rows(part.limit)?;
    let before = part.before;
    // One more tells whether there are older ones.
    let latest = Which::Latest { wanted, before, limit: limit + 1 };
    let question = Question { project, what: latest.show(Detail::Row) };
    let Gathered { mut items, unanswered } = question.everywhere(&state).await?;
    // The next page is of smaller numbers, so those that two nodes have given are on the same.
    while limit < items.len() && number(&items[limit]) == number(&items[limit - 1]) {
        limit += 1;
    }
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(number);
    Ok(Json(Captures { node: state.cluster.instance_id().to_owned(), items, next, unanswered }))
}

/// Which of two records with one number.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Whose {
    /// The node that has it. Nodes give numbers apart from one another, so that two may give the same.
    node: Option<String>,
}

/// Shows a recorded exchange with its messages, whichever node has it.
#[utoipa::path(get, path = "/projects/{project}/captures/{capture}", tag = "captures",
    operation_id = "get_capture",
    params(("project" = String, Path), ("capture" = u64, Path), Whose),
    responses((status = 200, body = CaptureDetail), (status = 404, body = Problem),
        (status = 409, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path((project, capture)): Path<(String, String)>,
    Asked(Whose { node }): Asked<Whose>,
) -> Answer<Json<Value>> {
    let project = existing(&state, &project).await?.to_string();
    let id = capture.parse().map_err(|_no_number| Problem::not_found("capture"))?;
    let question = Question { project, what: Which::Numbers(vec![id]).show(Detail::Whole) };
    let Gathered { mut items, unanswered } = question.everywhere(&state).await?;
    if let Some(node) = node {
        items.retain(|item| item["node"] == *node);
    }
    match items.len() {
        0 if unanswered.is_empty() => Err(Problem::not_found("capture")),
        0 => {
            let silent = unanswered.join(", ");
            let detail = format!("No node that answered has such a capture; silent: {silent}.");
            Err(Problem::new(StatusCode::NOT_FOUND, detail))
        }
        1 => Ok(Json(items.remove(0))),
        _ => {
            let detail = "More than one node has a capture of that number: say which with ?node=.";
            Err(Problem::new(StatusCode::CONFLICT, detail))
        }
    }
}

/// What was forgotten.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Cleared {
    /// The node that answers, for all.
    node: String,
    /// How many records, on all nodes that answered.
    deleted: u64,
    /// Nodes that did not answer, and may still have records.
    unanswered: Vec<String>,
}

/// Forgets the recorded exchanges of a project, on all nodes.
#[utoipa::path(delete, path = "/projects/{project}/captures", tag = "captures",
    operation_id = "delete_captures", params(("project" = String, Path)),
    responses((status = 200, body = Cleared), (status = 404, body = Problem)))]
pub(crate) async fn clear(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(project): Path<String>,
) -> Answer<Json<Cleared>> {
    let project = existing(&state, &project).await?.to_string();
    let question = Question { project, what: What::Forget };
    let Gathered { items, unanswered } = question.everywhere(&state).await?;
    let deleted = items.iter().filter_map(|item| item["deleted"].as_u64()).sum();
    acting::record(&state, ("capture", "removed"), None, None).await?;
    let node = state.cluster.instance_id().to_owned();
    Ok(Json(Cleared { node, deleted, unanswered }))
}
