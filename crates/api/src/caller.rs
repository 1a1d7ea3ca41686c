//! Who is calling, and in which role: the extractors.

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use model::User;
use model::user::Role;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use crate::forwarded;
use crate::problem::{Answer, Problem};
use crate::state::State;

/// A user who has logged in, whatever their role.
pub(crate) struct Viewer(pub(crate) User);
/// A user who may change projects and what is in them.
pub(crate) struct Editor;
/// A user who may change users and the installation.
pub(crate) struct Admin(pub(crate) User);

/// What a [`Viewer`] has shown, to be looked at again while a long answer lasts.
pub(crate) struct Pass(Parts);

/// Where a call comes from, as far as it comes over a socket: its peer, or the client of a balancer
/// that is trusted.
pub(crate) struct Source(pub(crate) Option<IpAddr>);

impl FromRequestParts<State> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Answer<Self> {
        let field = parts.headers.get(header::AUTHORIZATION).and_then(|field| field.to_str().ok());
        let (scheme, token) = field.and_then(|field| field.split_once(' ')).unwrap_or_default();
        let bearer = scheme.eq_ignore_ascii_case("bearer").then_some(token.trim());
        let read = bearer.and_then(|token| state.tokens.read(token, state.clock.now()));
        let Some((id, generation)) = read else {
            return Err(unauthorized("Log in first: POST /api/v1/auth/login."));
        };
        // Looked up each time: what was taken away is gone at once, on every node.
        let user = store::users::find(&state.store, id).await?;
        let current = |user: &User| user.spec.active && user.token_generation == generation;
        user.filter(current).map(Self).ok_or_else(|| unauthorized("The session has ended."))
    }
}

impl FromRequestParts<State> for Pass {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Answer<Self> {
        let mut pass = Self(parts.clone());
        pass.renew(state).await?;
        Ok(pass)
    }
}

impl Pass {
    /// Whether the caller may still look.
    pub(crate) async fn renew(&mut self, state: &State) -> Answer<()> {
        Viewer::from_request_parts(&mut self.0, state).await.map(|_user| ())
    }
}

impl FromRequestParts<State> for Editor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Answer<Self> {
        at_least(Role::Editor, parts, state).await.map(|_user| Self)
    }
}

impl FromRequestParts<State> for Admin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Answer<Self> {
        at_least(Role::Admin, parts, state).await.map(Self)
    }
}

async fn at_least(role: Role, parts: &mut Parts, state: &State) -> Answer<User> {
    let Viewer(user) = Viewer::from_request_parts(parts, state).await?;
    if user.spec.role < role {
        let detail = format!("This needs the role {role}; yours is {}.", user.spec.role);
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    Ok(user)
}

pub(crate) fn unauthorized(detail: &str) -> Problem {
    let challenge = HeaderValue::from_static("Bearer realm=\"octoprox\"");
    Problem::new(StatusCode::UNAUTHORIZED, detail).with(header::WWW_AUTHENTICATE, challenge)
}

impl FromRequestParts<State> for Source {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let trusted = &state.settings.trusted_proxies;
        Ok(Self(peer.map(|peer| forwarded::client(peer.0.ip(), &parts.headers, trusted))))
    }
}
