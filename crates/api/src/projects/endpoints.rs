//! `/api/v1/projects`

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use cluster::{Op, Signal};
use http::StatusCode;
use model::{Project, ProjectId};
use serde_json::Value;
use store::projects;

use crate::body::{Body, patched};
use crate::caller::{Editor, Viewer};
use crate::commit::commit;
use crate::noun::{self, id};
use crate::page::{Paged, Paging, Search};
use crate::problem::{Answer, Problem};
use crate::projects::{ProjectSettings, ProjectView};
use crate::query::Asked;
use crate::state::State;
use crate::version::IfMatch;

/// Lists projects.
#[utoipa::path(get, path = "/projects", tag = "projects", operation_id = "list_projects",
    params(Paging, Search), responses((status = 200, body = Paged<ProjectView>)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    Viewer(caller): Viewer,
    Asked(paging): Asked<Paging>,
    Asked(Search { search }): Asked<Search>,
) -> Answer<Json<Paged<ProjectView>>> {
    let (search, page) = (search.as_deref(), paging.page()?);
    let listed = match caller.spec.grants {
        None => projects::list(&state.store, search, &page).await?,
        Some(grants) => {
            let ids: Vec<_> = grants.into_keys().collect();
            projects::list_of(&state.store, &ids, search, &page).await?
        }
    };
    Ok(Json(Paged::of(listed, |project| ProjectView::of(&state, project))))
}

/// Creates a project.
#[utoipa::path(post, path = "/projects", tag = "projects", operation_id = "create_project",
    request_body = ProjectSettings,
    responses((status = 201, body = ProjectView), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn create(
    Shared(state): Shared<State>,
    _caller: Editor,
    Body(settings): Body<ProjectSettings>,
) -> Answer<Response> {
    let spec = settings.spec(&state, None)?;
    let mut change = state.store.change().await?;
    let project = projects::create(&mut change, spec).await?;
    change.note(None::<&()>, Some(&ProjectSettings::from(project.spec.clone())));
    change.note_secret("password");
    let what = (Signal::ProjectChanged, Op::Added);
    commit(&state, change, what, Some(project.id.uuid())).await?;
    let location = format!("/api/v1/projects/{}", project.id);
    Ok(noun::created(location, shown(&state, project)))
}

fn shown(state: &State, project: Project) -> Response {
    noun::shown(project.version, ProjectView::of(state, project))
}

/// Shows a project.
#[utoipa::path(get, path = "/projects/{project}", tag = "projects", operation_id = "get_project",
    params(("project" = String, Path)),
    responses((status = 200, body = ProjectView), (status = 404, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
) -> Answer<Response> {
    Ok(shown(&state, find(&state, &project).await?))
}

pub(crate) async fn find(state: &State, project: &str) -> Answer<Project> {
    let found = projects::find(&state.store, id("project", project)?).await?;
    found.ok_or_else(|| Problem::not_found("project"))
}

/// The project of a path, which must be there.
pub(crate) async fn existing(state: &State, project: &str) -> Answer<ProjectId> {
    find(state, project).await.map(|project| project.id)
}

/// Changes a project: a merge patch.
#[utoipa::path(patch, path = "/projects/{project}", tag = "projects",
    operation_id = "update_project", params(("project" = String, Path),
        ("If-Match" = String, Header)), request_body = ProjectSettings,
    responses((status = 200, body = ProjectView), (status = 412, body = Problem),
        (status = 428, body = Problem)))]
pub(crate) async fn update(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(project): Path<String>,
    condition: IfMatch,
    Body(patch): Body<Value>,
) -> Answer<Response> {
    let current = find(&state, &project).await?;
    let settings = patched(&ProjectSettings::from(current.spec.clone()), patch)?;
    let spec = settings.spec(&state, Some(&current.spec))?;
    let mut change = state.store.change().await?;
    let version = condition.against(current.version);
    let project = projects::update(&mut change, current.id, version, spec).await?;
    if project.spec.password != current.spec.password {
        change.note_secret("password");
    }
    let after = ProjectSettings::from(project.spec.clone());
    change.note(Some(&ProjectSettings::from(current.spec)), Some(&after));
    let what = (Signal::ProjectChanged, Op::Updated);
    commit(&state, change, what, Some(project.id.uuid())).await?;
    Ok(shown(&state, project))
}

/// Deletes a project and all that it holds.
#[utoipa::path(delete, path = "/projects/{project}", tag = "projects",
    operation_id = "delete_project", params(("project" = String, Path),
        ("If-Match" = String, Header)),
    responses((status = 204), (status = 412, body = Problem), (status = 428, body = Problem)))]
pub(crate) async fn delete(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(project): Path<String>,
    condition: IfMatch,
) -> Answer<StatusCode> {
    let current = find(&state, &project).await?;
    let mut change = state.store.change().await?;
    projects::delete(&mut change, current.id, condition.against(current.version)).await?;
    change.note(Some(&ProjectSettings::from(current.spec)), None::<&()>);
    let what = (Signal::ProjectChanged, Op::Removed);
    commit(&state, change, what, Some(current.id.uuid())).await?;
    state.recorder.clear(current.id);
    Ok(StatusCode::NO_CONTENT)
}
