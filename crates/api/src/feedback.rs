//! `POST /api/v1/projects/{project}/feedback`: what an exit brought, as the client sees it.

mod informant;
mod pace;

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State as Shared};
use http::StatusCode;
use metrics::counter;
use model::{Host, ProxyId, words};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::Body;
use crate::check::{Check, DAY};
use crate::problem::{Answer, Problem};
use crate::state::State;

use informant::Informant;
pub(crate) use pace::Pace;

/// Per cent of a project's exits that clients may keep away from one host at a time.
const MAX_SHARE: u8 = 50;

words! {
    /// What an exit brought.
    enum Verdict {
        /// The host does not want the exit.
        Ban = "ban",
        /// The answer was of no use, and the host may be the reason.
        Bad = "bad",
        /// What was asked for.
        Good = "good",
    }
}

/// What an exit brought for a host.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Feedback {
    /// The exit, as `Octoprox-Exit` has it.
    exit: String,
    /// The host that was asked, a name or an address.
    host: String,
    /// `ban`: the host does not want the exit; `bad`: the answer was of no use; `good`: it was what
    /// was asked for, which is counted.
    verdict: String,
    /// For how long the exit is kept away from the host, and longer each time in a row, up to a day:
    /// 1-86400. Absent: 600 for `ban`, 60 for `bad`.
    #[serde(default)]
    seconds: Option<u64>,
    /// The session that is to have another exit from its next request on; not with `good`.
    #[serde(default)]
    rotate_session: Option<String>,
}

/// What came of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FeedbackOutcome {
    /// Whether the exit is kept away from the host now. Not if clients have kept half of the project's
    /// exits away from that host already.
    marked: bool,
    /// Whether the session gets another exit. Not if no other one is left to it.
    session_rotated: bool,
}

/// Tells what an exit brought for a host. The exit is kept away from that host on every node for a
/// while, as a ban rule would. Who calls has a role that may edit, or is a client: HTTP Basic with the
/// username and password of the project's proxy login. 600 a minute for each project on each node.
#[utoipa::path(post, path = "/projects/{project}/feedback", tag = "feedback",
    operation_id = "send_feedback", params(("project" = String, Path)), request_body = Feedback,
    security(("bearer" = []), ("cookie" = []), ("proxy_login" = [])),
    responses((status = 200, body = FeedbackOutcome), (status = 401, body = Problem),
        (status = 404, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem)))]
pub(crate) async fn post(
    Shared(state): Shared<State>,
    Path(_project): Path<String>,
    Informant(project): Informant,
    Body(feedback): Body<Feedback>,
) -> Answer<Json<FeedbackOutcome>> {
    if let Some(wait) = state.feedback.count(project.id) {
        let detail = "There is too much feedback for this project.";
        let refusal = Problem::new(StatusCode::TOO_MANY_REQUESTS, detail);
        return Err(refusal.retry_after(wait.as_secs().max(1)));
    }
    let Read { exit, host, verdict, base } = feedback.read()?;
    let mut outcome = FeedbackOutcome { marked: false, session_rotated: false };
    if verdict != Verdict::Good {
        let kept = state.live.keep_from(project.id, (exit, &host), (base, MAX_SHARE));
        outcome.marked = kept.ok_or_else(|| Problem::not_found("exit"))?;
        if let Some(session) = &feedback.rotate_session {
            outcome.session_rotated = state.live.rotate_session(project.id, session, exit);
        }
    }
    let marked = if outcome.marked { "marked" } else { "counted" };
    let (project, verdict) = (project.spec.name, verdict.as_str());
    counter!("octoprox_feedback_total", "project" => project, "verdict" => verdict, "outcome" => marked)
        .increment(1);
    Ok(Json(outcome))
}

/// Feedback that makes sense.
struct Read {
    exit: ProxyId,
    host: Host,
    verdict: Verdict,
    base: Duration,
}

impl Feedback {
    fn read(&self) -> Answer<Read> {
        let mut check = Check::default();
        let exit = check.parse("exit", &self.exit);
        let verdict: Option<Verdict> = check.parse("verdict", &self.verdict);
        let host = Host::parse(&self.host).ok();
        if host.is_none() {
            check.fail("host", "must be a name or an address");
        }
        let usual = if verdict == Some(Verdict::Bad) { 60 } else { 600 };
        let base = check.seconds("seconds", self.seconds.unwrap_or(usual), (1, DAY));
        if let Some(session) = &self.rotate_session {
            check.text("rotate_session", session, 64);
        }
        match (exit, host, verdict) {
            (Some(exit), Some(host), Some(verdict)) => {
                check.done(Read { exit, host, verdict, base })
            }
            _ => Err(check.done(()).err().unwrap_or_else(|| Problem::bad_request("No feedback."))),
        }
    }
}
