//! `/api/v1/projects/{project}/proxies/{proxy}/quarantine`: a rest by hand, and its end.

use std::time::Duration;

use axum::extract::{Path, State as Shared};
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::acting;
use crate::body::Body;
use crate::caller::Editor;
use crate::check::{Check, DAY};
use crate::noun::key;
use crate::problem::{Answer, Problem};
use crate::proxies::endpoints::find;
use crate::state::State;

/// How long an exit is to rest.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rest {
    /// 1-86400.
    seconds: u64,
}

/// Lets an exit rest: nothing new goes through it.
#[utoipa::path(put, path = "/projects/{project}/proxies/{proxy}/quarantine", tag = "proxies",
    operation_id = "quarantine_proxy",
    params(("project" = String, Path), ("proxy" = String, Path)), request_body = Rest,
    responses((status = 204), (status = 404, body = Problem)))]
pub(crate) async fn put(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(path): Path<(String, String)>,
    Body(Rest { seconds }): Body<Rest>,
) -> Answer<StatusCode> {
    let mut check = Check::default();
    let rest = check.seconds("seconds", seconds, (1, DAY));
    set(&state, &path, Some(check.done(rest)?)).await
}

/// Ends the rest of an exit.
#[utoipa::path(delete, path = "/projects/{project}/proxies/{proxy}/quarantine", tag = "proxies",
    operation_id = "release_proxy",
    params(("project" = String, Path), ("proxy" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub(crate) async fn delete(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(path): Path<(String, String)>,
) -> Answer<StatusCode> {
    set(&state, &path, None).await
}

async fn set(state: &State, path: &(String, String), rest: Option<Duration>) -> Answer<StatusCode> {
    let proxy = find(state, key("proxy", path)?).await?;
    if state.live.quarantine(proxy.id, rest) {
        let op = if rest.is_some() { "quarantined" } else { "released" };
        let name = proxy.spec.endpoint.host.to_string();
        acting::record(state, ("proxy", op), Some(proxy.id.uuid()), Some(name)).await?;
        return Ok(StatusCode::NO_CONTENT);
    }
    let detail = "The exit is not in the roster of this node yet.";
    Err(Problem::new(StatusCode::CONFLICT, detail))
}
