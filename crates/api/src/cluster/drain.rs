//! `POST /api/v1/cluster/nodes/{instance}/drain` and `../undrain`.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State as Shared};
use cluster::{ClusterError, Member, MemberState, Role};
use http::StatusCode;
use serde::Deserialize;
use tokio::time::timeout;
use utoipa::IntoParams;

use super::MemberView;
use crate::acting;
use crate::caller::Admin;
use crate::problem::{Answer, Problem};
use crate::query::Asked;
use crate::state::State;

/// For a node to do it and say so.
const PATIENCE: Duration = Duration::from_secs(3);

/// How a node is drained.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct DrainQuery {
    /// Whether it is drained even if nobody else does what it does.
    #[serde(default)]
    force: bool,
}

/// Takes a node out of service while it stays up: its `/ready` answers 503, so that balancers send
/// new clients elsewhere. What is under way goes on, kept connections end with their next answer, and
/// who comes nevertheless is served. It lasts until `undrain` or until the node is restarted.
#[utoipa::path(post, path = "/cluster/nodes/{instance}/drain", tag = "cluster",
    operation_id = "drain_node", params(("instance" = String, Path, description = "The `id` of a member."), DrainQuery),
    responses((status = 200, description = "The node is draining.", body = MemberView),
        (status = 202, description = "The node has not said so yet; it learns of it within an hour.", body = MemberView),
        (status = 404, body = Problem),
        (status = 409, description = "It is the last node that takes requests.", body = Problem),
        (status = 503, description = "Redis is away.", body = Problem)))]
pub(crate) async fn post(
    Shared(state): Shared<State>,
    _caller: Admin,
    Path(instance): Path<String>,
    Asked(query): Asked<DrainQuery>,
) -> Answer<(StatusCode, Json<MemberView>)> {
    let member = find(&state, &instance)?;
    if !query.force && is_last(&state, &member) {
        let detail = "It is the last node that takes requests; add force=true to drain it anyway.";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    state.cluster.order_drain(&member, true).await.map_err(|error| away(&error))?;
    acting::record(&state, ("node", "drained"), None, Some(member.id.clone())).await?;
    turned(&state, &member, true).await
}

/// Takes a node into service again.
#[utoipa::path(post, path = "/cluster/nodes/{instance}/undrain", tag = "cluster",
    operation_id = "undrain_node", params(("instance" = String, Path, description = "The `id` of a member.")),
    responses((status = 200, description = "The node takes requests.", body = MemberView),
        (status = 202, description = "The node has not said so yet; it learns of it within an hour.", body = MemberView),
        (status = 404, body = Problem),
        (status = 503, description = "Redis is away.", body = Problem)))]
pub(crate) async fn undo(
    Shared(state): Shared<State>,
    _caller: Admin,
    Path(instance): Path<String>,
) -> Answer<(StatusCode, Json<MemberView>)> {
    let member = find(&state, &instance)?;
    state.cluster.order_drain(&member, false).await.map_err(|error| away(&error))?;
    acting::record(&state, ("node", "undrained"), None, Some(member.id.clone())).await?;
    turned(&state, &member, false).await
}

fn find(state: &State, instance: &str) -> Answer<Member> {
    let members = state.cluster.members().borrow().clone();
    let member = members.iter().find(|member| member.id == instance);
    member.cloned().ok_or_else(|| Problem::not_found("node"))
}

/// Whether nobody else that is ready relays, or answers operators, as this one does.
fn is_last(state: &State, member: &Member) -> bool {
    let members = state.cluster.members().borrow().clone();
    let others = || members.iter().filter(|m| m.id != member.id && m.state == MemberState::Ready);
    let relays = |role| matches!(role, Role::All | Role::Data);
    let answers = |role| matches!(role, Role::All | Role::Control);
    (relays(member.role) && !others().any(|other| relays(other.role)))
        || (answers(member.role) && !others().any(|other| answers(other.role)))
}

/// The node as soon as it has done as it is told, or as it is after a while.
async fn turned(
    state: &State,
    member: &Member,
    draining: bool,
) -> Answer<(StatusCode, Json<MemberView>)> {
    let mut members = state.cluster.members();
    let is_done =
        |it: &Member| it.id == member.id && (it.state == MemberState::Draining) == draining;
    let done = members.wait_for(|members| members.iter().any(is_done));
    let status = match timeout(PATIENCE, done).await {
        Ok(_done) => StatusCode::OK,
        Err(_too_long) => StatusCode::ACCEPTED,
    };
    let members = state.cluster.members().borrow().clone();
    let owned = state.live.exits_owned(&members);
    let mut seen = members.iter().zip(owned).filter(|(it, _)| it.id == member.id);
    let (member, exits) = seen.next().ok_or_else(|| Problem::not_found("node"))?;
    Ok((status, Json(MemberView::of(member, exits))))
}

fn away(error: &ClusterError) -> Problem {
    tracing::warn!(%error, "a node cannot be told to drain");
    let detail = "Redis is away, through which nodes are told: try again.";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(2)
}
