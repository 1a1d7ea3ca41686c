//! Who may tell what an exit brought: an editor, or a client of the project itself.

use axum::extract::{FromRequestParts, Path};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use http::header;
use http::request::Parts;
use model::Project;

use crate::caller::{Editor, Source, unauthorized};
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::find;
use crate::state::State;

/// The project of the path, of which the caller may tell.
pub(crate) struct Informant(pub(crate) Project);

impl FromRequestParts<State> for Informant {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Answer<Self> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(project) = path.map_err(|error| Problem::bad_request(error.body_text()))?;
        let field = parts.headers.get(header::AUTHORIZATION).cloned();
        let field = field.as_ref().and_then(|field| field.to_str().ok());
        let (scheme, login) = field.and_then(|field| field.split_once(' ')).unwrap_or_default();
        if !scheme.eq_ignore_ascii_case("basic") {
            Editor::from_request_parts(parts, state).await?;
            return find(state, &project).await.map(Self);
        }
        let Ok(Source(source)) = Source::from_request_parts(parts, state).await;
        let login =
            BASE64.decode(login.trim()).ok().and_then(|login| String::from_utf8(login).ok());
        let (username, password) =
            login.as_deref().and_then(|it| it.split_once(':')).unwrap_or_default();
        let detail = "There were too many wrong logins: wait a minute.";
        state.throttle.pass(source, username, detail)?;
        // Whoever has no login does not learn which projects there are.
        let project = find(state, &project).await.ok();
        let project = project.filter(|project| lets_in(state, project, (username, password)));
        project.map(Self).ok_or_else(|| {
            state.throttle.failed(source, username);
            unauthorized("That is no login of this project.")
        })
    }
}

/// The account may have parameters behind it, as it has where it is a proxy's login.
fn lets_in(state: &State, project: &Project, (username, password): (&str, &str)) -> bool {
    let spec = &project.spec;
    let digest = state.store.vault().login_key().digest(password.as_bytes());
    let behind = username.strip_prefix(spec.username.as_str());
    let is_account = behind.is_some_and(|behind| behind.is_empty() || behind.starts_with('-'));
    spec.password.matches(&digest) && is_account && spec.enabled
}
