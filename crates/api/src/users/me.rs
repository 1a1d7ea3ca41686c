//! `/api/v1/users/me`

use axum::Json;
use axum::extract::State as Shared;
use cluster::{Op, Signal};
use http::StatusCode;
use model::user::Role;
use serde::{Deserialize, Serialize};
use store::users;
use utoipa::ToSchema;

use crate::acting;
use crate::body::Body;
use crate::caller::Viewer;
use crate::check::Check;
use crate::commit::commit;
use crate::problem::{Answer, Problem};
use crate::state::State;
use crate::users::UserView;

/// Who is calling, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MeView {
    #[serde(flatten)]
    user: UserView,
    /// What they may do everywhere, and with what is about all: `viewer`, `editor` or `admin`; `null`: what
    /// `grants` says, and nothing else.
    role_everywhere: Option<&'static str>,
    /// The most that they may do in any project; `null`: nothing in any.
    highest_role: Option<&'static str>,
}

/// Shows who is calling. With `grants`, `role` is what they may do outside of projects: `viewer`.
#[utoipa::path(get, path = "/users/me", tag = "users", operation_id = "get_me",
    responses((status = 200, body = MeView)))]
pub(crate) async fn get(Viewer(user): Viewer) -> Json<MeView> {
    let grants = user.spec.grants.as_ref();
    let highest = match grants {
        None => Some(user.spec.role),
        Some(grants) => grants.values().copied().max(),
    };
    let role_everywhere = grants.is_none().then(|| user.spec.role.as_str());
    let highest_role = highest.map(Role::as_str);
    Json(MeView { user: user.into(), role_everywhere, highest_role })
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
        let (id, name) = (user.id.uuid(), user.spec.username);
        acting::record(&state, ("user", "password_refused"), Some(id), Some(name)).await?;
        return Err(Problem::mistake("/current_password", "is not your password"));
    }
    let hash = state.passwords.hash(body.new_password).await?;
    let mut change = state.store.change().await?;
    users::set_password(&mut change, user.id, &hash).await?;
    change.note_secret("password");
    commit(&state, change, (Signal::UserChanged, Op::Updated), Some(user.id.uuid())).await?;
    Ok(StatusCode::NO_CONTENT)
}
