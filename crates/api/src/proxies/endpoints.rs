//! `/api/v1/projects/{project}/proxies`

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::Response;
use cluster::{Op, Signal};
use http::StatusCode;
use model::{ProjectId, Proxy, ProxyId};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::proxies;
use utoipa::{IntoParams, ToSchema};

use crate::body::{Body, patched};
use crate::caller::{Editor, Viewer};
use crate::commit::commit;
use crate::noun::{self, id, key};
use crate::page::{Paged, Paging};
use crate::problem::{Answer, Problem};
use crate::projects::endpoints::existing;
use crate::proxies::{ProxySettings, ProxyView};
use crate::query::{Asked, parsed};
use crate::state::State;
use crate::version::IfMatch;

/// Which proxies are wanted: those that fit every part.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    connector_id: Option<String>,
    protocol: Option<String>,
    country: Option<String>,
    tag: Option<String>,
    enabled: Option<bool>,
    /// Part of the host.
    search: Option<String>,
}

impl Wanted {
    fn filter(self) -> Answer<proxies::Filter> {
        Ok(proxies::Filter {
            connector: parsed("?connector_id", self.connector_id.as_deref())?,
            protocol: parsed("?protocol", self.protocol.as_deref())?,
            country: parsed("?country", self.country.as_deref())?,
            tag: self.tag.map(Into::into),
            enabled: self.enabled,
            search: self.search,
        })
    }

    fn is_everything(&self) -> bool {
        let Self { connector_id, protocol, country, tag, enabled, search } = self;
        let texts = [connector_id, protocol, country, tag, search];
        texts.iter().all(|text| text.is_none()) && enabled.is_none()
    }
}

/// Lists the proxies of a project.
#[utoipa::path(get, path = "/projects/{project}/proxies", tag = "proxies",
    operation_id = "list_proxies", params(("project" = String, Path), Paging, Wanted),
    responses((status = 200, body = Paged<ProxyView>)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
    Asked(paging): Asked<Paging>,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Json<Paged<ProxyView>>> {
    let project = existing(&state, &project).await?;
    let filter = wanted.filter()?;
    let listed = proxies::list(&state.store, project, &filter, &paging.page()?).await?;
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
    let what = (Signal::ProxyChanged, Op::Added);
    commit(&state, change, what, Some(made.id.uuid())).await?;
    let location = format!("/api/v1/projects/{project}/proxies/{}", made.id);
    Ok(noun::created(location, shown(&state, made)))
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
    let filter = wanted.filter()?;
    let mut change = state.store.change().await?;
    let deleted = proxies::delete_matching(&mut change, project, &filter).await?;
    commit(&state, change, (Signal::ProxyChanged, Op::Removed), None).await?;
    Ok(Json(Deleted { deleted }))
}
