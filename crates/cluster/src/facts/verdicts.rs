//! Proxies of which one node found out that they work, or do not: told once, kept nowhere.

use std::sync::Arc;

use model::ProxyId;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

use crate::connection::{Connection, Patience};
use crate::error::{ClusterError, Result};
use crate::keys;

/// Batches that are kept for a reader that is slow.
const KEPT: usize = 1_024;
/// Verdicts in one message.
const AT_ONCE: usize = 1_000;

/// The probes of a node have decided whether a proxy works, and it is another verdict than before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// Which one.
    pub proxy: ProxyId,
    /// Whether it works.
    pub works: bool,
}

/// What peers found out.
pub(crate) struct Verdicts {
    connection: Connection,
    told: broadcast::Sender<Arc<[Verdict]>>,
}

#[derive(Serialize, Deserialize)]
struct Message {
    instance_id: String,
    verdicts: Vec<Line>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    proxy: String,
    works: bool,
}

// === impl Verdicts ===

impl Verdicts {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, told: broadcast::Sender::new(KEPT) }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<[Verdict]>> {
        self.told.subscribe()
    }

    pub(crate) async fn tell(&self, verdicts: &[Verdict], me: &str) -> Result<()> {
        for some in verdicts.chunks(AT_ONCE) {
            let message = write(some, me).map_err(ClusterError::Write)?;
            let mut asking = redis::cmd("PUBLISH");
            asking.arg(keys::HEALTH).arg(message);
            let () = self.connection.ask(Patience::Background, &asking).await?;
        }
        Ok(())
    }

    /// A message of a peer; whether it said anything.
    pub(crate) fn hear(&self, payload: &[u8], me: &str) -> bool {
        let Some((from, verdicts)) = read(payload) else { return false };
        if from != me && self.told.send(verdicts.into()).is_err() {
            tracing::trace!("nobody wants to know which proxies work");
        }
        true
    }
}

fn write(verdicts: &[Verdict], me: &str) -> serde_json::Result<String> {
    let line = |verdict: &Verdict| Line { proxy: verdict.proxy.to_string(), works: verdict.works };
    let verdicts = verdicts.iter().map(line).collect();
    serde_json::to_string(&Message { instance_id: me.to_owned(), verdicts })
}

fn read(payload: &[u8]) -> Option<(String, Vec<Verdict>)> {
    let message: Message = serde_json::from_slice(payload).ok()?;
    let verdict = |line: Line| Some(Verdict { proxy: line.proxy.parse().ok()?, works: line.works });
    let verdicts = message.verdicts.into_iter().map(verdict).collect::<Option<_>>()?;
    Some((message.instance_id, verdicts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_was_written_and_nonsense_is_none() {
        let verdicts = [true, false].map(|works| Verdict { proxy: ProxyId::new(), works });
        let text = write(&verdicts, "me").unwrap();
        assert_eq!(read(text.as_bytes()), Some(("me".to_owned(), verdicts.to_vec())));
        assert_eq!(read(text.replace("true", "1").as_bytes()), None);
        assert_eq!(read(text.replace('-', "x").as_bytes()), None);
    }
}
