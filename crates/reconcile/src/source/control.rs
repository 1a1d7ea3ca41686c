//! Nodes that have a database, as one without asks them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use dial::Dialer;
use jiff::Timestamp;
use model::{Configuration, Secret};
use store::sealed::spent::Question;
use store::sealed::usage::UsageBatch;
use store::usage::DaySpent;
use store::{Vault, sealed};

use super::Wanted;
use super::call::{Answer, Base, Call};
use crate::error::ControlError;

/// How long control nodes keep a question for news: less than balancers let a connection be silent.
const WAIT: Duration = Duration::from_secs(25);
/// For an answer that waits for nothing to begin.
const PATIENCE: Duration = Duration::from_secs(10);

/// Control nodes, of which any will do. Clones share which one answered last.
#[derive(Debug, Clone)]
pub(crate) struct Control(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    bases: Vec<Base>,
    /// The one that answered last.
    last: AtomicUsize,
    dialer: Dialer,
    vault: Vault,
    token: Secret,
}

impl Control {
    pub(crate) fn new(urls: &[String], dialer: Dialer, vault: Vault) -> Self {
        let bases = urls.iter().filter_map(|url| Base::parse(url)).collect();
        let token = sealed::node_token(&vault);
        Self(Arc::new(Inner { bases, last: AtomicUsize::new(0), dialer, vault, token }))
    }

    /// What is new; `None`: nothing has come for as long as a control node keeps a question.
    pub(crate) async fn newer(
        &self,
        wanted: Wanted,
    ) -> Result<Option<Configuration>, ControlError> {
        // Nobody on the way can answer with what was right once.
        let nonce = format!("{:032x}", rand::random::<u128>());
        let all = if wanted.all { "&all=true" } else { "" };
        let wait = if wanted.waits { WAIT } else { Duration::ZERO };
        let query =
            wanted.known.map(|known| format!("?since={known}&wait={}{all}", wait.as_secs()));
        let answer = self
            .ask(Call {
                method: "GET",
                path: format!("/internal/v1/configuration{}", query.unwrap_or_default()),
                fields: vec![self.authorization(), ("Octoprox-Nonce", nonce.clone())],
                body: &[],
                patience: PATIENCE + wait,
            })
            .await?;
        if answer.status == 204 {
            return Ok(None);
        }
        let about = format!("configuration:{nonce}");
        let configuration = sealed::configuration::open(&self.0.vault, &about, &answer.body)?;
        let fits = configuration.since.is_none() || configuration.since == wanted.known;
        if fits { Ok(Some(configuration)) } else { Err(ControlError::NotAsked) }
    }

    /// Sends a batch. True: it was new to them.
    pub(crate) async fn add_usage(&self, batch: &UsageBatch) -> Result<bool, ControlError> {
        let body = sealed::usage::seal(&self.0.vault, batch)?;
        let answer = self
            .ask(Call {
                method: "POST",
                path: "/internal/v1/usage".to_owned(),
                fields: vec![self.authorization()],
                body: &body,
                patience: PATIENCE,
            })
            .await?;
        Ok(answer.status == 201)
    }

    /// What all nodes have written down.
    pub(crate) async fn spent(
        &self,
        subjects: &[String],
        since: Timestamp,
    ) -> Result<Vec<DaySpent>, ControlError> {
        let nonce = format!("{:032x}", rand::random::<u128>());
        let question = Question { subjects: subjects.to_vec(), since, nonce };
        let body = sealed::spent::seal_question(&self.0.vault, &question)?;
        let answer = self
            .ask(Call {
                method: "POST",
                path: "/internal/v1/spent".to_owned(),
                fields: vec![self.authorization()],
                body: &body,
                patience: PATIENCE,
            })
            .await?;
        Ok(sealed::spent::open_answer(&self.0.vault, &question.nonce, &answer.body)?)
    }

    fn authorization(&self) -> (&'static str, String) {
        ("Authorization", format!("Bearer {}", self.0.token.expose()))
    }

    /// Asks one after the other, beginning with the one that answered last.
    async fn ask(&self, call: Call<'_>) -> Result<Answer, ControlError> {
        let Inner { bases, last, dialer, .. } = &*self.0;
        let first = last.load(Ordering::Relaxed);
        let mut failed = ControlError::Nobody;
        for at in (0..bases.len()).map(|n| (first + n) % bases.len()) {
            match bases[at].call(dialer, &call).await.and_then(accepted) {
                Ok(answer) => {
                    last.store(at, Ordering::Relaxed);
                    return Ok(answer);
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }
}

fn accepted(answer: Answer) -> Result<Answer, ControlError> {
    match answer.status {
        200 | 201 | 204 => Ok(answer),
        401 => Err(ControlError::OtherKey),
        status => Err(ControlError::BadStatus { status }),
    }
}
