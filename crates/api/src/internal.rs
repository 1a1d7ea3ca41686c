//! `/internal/v1`: what nodes without a database ask of those that have one, and all of those that relay.
//!
//! Not part of the API: no user comes in here, and no document tells of it. Nodes show that they
//! have the secret key of the installation, and all that is said is sealed with it, so that it is
//! nobody else's to read or to change even without TLS.

use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, State as Shared};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use metrics::counter;
use model::Revision;
use serde::Deserialize;
use store::sealed::{self, node_token};
use store::{configuration, usage};
use tokio::time::{Instant, sleep};

use crate::caller::unauthorized;
use crate::captures::everywhere;
use crate::live::Readiness;
use crate::problem::{Answer, Problem};
use crate::proxies::test;
use crate::query::Asked;
use crate::sessions::everywhere as sessions;
use crate::state::State;

/// How long a question may wait for news at most.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Between two looks at the database, for changes that another node made and did not tell of.
const LOOK: Duration = Duration::from_secs(1);

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/internal/v1/configuration", get(news))
        .route("/internal/v1/usage", post(add_usage))
        .route("/internal/v1/spent", post(spent))
}

/// What every node that relays tells others of itself, and does for them, whatever else it does.
pub(crate) fn of_relays() -> Router<State> {
    Router::new()
        .route(everywhere::DESK.path, post(everywhere::tell))
        .route(test::DESK.path, post(test::tell))
        .route(sessions::DESK.path, post(sessions::tell))
}

/// A node of this installation.
pub(crate) struct Node;

impl FromRequestParts<State> for Node {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Answer<Self> {
        let field = parts.headers.get(header::AUTHORIZATION).and_then(|field| field.to_str().ok());
        let shown = field.and_then(|field| field.strip_prefix("Bearer ")).unwrap_or_default();
        let token = node_token(state.store.vault());
        if verify_slices_are_equal(shown.as_bytes(), token.expose().as_bytes()).is_ok() {
            return Ok(Self);
        }
        counter!("octoprox_internal_refusals_total").increment(1);
        tracing::debug!("refused a node that has another secret key, or is none");
        Err(unauthorized("Only nodes with the secret key of this installation come in here."))
    }
}

/// What the node has, and how long it waits.
#[derive(Deserialize)]
struct Wanted {
    /// The revision it has; absent: none.
    since: Option<u64>,
    /// Seconds it waits for another one.
    wait: Option<u64>,
    /// Whether it wants all of it, if there is another one.
    #[serde(default)]
    all: bool,
}

/// The configuration since then as soon as there is another one, or 204.
async fn news(
    Shared(state): Shared<State>,
    _node: Node,
    fields: HeaderMap,
    Asked(wanted): Asked<Wanted>,
) -> Answer<Response> {
    let nonce = fields.get("octoprox-nonce").and_then(|field| field.to_str().ok());
    let nonce = nonce.filter(|nonce| (16..=64).contains(&nonce.len()));
    let nonce = nonce.ok_or_else(|| Problem::bad_request("Octoprox-Nonce is missing."))?;
    let about = format!("configuration:{nonce}");
    let known = wanted.since.map(Revision);
    let wait = Duration::from_secs(wanted.wait.unwrap_or_default()).min(LONGEST_WAIT);
    let Some(latest) = another(&state, known, wait).await? else {
        return Ok(StatusCode::NO_CONTENT.into_response());
    };
    // An older revision than the node has means that an older state has been restored.
    let since = known.filter(|known| !wanted.all && *known < latest);
    let configuration = configuration::load(&state.store, since).await?;
    let vault = state.store.vault().clone();
    let seal = move || sealed::configuration::seal(&vault, &about, &configuration);
    let sealed = tokio::task::spawn_blocking(seal).await.map_err(|error| {
        tracing::error!(%error, "a configuration could not be sealed");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on this node.")
    })??;
    Ok(octets(sealed).into_response())
}

pub(crate) fn octets(body: Vec<u8>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/octet-stream")], body)
}

/// Waits until the revision is another one than `known`; `None`: it is not, after all that time.
async fn another(
    state: &State,
    known: Option<Revision>,
    wait: Duration,
) -> Answer<Option<Revision>> {
    let until = Instant::now() + wait;
    let mut readiness = state.readiness.clone();
    // Before the first look, so that nothing falls between the two.
    let mut notices = state.cluster.notices();
    loop {
        let latest = state.store.revision().await?;
        if Some(latest) != known {
            return Ok(Some(latest));
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(None);
        }
        tokio::select! {
            // One that was missed is as good as one.
            _ = notices.recv() => {}
            () = sleep(left.min(LOOK)) => {}
            _ = readiness.wait_for(|state| *state == Readiness::Ending) => {
                let detail = "This node is about to end: ask another one.";
                return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(1));
            }
        }
    }
}

/// Adds a batch of usage: 201, or 200 when it had been added before.
async fn add_usage(Shared(state): Shared<State>, _node: Node, body: Bytes) -> Answer<StatusCode> {
    let batch = sealed::usage::open(state.store.vault(), &body).map_err(|error| {
        tracing::warn!(%error, "a node sent usage that cannot be read");
        Problem::bad_request("The usage cannot be read.")
    })?;
    let is_new = usage::add(&state.store, batch.boot, batch.sequence, batch.rows()).await?;
    Ok(if is_new { StatusCode::CREATED } else { StatusCode::OK })
}

/// What all nodes have written down for some projects and connectors.
async fn spent(Shared(state): Shared<State>, _node: Node, body: Bytes) -> Answer<Response> {
    let vault = state.store.vault();
    let question = sealed::spent::open_question(vault, &body).map_err(|error| {
        tracing::warn!(%error, "a node sent a question that cannot be read");
        Problem::bad_request("The question cannot be read.")
    })?;
    let days = usage::spent(&state.store, &question.subjects, question.since).await?;
    Ok(octets(sealed::spent::seal_answer(vault, &question.nonce, &days)?).into_response())
}
