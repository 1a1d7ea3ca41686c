//! `/api/v1/projects/{project}/sessions`

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{Path, State as Shared};
use http::StatusCode;
use model::{ProjectId, ProxyId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::everywhere::{self, Bound, Gathered};
use super::{SessionView, Wanted};
use crate::acting;
use crate::caller::{Editor, Viewer};
use crate::live::SessionsWanted;
use crate::page;
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::query::Asked;
use crate::state::State;

/// Sessions that are given other exits at a time.
const AT_ONCE: usize = 5_000;

/// Which part of the sessions is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Part {
    /// Sessions at most: 1-1000, 100 if absent.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Sessions that are alive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SessionList {
    /// By name.
    items: Vec<SessionView>,
    /// What to pass as `after` for the next page; `null` on the last.
    next: Option<String>,
    /// Nodes that did not answer: what only they have seen is not in here.
    unanswered: Vec<String>,
}

/// What became of sessions that were to have other exits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RotationView {
    /// Those whose next request goes through another exit; one that nodes have bound apart for a moment
    /// counts for each.
    rotated: usize,
    /// Those that keep theirs, because no other one is left to them.
    kept: usize,
    /// Nodes that did not answer: they learn of it as soon as Redis tells them.
    unanswered: Vec<String>,
}

/// Lists the sticky sessions of a project that are alive: those that a node has served and that have
/// not been silent for too long. A session that no node remembers has an exit all the same: the one
/// that its name leads to.
#[utoipa::path(get, path = "/projects/{project}/sessions", tag = "sessions",
    operation_id = "list_sessions", params(("project" = String, Path), Part, Wanted),
    responses((status = 200, body = SessionList), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
    Asked(part): Asked<Part>,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Json<SessionList>> {
    let project = existing(&state, &project).await?;
    let limit = page::rows(part.limit)?;
    let wanted = SessionsWanted { after: part.after, ..wanted.read()? };
    // One more tells whether there are further ones.
    let gathered = everywhere::alive(&state, project, (&wanted, limit + 1)).await?;
    let Gathered { sessions, unanswered } = gathered;
    let (more, now) = (sessions.len() > limit, state.clock.now());
    let items: Vec<_> =
        sessions.values().take(limit).filter_map(|rows| SessionView::of(rows, now)).collect();
    let next = items.last().filter(|_| more).map(|last| last.session.clone());
    Ok(Json(SessionList { items, next, unanswered }))
}

/// Gives a session another exit from its next request on, on every node.
#[utoipa::path(delete, path = "/projects/{project}/sessions/{session}", tag = "sessions",
    operation_id = "rotate_session", params(("project" = String, Path), ("session" = String, Path)),
    responses((status = 200, body = RotationView), (status = 404, body = Problem),
        (status = 409, description = "No other exit is left to it.", body = Problem)))]
pub(crate) async fn delete(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path((project, session)): Path<(String, String)>,
) -> Answer<Json<RotationView>> {
    let project = existing(&state, &project).await?;
    let wanted = SessionsWanted { session: Some(session.clone()), ..SessionsWanted::default() };
    let gathered = everywhere::alive(&state, project, (&wanted, 1)).await?;
    if gathered.sessions.is_empty() {
        return Err(Problem::not_found("session"));
    }
    let rotated = rotate(&state, project, &gathered).await;
    if rotated.rotated == 0 {
        let detail = "No other exit is left to the session.";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    acting::record(&state, ("sticky_session", "rotated"), None, Some(session)).await?;
    Ok(Json(rotated))
}

/// Gives all sessions that are alive other exits from their next requests on, or those that fit.
#[utoipa::path(delete, path = "/projects/{project}/sessions", tag = "sessions",
    operation_id = "rotate_sessions", params(("project" = String, Path), Wanted),
    responses((status = 200, body = RotationView), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn clear(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(project): Path<String>,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Json<RotationView>> {
    let project = existing(&state, &project).await?;
    let mut wanted = wanted.read()?;
    let mut all = RotationView { rotated: 0, kept: 0, unanswered: Vec::new() };
    // By name, so that those which are bound anew meanwhile do not come again.
    loop {
        let mut gathered = everywhere::alive(&state, project, (&wanted, AT_ONCE)).await?;
        gathered.truncate(AT_ONCE);
        let Some(last) = gathered.sessions.keys().next_back().cloned() else { break };
        let some = rotate(&state, project, &gathered).await;
        all.rotated += some.rotated;
        all.kept += some.kept;
        all.unanswered = some.unanswered;
        wanted.after = Some(last);
    }
    acting::record(&state, ("sticky_session", "rotated"), None, None).await?;
    Ok(Json(all))
}

/// Gives what was gathered other exits.
async fn rotate(state: &State, project: ProjectId, gathered: &Gathered) -> RotationView {
    let mut unanswered: BTreeSet<String> = gathered.unanswered.iter().cloned().collect();
    let (mut rotated, mut kept) = (0, 0);
    let mut bound: Vec<Bound> = Vec::new();
    for (session, rows) in &gathered.sessions {
        // Nodes may have bound it apart: all of these exits are to be left.
        let exits: BTreeSet<ProxyId> = rows.iter().map(|(_, row)| row.exit).collect();
        bound.extend(exits.into_iter().map(|exit| Bound { session: session.clone(), exit }));
    }
    for some in bound.chunks(AT_ONCE) {
        let (count, silent) = everywhere::rotate(state, project, some.to_vec()).await;
        rotated += count;
        kept += some.len() - count;
        unanswered.extend(silent);
    }
    RotationView { rotated, kept, unanswered: unanswered.into_iter().collect() }
}
