//! One name for all that a request leaves behind: in the log, in the answer, in the audit log.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State as Shared};
use axum::middleware::Next;
use axum::response::Response;
use http::{HeaderName, HeaderValue};
use metrics::{counter, histogram};
use tokio::time::Instant;
use tracing::Instrument;
use uuid::Uuid;

use crate::acting::Acting;
use crate::caller::Place;
use crate::forwarded;
use crate::state::State;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Methods that are counted by name; the others are counted together.
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// By the first digit of the status.
const CLASSES: [&str; 6] = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"];

/// Gives the request an identifier, which every line of the log has that is written for it and the
/// answer has as `X-Request-Id`, and counts it. A balancer that is trusted may have given it one.
pub(crate) async fn trace(
    Shared(state): Shared<State>,
    mut request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let id = given(&state, &request).unwrap_or_else(|| Uuid::now_v7().to_string());
    // At the level of an error, so that no filter takes it from the lines that it lets through.
    let address = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| {
        forwarded::client(peer.0.ip(), request.headers(), &state.settings.trusted_proxies)
    });
    let place = Place::of(request.uri().path());
    let acting = Acting::new(id.clone(), address, place);
    request.extensions_mut().insert(place);
    let span = tracing::error_span!("request", request.id = %id);
    let field = HeaderValue::from_str(&id);
    let method = METHODS.into_iter().find(|method| request.method() == *method).unwrap_or("other");
    let answering = async {
        let response = acting.scope(next.run(request)).await;
        let status = response.status().as_u16();
        tracing::debug!(request.method = method, response.status = status, "answered");
        response
    };
    let mut response = answering.instrument(span).await;
    if let Ok(field) = field {
        response.headers_mut().insert(REQUEST_ID, field);
    }
    let class = CLASSES[usize::from(response.status().as_u16() / 100).min(5)];
    counter!("octoprox_api_requests_total", "method" => method, "status" => class).increment(1);
    histogram!("octoprox_api_request_duration_seconds", "method" => method)
        .record(begun.elapsed().as_secs_f64());
    response
}

/// The identifier that a trusted balancer has given it: up to 128 letters, digits and `._:-`.
fn given(state: &State, request: &Request) -> Option<String> {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    if !state.settings.trusted_proxies.iter().any(|network| network.contains(&peer)) {
        return None;
    }
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte);
    ((1..=128).contains(&id.len()) && id.bytes().all(allowed)).then(|| id.to_owned())
}
