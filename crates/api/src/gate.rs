//! What every request passes first and every answer last: the `Host` check and security fields.

use axum::extract::{Request, State as Shared};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use model::{Host, Target};

use crate::problem::Problem;
use crate::state::State;

/// Pages of ours load nothing from elsewhere, run no inline script and stand in nobody's frame.
const POLICY: &str = "default-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'; object-src 'none'";

pub(crate) async fn gate(Shared(state): Shared<State>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    // No page has what nodes show each other.
    let probed = matches!(path, "/live" | "/ready" | "/health" | "/metrics")
        || path.starts_with("/internal/");
    let mut response = if probed || is_ours(&state, &request) {
        next.run(request).await
    } else {
        let detail = "This API has no such name: set OCTOPROX_ALLOWED_HOSTS to allow it.";
        Problem::new(StatusCode::MISDIRECTED_REQUEST, detail).into_response()
    };
    let fields = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fields {
        // The console's page has a policy of its own.
        response.headers_mut().entry(name).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// A page elsewhere can give a name of its own our address (DNS rebinding), and then its scripts
/// could call us. Addresses cannot be given away like that.
fn is_ours(state: &State, request: &Request) -> bool {
    let field = request.headers().get(header::HOST).and_then(|field| field.to_str().ok());
    let named = field.or_else(|| request.uri().authority().map(http::uri::Authority::as_str));
    let Some(target) = named.and_then(|text| Target::parse_or(text, 80).ok()) else { return false };
    match target.host {
        Host::Ip(_) => true,
        Host::Name(name) => {
            let public = state.settings.public_url.split("://").nth(1).unwrap_or_default();
            let public = public.split(['/', ':']).next().unwrap_or_default();
            let allowed = state.settings.allowed_hosts.iter().map(String::as_str);
            let mut known = allowed.chain([public, "localhost"]);
            known.any(|known| known.eq_ignore_ascii_case(&name))
        }
    }
}
