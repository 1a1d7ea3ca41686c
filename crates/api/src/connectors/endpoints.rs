//! `/api/v1/projects/{project}/connectors`

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use cluster::{Op, Signal};
use http::StatusCode;
use model::{Connector, ConnectorId, ProjectId};
use serde_json::Value;
use store::{connectors, proxies};

use crate::body::{Body, patched};
use crate::caller::{Editor, Viewer};
use crate::commit::commit;
use crate::connectors::{ConnectorSettings, ConnectorView};
use crate::noun::{self, key};
use crate::page::{Paged, Paging, Search};
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::query::Asked;
use crate::state::State;
use crate::version::IfMatch;

/// Lists the connectors of a project.
#[utoipa::path(get, path = "/projects/{project}/connectors", tag = "connectors",
    operation_id = "list_connectors", params(("project" = String, Path), Paging, Search),
    responses((status = 200, body = Paged<ConnectorView>)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
    Asked(paging): Asked<Paging>,
    Asked(Search { search }): Asked<Search>,
) -> Answer<Json<Paged<ConnectorView>>> {
    let project = existing(&state, &project).await?;
    let page = paging.page()?;
    let listed = connectors::list(&state.store, project, search.as_deref(), &page).await?;
    let proxies = proxies::count_by_connector(&state.store, project).await?;
    let count = |id| proxies.get(&id).copied().unwrap_or_default();
    Ok(Json(Paged::of(listed, |connector| {
        let count = count(connector.id);
        ConnectorView::of(&state, connector, count)
    })))
}

/// Creates a connector.
#[utoipa::path(post, path = "/projects/{project}/connectors", tag = "connectors",
    operation_id = "create_connector", params(("project" = String, Path)),
    request_body = ConnectorSettings,
    responses((status = 201, body = ConnectorView), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn create(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(project): Path<String>,
    Body(settings): Body<ConnectorSettings>,
) -> Answer<Response> {
    let project = existing(&state, &project).await?;
    let spec = settings.spec()?;
    let mut change = state.store.change().await?;
    let made = connectors::create(&mut change, project, spec).await?;
    change.note(None::<&()>, Some(&ConnectorSettings::from(made.spec.clone())));
    let what = (Signal::ConnectorChanged, Op::Added);
    commit(&state, change, what, Some(made.id.uuid())).await?;
    let location = format!("/api/v1/projects/{project}/connectors/{}", made.id);
    Ok(noun::created(location, shown(&state, made, 0)))
}

fn shown(state: &State, connector: Connector, proxies: u64) -> Response {
    noun::shown(connector.version, ConnectorView::of(state, connector, proxies))
}

/// A connector with the number of its proxies.
async fn counted(state: &State, connector: Connector) -> Answer<Response> {
    let counts = proxies::count_by_connector(&state.store, connector.project).await?;
    let count = counts.get(&connector.id).copied().unwrap_or_default();
    Ok(shown(state, connector, count))
}

/// Shows a connector.
#[utoipa::path(get, path = "/projects/{project}/connectors/{connector}", tag = "connectors",
    operation_id = "get_connector",
    params(("project" = String, Path), ("connector" = String, Path)),
    responses((status = 200, body = ConnectorView), (status = 404, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(ids): Path<(String, String)>,
) -> Answer<Response> {
    let connector = find(&state, key("connector", &ids)?).await?;
    counted(&state, connector).await
}

async fn find(state: &State, key: (ProjectId, ConnectorId)) -> Answer<Connector> {
    connectors::find(&state.store, key).await?.ok_or_else(|| Problem::not_found("connector"))
}

/// Changes a connector.
#[utoipa::path(patch, path = "/projects/{project}/connectors/{connector}", tag = "connectors",
    operation_id = "update_connector",
    params(("project" = String, Path), ("connector" = String, Path),
        ("If-Match" = String, Header)),
    request_body = ConnectorSettings,
    responses((status = 200, body = ConnectorView), (status = 412, body = Problem),
        (status = 428, body = Problem)))]
pub(crate) async fn update(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(ids): Path<(String, String)>,
    condition: IfMatch,
    Body(patch): Body<Value>,
) -> Answer<Response> {
    let key = key("connector", &ids)?;
    let current = find(&state, key).await?;
    let version = condition.against(current.version);
    let before = ConnectorSettings::from(current.spec);
    let spec = patched(&before, patch)?.spec()?;
    let mut change = state.store.change().await?;
    let connector = connectors::update(&mut change, key, version, spec).await?;
    change.note(Some(&before), Some(&ConnectorSettings::from(connector.spec.clone())));
    let what = (Signal::ConnectorChanged, Op::Updated);
    commit(&state, change, what, Some(connector.id.uuid())).await?;
    counted(&state, connector).await
}

/// Deletes a connector and its proxies.
#[utoipa::path(delete, path = "/projects/{project}/connectors/{connector}", tag = "connectors",
    operation_id = "delete_connector",
    params(("project" = String, Path), ("connector" = String, Path),
        ("If-Match" = String, Header)),
    responses((status = 204), (status = 412, body = Problem)))]
pub(crate) async fn delete(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(ids): Path<(String, String)>,
    condition: IfMatch,
) -> Answer<StatusCode> {
    let key = key("connector", &ids)?;
    let current = find(&state, key).await?;
    let mut change = state.store.change().await?;
    connectors::delete(&mut change, key, condition.against(current.version)).await?;
    change.note(Some(&ConnectorSettings::from(current.spec)), None::<&()>);
    let what = (Signal::ConnectorChanged, Op::Removed);
    commit(&state, change, what, Some(current.id.uuid())).await?;
    Ok(StatusCode::NO_CONTENT)
}
