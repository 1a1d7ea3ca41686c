//! The setup link and invitations: passwords set by whoever holds a one-time token.

use axum::Json;
use axum::extract::State as Shared;
use cluster::{Op, Signal};
use http::StatusCode;
use model::user::{Role, UserSpec};
use serde::{Deserialize, Serialize};
use store::{installation, invites, users};
use utoipa::ToSchema;

use crate::body::Body;
use crate::check::Check;
use crate::commit::commit;
use crate::problem::{Answer, Problem};
use crate::state::State;
use crate::tokens::token_digest;
use crate::users::UserSettings;

/// Whether anybody can log in yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Status {
    /// True: follow the setup link that the node has logged.
    setup_required: bool,
}

/// Tells whether the installation has to be set up.
#[utoipa::path(get, path = "/auth/status", tag = "auth", operation_id = "auth_status",
    responses((status = 200, body = Status)), security(()))]
pub(crate) async fn status(Shared(state): Shared<State>) -> Answer<Json<Status>> {
    let setup_required = users::count(&state.store).await? == 0;
    Ok(Json(Status { setup_required }))
}

/// The first administrator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    /// From the setup link.
    token: String,
    username: String,
    /// 12-256 characters.
    password: String,
}

/// Creates the first administrator.
#[utoipa::path(post, path = "/auth/setup", tag = "auth", operation_id = "setup",
    request_body = Setup,
    responses((status = 204), (status = 403, body = Problem), (status = 422, body = Problem)),
    security(()))]
pub(crate) async fn setup(
    Shared(state): Shared<State>,
    Body(Setup { token, username, password }): Body<Setup>,
) -> Answer<StatusCode> {
    let mut check = Check::default();
    check.name("username", &username);
    check.new_password("password", &password, &username);
    check.done(())?;
    let mut change = state.store.change().await?;
    if !installation::redeem_setup(&mut change, token_digest(&token)).await? {
        return Err(void());
    }
    // Hashed in the transaction, which nobody else waits for: there is no user yet.
    let hash = state.passwords.hash(password).await?;
    let (email, role) = (String::new(), Role::Admin);
    let spec = UserSpec { username, email, role, active: true, grants: None };
    let user = users::create(&mut change, spec, Some(hash)).await?;
    change.note(None::<&()>, Some(&UserSettings::from(user.spec.clone())));
    change.note_secret("password");
    commit(&state, change, (Signal::UserChanged, Op::Added), Some(user.id.uuid())).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn void() -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "The link has been used, or is too old.")
}

/// The password of an invited user.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetPassword {
    /// From the invitation.
    token: String,
    /// 12-256 characters.
    password: String,
}

/// Sets the first password of an invited user.
#[utoipa::path(post, path = "/auth/set-password", tag = "auth", operation_id = "set_password",
    request_body = SetPassword,
    responses((status = 204), (status = 403, body = Problem), (status = 422, body = Problem)),
    security(()))]
pub(crate) async fn set_password(
    Shared(state): Shared<State>,
    Body(SetPassword { token, password }): Body<SetPassword>,
) -> Answer<StatusCode> {
    let mut check = Check::default();
    check.new_password("password", &password, "");
    check.done(())?;
    let mut change = state.store.change().await?;
    let user = invites::redeem(&mut change, token_digest(&token)).await?.ok_or_else(void)?;
    let hash = state.passwords.hash(password).await?;
    users::set_password(&mut change, user, &hash).await?;
    change.note_secret("password");
    commit(&state, change, (Signal::UserChanged, Op::Updated), Some(user.uuid())).await?;
    Ok(StatusCode::NO_CONTENT)
}
