//! `/live`, `/ready`, `/health`, `/metrics`, `/echo`: for machines, without a login.

use axum::Json;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
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
    /// `ok`, or `unavailable`.
    database: &'static str,
    /// `alone`, `connected`, or `degraded` while Redis is away.
    coordination: &'static str,
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
        Readiness::Draining => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
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
    let database = if state.store.ping().await.is_ok() { "ok" } else { "unavailable" };
    let coordination = coordination(state);
    let readiness = *state.readiness.borrow();
    let status = match readiness {
        Readiness::Starting => "starting",
        Readiness::Draining => "draining",
        Readiness::Ready if database == "ok" && coordination != "degraded" => "healthy",
        Readiness::Ready => "degraded",
    };
    HealthReport {
        status,
        version: env!("CARGO_PKG_VERSION"),
        instance_id: state.cluster.instance_id().to_owned(),
        revision: state.live.revision().0,
        exits: state.live.exits(),
        database,
        coordination,
    }
}

/// How the node is, and what its tasks did.
pub(crate) async fn detailed(
    Shared(state): Shared<State>,
    _caller: Viewer,
) -> Json<DetailedHealth> {
    Json(DetailedHealth { report: report(&state).await, tasks: tasks(&state) })
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
