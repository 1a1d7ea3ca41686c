//! `/api/v1/api-keys`: what programs call this API with.

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use cluster::{Op, Signal};
use http::{StatusCode, header};
use jiff::Timestamp;
use model::user::Role;
use model::{ApiKey, ApiKeyId, ProjectId, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::{Person, Viewer};
use crate::check::Check;
use crate::commit::commit;
use crate::noun::id;
use crate::page::{Paged, Paging};
use crate::problem::{Answer, Problem};
use crate::query::Asked;
use crate::state::State;
use crate::tokens;

/// How every key begins, so that people and scanners know one when they see it.
pub(crate) const PREFIX: &str = "octoprox_";
/// Keys of one user.
const MOST: u64 = 100;

/// A key that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApiKeySettings {
    /// 1-255 characters.
    name: String,
    /// `viewer`, `editor` or `admin`: what it may do at most. It never may more than its user.
    #[serde(default = "viewer")]
    role: String,
    /// Identifiers of the projects that it may see, up to 256; `null`: all that its user may.
    #[serde(default)]
    projects: Option<Vec<String>>,
    /// From when on it is worth nothing, RFC 3339; `null`: never.
    #[serde(default)]
    expires_at: Option<String>,
}

fn viewer() -> String {
    Role::Viewer.to_string()
}

/// A key, without what it is made of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiKeyView {
    id: String,
    /// For whom it calls.
    user_id: String,
    name: String,
    role: &'static str,
    projects: Option<Vec<String>>,
    created_at: String,
    expires_at: Option<String>,
    /// Within a minute.
    last_used_at: Option<String>,
}

impl From<ApiKey> for ApiKeyView {
    fn from(key: ApiKey) -> Self {
        let texts = |projects: Vec<ProjectId>| projects.iter().map(ToString::to_string).collect();
        Self {
            id: key.id.to_string(),
            user_id: key.user.to_string(),
            name: key.name,
            role: key.role.as_str(),
            projects: key.projects.map(texts),
            created_at: key.created_at.to_string(),
            expires_at: key.expires_at.map(|at| at.to_string()),
            last_used_at: key.last_used_at.map(|at| at.to_string()),
        }
    }
}

/// A key that has just been made.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApiKeyMade {
    #[serde(flatten)]
    made: ApiKeyView,
    /// The key itself, for `Authorization: Bearer`: shown once, and kept by nobody.
    key: String,
}

impl ApiKeySettings {
    fn key(self, user: &User, now: Timestamp) -> Answer<ApiKey> {
        let mut check = Check::default();
        check.name("name", &self.name);
        let role = check.parse("role", &self.role).unwrap_or(Role::Viewer);
        let projects = self.projects.map(|texts| check.parse_all("projects", &texts, 256));
        let expires_at = self.expires_at.and_then(|text| check.parse("expires_at", &text));
        if expires_at.is_some_and(|at| at <= now) {
            check.fail("expires_at", "must be in the future");
        }
        check.done(ApiKey {
            id: ApiKeyId::new(),
            user: user.id,
            name: self.name,
            role,
            projects,
            created_at: now,
            expires_at,
            last_used_at: None,
        })
    }
}

/// Lists keys: the caller's own; those of all users, where the caller is an administrator.
#[utoipa::path(get, path = "/api-keys", tag = "api-keys", operation_id = "list_api_keys",
    params(Paging), responses((status = 200, body = Paged<ApiKeyView>)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    Viewer(caller): Viewer,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Paged<ApiKeyView>>> {
    let own = (caller.spec.role != Role::Admin).then_some(caller.id);
    let listed = store::api_keys::list(&state.store, own, &paging.page()?).await?;
    Ok(Json(Paged::of(listed, ApiKeyView::from)))
}

/// Makes a key for the caller, who must have logged in: a key makes no other.
#[utoipa::path(post, path = "/api-keys", tag = "api-keys", operation_id = "create_api_key",
    request_body = ApiKeySettings,
    responses((status = 201, body = ApiKeyMade), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn create(
    Shared(state): Shared<State>,
    Person(caller): Person,
    Body(settings): Body<ApiKeySettings>,
) -> Answer<Response> {
    let key = settings.key(&caller, state.clock.now())?;
    let page = store::Page { after: None, limit: 1 };
    if store::api_keys::list(&state.store, Some(caller.id), &page).await?.total >= MOST {
        let detail = format!("You have {MOST} keys already: delete one that nobody uses.");
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    let (token, _digest) = tokens::random()?;
    let token = format!("{PREFIX}{token}");
    let mut change = state.store.change().await?;
    store::api_keys::create(&mut change, &key, tokens::token_digest(&token)).await?;
    let (id, made) = (key.id, ApiKeyView::from(key));
    change.note(None::<&()>, Some(&made));
    commit_key(&state, change, Op::Added, id).await?;
    let fields = [
        (header::LOCATION, format!("/api/v1/api-keys/{id}")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let body = Json(ApiKeyMade { made, key: token });
    Ok((StatusCode::CREATED, fields, body).into_response())
}

/// A key of the caller's, or any, where they are an administrator.
async fn find(state: &State, caller: &User, key: &str) -> Answer<ApiKey> {
    let found = store::api_keys::find(&state.store, id("API key", key)?).await?;
    let may_see = |key: &ApiKey| key.user == caller.id || caller.spec.role == Role::Admin;
    found.filter(may_see).ok_or_else(|| Problem::not_found("API key"))
}

/// Shows a key, but not what it is made of.
#[utoipa::path(get, path = "/api-keys/{key}", tag = "api-keys", operation_id = "get_api_key",
    params(("key" = String, Path)),
    responses((status = 200, body = ApiKeyView), (status = 404, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    Viewer(caller): Viewer,
    Path(key): Path<String>,
) -> Answer<Json<ApiKeyView>> {
    find(&state, &caller, &key).await.map(|key| Json(key.into()))
}

/// Deletes a key: from now on it is worth nothing, on every node.
#[utoipa::path(delete, path = "/api-keys/{key}", tag = "api-keys",
    operation_id = "delete_api_key", params(("key" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn delete(
    Shared(state): Shared<State>,
    Person(caller): Person,
    Path(key): Path<String>,
) -> Answer<StatusCode> {
    let key = find(&state, &caller, &key).await?;
    let mut change = state.store.change().await?;
    store::api_keys::delete(&mut change, key.id).await?;
    let id = key.id;
    change.note(Some(&ApiKeyView::from(key)), None::<&()>);
    commit_key(&state, change, Op::Removed, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn commit_key(state: &State, change: store::Change, op: Op, id: ApiKeyId) -> Answer<()> {
    commit(state, change, (Signal::ApiKeyChanged, op), Some(id.uuid())).await.map(|_revision| ())
}
