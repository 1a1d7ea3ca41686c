//! `/api/v1/projects/{project}/proxies`

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use cluster::{Op, Signal};
use http::StatusCode;
use model::{ProjectId, Proxy, ProxyId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Change, proxies};
use utoipa::{IntoParams, ToSchema};

use crate::body::{Body, patched};
use crate::caller::{Editor, Viewer};
use crate::commit::commit;
use crate::noun::{self, id, key};
use crate::page::{Paged, Paging};
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::proxies::wanted::{Sorting, Wanted};
use crate::proxies::{ProxySettings, ProxyView, bulk};
use crate::query::Asked;
use crate::state::State;
use crate::version::IfMatch;

/// Lists the proxies of a project.
#[utoipa::path(get, path = "/projects/{project}/proxies", tag = "proxies",
    operation_id = "list_proxies", params(("project" = String, Path), Paging, Sorting, Wanted),
    responses((status = 200, body = Paged<ProxyView>)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
    order: (Asked<Paging>, Asked<Sorting>),
    Asked(wanted): Asked<Wanted>,
) -> Answer<Json<Paged<ProxyView>>> {
    let project = existing(&state, &project).await?;
    let (Asked(paging), Asked(sorting)) = order;
    let choice = wanted.choice("?")?;
    let listed = match sorting.window(&paging)? {
        Some(window) => choice.window(&state, project, window).await?,
        None => choice.page(&state, project, &paging.page()?).await?,
    };
    Ok(Json(Paged::of(listed, |proxy| ProxyView::of(&state, proxy))))
}

/// Creates a proxy.
#[utoipa::path(post, path = "/projects/{project}/proxies", tag = "proxies",
    operation_id = "create_proxy", params(("project" = String, Path)),
    request_body = ProxySettings,
    responses((status = 201, body = ProxyView), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn create(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(project): Path<String>,
    Body(settings): Body<ProxySettings>,
) -> Answer<Response> {
    let project = existing(&state, &project).await?;
    let Some(connector) = &settings.connector_id else {
        return Err(Problem::mistake("/connector_id", "must be given"));
    };
    let connector = id("connector", connector)?;
    let spec = settings.spec(None)?;
    let mut change = state.store.change().await?;
    let made = proxies::create(&mut change, project, connector, spec).await?;
    change.note(None::<&()>, Some(&ProxySettings::of(made.connector, made.spec.clone())));
    note_password(&mut change, None, &made);
    let what = (Signal::ProxyChanged, Op::Added);
    commit(&state, change, what, Some(made.id.uuid())).await?;
    let location = format!("/api/v1/projects/{project}/proxies/{}", made.id);
    Ok(noun::created(location, shown(&state, made)))
}

/// Tells the audit log of another password.
fn note_password(change: &mut Change, before: Option<&Proxy>, after: &Proxy) {
    let password = |proxy: &Proxy| {
        proxy.spec.endpoint.login.as_ref().map(|login| login.password.expose().to_owned())
    };
    if before.and_then(password) != password(after) {
        change.note_secret("password");
    }
}

fn shown(state: &State, proxy: Proxy) -> Response {
    noun::shown(proxy.version, ProxyView::of(state, proxy))
}

/// Shows a proxy.
#[utoipa::path(get, path = "/projects/{project}/proxies/{proxy}", tag = "proxies",
    operation_id = "get_proxy",
    params(("project" = String, Path), ("proxy" = String, Path)),
    responses((status = 200, body = ProxyView), (status = 404, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(ids): Path<(String, String)>,
) -> Answer<Response> {
    Ok(shown(&state, find(&state, key("proxy", &ids)?).await?))
}

pub(super) async fn find(state: &State, key: (ProjectId, ProxyId)) -> Answer<Proxy> {
    proxies::find(&state.store, key).await?.ok_or_else(|| Problem::not_found("proxy"))
}

/// Changes a proxy.
#[utoipa::path(patch, path = "/projects/{project}/proxies/{proxy}", tag = "proxies",
    operation_id = "update_proxy",
    params(("project" = String, Path), ("proxy" = String, Path),
        ("If-Match" = String, Header)),
    request_body = ProxySettings,
    responses((status = 200, body = ProxyView), (status = 412, body = Problem),
        (status = 428, body = Problem)))]
