//! `/api/v1/projects/{project}/bans/test`: what ban rules would have said of answers.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State as Shared};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::StatusCode;
use model::{BanRule, Host};
use rules::{BadSample, Bans, Judgement, Sample};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::bans::{self, BanSettings};
use super::endpoints::find;
use crate::body::Body;
use crate::caller::Viewer;
use crate::check::Check;
use crate::problem::{Answer, Problem};
use crate::state::State;

mod recorded;
mod shown;

use recorded::{CaptureVerdict, Recollection, RuleTrial, TriedCaptures};

/// Answers of one trial.
const MOST_ANSWERS: usize = 100;
/// Bytes of all answers together, their content decoded from base64.
const MOST_BYTES: usize = 1 << 20;

/// Rules, and what they are tried on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trial {
    /// Rules; without them those of the project.
    #[serde(default)]
    rules: Option<Vec<BanSettings>>,
    /// Up to 100, of 1 MiB together.
    #[serde(default)]
    answers: Vec<TriedAnswer>,
    /// Recorded exchanges.
    #[serde(default)]
    captures: Option<TriedCaptures>,
}

/// An answer as a target sent it, or could.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TriedAnswer {
    /// The target: a name or an address.
    host: String,
    /// 100-999.
    status: u16,
    /// Names and values, in their order.
    #[serde(default)]
    headers: Vec<[String; 2]>,
    /// The content as it is sent, still in its codings, as base64. When `Content-Length` says more,
    /// it is taken for the beginning.
    #[serde(default)]
    body_base64: String,
}

/// What the rules say.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verdicts {
    /// In the order of the answers.
    answers: Vec<Verdict>,
    /// Of recorded exchanges, the newest first.
    captures: Vec<CaptureVerdict>,
    /// What each rule would have done in the recorded exchanges. Rules that are off are not there.
    rules: Vec<RuleTrial>,
    /// Nodes that did not answer: what they have recorded is not in here.
    unanswered: Vec<String>,
}

/// What the rules say of one answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Verdict {
    /// The rule that the answer is banned by.
    banned_by: Option<String>,
    /// Rules that only count, and would have counted it.
    counted_by: Vec<String>,
    /// The content that is there does not decide it.
    undecided: bool,
}

impl From<Judgement<'_>> for Verdict {
    fn from(judgement: Judgement<'_>) -> Self {
        Self {
            banned_by: judgement.banned.map(|rule| rule.name.to_string()),
            counted_by: judgement.dry.iter().map(|rule| rule.name.to_string()).collect(),
            undecided: judgement.undecided,
        }
    }
}

/// Tries ban rules on answers, given or recorded. Nothing is changed, and nothing is asked for. A
/// record has no secrets: where one was, no rule is said to match or not to match that hangs on it
/// (`unknown`).
#[utoipa::path(post, path = "/projects/{project}/bans/test", tag = "projects",
    operation_id = "test_bans", params(("project" = String, Path)), request_body = Trial,
    responses((status = 200, body = Verdicts), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn post(
    Shared(state): Shared<State>,
    _caller: Viewer,
    Path(project): Path<String>,
    Body(trial): Body<Trial>,
) -> Answer<Json<Verdicts>> {
    let project = find(&state, &project).await?;
    let recalled = match &trial.captures {
        Some(captures) => captures.recall(&state, project.id).await?,
        None => Recollection::default(),
    };
    let own = project.spec.bans;
    // Expressions take a processor: one trial at a time, off the threads that answer requests.
    let turn = Arc::clone(&state.trials).acquire_owned().await.map_err(|error| failed(&error))?;
    let work = move || {
        let verdicts = trial.verdicts(own, recalled);
        drop(turn);
        verdicts
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| failed(&error))?.map(Json)
}

fn failed(error: &impl std::fmt::Display) -> Problem {
    tracing::error!(%error, "rules could not be tried");
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The rules could not be tried.")
}

impl Trial {
    fn verdicts(self, own: Vec<BanRule>, recalled: Recollection) -> Answer<Verdicts> {
        let mut check = Check::default();
        let rules = self.rules.map_or(own, |rules| bans::checked(rules, "rules", &mut check));
        check.count("answers", self.answers.len(), MOST_ANSWERS);
        let bytes: usize = self.answers.iter().map(TriedAnswer::bytes).sum();
        if bytes > MOST_BYTES {
            check.fail("answers", format!("must have at most {MOST_BYTES} bytes together"));
        }
        let answers = self.answers.into_iter().take(MOST_ANSWERS).enumerate();
        let answers = answers.filter_map(|(n, answer)| answer.checked(n, &mut check));
        let answers: Vec<_> = answers.collect();
        let answers = check.done(answers)?;
        let bans = Bans::compile(&rules).map_err(|error| failed(&error))?;
        let verdict = |(host, sample): &(Host, Sample)| bans.judge(host, &sample.answer()).into();
        let answers = answers.iter().map(verdict).collect();
        let (captures, rules) = recalled.judged_by(&bans);
        Ok(Verdicts { answers, captures, rules, unanswered: recalled.unanswered })
    }
}

impl TriedAnswer {
    fn bytes(&self) -> usize {
        let headers = self.headers.iter().flatten().map(String::len).sum::<usize>();
        headers + self.body_base64.len() / 4 * 3
    }

    fn checked(self, n: usize, check: &mut Check) -> Option<(Host, Sample)> {
        let host = Host::parse_typed(&self.host);
        let host =
            host.map_err(|error| check.fail(&format!("answers/{n}/host"), error.to_string()));
        let content = STANDARD.decode(&self.body_base64).map_err(|error| {
            check.fail(&format!("answers/{n}/body_base64"), format!("is not base64: {error}"));
        });
        let headers: Vec<_> = self.headers.into_iter().map(|[name, value]| (name, value)).collect();
        let sample = Sample::new(self.status, &headers, content.ok()?).map_err(|error| {
            let place = match error {
                BadSample::Status => "status".to_owned(),
                BadSample::Field(line) => format!("headers/{line}"),
                BadSample::TooLarge => "headers".to_owned(),
            };
            check.fail(&format!("answers/{n}/{place}"), error.to_string());
        });
        Some((host.ok()?, sample.ok()?))
    }
}
