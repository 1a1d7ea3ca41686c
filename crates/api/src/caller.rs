//! Who is calling, and in which role: the extractors.

use axum::extract::{ConnectInfo, FromRequestParts};
use http::request::Parts;
use http::{HeaderValue, StatusCode, header};
use model::user::Role;
use model::{ProjectId, User};
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use store::audit::ActorKind;

use crate::auth::browser;
use crate::problem::{Answer, Problem};
use crate::state::State;
use crate::tokens::token_digest;
use crate::{acting, api_keys, forwarded};

/// A user who has logged in, whatever their role.
pub(crate) struct Viewer(pub(crate) User);
/// A user who may change projects and what is in them.
pub(crate) struct Editor;
/// A user who may change users and the installation.
pub(crate) struct Admin(pub(crate) User);

/// A user who has logged in themselves: no key, which could make another one that outlives it.
pub(crate) struct Person(pub(crate) User);

/// Where in the API a call is for, as far as that says who may make it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A project, or what is in it; `None`: none that there could be.
    Inside(Option<ProjectId>),
    /// What also those may see who may not see every project.
    Shared,
    /// What shows each caller what is theirs to see: the endpoint looks at their grants.
    Sifted,
    /// Whatever else.
    Elsewhere,
}

/// Below these nothing is told of any project that is not the caller's.
const SHARED: [&str; 8] = [
    "projects",
    "users/me",
    "api-keys",
    "cluster",
    "live/cluster",
    "mitm/roots",
    "alerts",
    "webhooks",
];
/// What is told here depends on who asks.
const SIFTED: [&str; 3] = ["exchanges", "live/exchanges", "live/changes"];

impl Place {
    /// Of a path, as it is before anything is taken off it.
    pub(crate) fn of(path: &str) -> Self {
        let Some(rest) = path.strip_prefix("/api/v1/") else { return Self::Elsewhere };
        if let Some(inside) = rest.strip_prefix("projects/") {
            // Anything that is read otherwise later is no identifier here, and then nobody's.
            return Self::Inside(inside.split('/').next().and_then(|id| id.parse().ok()));
        }
        let is_below = |place: &str| {
            rest.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if SHARED.into_iter().any(is_below) {
            Self::Shared
        } else if SIFTED.into_iter().any(is_below) {
            Self::Sifted
        } else {
            Self::Elsewhere
        }
    }
}

/// What a [`Viewer`] has shown, to be looked at again while a long answer lasts.
pub(crate) struct Pass {
    parts: Parts,
    /// Whose projects are shown, where that decides what is; `None`: all.
    projects: Option<Vec<ProjectId>>,
}

/// Where a call comes from, as far as it comes over a socket: its peer, or the client of a balancer
/// that is trusted.
pub(crate) struct Source(pub(crate) Option<IpAddr>);

impl FromRequestParts<State> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Answer<Self> {
        let user = shown(parts, state).await?;
        // Without the extension nobody who is granted something gets anything.
        let place = parts.extensions.get().copied().unwrap_or(Place::Elsewhere);
        admit(user, place).map(Self)
    }
}

impl FromRequestParts<State> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Answer<Self> {
        let Viewer(user) = Viewer::from_request_parts(parts, state).await?;
        if acting::actor().kind == ActorKind::User {
            return Ok(Self(user));
        }
        let detail = "A key cannot do this: log in.";
        Err(Problem::new(StatusCode::FORBIDDEN, detail))
    }
}

/// The user of a browser's cookie, of a key or of a token. Looked up each time: what was taken away
/// is gone at once, on every node.
async fn shown(parts: &Parts, state: &State) -> Answer<User> {
    let Some(field) = parts.headers.get(header::AUTHORIZATION) else {
        let user = browser::user(state, parts).await?;
        let user = user.ok_or_else(|| unauthorized("Log in first: POST /api/v1/auth/login."))?;
        acting::identified(ActorKind::User, user.id.uuid(), &user.spec.username);
        return Ok(user);
    };
    let (scheme, token) =
        field.to_str().ok().and_then(|field| field.split_once(' ')).unwrap_or_default();
    let token = scheme.eq_ignore_ascii_case("bearer").then_some(token.trim());
    match token.filter(|token| token.starts_with(api_keys::PREFIX)) {
        Some(key) => by_key(state, key).await,
        None => by_session(state, token.unwrap_or_default()).await,
    }
}

