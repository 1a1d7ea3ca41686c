//! Records of all nodes: who has which.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::response::IntoResponse;
use capture::{Record, har};
use model::ProjectId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::captures::{CaptureDetail, CaptureView, Wanted};
use crate::internal::{Node, octets};
use crate::problem::{Answer, Problem};
use crate::relays::{Desk, PATIENCE, Told};
use crate::state::State;

/// Bytes of records with their messages that one node tells at a time; older ones stay away.
const MOST_BYTES: usize = 32 << 20;

/// Where nodes ask one another.
pub(crate) const DESK: Desk =
    Desk { path: "/internal/v1/captures", about: "captures", patience: PATIENCE };

/// What is asked of every node.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Question {
    pub(crate) project: String,
    pub(crate) what: What,
}

/// What is to be done with its records.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum What {
    /// They are told.
    Show(Box<Which>, Detail),
    /// They are forgotten: how many there were, as `deleted`.
    Forget,
}

/// Which records.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Which {
    /// Of these numbers.
    Numbers(Vec<u64>),
    /// The latest that are wanted, the newest first: only older ones than `before`.
    Latest { wanted: Wanted, before: Option<u64>, limit: usize },
    /// The next that are wanted, the oldest first: behind what the node has told already, or where it
    /// has told nothing, those that ended within this time.
    Next { wanted: Wanted, told: HashMap<String, u64>, within: Duration, limit: usize },
}

/// How much is told of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Detail {
    /// What a list shows: [`CaptureView`].
    Row,
    /// With its messages: [`CaptureDetail`].
    Whole,
    /// `id`, `node`, and as `entry` the text of an entry of an HTTP archive.
    Entry,
}

/// What the nodes have told.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// As [`CaptureView`] or [`CaptureDetail`] in JSON, the newest first.
    pub(crate) items: Vec<Value>,
    /// Nodes that have not answered, by name.
    pub(crate) unanswered: Vec<String>,
}

/// The number of a record that ended so long ago: records are numbered by the microsecond.
fn ended(state: &State, ago: Duration) -> u64 {
    let then = state.clock.now() - ago;
    u64::try_from(then.as_microsecond()).unwrap_or_default()
}

/// How long ago the record of this number ended, by the clock of this node.
pub(crate) fn age(state: &State, number: u64) -> Duration {
    Duration::from_micros(ended(state, Duration::ZERO).saturating_sub(number))
}

/// The number of a record in JSON.
pub(crate) fn number(item: &Value) -> u64 {
    item["id"].as_u64().unwrap_or_default()
}

/// The node that has a record, in JSON.
pub(crate) fn node(item: &Value) -> &str {
    item["node"].as_str().unwrap_or_default()
}

/// What this node has recorded, for another one.
pub(crate) async fn tell(
    Shared(state): Shared<State>,
    _node: Node,
    body: Bytes,
) -> Answer<impl IntoResponse> {
    // Records are many, and packed tightly.
    DESK.answer(state, body, |state, question: Question| question.here(state)).await.map(octets)
}

impl Question {
    /// What every node has to say, of those that answer.
    pub(crate) async fn everywhere(&self, state: &State) -> Answer<Gathered> {
        let mut items = self.here(state)?;
        let Told { answers, unanswered } = self.elsewhere(state).await;
        items.extend(answers.into_iter().flat_map(|(_name, told)| told));
        items.sort_by(|a, b| (number(b), node(b)).cmp(&(number(a), node(a))));
        Ok(Gathered { items, unanswered })
    }

    /// What every other node has to say.
    pub(crate) async fn elsewhere(&self, state: &State) -> Told<Value> {
        let Told { answers, mut unanswered } = DESK.ask::<_, Value>(state, self).await;
        // Nobody speaks for others.
        let own = |(name, told): &(String, Vec<Value>)| told.iter().all(|item| node(item) == name);
        let (answers, strange): (Vec<_>, Vec<_>) = answers.into_iter().partition(own);
        unanswered.extend(strange.into_iter().map(|(name, _told)| name));
        Told { answers, unanswered }
    }

    /// What this node has to say.
    pub(crate) fn here(&self, state: &State) -> Answer<Vec<Value>> {
        let project: ProjectId =
            self.project.parse().map_err(|_unknown| Problem::not_found("project"))?;
        match &self.what {
            What::Forget => {
                let node = state.cluster.instance_id();
                Ok(vec![json!({"node": node, "deleted": state.recorder.clear(project)})])
            }
            What::Show(which, detail) => detail.tell(state, &which.find(state, project)?),
        }
    }
}

impl Which {
    pub(crate) fn show(self, detail: Detail) -> What {
        What::Show(Box::new(self), detail)
    }

    fn find(&self, state: &State, project: ProjectId) -> Answer<Vec<Arc<Record>>> {
        let recorder = &state.recorder;
        Ok(match self {
            Self::Numbers(ids) => ids.iter().filter_map(|id| recorder.find(project, *id)).collect(),
            Self::Latest { wanted, before, limit } => {
                recorder.list(project, &wanted.clone().filter()?, *before, *limit)
            }
            Self::Next { wanted, told, within, limit } => {
                let told = told.get(state.cluster.instance_id()).copied();
                let after = told.unwrap_or_else(|| ended(state, *within));
                recorder.next(project, &wanted.clone().filter()?, after, *limit)
            }
        })
    }
}

impl Detail {
    /// As much of them as fits into one answer.
    fn tell(self, state: &State, found: &[Arc<Record>]) -> Answer<Vec<Value>> {
        let mut items = Vec::with_capacity(found.len());
        let mut bytes = 0;
        for record in found {
            if self != Self::Row {
                bytes += record.response.as_ref().map_or(0, |seen| seen.content().bytes().len());
                bytes += record.request.content().bytes().len();
            }
            let item = match self {
                Self::Row => serde_json::to_value(CaptureView::of(state, record)),
                Self::Whole => serde_json::to_value(CaptureDetail::of(state, record)),
                Self::Entry => {
                    let (node, entry) = (state.cluster.instance_id(), har::entry(record));
                    Ok(json!({"id": record.id, "node": node, "entry": entry}))
                }
            };
            if bytes > MOST_BYTES {
                break;
            }
            items.push(item.map_err(|error| Problem::broken("a record", &error))?);
        }
        Ok(items)
    }
}
