//! What a recorded exchange looks like to a client, and which ones it may ask for.

pub(crate) mod everywhere;
pub(crate) mod endpoints;
pub(crate) mod archive;
mod others;
pub(crate) mod stream;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use capture::{Content, FieldLine, Filter, Fingerprints, Protocols, Record, Request, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::problem::Answer;
use crate::query::parsed;
use crate::state::State;

/// Which exchanges are wanted: those that fit every part.
#[derive(Debug, Clone, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Wanted {
    /// Part of the target's host (`shop`), or a rule (`*.example.com`, `=example.com`).
    pub(crate) host: Option<String>,
    /// As sent: `GET`.
    pub(crate) method: Option<String>,
    /// `404`, or `4xx`.
    pub(crate) status: Option<String>,
    /// The identifier of the exit that carried it.
    pub(crate) exit: Option<String>,
    pub(crate) session: Option<String>,
    /// Part of the URL, whatever the case.
    pub(crate) text: Option<String>,
    /// `true`: only those that a ban rule has judged.
    #[serde(default)]
    pub(crate) banned: bool,
    /// `true`: only failures.
    #[serde(default)]
    pub(crate) failed: bool,
    /// From when on, RFC 3339.
    pub(crate) since: Option<String>,
    /// Until when, RFC 3339.
    pub(crate) until: Option<String>,
}

impl Wanted {
    fn filter(self) -> Answer<Filter> {
        self.filter_at("?")
    }

    /// The same where the parts are named after `place`.
    pub(crate) fn filter_at(self, place: &str) -> Answer<Filter> {
        let at = |name: &str| format!("{place}{name}");
        Ok(Filter {
            host: parsed(&at("host"), self.host.as_deref())?,
            method: self.method,
            status: parsed(&at("status"), self.status.as_deref())?,
            exit: parsed(&at("exit"), self.exit.as_deref())?,
            session: self.session,
            text: self.text,
            is_banned: self.banned,
            is_failed: self.failed,
            since: parsed(&at("since"), self.since.as_deref())?,
            until: parsed(&at("until"), self.until.as_deref())?,
        })
    }
}

/// A recorded exchange, without its messages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaptureView {
    /// Later ones are greater; of one node.
    id: u64,
    /// The node that has it.
    node: String,
    started_at: String,
    /// `connect`, `http`, `socks` or `intercepted`.
    kind: &'static str,
    client: String,
    /// `host:port`.
    target: String,
    method: String,
    /// `tunnel://host:port` for a tunnel.
    url: String,
    /// What the client was told; 0: nothing.
    status: u16,
    /// The proxy that carried it.
    exit: Option<String>,
    session: Option<String>,
    /// Exits that were tried.
    attempts: u8,
    /// Whose fault it was: `client`, `exit`, `target` or `node`; `null` for a success.
    blame: Option<&'static str>,
    /// The ban rule that has judged the answer.
    banned_by: Option<String>,
    tags: Vec<String>,
    timings_ms: TimingsView,
    /// Towards the target.
    bytes_sent: u64,
    /// From the target.
    bytes_received: u64,
    protocols: ProtocolsView,
    /// The client's TLS hello.
    client_tls: Option<HelloView>,
    /// The TLS hello that the target got; of a kept connection, when it was opened.
    sent_tls: Option<HelloView>,
    /// The HTTP/2 fingerprint (Akamai) that the target got, likewise.
    sent_http2: Option<String>,
}

/// Milliseconds from the head of the request on; `null`: not known, or not waited for. Of the exit
/// that carried it; what was tried before or beside it is in `tries`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimingsView {
    /// To its turn.
    begun: Option<f64>,
    /// To its connection, TLS with it included; not for a kept one, like the next two.
    connected: Option<f64>,
    /// To an exit that was ready to carry it: with its tunnel, where one is needed.
    exit: Option<f64>,
    /// To TLS with the target.
    tls: Option<f64>,
    /// To the request being written, where that was before an answer was waited for.
    sent: Option<f64>,
    /// To the head of the answer.
    first_byte: Option<f64>,
    /// To the end.
    total: Option<f64>,
}

/// An exit that was tried. Times are as in `timings_ms`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TryView {
    /// The proxy.
    exit: String,
    begun_ms: f64,
    connected_ms: Option<f64>,
    opened_ms: Option<f64>,
    tls_ms: Option<f64>,
    sent_ms: Option<f64>,
    /// To what came of it being known.
    ended_ms: Option<f64>,
    /// `answered`, `banned` (by the target), `unreachable`, `silent`, `unauthorized`, `refused`,
    /// `garbage`, `target` (it could not reach it), `cancelled` (another was faster).
    outcome: Option<&'static str>,
}

/// What was spoken: `http/1.1`, `h2`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProtocolsView {
    client: Option<String>,
    target: Option<String>,
}

/// What a TLS hello looks like.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HelloView {
    ja3: String,
    ja4: String,
}

/// A recorded exchange with its messages. Secrets have been taken out before it was kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaptureDetail {
    #[serde(flatten)]
    capture: CaptureView,
    /// Every exit that was tried, in the order in which they were.
    tries: Vec<TryView>,
    request: RequestView,
    /// `null`: the target has not answered.
    response: Option<ResponseView>,
}