async fn by_session(state: &State, token: &str) -> Answer<User> {
    let Some((id, generation)) = state.tokens.read(token, state.clock.now()) else {
        return Err(unauthorized("Log in first: POST /api/v1/auth/login."));
    };
    let user = store::users::find(&state.store, id).await?;
    let current = |user: &User| user.spec.active && user.token_generation == generation;
    let user = user.filter(current).ok_or_else(|| unauthorized("The session has ended."))?;
    acting::identified(ActorKind::User, user.id.uuid(), &user.spec.username);
    Ok(user)
}

/// The user of a key, who may do no more than the key may.
async fn by_key(state: &State, key: &str) -> Answer<User> {
    let void = || unauthorized("The key is not known, or no longer good.");
    let key = store::api_keys::used(&state.store, token_digest(key)).await?.ok_or_else(void)?;
    let user = store::users::find(&state.store, key.user).await?;
    let mut user = user.filter(|user| user.spec.active).ok_or_else(void)?;
    acting::identified(ActorKind::ApiKey, key.id.uuid(), &key.name);
    let least = |role: Role| role.min(key.role);
    user.spec.role = least(user.spec.role);
    let granted = user.spec.grants.take();
    user.spec.grants = match (granted, key.projects) {
        (granted, None) => {
            granted.map(|grants| grants.into_iter().map(|(id, role)| (id, least(role))).collect())
        }
        (None, Some(projects)) => {
            Some(projects.into_iter().map(|id| (id, user.spec.role)).collect())
        }
        (Some(granted), Some(projects)) => {
            let both = projects.into_iter().filter_map(|id| Some((id, least(*granted.get(&id)?))));
            Some(both.collect())
        }
    };
    Ok(user)
}

/// A user with the role that they have in this place.
fn admit(mut user: User, place: Place) -> Answer<User> {
    let Some(grants) = &user.spec.grants else { return Ok(user) };
    user.spec.role = match place {
        Place::Inside(project) => {
            let granted = project.and_then(|project| grants.get(&project));
            // As one that there is not: who may not see it does not learn that it is there.
            *granted.ok_or_else(|| Problem::not_found("project"))?
        }
        Place::Shared | Place::Sifted => Role::Viewer,
        Place::Elsewhere => {
            let detail = "You may see some projects only, and this is about all.";
            return Err(Problem::new(StatusCode::FORBIDDEN, detail));
        }
    };
    Ok(user)
}

/// Makes sure that a user may do so much about a `noun` that belongs to a project, or to the
/// installation, where its path does not say that.
pub(crate) fn require(
    user: &User,
    (noun, project): (&str, Option<ProjectId>),
    least: Role,
) -> Answer<()> {
    let role = match (&user.spec.grants, project) {
        (None, _) => user.spec.role,
        (Some(_), None) if noun == "project" => Role::Viewer,
        (Some(grants), project) => {
            let granted = project.and_then(|project| grants.get(&project));
            // As one that there is not: who may not see it does not learn that it is there.
            *granted.ok_or_else(|| Problem::not_found(noun))?
        }
    };
    need(role, least)
}

impl Viewer {
    /// The projects that they may see; `None`: all.
    pub(crate) fn projects(&self) -> Option<Vec<ProjectId>> {
        self.0.spec.grants.as_ref().map(|grants| grants.keys().copied().collect())
    }
}

impl FromRequestParts<State> for Pass {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Answer<Self> {
        let mut pass = Self { parts: parts.clone(), projects: None };
        pass.projects = pass.sifted(state).await?;
        Ok(pass)
    }
}

impl Pass {
    /// Whether the caller may still look, and at the same as before.
    pub(crate) async fn renew(&mut self, state: &State) -> Answer<()> {
        if self.sifted(state).await? == self.projects {
            return Ok(());
        }
        let detail = "You may see other projects now: ask again.";
        Err(Problem::new(StatusCode::FORBIDDEN, detail))
    }

    /// The projects whose events the caller may see; `None`: the place says it.
    pub(crate) fn projects(&self) -> Option<&[ProjectId]> {
        self.projects.as_deref()
    }

    async fn sifted(&mut self, state: &State) -> Answer<Option<Vec<ProjectId>>> {
        let viewer = Viewer::from_request_parts(&mut self.parts, state).await?;
        let place = self.parts.extensions.get();
        Ok(viewer.projects().filter(|_| place == Some(&Place::Sifted)))
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
    need(user.spec.role, role)?;
    Ok(user)
}

fn need(role: Role, least: Role) -> Answer<()> {
    if role < least {
        let detail = format!("This needs the role {least}; yours is {role}.");
        return Err(Problem::new(StatusCode::FORBIDDEN, detail));
    }
    Ok(())
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
