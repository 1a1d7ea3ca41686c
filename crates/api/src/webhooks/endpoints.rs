//! `/api/v1/webhooks`

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use cluster::{Op, Signal};
use http::{StatusCode, header};
use model::user::Role;
use model::{DeliveryId, ProjectId, User, Webhook};
use serde_json::{Value, json};
use store::Page;
use store::webhooks::{self, outbox};

use super::{WebhookDelivery, WebhookMade, WebhookSettings, WebhookTrial, WebhookView, secret};
use crate::acting;
use crate::body::{Body, patched};
use crate::caller::{self, Viewer};
use crate::commit::commit;
use crate::noun::{self, id};
use crate::page::{Paged, Paging};
use crate::problem::{Answer, Problem};
use crate::query::Asked;
use crate::state::State;
use crate::version::IfMatch;

/// Webhooks of an installation.
const MOST: u64 = 100;

/// Who may change a webhook: it makes nodes connect to somewhere.
fn least(project: Option<ProjectId>) -> Role {
    if project.is_some() { Role::Editor } else { Role::Admin }
}

/// Lists webhooks: those of the projects that the caller may see, and those of the installation where
/// they may see all.
#[utoipa::path(get, path = "/webhooks", tag = "webhooks", operation_id = "list_webhooks",
    params(Paging), responses((status = 200, body = Paged<WebhookView>)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    Viewer(caller): Viewer,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Paged<WebhookView>>> {
    let of = caller.spec.grants.map(|grants| grants.into_keys().collect::<Vec<_>>());
    let listed = webhooks::list(&state.store, of.as_deref(), &paging.page()?).await?;
    Ok(Json(Paged::of(listed, |webhook| WebhookView::from(&webhook))))
}

/// Creates a webhook: of a project, where the caller is an editor of it; of the installation, where they
/// are an administrator. Its requests are signed as the Standard Webhooks specification says.
#[utoipa::path(post, path = "/webhooks", tag = "webhooks", operation_id = "create_webhook",
    request_body = WebhookSettings,
    responses((status = 201, body = WebhookMade), (status = 403, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn create(
    Shared(state): Shared<State>,
    Viewer(caller): Viewer,
    Body(settings): Body<WebhookSettings>,
) -> Answer<Response> {
    let project = settings.project()?;
    caller::require(&caller, ("project", project), least(project))?;
    if let Some(project) = project {
        let found = store::projects::find(&state.store, project).await?;
        found.ok_or_else(|| Problem::mistake("/project_id", "there is no such project"))?;
    }
    let is_given = settings.secret.is_some();
    let spec = settings.spec(&state, secret::random()?)?;
    let page = Page { after: None, limit: 1 };
    if webhooks::list(&state.store, None, &page).await?.total >= MOST {
        let detail = format!("There are {MOST} webhooks already: delete one that nobody needs.");
        return Err(Problem::new(StatusCode::CONFLICT, detail));
    }
    let mut change = state.store.change().await?;
    let webhook = webhooks::create(&mut change, project, spec).await?;
    change.within(project);
    let made = WebhookView::from(&webhook);
    change.note(None::<&()>, Some(&made));
    change.note_secret("secret");
    let what = (Signal::WebhookChanged, Op::Added);
    commit(&state, change, what, Some(webhook.id.uuid())).await?;
    let secret = (!is_given).then(|| webhook.spec.secret.expose().to_owned());
    let body = noun::shown(webhook.version, WebhookMade { made, secret });
    let body = ([(header::CACHE_CONTROL, "no-store")], body).into_response();
    Ok(noun::created(format!("/api/v1/webhooks/{}", webhook.id), body))
}

fn shown(webhook: &Webhook) -> Response {
    noun::shown(webhook.version, WebhookView::from(webhook))
}

async fn find(state: &State, caller: &User, webhook: &str) -> Answer<Webhook> {
    let found = webhooks::find(&state.store, id("webhook", webhook)?).await?;
    let found = found.ok_or_else(|| Problem::not_found("webhook"))?;
    caller::require(caller, ("webhook", found.project), Role::Viewer)?;
    Ok(found)
}

/// One that the caller may change.
async fn find_own(state: &State, caller: &User, webhook: &str) -> Answer<Webhook> {
    let found = find(state, caller, webhook).await?;
    caller::require(caller, ("webhook", found.project), least(found.project))?;
    Ok(found)
}

/// Shows a webhook, without its secret.
#[utoipa::path(get, path = "/webhooks/{webhook}", tag = "webhooks", operation_id = "get_webhook",
    params(("webhook" = String, Path)),
    responses((status = 200, body = WebhookView), (status = 404, body = Problem)))]
pub(crate) async fn get(
    Shared(state): Shared<State>,
    Viewer(caller): Viewer,
    Path(webhook): Path<String>,
) -> Answer<Response> {
    find(&state, &caller, &webhook).await.map(|webhook| shown(&webhook))
}

/// Changes a webhook: a merge patch.
#[utoipa::path(patch, path = "/webhooks/{webhook}", tag = "webhooks",
    operation_id = "update_webhook", params(("webhook" = String, Path),
        ("If-Match" = String, Header)), request_body = WebhookSettings,
    responses((status = 200, body = WebhookView), (status = 403, body = Problem),
        (status = 412, body = Problem), (status = 422, body = Problem),
        (status = 428, body = Problem)))]
