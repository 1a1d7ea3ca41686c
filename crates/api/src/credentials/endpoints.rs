//! `/api/v1/projects/{project}/credentials`

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use cluster::{Op, Signal};
use http::StatusCode;
use model::{Credential, CredentialId, ProjectId};
use store::credentials;

use crate::body::Body;
use crate::caller::{Editor, Viewer};
use crate::commit::commit;
use crate::credentials::{CredentialPatch, CredentialSettings, CredentialView, Noted};
use crate::noun::{self, key};
use crate::page::{Paged, Paging, Search};
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::query::Asked;
use crate::state::State;
use crate::version::IfMatch;

/// Lists the credentials of a project.
#[utoipa::path(get, path = "/projects/{project}/credentials", tag = "credentials",
    operation_id = "list_credentials", params(("project" = String, Path), Paging, Search),
    responses((status = 200, body = Paged<CredentialView>)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
    Asked(paging): Asked<Paging>,
    Asked(Search { search }): Asked<Search>,
) -> Answer<Json<Paged<CredentialView>>> {
    let project = existing(&state, &project).await?;
    let page = paging.page()?;
    let listed = credentials::list(&state.store, project, search.as_deref(), &page).await?;
    Ok(Json(Paged::of(listed, CredentialView::from)))
}

/// Creates a credential.
#[utoipa::path(post, path = "/projects/{project}/credentials", tag = "credentials",
    operation_id = "create_credential", params(("project" = String, Path)),
    request_body = CredentialSettings,
    responses((status = 201, body = CredentialView), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn create(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(project): Path<String>,
    Body(settings): Body<CredentialSettings>,
) -> Answer<Response> {
    let project = existing(&state, &project).await?;
    let spec = settings.spec()?;
    let mut change = state.store.change().await?;
    let made = credentials::create(&mut change, project, spec).await?;
    change.note(None::<&()>, Some(&Noted::from(&made.spec)));
    change.note_secret("fields");
    let what = (Signal::CredentialChanged, Op::Added);
    commit(&state, change, what, Some(made.id.uuid())).await?;
    let location = format!("/api/v1/projects/{project}/credentials/{}", made.id);
    Ok(noun::created(location, shown(made)))
}

fn shown(credential: Credential) -> Response {
    noun::shown(credential.version, CredentialView::from(credential))
}

/// Shows a credential.
#[utoipa::path(get, path = "/projects/{project}/credentials/{credential}", tag = "credentials",
    operation_id = "get_credential",
    params(("project" = String, Path), ("credential" = String, Path)),
    responses((status = 200, body = CredentialView), (status = 404, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(ids): Path<(String, String)>,
) -> Answer<Response> {
    Ok(shown(find(&state, key("credential", &ids)?).await?))
}

async fn find(state: &State, key: (ProjectId, CredentialId)) -> Answer<Credential> {
    credentials::find(&state.store, key).await?.ok_or_else(|| Problem::not_found("credential"))
}

/// Changes a credential.
#[utoipa::path(patch, path = "/projects/{project}/credentials/{credential}", tag = "credentials",
    operation_id = "update_credential",
    params(("project" = String, Path), ("credential" = String, Path),
        ("If-Match" = String, Header)),
    request_body = CredentialPatch,
    responses((status = 200, body = CredentialView), (status = 412, body = Problem),
        (status = 428, body = Problem)))]
pub(crate) async fn update(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(ids): Path<(String, String)>,
    condition: IfMatch,
    Body(patch): Body<CredentialPatch>,
) -> Answer<Response> {
    let key = key("credential", &ids)?;
    let current = find(&state, key).await?;
    let version = condition.against(current.version);
    let before = Noted::from(&current.spec);
    let has_new_fields = patch.has_fields();
    let spec = patch.apply(current.spec)?;
    let mut change = state.store.change().await?;
    let credential = credentials::update(&mut change, key, version, spec).await?;
    change.note(Some(&before), Some(&Noted::from(&credential.spec)));
    if has_new_fields {
        change.note_secret("fields");
    }
    let what = (Signal::CredentialChanged, Op::Updated);
    commit(&state, change, what, Some(credential.id.uuid())).await?;
    Ok(shown(credential))
}

/// Deletes a credential that no connector uses.
#[utoipa::path(delete, path = "/projects/{project}/credentials/{credential}", tag = "credentials",
    operation_id = "delete_credential",
    params(("project" = String, Path), ("credential" = String, Path),
        ("If-Match" = String, Header)),
    responses((status = 204), (status = 409, body = Problem), (status = 412, body = Problem)))]
pub(crate) async fn delete(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(ids): Path<(String, String)>,
    condition: IfMatch,
) -> Answer<StatusCode> {
    let key = key("credential", &ids)?;
    let current = find(&state, key).await?;
    let mut change = state.store.change().await?;
    credentials::delete(&mut change, key, condition.against(current.version)).await?;
    change.note(Some(&Noted::from(&current.spec)), None::<&()>);
    let what = (Signal::CredentialChanged, Op::Removed);
    commit(&state, change, what, Some(current.id.uuid())).await?;
    Ok(StatusCode::NO_CONTENT)
}
