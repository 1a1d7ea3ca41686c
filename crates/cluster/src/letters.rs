//! What nodes write one another, to one or to all: read by those who listen just then, kept nowhere.

use std::sync::Arc;

use tokio::sync::broadcast;

use crate::connection::{Connection, Patience};
use crate::error::Result;
use crate::keys;

/// Letters that are kept for a reader that is slow.
pub(crate) const KEPT: usize = 256;

/// What a node has written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its name.
    pub from: String,
    /// What it says.
    pub text: String,
}

/// Letters of peers.
pub(crate) struct Letters {
    connection: Connection,
    come: broadcast::Sender<Arc<Letter>>,
}

// === impl Letters ===

impl Letters {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, come: broadcast::Sender::new(KEPT) }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<Letter>> {
        self.come.subscribe()
    }

    /// To one node; `None`: to all.
    pub(crate) async fn write(&self, to: Option<&str>, text: &str, me: &str) -> Result<()> {
        let mut asking = redis::cmd("PUBLISH");
        match to {
            Some(node) => asking.arg(keys::letters(node)),
            None => asking.arg(keys::LETTERS),
        };
        asking.arg(format!("{me}\n{text}"));
        self.connection.ask(Patience::Background, &asking).await
    }

    /// A message of a peer; whether it is a letter.
    pub(crate) fn hear(&self, payload: &[u8], me: &str) -> bool {
        let Some(letter) = read(payload) else { return false };
        if letter.from != me && self.come.send(Arc::new(letter)).is_err() {
            tracing::trace!("nobody reads letters");
        }
        true
    }
}

/// The first line names the sender.
fn read(payload: &[u8]) -> Option<Letter> {
    let (from, text) = std::str::from_utf8(payload).ok()?.split_once('\n')?;
    let is_name = !from.is_empty();
    is_name.then(|| Letter { from: from.to_owned(), text: text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_has_a_sender_and_nonsense_is_none() {
        let letter = Letter { from: "node 1".to_owned(), text: "a\nb".to_owned() };
        assert_eq!(read(b"node 1\na\nb"), Some(letter));
        for bad in [&b"node 1"[..], b"\na", b"\xff\na", b""] {
            assert_eq!(read(bad), None);
        }
    }
}
