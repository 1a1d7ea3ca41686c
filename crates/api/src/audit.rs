//! `GET /api/v1/audit`: who changed what, and when.

use axum::Json;
use axum::extract::State as Shared;
use model::ProjectId;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::audit::{self, Difference, Filter, Recorded};
use utoipa::{IntoParams, ToSchema};

use crate::caller::Admin;
use crate::page::{Paged, Paging};
use crate::problem::{Answer, Problem};
use crate::query::{Asked, parsed};
use crate::state::State;

/// Which entries are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// The identifier or the name of who did it.
    actor: Option<String>,
    /// `project`, `connector`, `proxy`, `credential`, `user`, `session`, ..
    noun: Option<String>,
    /// The identifier of what it was done to.
    entity: Option<String>,
    /// The identifier of the project that it belongs to.
    project: Option<String>,
    /// From then on, RFC 3339.
    from: Option<String>,
    /// Until before then, RFC 3339.
    until: Option<String>,
}

impl Wanted {
    fn filter(self) -> Answer<Filter> {
        Ok(Filter {
            project: parsed::<ProjectId>("?project", self.project.as_deref())?,
            from: parsed("?from", self.from.as_deref())?,
            until: parsed("?until", self.until.as_deref())?,
            actor: self.actor,
            noun: self.noun,
            entity: self.entity,
        })
    }
}

/// What somebody did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEntry {
    id: String,
    at: String,
    /// The change that it is about; `null` where nothing was configured.
    revision: Option<u64>,
    actor: AuditActor,
    /// Where the request came from.
    address: Option<String>,
    /// What the request is called in the log.
    request_id: Option<String>,
    noun: String,
    /// `added`, `updated`, `removed`, or a word of that noun.
    op: String,
    /// What it was done to; `null`: many at once.
    entity_id: Option<String>,
    /// What that was called.
    entity_name: Option<String>,
    project_id: Option<String>,
    changes: Vec<AuditChange>,
}

/// Who did it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditActor {
    /// `user`, `api_key`, `node` (its settings, a task) or `nobody` (had not logged in).
    kind: &'static str,
    id: Option<String>,
    /// What they were called then.
    name: String,
}

/// What became of a field.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditChange {
    /// Fields of an object in it follow behind dots.
    field: String,
    /// `null`: nothing, or secret.
    #[schema(value_type = Option<Value>)]
    before: Value,
    /// `null`: nothing, or secret.
    #[schema(value_type = Option<Value>)]
    after: Value,
    /// True: that it changed is all that was kept.
    is_secret: bool,
}

impl From<Difference> for AuditChange {
    fn from(difference: Difference) -> Self {
        let Difference { field, before, after, is_secret } = difference;
        Self { field, before, after, is_secret }
    }
}

impl From<Recorded> for AuditEntry {
    fn from(Recorded { id, at, revision, entry }: Recorded) -> Self {
        let actor = entry.actor;
        Self {
            id: id.to_string(),
            at: at.to_string(),
            revision: revision.map(|revision| revision.0),
            address: actor.address.map(|address| address.to_string()),
            request_id: actor.request_id,
            actor: AuditActor {
                kind: actor.kind.as_str(),
                id: actor.id.map(|id| id.to_string()),
                name: actor.name,
            },
            noun: entry.noun,
            op: entry.op,
            entity_id: entry.entity,
            entity_name: entry.name,
            project_id: entry.project.map(|project| project.to_string()),
            changes: entry.changes.into_iter().map(AuditChange::from).collect(),
        }
    }
}

/// Lists what was done to the installation, the newest first: every change of it, logins and failed
/// ones. Secrets are in no entry.
#[utoipa::path(get, path = "/audit", tag = "audit", operation_id = "list_audit",
    params(Paging, Wanted), responses((status = 200, body = Paged<AuditEntry>),
        (status = 403, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    _caller: Admin,
    Asked(paging): Asked<Paging>,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Json<Paged<AuditEntry>>> {
    let listed = audit::list(&state.store, &wanted.filter()?, &paging.page()?).await?;
    Ok(Json(Paged::of(listed, AuditEntry::from)))
}
