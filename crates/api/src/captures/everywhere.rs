//! Records of all nodes: who has which.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State as Shared;
use axum::response::IntoResponse;
use capture::har;
use cluster::{Member, Role};
use futures_util::future::join_all;
use model::ProjectId;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::sealed::records;
use tokio::time::timeout;

use crate::captures::{CaptureDetail, CaptureView, Wanted};
use crate::internal::{Node, octets};
use crate::problem::{Answer, Problem};
use crate::state::State;

/// Bytes of records with their messages that one node tells at a time; older ones stay away.
const MOST_BYTES: usize = 32 << 20;

/// For a node to have told all of it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where nodes ask one another.
pub(crate) const PATH: &str = "/internal/v1/captures";
/// What a question is sealed for.
const QUESTION: &str = "captures";

/// What is asked of every node.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Question {
    /// What the answer is sealed for, so that nobody on the way can give an older one.
    #[serde(default)]
    pub(crate) nonce: String,
    pub(crate) project: String,
    /// Those records; `None`: the latest that are wanted.
    #[serde(default)]
    pub(crate) ids: Option<Vec<u64>>,
    #[serde(default)]
    pub(crate) wanted: Wanted,
    /// Only older ones.
    #[serde(default)]
    pub(crate) before: Option<u64>,
    pub(crate) limit: usize,
    /// How much of each.
    pub(crate) detail: Detail,
}

/// How much is told of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Detail {
    /// What a list shows: [`CaptureView`].
    Row,
    /// With its messages: [`CaptureDetail`].
    Whole,
    /// `id`, `node`, and as `entry` the text of an entry of an HTTP archive.
    Entry,
    /// Nothing but how many there were, as `deleted`: they are forgotten.
    Forget,
}

/// What the nodes have told.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    /// As [`CaptureView`] or [`CaptureDetail`] in JSON, the newest first.
    pub(crate) items: Vec<Value>,
    /// Nodes that have not answered, by name.
    pub(crate) unanswered: Vec<String>,
}

/// The number of a record in JSON.
pub(crate) fn number(item: &Value) -> u64 {
    item["id"].as_u64().unwrap_or_default()
}

fn node(item: &Value) -> &str {
    item["node"].as_str().unwrap_or_default()
}

/// What this node has recorded, for another one.
pub(crate) async fn tell(
    Shared(state): Shared<State>,
    _node: Node,
    body: Bytes,
) -> Answer<impl IntoResponse> {
    let work = move || {
        let vault = state.store.vault();
        let asked: Vec<Question> = records::open(vault, QUESTION, &body).map_err(|error| {
            tracing::warn!(%error, "a node asked what cannot be read");
            Problem::bad_request("The question cannot be read.")
        })?;
        let question = asked.into_iter().next();
        let question = question.ok_or_else(|| Problem::bad_request("There is no question."))?;
        let sealed = records::seal(vault, &question.nonce, &question.here(&state)?)?;
        Ok::<_, Problem>(octets(sealed))
    };
    // Records are many, and packed tightly.
    let told = tokio::task::spawn_blocking(work).await;
    told.map_err(|error| Problem::broken("records", &error))?
}

impl Question {
    /// What every node has to say, of those that answer.
    pub(crate) async fn everywhere(&self, state: &State) -> Answer<Gathered> {
        let mut gathered = Gathered { items: self.here(state)?, unanswered: Vec::new() };
        let members = state.cluster.members().borrow().clone();
        let me = state.cluster.instance_id();
        let relays = |member: &&Member| matches!(member.role, Role::All | Role::Data);
        let others = members.iter().filter(relays).filter(|member| member.id != me);
        let asked = others.map(async |peer| (&peer.id, self.told_by(state, peer).await));
        for (name, told) in join_all(asked).await {
            match told {
                Some(items) => gathered.items.extend(items),
                None => gathered.unanswered.push(name.clone()),
            }
        }
        gathered.items.sort_by(|a, b| (number(b), node(b)).cmp(&(number(a), node(a))));
        Ok(gathered)
    }

    /// What another node has to say; `None`: it does not.
    async fn told_by(&self, state: &State, peer: &Member) -> Option<Vec<Value>> {
        let api: SocketAddr = *peer.addresses.last()?;
        let vault = state.store.vault();
        let nonce = format!("{:032x}", uuid::Uuid::new_v4().as_u128());
        let question = Self { nonce, ..self.clone() };
        let sealed = records::seal(vault, QUESTION, std::slice::from_ref(&question)).ok()?;
        let told = timeout(PATIENCE, state.peers.ask(api, PATH, sealed)).await.ok()??;
        let items: Vec<Value> = records::open(vault, &question.nonce, &told)
            .inspect_err(|error| tracing::warn!(peer = peer.id, %error, "a node tells nonsense"))
            .ok()?;
        // Nobody speaks for others.
        items.iter().all(|item| node(item) == peer.id).then_some(items)
    }

    /// What this node has to say.
    pub(crate) fn here(&self, state: &State) -> Answer<Vec<Value>> {
        let project: ProjectId =
            self.project.parse().map_err(|_unknown| Problem::not_found("project"))?;
        if self.detail == Detail::Forget {
            let node = state.cluster.instance_id();
            return Ok(vec![json!({"node": node, "deleted": state.recorder.clear(project)})]);
        }
        let found = if let Some(ids) = &self.ids {
            let find = |id: &u64| state.recorder.find(project, *id);
            ids.iter().filter_map(find).collect()
        } else {
            let filter = self.wanted.clone().filter()?;
            state.recorder.list(project, &filter, self.before, self.limit)
        };
        let mut items = Vec::with_capacity(found.len());
        let mut bytes = 0;
        for record in &found {
            if self.detail != Detail::Row {
                bytes += record.response.as_ref().map_or(0, |seen| seen.content().bytes().len());
                bytes += record.request.content().bytes().len();
            }
            let item = match self.detail {
                Detail::Row | Detail::Forget => {
                    serde_json::to_value(CaptureView::of(state, record))
                }
                Detail::Whole => serde_json::to_value(CaptureDetail::of(state, record)),
                Detail::Entry => {
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
