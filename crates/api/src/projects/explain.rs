//! `POST /api/v1/projects/{project}/explain`: which exit a request would get, and why.

use std::net::{IpAddr, Ipv4Addr};

use axum::Json;
use axum::extract::{Path, State as Shared};
use http::StatusCode;
use model::Target;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::endpoints::existing;
use crate::body::Body;
use crate::caller::{Source, Viewer};
use crate::exchanges::milliseconds;
use crate::live::{Candidate, ConnectorShare, Explained, MarkedExit, Question, Refused};
use crate::problem::{Answer, Problem};
use crate::state::State;

/// Bytes of parameters at most.
const LONGEST: usize = 1024;

/// A request that nobody sends.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Explain {
    /// `example.com:443` or `https://example.com`: a tunnel; `http://example.com`: a plain request.
    target: String,
    /// What would stand behind the account in the username, as the project's dialect has it:
    /// `-country-us-session-abc`.
    #[serde(default)]
    parameters: String,
    /// Where it would come from; without it, where this call comes from. It decides under the
    /// strategy `sticky`.
    client: Option<String>,
}

/// What would become of it on the node that answers, now.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Explanation {
    /// The node that answers: what it knows of exits and sessions counts.
    node: String,
    /// The configuration that it would be served from.
    revision: u64,
    /// The project's.
    strategy: &'static str,
    /// The exit it would be given; `null`: it would be refused.
    exit: Option<String>,
    /// What would be answered instead.
    refusal: Option<RefusalView>,
    /// How many exits are left after each stage, in their order; none where it does not come to a
    /// choice.
    stages: Vec<StageView>,
    /// The connectors that are on, in the order of their tiers.
    connectors: Vec<ConnectorShareView>,
    /// The first ten in the order in which they would be tried.
    candidates: Vec<CandidateView>,
    /// The first ten exits that could carry the request if the target or the session were not kept
    /// away from them: banned, or given up by somebody.
    marked: Vec<MarkedExitView>,
    /// The exit that the session, or the rotation, is bound to, whether or not it can be used.
    session_exit: Option<String>,
    /// In one line, as the parameter `debug` has it told.
    why: Option<String>,
}

/// One stage of the choice.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StageView {
    /// `intended` (its connector is on), `connector`, `domain`, `place`, `tag`, `health`,
    /// `quarantine`, `mark` (the target or the session is kept away from it), `limit`, `grade`
    /// (only the best that are left), `tier`.
    stage: &'static str,
    /// Exits that pass this and all before.
    left: usize,
}

/// What a connector has to offer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ConnectorShareView {
    connector_id: String,
    /// All of a tier come before any of the next.
    tier: u8,
    /// Its part of the requests of its tier.
    weight: u8,
    /// Exits that it has.
    exits: usize,
    /// Those that could carry the request.
    left: usize,
}

/// An exit that would be tried.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CandidateView {
    exit: String,
    connector_id: String,
    country: Option<String>,
    tier: u8,
    weight: u8,
    /// How good it has been lately, as the strategy `health_based` weighs it: above 0, at most 1.
    score: f32,
    /// Requests that are going through it.
    in_flight: u32,
    /// What it was slower than in one case of twenty.
    latency_p95_ms: Option<f64>,
}

/// An exit that is kept away.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MarkedExitView {
    exit: String,
    /// From whom: `host` or `session`.
    by: &'static str,
    /// For how much longer.
    seconds: f64,
}

/// What would be answered.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RefusalView {
    status: u16,
    /// An error type of RFC 9209, as in `Proxy-Status`.
    error: &'static str,
    detail: String,
    retry_after_seconds: Option<f64>,
}

/// Says which exit a request would be given now, and why, without sending it. The choice is made by
/// the code that makes it for requests, from the same state, and changes nothing; what chance decides
/// may fall out differently for the next one. Paths that the project blocks are not looked at.
#[utoipa::path(post, path = "/projects/{project}/explain", tag = "projects",
    operation_id = "explain_choice", params(("project" = String, Path)), request_body = Explain,
    responses((status = 200, body = Explanation), (status = 404, body = Problem),
        (status = 422, body = Problem), (status = 503, body = Problem)))]