pub(crate) async fn update(
    Shared(state): Shared<State>,
    Viewer(caller): Viewer,
    Path(webhook): Path<String>,
    condition: IfMatch,
    Body(patch): Body<Value>,
) -> Answer<Response> {
    let current = find_own(&state, &caller, &webhook).await?;
    let settings = patched(&WebhookSettings::from(&current), patch)?;
    if settings.project()? != current.project {
        return Err(Problem::mistake("/project_id", "stays what it was made with"));
    }
    let spec = settings.spec(&state, current.spec.secret.clone())?;
    let mut change = state.store.change().await?;
    let version = condition.against(current.version);
    let webhook = webhooks::update(&mut change, &current, version, spec).await?;
    change.within(webhook.project);
    change.note(Some(&WebhookSettings::from(&current)), Some(&WebhookSettings::from(&webhook)));
    if webhook.spec.secret != current.spec.secret {
        change.note_secret("secret");
    }
    let what = (Signal::WebhookChanged, Op::Updated);
    commit(&state, change, what, Some(webhook.id.uuid())).await?;
    Ok(shown(&webhook))
}

/// Deletes a webhook, and what it was still to be told.
#[utoipa::path(delete, path = "/webhooks/{webhook}", tag = "webhooks",
    operation_id = "delete_webhook", params(("webhook" = String, Path),
        ("If-Match" = String, Header)),
    responses((status = 204), (status = 403, body = Problem), (status = 412, body = Problem),
        (status = 428, body = Problem)))]
pub(crate) async fn delete(
    Shared(state): Shared<State>,
    Viewer(caller): Viewer,
    Path(webhook): Path<String>,
    condition: IfMatch,
) -> Answer<StatusCode> {
    let current = find_own(&state, &caller, &webhook).await?;
    let mut change = state.store.change().await?;
    webhooks::delete(&mut change, current.id, condition.against(current.version)).await?;
    change.within(current.project);
    change.note(Some(&WebhookSettings::from(&current)), None::<&()>);
    let what = (Signal::WebhookChanged, Op::Removed);
    commit(&state, change, what, Some(current.id.uuid())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends a `ping` to a webhook, once, also to one that is off, and says what came of it.
#[utoipa::path(post, path = "/webhooks/{webhook}/test", tag = "webhooks",
    operation_id = "test_webhook", params(("webhook" = String, Path)),
    responses((status = 200, body = WebhookTrial), (status = 403, body = Problem),
        (status = 404, body = Problem)))]
pub(crate) async fn test(
    Shared(state): Shared<State>,
    Viewer(caller): Viewer,
    Path(webhook): Path<String>,
) -> Answer<Json<WebhookTrial>> {
    let webhook = find_own(&state, &caller, &webhook).await?;
    let (entity, name) = (Some(webhook.id.uuid()), Some(webhook.spec.name.clone()));
    acting::record(&state, ("webhook", "tested"), entity, name).await?;
    let data = json!({ "webhook_id": webhook.id.to_string(), "name": &webhook.spec.name });
    let timestamp = state.clock.now().to_string();
    let body = json!({ "type": "ping", "timestamp": timestamp, "data": data }).to_string();
    let sent = state.receivers.send(webhook, DeliveryId::new().to_string(), body).await;
    Ok(Json(sent.into()))
}

/// Lists what a webhook was told, and is to be, the newest first. It is kept for thirty days.
#[utoipa::path(get, path = "/webhooks/{webhook}/deliveries", tag = "webhooks",
    operation_id = "list_webhook_deliveries", params(("webhook" = String, Path), Paging),
    responses((status = 200, body = Paged<WebhookDelivery>), (status = 404, body = Problem)))]
pub(crate) async fn deliveries(
    Shared(state): Shared<State>,
    Viewer(caller): Viewer,
    Path(webhook): Path<String>,
    Asked(paging): Asked<Paging>,
) -> Answer<Json<Paged<WebhookDelivery>>> {
    let webhook = find(&state, &caller, &webhook).await?;
    let listed = outbox::list(&state.store, webhook.id, &paging.page()?).await?;
    Ok(Json(Paged::of(listed, WebhookDelivery::from)))
}
