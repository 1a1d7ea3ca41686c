//! `/api/v1/auth/session`: logins of browsers, which hold a cookie that no script can read.

use axum::Json;
use axum::extract::State as Shared;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use model::User;
use store::{sessions, users};

use super::{Login, identified};
use crate::body::Body;
use crate::caller::Source;
use crate::problem::{Answer, Problem};
use crate::state::State;
use crate::tokens::{self, token_digest};
use crate::users::UserView;

/// Browsers keep a cookie of this name to our own host and to TLS (RFC 6265bis section 4.1.3.2).
const SECURE: &str = "__Host-octoprox";
/// Where the console is served without TLS.
const PLAIN: &str = "octoprox";

type WithCookie<T> = ([(header::HeaderName, HeaderValue); 2], T);

/// Logs a browser in: the session is a cookie. What is changed with it must come from a page of ours
/// (`Origin`).
#[utoipa::path(post, path = "/auth/session", tag = "auth", operation_id = "create_session",
    request_body = Login,
    responses((status = 200, body = UserView), (status = 401, body = Problem),
        (status = 429, body = Problem)), security(()))]
pub(crate) async fn create(
    Shared(state): Shared<State>,
    Source(source): Source,
    Body(login): Body<Login>,
) -> Answer<WithCookie<Json<UserView>>> {
    let user = identified(&state, source, login).await?;
    let (token, _) = tokens::random()?;
    let expires_at = state.clock.now() + state.settings.refresh_ttl;
    sessions::create(&state.store, user.id, digest(&token), expires_at).await?;
    let cookie = cookie(&state, &token, state.settings.refresh_ttl.as_secs())?;
    Ok((cookie, Json(user.into())))
}

/// Ends the session of a browser.
#[utoipa::path(delete, path = "/auth/session", tag = "auth", operation_id = "end_session",
    responses((status = 204)), security(()))]
pub(crate) async fn end(
    Shared(state): Shared<State>,
    fields: HeaderMap,
) -> Answer<WithCookie<StatusCode>> {
    if let Some(token) = shown(&fields) {
        sessions::end(&state.store, digest(token)).await?;
    }
    Ok((cookie(&state, "", 0)?, StatusCode::NO_CONTENT))
}

/// The user whose browser this is.
pub(crate) async fn user(state: &State, parts: &Parts) -> Answer<Option<User>> {
    let Some(token) = shown(&parts.headers) else { return Ok(None) };
    if !matches!(parts.method, Method::GET | Method::HEAD) && !is_from_our_page(parts) {
        let detail = "This page may not change anything here: it is not the console's.";
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    let Some(id) = sessions::find(&state.store, digest(token)).await? else { return Ok(None) };
    let user = users::find(&state.store, id).await?;
    Ok(user.filter(|user| user.spec.active))
}

/// Browsers name the page that makes them send something. Ours is where they send it to.
fn is_from_our_page(parts: &Parts) -> bool {
    let field = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let host = field(header::HOST).or_else(|| Some(parts.uri.authority()?.as_str()));
    let origin = field(header::ORIGIN).and_then(|origin| origin.split_once("://"));
    origin.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}

/// Of another kind than those of refresh tokens: a cookie is none.
fn digest(token: &str) -> [u8; 32] {
    token_digest(&format!("browser {token}"))
}

fn shown(fields: &HeaderMap) -> Option<&str> {
    let lines = fields.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let mut cookies = lines.flat_map(|line| line.split(';')).filter_map(|one| one.split_once('='));
    cookies.find(|(name, _)| matches!(name.trim(), SECURE | PLAIN)).map(|(_, token)| token.trim())
}

fn cookie(
    state: &State,
    token: &str,
    seconds: u64,
) -> Answer<[(header::HeaderName, HeaderValue); 2]> {
    let over_tls = state.settings.public_url.starts_with("https://");
    let (name, secure) = if over_tls { (SECURE, "; Secure") } else { (PLAIN, "") };
    let text =
        format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    let value = HeaderValue::from_str(&text).map_err(|error| {
        tracing::error!(%error, "a cookie could not be made");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "No session could be made.")
    })?;
    let uncached = HeaderValue::from_static("no-store");
    Ok([(header::SET_COOKIE, value), (header::CACHE_CONTROL, uncached)])
}
