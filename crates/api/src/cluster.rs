//! `/api/v1/cluster`: members, revisions, tasks.

pub(crate) mod stream;
pub(crate) mod drain;

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State as Shared;
use cluster::{Link, Member};
use serde::Serialize;
use store::fence;
use utoipa::ToSchema;

use crate::caller::Viewer;
use crate::problem::Answer;
use crate::state::State;

/// The nodes of the installation, as this one sees them.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ClusterView {
    /// The revision that the database has.
    revision: u64,
    /// The node that answers.
    instance_id: String,
    /// `alone`, `connected`, or `degraded` while Redis is away: limits are kept with a share of
    /// this node's own, and what one node does for all pauses.
    coordination: &'static str,
    members: Vec<MemberView>,
    /// What one node at a time does for all.
    leases: Vec<LeaseView>,
    /// The background tasks of the node that answers.
    tasks: Vec<TaskView>,
}

/// A node.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberView {
    id: String,
    role: String,
    /// The revision that its requests are served from.
    revision: u64,
    started_at: String,
    /// `ready`, `starting` (it has no configuration yet) or `draining`: it takes no new requests,
    /// because somebody wants it to be drained or because it is about to end.
    state: &'static str,
    addresses: Vec<String>,
    /// Requests and tunnels under way.
    in_flight: u32,
    requests_per_second: u32,
    /// Exits that are this node's to probe.
    exits_owned: usize,
}

/// What one node at a time does for all: the lease elects it, the epoch fences what it writes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LeaseView {
    name: String,
    /// The node whose turn it is, as Redis says; none while there is none, or Redis is away.
    holder: Option<String>,
    /// For how long, unless it renews it.
    ttl_milliseconds: Option<u64>,
    /// How often somebody was elected who wrote.
    epoch: Option<u64>,
    /// Who wrote last, and since when.
    writer: Option<String>,
    writer_since: Option<String>,
}

/// A background task.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TaskView {
    name: String,
    ended_at: Option<String>,
    outcome: String,
    runs: u64,
    failures: u64,
    consecutive_failures: u64,
}

/// Shows the nodes.
#[utoipa::path(get, path = "/cluster", tag = "cluster", operation_id = "get_cluster",
    responses((status = 200, body = ClusterView)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    _caller: Viewer,
) -> Answer<Json<ClusterView>> {
    view(&state).await.map(Json)
}

impl MemberView {
    fn of(member: &Member, exits_owned: usize) -> Self {
        Self {
            id: member.id.clone(),
            role: member.role.to_string(),
            revision: member.revision.0,
            started_at: member.started_at.to_string(),
            state: member.state.as_str(),
            addresses: member.addresses.iter().map(ToString::to_string).collect(),
            in_flight: member.load.in_flight,
            requests_per_second: member.load.requests_per_second,
            exits_owned,
        }
    }
}

async fn view(state: &State) -> Answer<ClusterView> {
    let members = state.cluster.members().borrow().clone();
    let owned = state.live.exits_owned(&members);
    let members = members.iter().zip(owned).map(|(member, exits)| MemberView::of(member, exits));
    Ok(ClusterView {
        revision: state.store.revision().await?.0,
        instance_id: state.cluster.instance_id().to_owned(),
        coordination: coordination(state),
        members: members.collect(),
        leases: leases(state).await?,
        tasks: tasks(state),
    })
}

pub(crate) fn coordination(state: &State) -> &'static str {
    match *state.cluster.link().borrow() {
        Link::Alone => "alone",
        Link::Connected => "connected",
        Link::Away { .. } => "degraded",
    }
}

/// Who was elected, as Redis knows, beside who wrote, as the database does.
async fn leases(state: &State) -> Answer<Vec<LeaseView>> {
    let bare = |name: &str| LeaseView {
        name: name.to_owned(),
        holder: None,
        ttl_milliseconds: None,
        epoch: None,
        writer: None,
        writer_since: None,
    };
    let mut views = BTreeMap::new();
    // While Redis is away nobody is elected.
    for held in state.cluster.leases().await.unwrap_or_default() {
        let view = views.entry(held.name.clone()).or_insert_with(|| bare(&held.name));
        view.holder = Some(held.holder);
        view.ttl_milliseconds =
            held.ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX));
    }
    for tenure in fence::epochs(&state.store).await? {
        let view = views.entry(tenure.name.clone()).or_insert_with(|| bare(&tenure.name));
        view.epoch = Some(tenure.epoch);
        view.writer = Some(tenure.holder);
        view.writer_since = Some(tenure.taken_at.to_string());
    }
    Ok(views.into_values().collect())
}

pub(crate) fn tasks(state: &State) -> Vec<TaskView> {
    let view = |task: crate::live::TaskStatus| TaskView {
        name: task.name,
        ended_at: task.ended_at.map(|at| at.to_string()),
        outcome: task.outcome,
        runs: task.runs,
        failures: task.failures,
        consecutive_failures: task.consecutive_failures,
    };
    state.live.tasks().into_iter().map(view).collect()
}
