//! What a finished request looks like to a client, and which ones it may ask for.

pub(crate) mod endpoints;
pub(crate) mod stream;

use std::time::Duration;

use journal::{BadFilter, Entry, Failed};
use model::ProjectId;
use model::exchange::Blame;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// Which exchanges are wanted: those that fit every part.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// The node that served it.
    node: Option<String>,
    project_id: Option<String>,
    connector_id: Option<String>,
    /// The proxy that carried it, or was tried for nothing.
    exit: Option<String>,
    /// The country of the proxy: two letters.
    country: Option<String>,
    /// A domain rule: `example.com` with all below it, `*.example.com`, `=example.com`.
    host: Option<String>,
    /// As sent: `GET`.
    method: Option<String>,
    /// `connect`, `http`, `socks` or `intercepted`.
    kind: Option<String>,
    /// `404`, or `4xx`; `0`: nobody was left to answer.
    status: Option<String>,
    /// `client`, `exit`, `target` or `node`; `any`: failures; `none`: successes.
    blame: Option<String>,
    session: Option<String>,
    /// Part of the host, method, session, error, exit, ban rule, node, client or id, whatever the
    /// case.
    text: Option<String>,
    /// Begun then or later, RFC 3339.
    since: Option<String>,
    /// Begun before, RFC 3339.
    until: Option<String>,
}

impl From<Wanted> for journal::Wanted {
    fn from(wanted: Wanted) -> Self {
        let Wanted { node, project_id, connector_id, exit, country, host, method, .. } = wanted;
        let Wanted { kind, status, blame, session, text, since, until, .. } = wanted;
        let (project, connector) = (project_id, connector_id);
        Self {
            node,
            project,
            projects: None,
            connector,
            exit,
            country,
            host,
            method,
            kind,
            status,
            blame,
            session,
            text,
            since,
            until,
        }
    }
}

impl Wanted {
    /// The same of these projects alone; `None`: of all.
    fn within(self, projects: Option<&[ProjectId]>) -> journal::Wanted {
        let projects = projects.map(|ids| ids.iter().map(ToString::to_string).collect());
        journal::Wanted { projects, ..self.into() }
    }
}

/// A part of the query that is not understood.
fn mistaken(error: BadFilter) -> Problem {
    let field = match error.field {
        "project" => "project_id",
        "connector" => "connector_id",
        field => field,
    };
    Problem::mistake(format!("?{field}"), error.why)
}

/// A finished request. Where it went is a host and a port: never a path, and nothing of what was
/// said.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExchangeView {
    /// Later ones are greater.
    id: String,
    /// The node that served it.
    node: String,
    /// When its head had been read, RFC 3339.
    started_at: String,
    /// `connect`, `http`, `socks` or `intercepted`.
    kind: &'static str,
    /// Where it came from.
    client: String,
    /// `null` before the login was known.
    project_id: Option<String>,
    connector_id: Option<String>,
    /// The proxy that carried it.
    exit: Option<String>,
    /// Where that is.
    country: Option<String>,
    /// Where it went, or wanted to go.
    host: Option<String>,
    port: Option<u16>,
    /// `null` where the protocol has none.
    method: Option<String>,
    /// What the client was told; 0: nothing.
    status: u16,
    /// Whose fault it was: `client`, `exit`, `target` or `node`; `null` for a success.
    blame: Option<&'static str>,
    /// Why it was not carried: an error type of RFC 9209, as in `Proxy-Status`.
    error: Option<String>,
    /// The ban rule that has judged the answer.
    banned_by: Option<String>,
    session: Option<String>,
    /// Proxies that were tried.
    attempts: u8,
    /// From the head of the request to the opened tunnel, or the head of the answer.
    latency_ms: f64,
    /// From the head of the request to the end.
    duration_ms: f64,
    /// Towards the target.
    bytes_sent: u64,
    /// From the target.
    bytes_received: u64,
}

/// A finished request with all that was tried.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExchangeDetail {
    #[serde(flatten)]
    exchange: ExchangeView,
    /// Every attempt: those that came to nothing, in the order in which they ended, and then the one
    /// that carried it.
    tried: Vec<AttemptView>,
    /// How the choice was made; of requests that ask for it with `debug`.
    why: Option<String>,
}

/// One attempt through one proxy.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptView {
    exit: String,
    /// An error type of RFC 9209; `banned`, or `cancelled` when another was faster; `null`: it
    /// carried the request.
    error: Option<String>,
    /// When it began, from the head of the request on; `null` of the one that carried it.
    started_ms: Option<f64>,
    /// When it failed, or had opened the way or brought the head of the answer.
    ended_ms: f64,
}

impl From<&Entry> for ExchangeView {
    fn from(entry: &Entry) -> Self {
        let target = entry.target.as_ref();
        Self {
            id: entry.id.to_string(),
            node: entry.node.to_string(),
            started_at: entry.started_at.to_string(),
            kind: entry.kind.as_str(),
            client: entry.client.to_string(),
            project_id: entry.project.map(|id| id.to_string()),
            connector_id: entry.connector.map(|id| id.to_string()),
            exit: entry.exit.map(|id| id.to_string()),
            country: entry.country.map(|country| country.to_string()),
            host: target.map(|target| target.host.to_string()),
            port: target.map(|target| target.port),
            method: said(&entry.method),
            status: entry.status,
            blame: entry.blame.map(Blame::as_str),
            error: said(&entry.error),
            banned_by: entry.banned_by.as_ref().map(ToString::to_string),
            session: entry.session.as_ref().map(ToString::to_string),
            attempts: entry.attempts,
            latency_ms: milliseconds(entry.latency),
            duration_ms: milliseconds(entry.duration),
            bytes_sent: entry.bytes_sent,
            bytes_received: entry.bytes_received,
        }
    }
}

impl From<&Entry> for ExchangeDetail {
    fn from(entry: &Entry) -> Self {
        let carried = entry.exit.map(|exit| AttemptView {
            exit: exit.to_string(),
            error: None,
            started_ms: None,
            ended_ms: milliseconds(entry.latency),
        });
        // What an exit brought may be banned, and still the best that there was.
        let failed = entry.failed.iter().filter(|failed| Some(failed.exit) != entry.exit);
        Self {
            exchange: entry.into(),
            tried: failed.map(AttemptView::from).chain(carried).collect(),
            why: entry.why.clone(),
        }
    }
}

impl From<&Failed> for AttemptView {
    fn from(failed: &Failed) -> Self {
        Self {
            exit: failed.exit.to_string(),
            error: said(&failed.error),
            started_ms: Some(milliseconds(failed.after)),
            ended_ms: milliseconds(failed.after + failed.took),
        }
    }
}

fn said(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

pub(crate) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
