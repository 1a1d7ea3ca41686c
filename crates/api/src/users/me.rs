//! `/api/v1/users/me`

use axum::Json;
use axum::extract::State as Shared;
use cluster::{Op, Signal};
use http::StatusCode;
use serde::Deserialize;
use store::users;
use utoipa::ToSchema;

use crate::body::Body;
use crate::caller::Viewer;
use crate::check::Check;
use crate::commit::commit;
use crate::problem::{Answer, Problem};
use crate::state::State;
use crate::users::UserView;

/// Shows who is calling.
#[utoipa::path(get, path = "/users/me", tag = "users", operation_id = "get_me",
    responses((status = 200, body = UserView)))]
pub(crate) async fn get(Viewer(user): Viewer) -> Json<UserView> {
    Json(user.into())
}

/// A new password, and the one it replaces.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordChange {
    current_password: String,
    /// 12-256 characters.
    new_password: String,
}

/// Changes the caller's password and ends their sessions.
#[utoipa::path(post, path = "/users/me/password", tag = "users", operation_id = "change_password",
    request_body = PasswordChange,
    responses((status = 204), (status = 422, body = Problem)))]
pub(crate) async fn change_password(
    Shared(state): Shared<State>,
    Viewer(user): Viewer,
    Body(body): Body<PasswordChange>,
) -> Answer<StatusCode> {
    let mut check = Check::default();
    check.new_password("new_password", &body.new_password, &user.spec.username);
    check.done(())?;
    let detail = "Too many wrong passwords: wait a little.";
    state.throttle.pass(None, &user.spec.username, detail)?;
    if !state.passwords.matches(body.current_password, user.password_hash).await? {
        state.throttle.failed(None, &user.spec.username);
        return Err(Problem::mistake("/current_password", "is not your password"));
    }
    let hash = state.passwords.hash(body.new_password).await?;
    let mut change = state.store.change().await?;
    users::set_password(&mut change, user.id, &hash).await?;
    commit(&state, change, (Signal::UserChanged, Op::Updated), Some(user.id.uuid())).await?;
    Ok(StatusCode::NO_CONTENT)
}
