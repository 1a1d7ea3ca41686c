//! `/live`, `/ready`, `/health`, `/metrics`, `/echo`: for machines, without a login.

use axum::Json;
use axum::extract::{FromRequestParts, Request, State as Shared};
use axum::response::{IntoResponse, Response};
use cluster::Role;
use http::{StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::caller::{Source, Viewer};
use crate::cluster::{TaskView, coordination, tasks};
use crate::live::Readiness;
use crate::problem::{Answer, Problem};
use crate::state::State;

/// How the node is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HealthReport {
    /// `healthy`, `degraded` (traffic goes on without the database, and without Redis), `starting` or `draining`.
    status: &'static str,
    version: &'static str,
    instance_id: String,
    /// The revision that requests are served from.
    revision: u64,
    exits: usize,
    /// `alone`, `connected`, or `degraded` while Redis is away.
    coordination: &'static str,
    /// `ok`, or `unavailable`; absent where the node has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<&'static str>,
    /// `ok`, or `unavailable`; absent where the node asks no control node.
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<&'static str>,
    /// What its requests are served from.
    roster: Option<RosterView>,
}

/// Where a roster came from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RosterView {
    /// `database`, `control` or `copy`: the one on the node's disk.
    source: &'static str,
    confirmed_at: String,
    /// Since it was last known to be the latest.
    age_seconds: i64,
}

/// How the node is, and what its tasks did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DetailedHealth {
    #[serde(flatten)]
    report: HealthReport,
    tasks: Vec<TaskView>,
}

/// Answers as long as the process does.
pub(crate) async fn live() -> &'static str {
    "live\n"
}

/// Whether traffic may be sent here. Depends on no database and no peer.
pub(crate) async fn ready(Shared(state): Shared<State>) -> (StatusCode, &'static str) {
    match *state.readiness.borrow() {
        Readiness::Ready => (StatusCode::OK, "ready\n"),
        Readiness::Starting => (StatusCode::SERVICE_UNAVAILABLE, "starting\n"),
        Readiness::Draining | Readiness::Ending => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
    }
}

/// How the node is, for people and load balancers: 200 while traffic may be sent here.
pub(crate) async fn health(Shared(state): Shared<State>) -> Response {
    let report = report(&state).await;
    let serving = matches!(report.status, "healthy" | "degraded");
    let status = if serving { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report)).into_response()
}

async fn report(state: &State) -> HealthReport {
    let named = |is_ok| Some(if is_ok { "ok" } else { "unavailable" });
    let (database, control) = match state.role {
        Role::Data => (None, named(is_told(state))),
        _ => (named(state.store.ping().await.is_ok()), None),
    };
    let coordination = coordination(state);
    let is_whole = database.or(control) == Some("ok") && coordination != "degraded";
    let readiness = *state.readiness.borrow();
    let status = match readiness {
        Readiness::Starting | Readiness::Draining | Readiness::Ending => readiness.as_str(),
        Readiness::Ready if is_whole => "healthy",
        Readiness::Ready => "degraded",
    };
    let now = state.clock.now();
    let roster = state.live.roster().map(|roster| RosterView {
        source: roster.origin,
        confirmed_at: roster.confirmed_at.to_string(),
        age_seconds: now.as_second().saturating_sub(roster.confirmed_at.as_second()).max(0),
    });
    HealthReport {
        status,
        version: env!("CARGO_PKG_VERSION"),
        instance_id: state.cluster.instance_id().to_owned(),
        revision: state.live.revision().0,
        exits: state.live.exits(),
        database,
        coordination,
        control,
        roster,
    }
}

/// Whether a control node answered when it was last asked.
fn is_told(state: &State) -> bool {
    let tasks = state.live.tasks();
    let asking = tasks.iter().find(|task| task.name == "load_roster");
    asking.is_some_and(|task| task.ended_at.is_some() && task.consecutive_failures == 0)
}

/// How the node is, and what its tasks did. A node without a database knows nobody who could log
/// in; there it tells anybody, as `/metrics` does.
pub(crate) async fn detailed(
    Shared(state): Shared<State>,
    request: Request,
) -> Answer<Json<DetailedHealth>> {
    if state.role != Role::Data {
        let (mut parts, _body) = request.into_parts();
        Viewer::from_request_parts(&mut parts, &state).await?;
    }
    Ok(Json(DetailedHealth { report: report(&state).await, tasks: tasks(&state) }))
}

/// Metrics in the text format of Prometheus.
pub(crate) async fn metrics(Shared(state): Shared<State>) -> Answer<Response> {
    let Some(handle) = &state.metrics else { return Err(Problem::not_found("page")) };
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, handle.render()).into_response())
}

/// What a probe may ask for through an exit: the address that it came from.
#[derive(Debug, Serialize)]
pub(crate) struct Echo {
    ip: Option<String>,
}

/// Tells the caller the address that they come from.
pub(crate) async fn echo(Source(source): Source) -> Json<Echo> {
    Json(Echo { ip: source.map(|ip| ip.to_string()) })
}
