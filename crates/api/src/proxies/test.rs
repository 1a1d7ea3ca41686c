//! `POST /api/v1/projects/{project}/proxies/test`: whether exits work, now.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State as Shared};
use axum::response::IntoResponse;
use cluster::Role;
use http::StatusCode;
use model::{ProjectId, ProxyId};
use serde::{Deserialize, Serialize};
use store::proxies;
use utoipa::ToSchema;

use crate::acting;
use crate::body::Body;
use crate::caller::Editor;
use crate::check::Check;
use crate::exchanges::milliseconds;
use crate::internal::{Node, octets};
use crate::live::Tested;
use crate::noun::key;
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::proxies::endpoints::find;
use crate::proxies::standing::Standing;
use crate::relays::Desk;
use crate::state::State;

/// Exits that one request may test.
const MOST: usize = 50;
/// Where nodes are asked that can ask exits: probes by hand have 30 s.
pub(crate) const DESK: Desk =
    Desk { path: "/internal/v1/test", about: "test", patience: Duration::from_secs(45) };

/// Which proxies are to be tested.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Test {
    /// 1-50 of them.
    ids: Vec<String>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Tests {
    /// In the order in which they ended.
    items: Vec<ProxyTest>,
    /// Those of `ids` that are no proxies of the project.
    unknown: Vec<String>,
}

/// What came of the test of a proxy.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct ProxyTest {
    proxy_id: String,
    /// The node that tested it.
    node: String,
    /// Whether it passed.
    ok: bool,
    /// How long it took: to take the connection, to open the tunnel, or to bring the head of the page.
    latency_ms: Option<f64>,
    /// The address that the page of the probe saw, where it tells: as `/echo` does.
    exit_ip: Option<String>,
    /// Why not: an error type of `Proxy-Status` (RFC 9209), or `not_in_roster` for one that is off, or
    /// that the node has not loaded yet.
    error: Option<String>,
    /// What happened, in words.
    detail: Option<String>,
    /// What the node takes it for now, as in `?status`.
    status: String,
}

/// Asks an exit now whether it works, as the probes do: the outcome counts as that of a probe.
#[utoipa::path(post, path = "/projects/{project}/proxies/{proxy}/test", tag = "proxies",
    operation_id = "test_proxy", params(("project" = String, Path), ("proxy" = String, Path)),
    responses((status = 200, body = ProxyTest), (status = 404, body = Problem),
        (status = 503, body = Problem)))]
pub(crate) async fn one(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(path): Path<(String, String)>,
) -> Answer<Json<ProxyTest>> {
    let proxy = find(&state, key("proxy", &path)?).await?;
    let tested = tested(&state, vec![proxy.id]).await?.into_iter().next();
    let name = proxy.spec.endpoint.host.to_string();
    acting::record(&state, ("proxy", "tested"), Some(proxy.id.uuid()), Some(name)).await?;
    tested.map(Json).ok_or_else(ending)
}

/// Asks up to 50 exits now whether they work.
#[utoipa::path(post, path = "/projects/{project}/proxies/test", tag = "proxies",
    operation_id = "test_proxies", params(("project" = String, Path)), request_body = Test,
    responses((status = 200, body = Tests), (status = 404, body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn many(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(project): Path<String>,
    Body(Test { ids }): Body<Test>,
) -> Answer<Json<Tests>> {
    let project = existing(&state, &project).await?;
    let mut check = Check::default();
    let mut wanted: Vec<ProxyId> = check.parse_all("ids", &ids, MOST);
    if ids.is_empty() {
        check.fail("ids", "must have 1-50 entries");
    }
    wanted.sort_unstable();
    wanted.dedup();
    let wanted = check.done(wanted)?;
    let (found, unknown) = known(&state, project, &wanted).await?;
    let items = if found.is_empty() { Vec::new() } else { tested(&state, found).await? };
    let name = Some(format!("{} proxies", items.len()));
    acting::record(&state, ("proxy", "tested"), None, name).await?;
    Ok(Json(Tests { items, unknown }))
}

async fn known(
    state: &State,
    project: ProjectId,
    wanted: &[ProxyId],
) -> Answer<(Vec<ProxyId>, Vec<String>)> {
    let found = proxies::present(&state.store, project, wanted).await?;
    let unknown = wanted.iter().filter(|id| found.binary_search(id).is_err());
    let unknown = unknown.map(ToString::to_string).collect();
    Ok((found, unknown))
}

/// Tests them on this node where it relays, and else on one that does.
async fn tested(state: &State, exits: Vec<ProxyId>) -> Answer<Vec<ProxyTest>> {
    if let Some(tests) = here(state, exits.clone()).await {
        return Ok(tests);
    }
    let question: Vec<_> = exits.iter().map(ToString::to_string).collect();
    let silent = match DESK.ask_any(state, &question).await {
        Ok(tests) => return Ok(tests),
        Err(silent) => silent.join(", "),
    };
    let detail = if silent.is_empty() {
        "This node relays nothing, and none that does is there to test an exit.".to_owned()
    } else {
        format!("This node relays nothing, and those that do did not answer: {silent}.")
    };
    Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(5))
}

/// `None`: this node asks no exits.
async fn here(state: &State, exits: Vec<ProxyId>) -> Option<Vec<ProxyTest>> {
    if !matches!(state.role, Role::All | Role::Data) {
        return None;
    }
    let tested = state.live.test(exits).await?;
    Some(tested.into_iter().map(|tested| ProxyTest::of(state, tested)).collect())
}

/// Tests exits for another node.
pub(crate) async fn tell(
    Shared(state): Shared<State>,
    _node: Node,
    body: Bytes,
) -> Answer<impl IntoResponse> {
    let asked = DESK.read::<Vec<String>>(&state, &body)?;
    let exits = asked.question.iter().take(MOST).filter_map(|id| id.parse().ok()).collect();
    let tests = here(&state, exits).await.ok_or_else(ending)?;
    asked.told(&state, &tests).map(octets)
}

fn ending() -> Problem {
    let detail = "The node that was to test it is about to end, or tests no exits.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(1)
}

impl ProxyTest {
    fn of(state: &State, Tested { proxy, outcome }: Tested) -> Self {
        let health = state.live.health(proxy);
        // What is off is in no roster.
        let standing = Standing::of_proxy(true, health.as_ref());
        let passed = outcome.as_ref().ok();
        Self {
            proxy_id: proxy.to_string(),
            node: state.cluster.instance_id().to_owned(),
            ok: passed.is_some(),
            latency_ms: passed.map(|passed| milliseconds(passed.latency)),
            exit_ip: passed.and_then(|passed| Some(passed.address?.to_string())),
            error: outcome.as_ref().err().map(|failed| failed.error.to_owned()),
            detail: outcome.err().map(|failed| failed.detail),
            status: standing.to_string(),
        }
    }
}