/// A request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequestView {
    method: String,
    url: String,
    version: String,
    fields: Vec<FieldView>,
    content: ContentView,
}

/// An answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ResponseView {
    status: u16,
    reason: String,
    version: String,
    fields: Vec<FieldView>,
    content: ContentView,
}

/// A field of a message.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FieldView {
    name: String,
    value: String,
}

/// The beginning of a message's content.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ContentView {
    media_type: String,
    /// Bytes of the whole, as they were sent.
    size: u64,
    /// What is kept of it.
    text: String,
    /// `base64` where it is no text.
    encoding: Option<&'static str>,
    /// Whether there was more.
    truncated: bool,
    /// Why nothing is kept: `coded`, `multipart` or `unreadable`.
    withheld: Option<&'static str>,
}

impl CaptureView {
    fn of(state: &State, record: &Record) -> Self {
        Self {
            id: record.id,
            node: state.cluster.instance_id().to_owned(),
            started_at: record.started_at.to_string(),
            kind: record.kind.as_str(),
            client: record.client.to_string(),
            target: record.target.to_string(),
            method: record.request.method().to_owned(),
            url: record.request.url().to_owned(),
            status: record.status,
            exit: record.exit.map(|id| id.to_string()),
            session: record.session.as_ref().map(ToString::to_string),
            attempts: record.attempts,
            blame: record.blame.map(model::exchange::Blame::as_str),
            banned_by: record.banned_by.as_ref().map(ToString::to_string),
            tags: record.tags.iter().map(ToString::to_string).collect(),
            timings_ms: (&record.timings).into(),
            bytes_sent: record.bytes_sent,
            bytes_received: record.bytes_received,
            protocols: (&record.protocols).into(),
            client_tls: record.client_tls.as_ref().map(Into::into),
            sent_tls: record.sent_tls.as_ref().map(Into::into),
            sent_http2: record.sent_http2.as_ref().map(ToString::to_string),
        }
    }
}

impl CaptureDetail {
    fn of(state: &State, record: &Record) -> Self {
        Self {
            capture: CaptureView::of(state, record),
            tries: record.tries.iter().map(Into::into).collect(),
            request: (&record.request).into(),
            response: record.response.as_ref().map(Into::into),
        }
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

impl From<&capture::Timings> for TimingsView {
    fn from(timings: &capture::Timings) -> Self {
        Self {
            begun: timings.begun.map(milliseconds),
            connected: timings.connected.map(milliseconds),
            exit: timings.exit.map(milliseconds),
            tls: timings.tls.map(milliseconds),
            sent: timings.sent.map(milliseconds),
            first_byte: timings.first_byte.map(milliseconds),
            total: timings.total.map(milliseconds),
        }
    }
}

impl From<&capture::Attempt> for TryView {
    fn from(attempt: &capture::Attempt) -> Self {
        Self {
            exit: attempt.exit.to_string(),
            begun_ms: milliseconds(attempt.begun),
            connected_ms: attempt.connected.map(milliseconds),
            opened_ms: attempt.opened.map(milliseconds),
            tls_ms: attempt.secured.map(milliseconds),
            sent_ms: attempt.sent.map(milliseconds),
            ended_ms: attempt.ended.map(milliseconds),
            outcome: attempt.outcome.map(capture::Outcome::as_str),
        }
    }
}

impl From<&Protocols> for ProtocolsView {
    fn from(protocols: &Protocols) -> Self {
        let Protocols { client, target } = protocols;
        let [client, target] = [client, target].map(|one| one.as_ref().map(ToString::to_string));
        Self { client, target }
    }
}

impl From<&Fingerprints> for HelloView {
    fn from(hello: &Fingerprints) -> Self {
        Self { ja3: hello.ja3.clone(), ja4: hello.ja4.clone() }
    }
}

impl From<&Request> for RequestView {
    fn from(request: &Request) -> Self {
        Self {
            method: request.method().to_owned(),
            url: request.url().to_owned(),
            version: request.version().to_owned(),
            fields: fields(request.fields()),
            content: request.content().into(),
        }
    }
}

impl From<&Response> for ResponseView {
    fn from(response: &Response) -> Self {
        Self {
            status: response.status(),
            reason: response.reason().to_owned(),
            version: response.version().to_owned(),
            fields: fields(response.fields()),
            content: response.content().into(),
        }
    }
}

fn fields(lines: &[FieldLine]) -> Vec<FieldView> {
    let view =
        |(name, value): &FieldLine| FieldView { name: name.to_string(), value: value.clone() };
    lines.iter().map(view).collect()
}

impl From<&Content> for ContentView {
    fn from(content: &Content) -> Self {
        let text = content.text();
        Self {
            media_type: content.media_type().to_owned(),
            size: content.size(),
            text: text.map_or_else(|| STANDARD.encode(content.bytes()), str::to_owned),
            encoding: text.is_none().then_some("base64"),
            truncated: content.is_truncated(),
            withheld: content.withheld().map(capture::Withheld::as_str),
        }
    }
}
