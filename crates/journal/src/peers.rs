//! What nodes write one another about exchanges.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cluster::{Cluster, Role};
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::entry::Entry;
use crate::filter::Wanted;
use crate::text;

/// A letter. Entries are written by reference.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Message<E> {
    /// To all: what is wanted here from now on, for a while; nothing: no more.
    Watch {
        /// Any of these.
        wanted: Vec<Wanted>,
    },
    /// To who watches: what has finished.
    Shown {
        entries: Vec<E>,
        /// What was wanted, and too much.
        left_out: u64,
    },
    /// To all, or to one.
    Asked { number: u64, question: Question },
    /// To who asked.
    Answered { number: u64, entries: Vec<E> },
}

/// What is asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Question {
    /// Which ones there are, the newest first.
    Page {
        wanted: Box<Wanted>,
        #[serde(with = "text::optional")]
        before: Option<Uuid>,
        limit: usize,
    },
    /// One of them.
    One {
        #[serde(with = "text")]
        id: Uuid,
    },
}

/// What one node answers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) node: Arc<str>,
    pub(crate) entries: Vec<Entry>,
}

/// Questions to which answers are awaited.
#[derive(Debug, Default)]
pub(crate) struct Questions {
    next: AtomicU64,
    open: Mutex<HashMap<u64, mpsc::Sender<Answer>>>,
}

/// A question; dropped, nobody waits for answers any more.
#[derive(Debug)]
pub(crate) struct Asking<'a> {
    pub(crate) number: u64,
    pub(crate) answers: mpsc::Receiver<Answer>,
    questions: &'a Questions,
}

// === impl Message ===

impl<E: Serialize> Message<E> {
    /// As it is sent; `None` is never seen.
    pub(crate) fn text(&self) -> Option<String> {
        let written = serde_json::to_string(self);
        written.inspect_err(|error| tracing::error!(%error, "a letter cannot be written")).ok()
    }

    pub(crate) async fn send(&self, cluster: &Cluster, to: Option<&str>) -> bool {
        let Some(text) = self.text() else { return false };
        let sent = cluster.write(to, &text).await;
        sent.inspect_err(|error| tracing::debug!(%error, "peers were not written to")).is_ok()
    }
}

// === impl Questions ===

impl Questions {
    /// Asks something that so many nodes may answer.
    pub(crate) fn ask(&self, nodes: usize) -> Asking<'_> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, answers) = mpsc::channel(nodes.max(1));
        self.open.lock().insert(number, answer);
        Asking { number, answers, questions: self }
    }

    /// A node answers; too late, or more often than once, and nobody listens.
    pub(crate) fn answered(&self, number: u64, answer: Answer) {
        if let Some(asked) = self.open.lock().get(&number)
            && asked.try_send(answer).is_err()
        {
            tracing::debug!("more answers than nodes were asked");
        }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.questions.open.lock().remove(&self.number);
    }
}

/// The other nodes that serve requests, or that one among them.
pub(crate) fn peers(cluster: &Cluster, only: Option<&str>) -> Vec<String> {
    let members = cluster.members().borrow().clone();
    let relays = members.iter().filter(|member| matches!(member.role, Role::All | Role::Data));
    let others = relays.filter(|member| member.id != cluster.instance_id());
    let others = others.filter(|member| only.is_none_or(|only| member.id == only));
    others.map(|member| member.id.clone()).collect()
}
