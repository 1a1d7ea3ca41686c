//! `GET /api/v1/projects/{project}/captures.har`

use std::convert::Infallible;
use std::iter;

use axum::body::Body;
use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use capture::har;
use futures_util::stream;
use http::header;
use serde_json::Value;

use crate::caller::Viewer;
use crate::captures::Wanted;
use crate::captures::everywhere::{Detail, Question, Which};
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::query::Asked;
use crate::state::State;

/// Downloads exchanges that the nodes of the installation have recorded as an HTTP archive (HAR 1.2),
/// the oldest first. What a node that does not answer has recorded is not in it.
#[utoipa::path(get, path = "/projects/{project}/captures.har", tag = "captures",
    operation_id = "export_captures", params(("project" = String, Path), Wanted),
    responses((status = 200, content_type = "application/json", body = Object),
        (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn download(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Response> {
    let project = existing(&state, &project).await?.to_string();
    wanted.clone().filter()?;
    let latest = Which::Latest { wanted, before: None, limit: usize::MAX };
    let question = Question { project, what: latest.show(Detail::Entry) };
    let newest_first = question.everywhere(&state).await?.items;
    let entries = newest_first.into_iter().rev().enumerate().map(|(at, told)| entry(at, &told));
    let pieces = iter::once(har::begin(env!("CARGO_PKG_VERSION")))
        .chain(entries)
        .chain(iter::once(har::END.to_owned()));
    let pieces = stream::iter(pieces.map(Ok::<_, Infallible>));
    let fields = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"captures.har\""),
    ];
    Ok((fields, Body::from_stream(pieces)).into_response())
}

fn entry(at: usize, told: &Value) -> String {
    let comma = if at == 0 { "" } else { "," };
    format!("{comma}\n{}", told["entry"].as_str().unwrap_or("{}"))
}
