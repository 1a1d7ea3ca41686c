//! Every route, as a table.

use std::any::Any;

use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router, middleware};
use cluster::Role;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::door::{Closing, Door, Peer};
use crate::problem::Problem;
use crate::state::{Parts, State};
use crate::{gate, health, internal, openapi, pages, trace};

/// Bytes of a JSON body at most; lists of proxies are streamed and have a limit of their own.
const BODY: usize = 4 << 20;

/// Serves the control plane until `stop` is cancelled and the requests under way have ended. From
/// when `closed` is cancelled nobody is accepted any more, while whoever was is served on.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    listener: TcpListener,
    parts: Parts,
    (closed, stop): (CancellationToken, CancellationToken),
) -> std::io::Result<()> {
    let service = router(parts).layer(Extension(Closing(closed.clone())));
    let service = service.layer(middleware::map_request(with_peer));
    let service = service.layer(middleware::map_request(after_others));
    let service = service.into_make_service_with_connect_info::<Peer>();
    let door = Door { listener, closed };
    axum::serve(door, service).with_graceful_shutdown(stop.cancelled_owned()).await
}

async fn with_peer(ConnectInfo(peer): ConnectInfo<Peer>, mut request: Request) -> Request {
    request.extensions_mut().insert(ConnectInfo(peer.0));
    request
}

/// Before each request whoever else waits for the core has it: where relays share it with the API, a
/// tunnel waits for one request of the API, and not for all that a time slice has room for.
async fn after_others(request: Request) -> Request {
    std::thread::yield_now();
    request
}

/// The control plane, to be served with the client's address as `ConnectInfo`; of nodes that do not
/// answer operators, only what machines ask.
pub fn router(parts: Parts) -> Router {
    let state = State::new(parts);
    let mut table = Router::new()
        .route("/live", get(health::live))
        .route("/ready", get(health::ready))
        .route("/health", get(health::health))
        .route("/health/detailed", get(health::detailed))
        .route("/metrics", get(health::metrics))
        .route("/echo", get(health::echo));
    if matches!(state.role, Role::All | Role::Data) {
        table = table.merge(internal::of_relays());
    }
    table = if matches!(state.role, Role::All | Role::Control) {
        table.merge(internal::routes()).merge(for_operators())
    } else {
        table.fallback(missing)
    };
    table
        .method_not_allowed_fallback(not_allowed)
        .layer(DefaultBodyLimit::max(BODY))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(state.clone(), gate::gate))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(state.clone(), trace::trace))
        .with_state(state)
}

fn for_operators() -> Router<State> {
    let (api, document) = openapi::described();
    let document = Json(document);
    let pages = Router::new()
        .route("/api/openapi.json", get(async move || document.clone()))
        .route("/api/docs", get(pages::docs))
        .route("/pages/{file}", get(pages::file));
    api.merge(pages).fallback(pages::console)
}

async fn missing() -> Problem {
    Problem::not_found("page")
}

async fn not_allowed() -> Problem {
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "The page has no such method.")
}

/// A panic stays inside its request.
fn panicked(_payload: Box<dyn Any + Send>) -> Response {
    tracing::error!("a request panicked");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on this node.")
        .into_response()
}
