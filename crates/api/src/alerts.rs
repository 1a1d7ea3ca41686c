//! `/api/v1/alerts`: what people should know of.

use axum::Json;
use axum::extract::{Path, State as Shared};
use cluster::{Notice, Op, Signal};
use model::alert::AlertKind;
use model::user::Role;
use model::{Alert, ProjectId, Revision, User};
use serde::{Deserialize, Serialize};
use store::alerts::{self, Filter};
use utoipa::{IntoParams, ToSchema};

use crate::acting;
use crate::caller::{self, Viewer};
use crate::noun::id;
use crate::page::{Paged, Paging};
use crate::problem::{Answer, Problem};
use crate::query::{Asked, parsed};
use crate::state::State;

/// Which alerts are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// `open`: those that last; `resolved`: those that are over; absent: both.
    state: Option<String>,
    /// One of the kinds of alerts.
    kind: Option<String>,
    /// The identifier of a project.
    project: Option<String>,
}

/// Something that people should know of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertView {
    id: String,
    /// `cap_near` (80 % of a cap), `cap_reached`, `pool_shrank`, `exits_unhealthy`, `exits_failing`,
    /// `lease_taken_over`, `node_lost`, `cluster_degraded` or `database_away`.
    kind: &'static str,
    /// `info`, `warning` or `critical`.
    severity: &'static str,
    /// The project it belongs to; `null`: the installation.
    project_id: Option<String>,
    /// What it is about: `project`, `connector`, `node`, `lease` or `installation`.
    subject_kind: &'static str,
    /// Which one: an identifier, or the name of a node or lease.
    subject_id: String,
    /// What that was called.
    subject_name: String,
    /// What is wrong, in one sentence.
    text: String,
    /// `open` or `resolved`.
    state: &'static str,
    opened_at: String,
    /// When it was last found to last, within a minute.
    last_seen_at: String,
    /// How often it was found, once a minute at most.
    count: u64,
    /// When it was over; `null`: it lasts.
    resolved_at: Option<String>,
    /// When somebody said that they know.
    acknowledged_at: Option<String>,
    /// Who did.
    acknowledged_by: Option<String>,
}

impl From<Alert> for AlertView {
    fn from(alert: Alert) -> Self {
        Self {
            id: alert.id.to_string(),
            kind: alert.kind.as_str(),
            severity: alert.severity.as_str(),
            project_id: alert.project.map(|id| id.to_string()),
            subject_kind: alert.subject.kind.as_str(),
            subject_id: alert.subject.id,
            subject_name: alert.subject.name,
            text: alert.text,
            state: if alert.resolved_at.is_none() { "open" } else { "resolved" },
            opened_at: alert.opened_at.to_string(),
            last_seen_at: alert.last_seen_at.to_string(),
            count: alert.count,
            resolved_at: alert.resolved_at.map(|at| at.to_string()),
            acknowledged_at: alert.acknowledged_at.map(|at| at.to_string()),
            acknowledged_by: alert.acknowledged_by,
        }
    }
}

impl Wanted {
    fn filter(&self, caller: User) -> Answer<Filter> {
        let is_open = match self.state.as_deref() {
            None => None,
            Some("open") => Some(true),
            Some("resolved") => Some(false),
            Some(_) => return Err(Problem::mistake("?state", "must be one of: open, resolved")),
        };
        Ok(Filter {
            is_open,
            kind: parsed::<AlertKind>("?kind", self.kind.as_deref())?,
            project: parsed::<ProjectId>("?project", self.project.as_deref())?,
            of: caller.spec.grants.map(|grants| grants.into_keys().collect()),
        })
    }
}

/// Lists alerts, the newest first: those of the projects that the caller may see, and those of the
/// installation where they may see all.
#[utoipa::path(get, path = "/alerts", tag = "alerts", operation_id = "list_alerts",
    params(Paging, Wanted), responses((status = 200, body = Paged<AlertView>),
        (status = 422, body = Problem)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    Viewer(caller): Viewer,
    Asked(paging): Asked<Paging>,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Json<Paged<AlertView>>> {
    let filter = wanted.filter(caller)?;
    let listed = alerts::list(&state.store, &filter, &paging.page()?).await?;
    Ok(Json(Paged::of(listed, AlertView::from)))
}

async fn find(state: &State, caller: &User, alert: &str, least: Role) -> Answer<Alert> {
    let found = alerts::find(&state.store, id("alert", alert)?).await?;
    let found = found.ok_or_else(|| Problem::not_found("alert"))?;
    caller::require(caller, ("alert", found.project), least)?;
    Ok(found)
}

/// Shows an alert.
#[utoipa::path(get, path = "/alerts/{alert}", tag = "alerts", operation_id = "get_alert",
    params(("alert" = String, Path)),
    responses((status = 200, body = AlertView), (status = 404, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    Viewer(caller): Viewer,
    Path(alert): Path<String>,
) -> Answer<Json<AlertView>> {
    find(&state, &caller, &alert, Role::Viewer).await.map(|alert| Json(alert.into()))
}

/// Says that the caller knows of an alert: it stays open for as long as it lasts. Whoever says so first
/// is shown. An editor may.
#[utoipa::path(post, path = "/alerts/{alert}/acknowledge", tag = "alerts",
    operation_id = "acknowledge_alert", params(("alert" = String, Path)),
    responses((status = 200, body = AlertView), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(crate) async fn acknowledge(
    Shared(state): Shared<State>,
    Viewer(caller): Viewer,
    Path(alert): Path<String>,
) -> Answer<Json<AlertView>> {
    let found = find(&state, &caller, &alert, Role::Editor).await?;
    let entity = Some(found.id.uuid());
    let known = alerts::acknowledge(&state.store, found.id, &acting::actor().name).await?;
    let known = known.ok_or_else(|| Problem::not_found("alert"))?;
    if found.acknowledged_at.is_none() {
        let name = Some(known.kind.to_string());
        acting::record(&state, ("alert", "acknowledged"), entity, name).await?;
        let (signal, op, revision) = (Signal::AlertChanged, Op::Updated, Revision(0));
        state.cluster.notify(Notice { signal, entity, op, revision }).await;
    }
    Ok(Json(known.into()))
}
