//! `GET /api/v1/cluster`: members, revisions, tasks.

use axum::Json;
use axum::extract::State as Shared;
use serde::Serialize;
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
    members: Vec<MemberView>,
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
    addresses: Vec<String>,
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
    let members = state.cluster.members().borrow().clone();
    let members = members.iter().map(|member| MemberView {
        id: member.id.clone(),
        role: member.role.to_string(),
        revision: member.revision.0,
        started_at: member.started_at.to_string(),
        addresses: member.addresses.iter().map(ToString::to_string).collect(),
    });
    Ok(Json(ClusterView {
        revision: state.store.revision().await?.0,
        instance_id: state.cluster.instance_id().to_owned(),
        members: members.collect(),
        tasks: tasks(&state),
    }))
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
