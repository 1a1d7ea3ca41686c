//! `/api/v1/auth`: logging in and out, and how the first user and the invited come in.

pub(crate) mod first;
pub(crate) mod browser;

use std::net::IpAddr;

use axum::Json;
use axum::extract::State as Shared;
use http::{HeaderValue, StatusCode, header};
use model::User;
use serde::{Deserialize, Serialize};
use store::audit::ActorKind;
use store::sessions::Rotated;
use store::{sessions, users};
use utoipa::ToSchema;

use crate::acting;
use crate::body::Body;
use crate::caller::{Source, unauthorized};
use crate::problem::{Answer, Problem};
use crate::state::State;
use crate::tokens::{self, token_digest};

/// A login.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    username: String,
    password: String,
}

/// A refresh token.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refresh {
    refresh_token: String,
}

/// What a login gives.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoggedIn {
    /// For `Authorization: Bearer`.
    access_token: String,
    token_type: &'static str,
    /// Seconds.
    expires_in: u64,
    /// For `POST /api/v1/auth/refresh`: good once.
    refresh_token: String,
}

type Uncached<T> = ([(header::HeaderName, HeaderValue); 1], Json<T>);

fn uncached<T>(body: T) -> Uncached<T> {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(body))
}

/// Logs in.
#[utoipa::path(post, path = "/auth/login", tag = "auth", operation_id = "login",
    request_body = Login,
    responses((status = 200, body = LoggedIn), (status = 401, body = Problem),
        (status = 429, body = Problem)), security(()))]
pub(crate) async fn login(
    Shared(state): Shared<State>,
    Source(source): Source,
    Body(login): Body<Login>,
) -> Answer<Uncached<LoggedIn>> {
    let user = identified(&state, source, login).await?;
    logged_in(&state, &user).await.map(uncached)
}

/// The user who has this name and this password.
async fn identified(
    state: &State,
    source: Option<IpAddr>,
    Login { username, password }: Login,
) -> Answer<User> {
    state.throttle.pass(source, &username, "Too many failed logins.")?;
    let user = users::find_by_username(&state.store, &username).await?;
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let fits = state.passwords.matches(password, hash).await?;
    let known = user.as_ref().map(|user| (user.id.uuid(), user.spec.username.clone()));
    let Some(user) = user.filter(|user| fits && user.spec.active) else {
        state.throttle.failed(source, &username);
        // A name that nobody has is not kept: it may be a password in the wrong field.
        let (id, name) = known.unzip();
        acting::record(state, ("session", "login_failed"), id, name).await?;
        return Err(unauthorized("The username or the password is wrong."));
    };
    users::record_login(&state.store, user.id).await?;
    acting::identified(ActorKind::User, user.id.uuid(), &user.spec.username);
    let name = Some(user.spec.username.clone());
    acting::record(state, ("session", "login"), Some(user.id.uuid()), name).await?;
    tracing::info!(user.id = %user.id, "logged in");
    Ok(user)
}

async fn logged_in(state: &State, user: &User) -> Answer<LoggedIn> {
    let (refresh_token, digest) = tokens::random()?;
    let expires_at = state.clock.now() + state.settings.refresh_ttl;
    sessions::create(&state.store, user.id, digest, expires_at).await?;
    access(state, user, refresh_token)
}

fn access(state: &State, user: &User, refresh_token: String) -> Answer<LoggedIn> {
    let access_token = state.tokens.sign(user.id, user.token_generation, state.clock.now())?;
    let expires_in = state.tokens.ttl().as_secs();
    Ok(LoggedIn { access_token, token_type: "Bearer", expires_in, refresh_token })
}

/// Exchanges a refresh token for new tokens. One that comes twice ends the session of both.
#[utoipa::path(post, path = "/auth/refresh", tag = "auth", operation_id = "refresh",
    request_body = Refresh,
    responses((status = 200, body = LoggedIn), (status = 401, body = Problem)), security(()))]
pub(crate) async fn refresh(
    Shared(state): Shared<State>,
    Body(Refresh { refresh_token }): Body<Refresh>,
) -> Answer<Uncached<LoggedIn>> {
    let (fresh, digest) = tokens::random()?;
    let expires_at = state.clock.now() + state.settings.refresh_ttl;
    let old = token_digest(&refresh_token);
    let id = match sessions::rotate(&state.store, old, digest, expires_at).await? {
        Rotated::Fresh(id) => id,
        Rotated::Unknown => return Err(unauthorized("The session has ended.")),
        Rotated::Replayed(id) => {
            tracing::warn!(user.id = %id, "a refresh token came twice: the session has ended");
            let mut change = state.store.change().await?;
            users::end_sessions(&mut change, id).await?;
            change.by(acting::actor());
            change.about("session", "ended_by_replay", Some(id.to_string()));
            change.commit().await?;
            return Err(unauthorized("The session has ended."));
        }
    };
    let user = users::find(&state.store, id).await?.filter(|user| user.spec.active);
    let user = user.ok_or_else(|| unauthorized("The session has ended."))?;
    access(&state, &user, fresh).map(uncached)
}

/// Ends the session that a refresh token belongs to.
#[utoipa::path(post, path = "/auth/logout", tag = "auth", operation_id = "logout",
    request_body = Refresh, responses((status = 204)), security(()))]
pub(crate) async fn logout(
    Shared(state): Shared<State>,
    Body(Refresh { refresh_token }): Body<Refresh>,
) -> Answer<StatusCode> {
    sessions::end(&state.store, token_digest(&refresh_token)).await?;
    Ok(StatusCode::NO_CONTENT)
}
