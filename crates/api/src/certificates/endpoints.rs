//! `/api/v1/mitm/roots`

use axum::Json;
use axum::extract::{Path, State as Shared};
use axum::response::{IntoResponse, Response};
use cluster::{Op, Signal};
use http::StatusCode;
use jiff::Timestamp;
use model::authority::signing;
use store::roots::{self, Shown};
use store::{Change, StoreError};

use crate::body::Body;
use crate::caller::{Admin, Viewer};
use crate::certificates::{NewRoot, RootView};
use crate::commit::commit;
use crate::page::Paged;
use crate::problem::{Answer, Problem};
use crate::state::State;

/// Lists the roots of interception, in the order in which they begin to sign.
#[utoipa::path(get, path = "/mitm/roots", tag = "mitm", operation_id = "list_roots",
    responses((status = 200, body = Paged<RootView>)))]
pub(crate) async fn list(
    Shared(state): Shared<State>,
    _caller: Viewer,
) -> Answer<Json<Paged<RootView>>> {
    let items = views(&roots::list(&state.store).await?, state.clock.now())?;
    let total = items.len() as u64;
    Ok(Json(Paged { items, next: None, total }))
}

fn views(roots: &[Shown], now: Timestamp) -> Answer<Vec<RootView>> {
    let signs = signing(roots.iter().map(|root| root.signs_from), now);
    roots.iter().enumerate().map(|(at, root)| RootView::new(root, signs == Some(at))).collect()
}

/// Adds a root: one that is made up (`{}`), or one of the operator's own. Until it signs, the one
/// before does, and clients can learn to trust it.
#[utoipa::path(post, path = "/mitm/roots", tag = "mitm", operation_id = "create_root",
    request_body = NewRoot,
    responses((status = 201, body = RootView), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn create(
    Shared(state): Shared<State>,
    Admin(user): Admin,
    Body(new): Body<NewRoot>,
) -> Answer<Response> {
    let root = new.root(state.clock.now())?;
    let mut change = state.store.change().await?;
    let made = match roots::add(&mut change, root).await {
        Err(StoreError::Invalid { .. }) => {
            let most = roots::MOST;
            let detail = format!("There are {most} roots already: delete one that is old.");
            return Err(Problem::new(StatusCode::CONFLICT, detail));
        }
        made => made?,
    };
    change.note(None::<&()>, Some(&noted(&made.fingerprint)));
    notify(&state, change, Op::Added).await?;
    tracing::info!(root = made.fingerprint, user = %user.id, "a root was added");
    let known = roots::list(&state.store).await?;
    let at = known.iter().position(|root| root.fingerprint == made.fingerprint);
    let view = at.map(|at| views(&known, state.clock.now()).map(|mut all| all.swap_remove(at)));
    let view = view.ok_or_else(|| Problem::not_found("root"))??;
    Ok((StatusCode::CREATED, Json(view)).into_response())
}

/// Deletes a root that does not sign now: an old one, or one whose turn has not come.
#[utoipa::path(delete, path = "/mitm/roots/{fingerprint}", tag = "mitm",
    operation_id = "delete_root", params(("fingerprint" = String, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn delete(
    Shared(state): Shared<State>,
    Admin(user): Admin,
    Path(fingerprint): Path<String>,
) -> Answer<StatusCode> {
    let mut change = state.store.change().await?;
    match roots::delete(&mut change, &fingerprint).await {
        Err(StoreError::InUse { .. }) => {
            let detail = "This root signs now: let another one sign first.";
            return Err(Problem::new(StatusCode::CONFLICT, detail));
        }
        deleted => deleted?,
    }
    change.note(Some(&noted(&fingerprint)), None::<&()>);
    notify(&state, change, Op::Removed).await?;
    tracing::info!(root = fingerprint, user = %user.id, "a root was deleted");
    Ok(StatusCode::NO_CONTENT)
}

/// What the audit log may know of a root.
fn noted(fingerprint: &str) -> serde_json::Value {
    serde_json::json!({ "fingerprint": fingerprint })
}

async fn notify(state: &State, change: Change, op: Op) -> Answer<()> {
    commit(state, change, (Signal::RootChanged, op), None).await.map(|_revision| ())
}
