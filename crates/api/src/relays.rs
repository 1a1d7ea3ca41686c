//! What every node that relays is asked, under the secret key of the installation.

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Bytes;
use cluster::{Member, Role};
use futures_util::future::join_all;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::sealed::records;
use tokio::time::timeout;

use crate::problem::{Answer, Problem};
use crate::state::State;

/// For a node to have told all of it, where nothing takes long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// Where nodes are asked something, what questions are sealed for, and how long an answer may take.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Desk {
    pub(crate) path: &'static str,
    pub(crate) about: &'static str,
    pub(crate) patience: Duration,
}

/// A question as it is sent.
#[derive(Serialize, Deserialize)]
pub(crate) struct Asked<Q> {
    /// What the answer is sealed for, so that nobody on the way can give an older one.
    nonce: String,
    pub(crate) question: Q,
}

/// What the other nodes that relay have told, by name; and those that have not.
pub(crate) struct Told<A> {
    pub(crate) answers: Vec<(String, Vec<A>)>,
    pub(crate) unanswered: Vec<String>,
}

impl Desk {
    /// Asks every other node that relays.
    pub(crate) async fn ask<Q, A>(self, state: &State, question: &Q) -> Told<A>
    where
        Q: Serialize,
        A: DeserializeOwned,
    {
        let peers = others(state);
        let asked = peers.iter().map(async |peer| self.ask_one(state, peer, question).await);
        let answers = join_all(asked).await;
        let mut told = Told { answers: Vec::new(), unanswered: Vec::new() };
        for (peer, answer) in peers.into_iter().zip(answers) {
            match answer {
                Some(answer) => told.answers.push((peer.id, answer)),
                None => told.unanswered.push(peer.id),
            }
        }
        told
    }

    /// Asks the other nodes that relay one after another, until one has told something; otherwise the
    /// names of those that have not.
    pub(crate) async fn ask_any<Q, A>(
        self,
        state: &State,
        question: &Q,
    ) -> Result<Vec<A>, Vec<String>>
    where
        Q: Serialize,
        A: DeserializeOwned,
    {
        let mut silent = Vec::new();
        for peer in others(state) {
            match self.ask_one(state, &peer, question).await {
                Some(answer) => return Ok(answer),
                None => silent.push(peer.id),
            }
        }
        Err(silent)
    }

    async fn ask_one<Q, A>(self, state: &State, peer: &Member, question: &Q) -> Option<Vec<A>>
    where
        Q: Serialize,
        A: DeserializeOwned,
    {
        let api: SocketAddr = *peer.addresses.last()?;
        let vault = state.store.vault();
        let nonce = format!("{:032x}", uuid::Uuid::new_v4().as_u128());
        let asked = Asked { nonce: nonce.clone(), question };
        let sealed = records::seal(vault, self.about, std::slice::from_ref(&asked)).ok()?;
        let posted = state.peers.ask(self.patience, (api, self.path), sealed);
        let told = timeout(self.patience, posted).await.ok()??;
        records::open(vault, &nonce, &told)
            .inspect_err(|error| tracing::warn!(peer = peer.id, %error, "a node tells nonsense"))
            .ok()
    }

    /// Answers another node, whose question is in `body`: on a thread that may be kept busy.
    pub(crate) async fn answer<Q, A>(
        self,
        state: State,
        body: Bytes,
        answer: impl FnOnce(&State, Q) -> Answer<Vec<A>> + Send + 'static,
    ) -> Answer<Vec<u8>>
    where
        Q: DeserializeOwned,
        A: Serialize,
    {
        let work = move || {
            let Asked { nonce, question } = self.read(&state, &body)?;
            let rows = answer(&state, question)?;
            Ok(records::seal(state.store.vault(), &nonce, &rows)?)
        };
        let told = tokio::task::spawn_blocking(work).await;
        told.map_err(|error| Problem::broken("an answer", &error))?
    }

    /// The question of another node.
    pub(crate) fn read<Q: DeserializeOwned>(self, state: &State, body: &[u8]) -> Answer<Asked<Q>> {
        let asked = records::open(state.store.vault(), self.about, body).map_err(|error| {
            tracing::warn!(%error, "a node asked what cannot be read");
            Problem::bad_request("The question cannot be read.")
        })?;
        asked.into_iter().next().ok_or_else(|| Problem::bad_request("There is no question."))
    }
}

impl<Q> Asked<Q> {
    /// An answer to it, as whoever asked reads it.
    pub(crate) fn told<A: Serialize>(&self, state: &State, answer: &[A]) -> Answer<Vec<u8>> {
        Ok(records::seal(state.store.vault(), &self.nonce, answer)?)
    }
}

/// The other nodes that relay.
fn others(state: &State) -> Vec<Member> {
    let members = state.cluster.members().borrow().clone();
    let me = state.cluster.instance_id();
    let relays = |member: &Member| matches!(member.role, Role::All | Role::Data);
    members.iter().filter(|member| relays(member) && member.id != me).cloned().collect()
}