pub(crate) async fn update(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(ids): Path<(String, String)>,
    condition: IfMatch,
    Body(patch): Body<Value>,
) -> Answer<Response> {
    let key = key("proxy", &ids)?;
    let current = find(&state, key).await?;
    let version = condition.against(current.version);
    let shown_now = ProxySettings::of(current.connector, current.spec.clone());
    let settings: ProxySettings = patched(&shown_now, patch)?;
    if settings.connector_id != shown_now.connector_id {
        return Err(Problem::mistake("/connector_id", "cannot be changed"));
    }
    let spec = settings.spec(Some(&current.spec))?;
    let mut change = state.store.change().await?;
    let proxy = proxies::update(&mut change, key, version, spec).await?;
    let after = ProxySettings::of(proxy.connector, proxy.spec.clone());
    change.note(Some(&shown_now), Some(&after));
    note_password(&mut change, Some(&current), &proxy);
    let what = (Signal::ProxyChanged, Op::Updated);
    commit(&state, change, what, Some(proxy.id.uuid())).await?;
    Ok(shown(&state, proxy))
}

/// Deletes a proxy.
#[utoipa::path(delete, path = "/projects/{project}/proxies/{proxy}", tag = "proxies",
    operation_id = "delete_proxy",
    params(("project" = String, Path), ("proxy" = String, Path),
        ("If-Match" = String, Header)),
    responses((status = 204), (status = 412, body = Problem)))]
pub(crate) async fn delete(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(ids): Path<(String, String)>,
    condition: IfMatch,
) -> Answer<StatusCode> {
    let key = key("proxy", &ids)?;
    let current = find(&state, key).await?;
    let mut change = state.store.change().await?;
    proxies::delete(&mut change, key, condition.against(current.version)).await?;
    let before = ProxySettings::of(current.connector, current.spec);
    change.note(Some(&before), None::<&()>);
    let what = (Signal::ProxyChanged, Op::Removed);
    commit(&state, change, what, Some(current.id.uuid())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a bulk deletion did.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deleted {
    /// How many are gone.
    deleted: u64,
}

/// What must be said to delete every proxy of a project.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct All {
    /// `true`: every proxy, where no other parameter narrows it down.
    #[serde(default)]
    all: bool,
}

/// Deletes the proxies that fit the query.
#[utoipa::path(delete, path = "/projects/{project}/proxies", tag = "proxies",
    operation_id = "delete_proxies", params(("project" = String, Path), Wanted, All),
    responses((status = 200, body = Deleted), (status = 422, body = Problem)))]
pub(crate) async fn delete_matching(
    Shared(state): Shared<State>,
    _caller: Editor,
    Path(project): Path<String>,
    Asked(wanted): Asked<Wanted>,
    Asked(All { all }): Asked<All>,
) -> Answer<Json<Deleted>> {
    let project = existing(&state, &project).await?;
    if wanted.is_everything() && !all {
        let detail = "must be true to delete every proxy of the project";
        return Err(Problem::mistake("?all", detail));
    }
    let choice = wanted.choice("?")?;
    if choice.standing.is_some() {
        let ids = choice.ids(&state, project).await?;
        return Ok(Json(Deleted { deleted: bulk::delete(&state, project, &ids).await? }));
    }
    let mut change = state.store.change().await?;
    let deleted = proxies::delete_matching(&mut change, project, &choice.filter).await?;
    change.note(Some(&json!({ "count": deleted })), None::<&()>);
    commit(&state, change, (Signal::ProxyChanged, Op::Removed), None).await?;
    Ok(Json(Deleted { deleted }))
}
