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

/// For a node to have told all of it.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where nodes are asked something, and what questions are sealed for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Desk {
    pub(crate) path: &'static str,
    pub(crate) about: &'static str,
}

/// A question as it is sent.
#[derive(Serialize, Deserialize)]
struct Asked<Q> {
    /// What the answer is sealed for, so that nobody on the way can give an older one.
    nonce: String,
    question: Q,
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
        let members = state.cluster.members().borrow().clone();
        let me = state.cluster.instance_id();
        let relays = |member: &&Member| matches!(member.role, Role::All | Role::Data);
        let others = members.iter().filter(relays).filter(|member| member.id != me);
        let asked = others.map(async |peer| (&peer.id, self.ask_one(state, peer, question).await));
        let mut told = Told { answers: Vec::new(), unanswered: Vec::new() };
        for (name, answer) in join_all(asked).await {
            match answer {
                Some(answer) => told.answers.push((name.clone(), answer)),
                None => told.unanswered.push(name.clone()),
            }
        }
        told
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
        let told = timeout(PATIENCE, state.peers.ask(api, self.path, sealed)).await.ok()??;
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
            let vault = state.store.vault();
            let asked: Vec<Asked<Q>> =
                records::open(vault, self.about, &body).map_err(|error| {
                    tracing::warn!(%error, "a node asked what cannot be read");
                    Problem::bad_request("The question cannot be read.")
                })?;
            let asked = asked.into_iter().next();
            let asked = asked.ok_or_else(|| Problem::bad_request("There is no question."))?;
            let rows = answer(&state, asked.question)?;
            Ok(records::seal(vault, &asked.nonce, &rows)?)
        };
        let told = tokio::task::spawn_blocking(work).await;
        told.map_err(|error| Problem::broken("an answer", &error))?
    }
}
