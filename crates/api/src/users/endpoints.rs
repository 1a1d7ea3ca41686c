//! `/api/v1/users`

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use cluster::{Op, Signal};
use http::StatusCode;
use model::user::{Role, UserSpec};
use model::{User, UserId};
use serde::Serialize;
use serde_json::Value;
use store::{Change, invites, users};
use utoipa::ToSchema;

use crate::body::{Body, patched};
use crate::caller::Admin;
use crate::commit::commit;
use crate::noun::{self, id};
use crate::page::{Paged, Paging, Search};
use crate::problem::{Answer, Problem};
use crate::query::Asked;
use crate::state::State;
use crate::tokens;
use crate::users::{UserSettings, UserView};
use crate::version::IfMatch;

/// A user who has just been created or invited.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Invited {
    #[serde(flatten)]
    user: UserView,
    /// Where they set their password: good once, and shown once. Absent when they have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    invite_url: Option<String>,
}

/// Lists users.
#[utoipa::path(get, path = "/users", tag = "users", operation_id = "list_users",
    params(Paging, Search), responses((status = 200, body = Paged<UserView>)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    _caller: Admin,
    Asked(paging): Asked<Paging>,
    Asked(Search { search }): Asked<Search>,
) -> Answer<Json<Paged<UserView>>> {
    let listed = users::list(&state.store, search.as_deref(), &paging.page()?).await?;
    Ok(Json(Paged::of(listed, UserView::from)))
}

/// Creates a user, or without a password invites one.
#[utoipa::path(post, path = "/users", tag = "users", operation_id = "create_user",
    request_body = UserSettings,
    responses((status = 201, body = Invited), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn create(
    Shared(state): Shared<State>,
    _caller: Admin,
    Body(settings): Body<UserSettings>,
) -> Answer<Response> {
    let (spec, password) = settings.spec()?;
    let hash = hashed(&state, password).await?;
    let mut change = state.store.change().await?;
    let user = users::create(&mut change, spec, hash).await?;
    change.note(None::<&()>, Some(&UserSettings::from(user.spec.clone())));
    if user.password_hash.is_some() {
        change.note_secret("password");
    }
    let invite_url = match user.password_hash {
        Some(_) => None,
        None => Some(invite_link(&state, &mut change, user.id).await?),
    };
    commit(&state, change, (Signal::UserChanged, Op::Added), Some(user.id.uuid())).await?;
    let location = format!("/api/v1/users/{}", user.id);
    let shown = noun::shown(user.version, Invited { user: user.into(), invite_url });
    Ok(noun::created(location, shown))
}

async fn hashed(state: &State, password: Option<String>) -> Answer<Option<String>> {
    match password {
        Some(password) => state.passwords.hash(password).await.map(Some),
        None => Ok(None),
    }
}

async fn invite_link(state: &State, change: &mut Change, user: UserId) -> Answer<String> {
    let (token, digest) = tokens::random()?;
    let expires_at = state.clock.now() + state.settings.invite_ttl;
    invites::create(change, user, digest, expires_at).await?;
    // Behind a #, so that the token reaches no log and no Referer.
    Ok(format!("{}/set-password#{token}", state.settings.public_url))
}

async fn find(state: &State, user: &str) -> Answer<User> {
    let user = users::find(&state.store, id("user", user)?).await?;
    user.ok_or_else(|| Problem::not_found("user"))
}

fn shown(user: User) -> Response {
    noun::shown(user.version, UserView::from(user))
}

/// Shows a user.
#[utoipa::path(get, path = "/users/{user}", tag = "users", operation_id = "get_user",
    params(("user" = String, Path)),
    responses((status = 200, body = UserView), (status = 404, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    _caller: Admin,
    Path(user): Path<String>,
) -> Answer<Response> {
    Ok(shown(find(&state, &user).await?))
}

/// Invites a user anew who has not set a password yet.
#[utoipa::path(post, path = "/users/{user}/invite", tag = "users", operation_id = "invite_user",
    params(("user" = String, Path)),
    responses((status = 200, body = Invited), (status = 409, body = Problem)))]
