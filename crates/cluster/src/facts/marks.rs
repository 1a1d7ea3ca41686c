//! Exits that a host bans, or that a session is not to have: for a while.

use std::sync::Arc;
use std::time::Duration;

use model::{Host, ProjectId, ProxyId};
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, broadcast};
use tokio::time::sleep;

use super::rests::milliseconds;
use super::scan;
use crate::connection::{Connection, Patience};
use crate::error::{ClusterError, Result};
use crate::keys;

/// Batches that are kept for a reader that is slow.
const KEPT: usize = 1_024;
/// Marks in one question and in one message.
const AT_ONCE: usize = 500;
/// Marks that are read at the start and after an outage.
const MOST: usize = 200_000;
/// What could not be read is read again so soon.
const RETRY: Duration = Duration::from_millis(500);

/// An exit is kept away from a host or a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// In which project.
    pub project: ProjectId,
    /// From whom.
    pub by: MarkBy,
    /// The exit.
    pub exit: ProxyId,
    /// For how much longer.
    pub left: Duration,
    /// How often in a row it had been before.
    pub times: u8,
    /// Per cent of the project's exits that may be kept away from the same at a time.
    pub max_share: u8,
}

/// Who does not want an exit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MarkBy {
    /// A host that bans it.
    Host(Host),
    /// A session that is to have another one.
    Session(String),
}

/// What peers found out.
pub(crate) struct Marks {
    connection: Connection,
    told: broadcast::Sender<Arc<[Mark]>>,
    unread: Notify,
}

/// What stands behind a key.
#[derive(Serialize, Deserialize)]
struct Value {
    times: u8,
    max_share: u8,
}

#[derive(Serialize, Deserialize)]
struct Message {
    instance_id: String,
    marks: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    project: String,
    by: String,
    exit: String,
    left_ms: u64,
    #[serde(flatten)]
    value: Value,
}

// === impl MarkBy ===

impl MarkBy {
    /// `host/name`, `session/name`.
    fn write(&self) -> String {
        match self {
            Self::Host(host) => format!("host/{host}"),
            Self::Session(session) => format!("session/{session}"),
        }
    }

    fn read(text: &str) -> Option<Self> {
        match text.split_once('/')? {
            ("host", host) => Host::parse(host).ok().map(Self::Host),
            ("session", session) => Some(Self::Session(session.to_owned())),
            _ => None,
        }
    }
}

// === impl Marks ===

impl Marks {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, told: broadcast::Sender::new(KEPT), unread: Notify::new() }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<[Mark]>> {
        let told = self.told.subscribe();
        // What was told before is told again.
        self.missed();
        told
    }

    /// What peers said may have been missed.
    pub(crate) fn missed(&self) {
        self.unread.notify_one();
    }

    /// Writes what this node found out, and says so.
    pub(crate) async fn tell(&self, marks: &[Mark], me: &str) -> Result<()> {
        for some in marks.chunks(AT_ONCE) {
            let mut asking = redis::pipe();
            for mark in some {
                let value = Value { times: mark.times, max_share: mark.max_share };
                let value = serde_json::to_string(&value).map_err(ClusterError::Write)?;
                let key = keys::mark(mark.project, mark.exit, &mark.by.write());
                let left = milliseconds(mark.left).max(1);
                asking.cmd("SET").arg(key).arg(value).arg("PX").arg(left).ignore();
            }
            let message = write(some, me).map_err(ClusterError::Write)?;
            asking.cmd("PUBLISH").arg(keys::MARKS).arg(message).ignore();
            self.connection.ask_all::<()>(Patience::Background, &asking).await?;
        }
        Ok(())
    }

    /// A message of a peer; whether it said anything.
    pub(crate) fn hear(&self, payload: &[u8], me: &str) -> bool {
        let Some((from, marks)) = read(payload) else { return false };
        if from != me {
            self.pass_on(marks);
        }
        true
    }

    fn pass_on(&self, marks: Vec<Mark>) {
        if !marks.is_empty() && self.told.send(marks.into()).is_err() {
            tracing::trace!("nobody wants to know who does not want which exit");
        }
    }

    /// Reads every mark whenever some may have been missed, for as long as it is polled.
    pub(crate) async fn keep(self: Arc<Self>) {
        loop {
            self.unread.notified().await;
            while let Err(error) = self.read_all().await {
                tracing::debug!(%error, "who does not want which exit will be read again");
                sleep(RETRY).await;
            }
        }
    }

    async fn read_all(&self) -> Result<()> {
        let found = scan::keys(&self.connection, keys::MARK, MOST).await?;
        for some in found.chunks(AT_ONCE) {
            let mut asking = redis::pipe();
            for key in some {
                asking.cmd("GET").arg(key).cmd("PTTL").arg(key);
            }
            let answers: Vec<redis::Value> =
                self.connection.ask_all(Patience::Background, &asking).await?;
            let mark = |(key, answer): (&String, &[redis::Value])| {
                let (project, exit, by) = keys::marked(key)?;
                let value: String = redis::from_redis_value(answer[0].clone()).ok()?;
                let Value { times, max_share } = serde_json::from_str(&value).ok()?;
                let left: u64 = redis::from_redis_value(answer[1].clone()).ok()?;
                let (by, left) = (MarkBy::read(by)?, Duration::from_millis(left));
                Some(Mark { project, by, exit, left, times, max_share })
            };
            self.pass_on(some.iter().zip(answers.chunks_exact(2)).filter_map(mark).collect());
        }
        Ok(())
    }
}

fn write(marks: &[Mark], me: &str) -> serde_json::Result<String> {
    let line = |mark: &Mark| Line {
        project: mark.project.to_string(),
        by: mark.by.write(),
        exit: mark.exit.to_string(),
        left_ms: milliseconds(mark.left),
        value: Value { times: mark.times, max_share: mark.max_share },
    };
    let marks = marks.iter().map(line).collect();
    serde_json::to_string(&Message { instance_id: me.to_owned(), marks })
}

fn read(payload: &[u8]) -> Option<(String, Vec<Mark>)> {
    let message: Message = serde_json::from_slice(payload).ok()?;
    let mark = |line: Line| {
        Some(Mark {
            project: line.project.parse().ok()?,
            by: MarkBy::read(&line.by)?,
            exit: line.exit.parse().ok()?,
            left: Duration::from_millis(line.left_ms),
            times: line.value.times,
            max_share: line.value.max_share,
        })
    };
    let marks = message.marks.into_iter().map(mark).collect::<Option<_>>()?;
    Some((message.instance_id, marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_and_a_key_are_read_as_they_were_written() {
        let hosts = ["a.test", "192.0.2.1", "[2001:db8::1]"].map(|host| Host::parse(host).unwrap());
        let by = hosts.map(MarkBy::Host).into_iter().chain([MarkBy::Session("a:b/c d".to_owned())]);
        let mark = |by| Mark {
            project: ProjectId::new(),
            by,
            exit: ProxyId::new(),
            left: Duration::from_secs(10),
            times: 3,
            max_share: 33,
        };
        let marks: Vec<_> = by.map(mark).collect();
        let text = write(&marks, "me").unwrap();
        assert_eq!(read(text.as_bytes()), Some(("me".to_owned(), marks.clone())));
        assert_eq!(read(text.replace("host/", "ghost/").as_bytes()), None);
        for mark in marks {
            let key = keys::mark(mark.project, mark.exit, &mark.by.write());
            let (project, exit, by) = keys::marked(&key).unwrap();
            assert_eq!((project, exit), (mark.project, mark.exit));
            assert_eq!(MarkBy::read(by), Some(mark.by));
        }
    }
}
