//! `POST /api/v1/projects/{project}/proxies/bulk`: one thing done to many proxies.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State as Shared};
use cluster::{Op, Signal};
use model::{ProjectId, ProxyId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::proxies;
use utoipa::ToSchema;

use crate::acting;
use crate::body::Body;
use crate::caller::Editor;
use crate::check::{Check, DAY};
use crate::commit::commit;
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::proxies::wanted::{ProxyFilter, Wanted};
use crate::state::State;

/// Proxies that one request may name.
const MOST: usize = 100_000;

/// What is to be done to which proxies: `ids`, `filter` or `all`, one of them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bulk {
    /// `quarantine`, `release`, `enable`, `disable` or `delete`.
    action: String,
    /// How long they rest, with `quarantine`: 1-86400.
    #[serde(default)]
    seconds: Option<u64>,
    /// These, 100,000 at most.
    #[serde(default)]
    ids: Option<Vec<String>>,
    /// Those that fit every part of it, which is not empty.
    #[serde(default)]
    filter: Option<ProxyFilter>,
    /// `true`: every proxy of the project.
    #[serde(default)]
    all: bool,
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkDone {
    /// Proxies of the project that were meant.
    matched: u64,
    /// Those among them with which something was done: the others are so already, or, for a rest,
    /// are off or not loaded yet.
    changed: u64,
    /// Identifiers that are no proxies of the project.
    unknown: u64,
}

model::words! {
    /// What is done.
    enum Action {
        /// They rest.
        Quarantine = "quarantine",
        /// Their rest ends.
        Release = "release",
        /// They are switched on.
        Enable = "enable",
        /// They are switched off.
        Disable = "disable",
        /// They are deleted.
        Delete = "delete",
    }
}

/// What has been understood.
struct Deed {
    action: Action,
    rest: Option<Duration>,
    whom: Whom,
}

enum Whom {
    These(Vec<ProxyId>),
    Fitting(Wanted),
}

/// Lets proxies rest, ends their rest, switches them on or off, or deletes them. What is configured
/// changes in one transaction; rests are obeyed by all nodes.
#[utoipa::path(post, path = "/projects/{project}/proxies/bulk", tag = "proxies",
    operation_id = "change_proxies", params(("project" = String, Path)), request_body = Bulk,
    responses((status = 200, body = BulkDone), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn post(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(project): Path<String>,
    Body(bulk): Body<Bulk>,
) -> Answer<Json<BulkDone>> {
    let project = existing(&state, &project).await?;
    let deed = bulk.checked()?;
    let (ids, unknown) = deed.whom.found(&state, project).await?;
    let changed = match deed.action {
        Action::Quarantine | Action::Release => {
            let changed = state.live.quarantine_all(&ids, deed.rest).await as u64;
            if changed > 0 {
                let op = if deed.rest.is_some() { "quarantined" } else { "released" };
                let name = Some(format!("{changed} proxies"));
                acting::record(&state, ("proxy", op), None, name).await?;
            }
            changed
        }
        Action::Enable => switch(&state, (project, &ids), true).await?,
        Action::Disable => switch(&state, (project, &ids), false).await?,
        Action::Delete => delete(&state, project, &ids).await?,
    };
    Ok(Json(BulkDone { matched: ids.len() as u64, changed, unknown }))
}

async fn switch(state: &State, of: (ProjectId, &[ProxyId]), enabled: bool) -> Answer<u64> {
    let mut change = state.store.change().await?;
    let switched = proxies::switch_all(&mut change, of, enabled).await?;
    if switched > 0 {
        let before = json!({ "enabled": !enabled });
        change.note(Some(&before), Some(&json!({ "enabled": enabled, "count": switched })));
        commit(state, change, (Signal::ProxyChanged, Op::Updated), None).await?;
    }
    Ok(switched)
}

/// Deletes them.
pub(super) async fn delete(state: &State, project: ProjectId, ids: &[ProxyId]) -> Answer<u64> {
    let mut change = state.store.change().await?;
    let deleted = proxies::delete_all(&mut change, project, ids).await?;
    if deleted > 0 {
        change.note(Some(&json!({ "count": deleted })), None::<&()>);
        commit(state, change, (Signal::ProxyChanged, Op::Removed), None).await?;
    }
    Ok(deleted)
}

impl Bulk {
    fn checked(self) -> Answer<Deed> {
        let mut check = Check::default();
        let action = check.parse("action", &self.action).unwrap_or(Action::Release);
        let rest = match (action, self.seconds) {
            (Action::Quarantine, Some(seconds)) => {
                Some(check.seconds("seconds", seconds, (1, DAY)))
            }
            (Action::Quarantine, None) => {
                check.fail("seconds", "must be given");
                None
            }
            (_, Some(_)) => {
                check.fail("seconds", "goes with quarantine");
                None
            }
            (_, None) => None,
        };
        let whom = match (self.ids, self.filter.map(Wanted::from), self.all) {
            (Some(ids), None, false) => Whom::These(check.parse_all("ids", &ids, MOST)),
            (None, Some(wanted), false) => {
                if wanted.is_everything() {
                    check.fail("filter", "must not be empty: all proxies are `all`");
                }
                Whom::Fitting(wanted)
            }
            (None, None, true) => Whom::Fitting(Wanted::default()),
            _ => {
                check.fail("ids", "must be given, or `filter`, or `all`: one of them");
                Whom::These(Vec::new())
            }
        };
        check.done(Deed { action, rest, whom })
    }
}

impl Whom {
    /// Those that the project has, and how many it has not.
    async fn found(self, state: &State, project: ProjectId) -> Answer<(Vec<ProxyId>, u64)> {
        match self {
            Self::These(mut ids) => {
                ids.sort_unstable();
                ids.dedup();
                let found = proxies::present(&state.store, project, &ids).await?;
                let unknown = (ids.len() - found.len()) as u64;
                Ok((found, unknown))
            }
            Self::Fitting(wanted) => Ok((wanted.choice("/filter/")?.ids(state, project).await?, 0)),
        }
    }
}