pub(crate) async fn invite(
    Shared(state): Shared<State>,
    _caller: Admin,
    Path(user): Path<String>,
) -> Answer<Json<Invited>> {
    let user = find(&state, &user).await?;
    if user.password_hash.is_some() {
        return Err(Problem::new(StatusCode::CONFLICT, "The user has a password already."));
    }
    let mut change = state.store.change().await?;
    let invite_url = Some(invite_link(&state, &mut change, user.id).await?);
    change.note_secret("invite_url");
    commit(&state, change, (Signal::UserChanged, Op::Updated), Some(user.id.uuid())).await?;
    Ok(Json(Invited { user: user.into(), invite_url }))
}

/// Changes a user: a merge patch. Another role, another password or `active: false` end their
/// sessions.
#[utoipa::path(patch, path = "/users/{user}", tag = "users", operation_id = "update_user",
    params(("user" = String, Path), ("If-Match" = String, Header)), request_body = UserSettings,
    responses((status = 200, body = UserView), (status = 409, body = Problem),
        (status = 412, body = Problem), (status = 428, body = Problem)))]
pub(crate) async fn update(
    Shared(state): Shared<State>,
    _caller: Admin,
    Path(user): Path<String>,
    condition: IfMatch,
    Body(patch): Body<Value>,
) -> Answer<Response> {
    let current = find(&state, &user).await?;
    let settings = patched(&UserSettings::from(current.spec.clone()), patch)?;
    let (spec, password) = settings.spec()?;
    let hash = hashed(&state, password).await?;
    let mut change = state.store.change().await?;
    keep_an_admin(&mut change, &current, Some(&spec)).await?;
    let version = condition.against(current.version);
    let before = UserSettings::from(current.spec);
    change.note(Some(&before), Some(&UserSettings::from(spec.clone())));
    users::update(&mut change, current.id, version, spec).await?;
    if let Some(hash) = hash {
        change.note_secret("password");
        users::set_password(&mut change, current.id, &hash).await?;
    }
    commit(&state, change, (Signal::UserChanged, Op::Updated), Some(current.id.uuid())).await?;
    Ok(shown(find(&state, &user).await?))
}

/// Deletes a user. Nobody deletes themselves.
#[utoipa::path(delete, path = "/users/{user}", tag = "users", operation_id = "delete_user",
    params(("user" = String, Path), ("If-Match" = String, Header)),
    responses((status = 204), (status = 409, body = Problem), (status = 412, body = Problem)))]
pub(crate) async fn delete(
    Shared(state): Shared<State>,
    Admin(caller): Admin,
    Path(user): Path<String>,
    condition: IfMatch,
) -> Answer<StatusCode> {
    let current = find(&state, &user).await?;
    if current.id == caller.id {
        return Err(Problem::new(StatusCode::CONFLICT, "You cannot delete yourself."));
    }
    let mut change = state.store.change().await?;
    keep_an_admin(&mut change, &current, None).await?;
    users::delete(&mut change, current.id, condition.against(current.version)).await?;
    change.note(Some(&UserSettings::from(current.spec)), None::<&()>);
    commit(&state, change, (Signal::UserChanged, Op::Removed), Some(current.id.uuid())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The last administrator stays one: nobody could make another.
async fn keep_an_admin(change: &mut Change, user: &User, spec: Option<&UserSpec>) -> Answer<()> {
    let rules = |spec: &UserSpec| spec.role == Role::Admin && spec.active;
    let loses_one = rules(&user.spec) && !spec.is_some_and(rules);
    if loses_one && users::other_admins(change, user.id).await? == 0 {
        let detail = "This is the last administrator who can log in.";
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    Ok(())
}
