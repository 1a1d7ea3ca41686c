//! `GET /api/v1/projects/{project}/caps`

use axum::Json;
use axum::extract::{Path, State as Shared};
use jiff::Timestamp;
use model::{Cap, Connector, ProjectId, Spent};
use serde::Serialize;
use store::usage::{self, DaySpent};
use store::{Page, connectors};
use utoipa::ToSchema;

use super::caps::CapSettings;
use super::point::micros;
use crate::caller::Viewer;
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::find;
use crate::state::State;

/// The caps of a project and its connectors, and how far they have been reached.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Caps {
    /// Those of the project first.
    items: Vec<CapItem>,
}

/// A cap, and how far it has been reached on all nodes together.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CapItem {
    /// The connector that it is a cap of; absent: the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    connector_id: Option<String>,
    #[serde(flatten)]
    cap: CapSettings,
    /// How much has been used, in the unit of the limit.
    used: u64,
    /// The same of the limit.
    percent: f64,
    /// Whether the limit has been reached.
    is_reached: bool,
    /// What was spent in the period, in 10^-6 of the currency.
    cost_micros: u64,
    /// When the period began.
    from: String,
    /// When it ends, and the cap begins anew.
    resets_at: String,
}

/// Shows the caps of a project and of its connectors. What is shown is some seconds old.
#[utoipa::path(get, path = "/projects/{project}/caps", tag = "usage", operation_id = "list_caps",
    params(("project" = String, Path)),
    responses((status = 200, body = Caps), (status = 404, body = Problem)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
) -> Answer<Json<Caps>> {
    let project = find(&state, &project).await?;
    let mut capped = vec![(project.id.to_string(), None, project.spec.caps)];
    for connector in all(&state, project.id).await? {
        let id = connector.id.to_string();
        capped.push((id.clone(), Some(id), connector.spec.caps));
    }
    capped.retain(|(_, _, caps)| !caps.is_empty());
    let now = state.clock.now();
    let caps = capped.iter().flat_map(|(_, _, caps)| caps);
    let since = caps.map(|cap| cap.period.bounds(now).0).min().unwrap_or(now);
    let subjects: Vec<_> = capped.iter().map(|(subject, ..)| subject.clone()).collect();
    let days = usage::spent(&state.store, &subjects, since).await?;
    let items = capped.iter().flat_map(|(subject, connector, caps)| {
        let days: Vec<_> = days.iter().filter(|day| day.subject == *subject).collect();
        caps.iter().map(move |cap| CapItem::of(connector.clone(), *cap, (&days, now)))
    });
    Ok(Json(Caps { items: items.collect() }))
}

async fn all(state: &State, project: ProjectId) -> Answer<Vec<Connector>> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = Page { after, limit: 1_000 };
        let listed = connectors::list(&state.store, project, None, &page).await?;
        all.extend(listed.items);
        after = listed.next;
        if after.is_none() {
            return Ok(all);
        }
    }
}

impl CapItem {
    #[expect(clippy::cast_precision_loss, reason = "a share that people read")]
    fn of(connector_id: Option<String>, cap: Cap, (days, now): (&[&DaySpent], Timestamp)) -> Self {
        let (from, to) = cap.period.bounds(now);
        let days = days.iter().filter(|day| day.day >= from);
        let spent = days.fold(Spent::default(), |sum, day| sum.and(&day.spent));
        let used = spent.of(cap.measure);
        Self {
            connector_id,
            used,
            percent: used as f64 / cap.limit as f64 * 100.0,
            is_reached: used >= cap.limit,
            cost_micros: micros(spent.cost_nanos),
            from: from.to_string(),
            resets_at: to.to_string(),
            cap: cap.into(),
        }
    }
}