pub(crate) async fn post(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Source(source): Source,
    Path(project): Path<String>,
    Body(asked): Body<Explain>,
) -> Answer<Json<Explanation>> {
    let project = existing(&state, &project).await?;
    let (target, is_tunnel) = target(&asked.target)?;
    if asked.parameters.len() > LONGEST {
        return Err(Problem::mistake("/parameters", format!("must have at most {LONGEST} bytes")));
    }
    let client = asked.client.map(|client| client.parse::<IpAddr>()).transpose();
    let client = client.map_err(|error| Problem::mistake("/client", error.to_string()))?;
    let client = client.or(source).unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
    let question = Question { project, parameters: asked.parameters, target, is_tunnel, client };
    let live = state.live.clone();
    // It looks at every exit, of which there may be a million.
    let _turn = state.trials.acquire().await;
    let explained = tokio::task::spawn_blocking(move || live.explain(question)).await;
    let explained = explained.map_err(|error| {
        tracing::error!(%error, "a choice could not be explained");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on this node.")
    })?;
    let explained = explained.ok_or_else(|| {
        let detail = "This node has not loaded the project yet.";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).retry_after(1)
    })?;
    Ok(Json(Explanation::of(&state, explained)))
}

/// Where it would go, and whether by a tunnel.
fn target(text: &str) -> Answer<(Target, bool)> {
    let (rest, port, is_tunnel) =
        match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(rest), _) => (rest, 80, false),
            (_, Some(rest)) => (rest, 443, true),
            _ => (text, 443, true),
        };
    let authority = if rest.len() == text.len() {
        rest
    } else {
        rest.split(['/', '?', '#']).next().unwrap_or_default()
    };
    let target = Target::parse_or(authority, port);
    let target = target.map_err(|error| Problem::mistake("/target", error.to_string()))?;
    Ok((target, is_tunnel))
}

impl Explanation {
    fn of(state: &State, explained: Explained) -> Self {
        let Explained { revision, strategy, stages, connectors, candidates, .. } = explained;
        let exit = candidates.first().map(|first| first.exit.to_string());
        Self {
            node: state.cluster.instance_id().to_owned(),
            revision: revision.0,
            strategy,
            exit: exit.filter(|_| explained.refusal.is_none()),
            refusal: explained.refusal.map(Into::into),
            stages: stages.into_iter().map(|(stage, left)| StageView { stage, left }).collect(),
            connectors: connectors.into_iter().map(Into::into).collect(),
            candidates: candidates.into_iter().map(Into::into).collect(),
            marked: explained.marked.into_iter().map(Into::into).collect(),
            session_exit: explained.bound.map(|exit| exit.to_string()),
            why: explained.why,
        }
    }
}

impl From<ConnectorShare> for ConnectorShareView {
    fn from(share: ConnectorShare) -> Self {
        let ConnectorShare { connector, tier, weight, exits, left } = share;
        Self { connector_id: connector.to_string(), tier, weight, exits, left }
    }
}

impl From<Candidate> for CandidateView {
    fn from(candidate: Candidate) -> Self {
        Self {
            exit: candidate.exit.to_string(),
            connector_id: candidate.connector.to_string(),
            country: candidate.country.map(|country| country.to_string()),
            tier: candidate.tier,
            weight: candidate.weight,
            score: candidate.score,
            in_flight: candidate.in_flight,
            latency_p95_ms: candidate.latency_p95.map(milliseconds),
        }
    }
}

impl From<MarkedExit> for MarkedExitView {
    fn from(marked: MarkedExit) -> Self {
        let by = if marked.by_host { "host" } else { "session" };
        Self { exit: marked.exit.to_string(), by, seconds: marked.left.as_secs_f64() }
    }
}

impl From<Refused> for RefusalView {
    fn from(refused: Refused) -> Self {
        let Refused { status, error, sentence, retry_after } = refused;
        let retry_after_seconds = retry_after.map(|after| after.as_secs_f64());
        Self { status, error, detail: sentence, retry_after_seconds }
    }
}
