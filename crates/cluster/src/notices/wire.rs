//! Notices in JSON, as they go through Redis.

use super::{Notice, Op, Signal};
use model::Revision;
use serde::{Deserialize, Serialize};

/// `{signal, instance_id, entity_id, op, revision}`.
#[derive(Serialize, Deserialize)]
struct Message {
    signal: String,
    instance_id: String,
    entity_id: Option<String>,
    op: String,
    #[serde(default)]
    revision: u64,
}

/// What a message on the channel of events says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// A peer's notice.
    Peer(Notice),
    /// This node's own, which it has heard already.
    Echo,
}

/// A node comes or goes of its own accord: `{instance_id, op}`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Coming {
    pub(crate) instance_id: String,
    pub(crate) op: String,
}

pub(crate) fn write(notice: &Notice, me: &str) -> serde_json::Result<String> {
    serde_json::to_string(&Message {
        signal: notice.signal.as_str().to_owned(),
        instance_id: me.to_owned(),
        entity_id: notice.entity.map(|entity| entity.to_string()),
        op: notice.op.as_str().to_owned(),
        revision: notice.revision.0,
    })
}

/// `None`: a message that says nothing.
pub(crate) fn read(payload: &[u8], me: &str) -> Option<Told> {
    let message: Message = serde_json::from_slice(payload).ok()?;
    if message.instance_id == me {
        return Some(Told::Echo);
    }
    let signal = message.signal.parse().ok().filter(|signal| *signal != Signal::AnythingChanged)?;
    Some(Told::Peer(Notice {
        signal,
        entity: message.entity_id.map(|id| id.parse()).transpose().ok()?,
        op: message.op.parse().ok()?,
        revision: Revision(message.revision),
    }))
}

// === impl Coming ===

impl Coming {
    pub(crate) fn write(me: &str, op: Op) -> serde_json::Result<String> {
        let coming = Self { instance_id: me.to_owned(), op: op.as_str().to_owned() };
        serde_json::to_string(&coming)
    }

    pub(crate) fn read(payload: &[u8]) -> Option<(String, Op)> {
        let Self { instance_id, op } = serde_json::from_slice(payload).ok()?;
        Some((instance_id, op.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_notice_is_read_as_it_was_written_and_an_echo_is_known() {
        let notice = Notice {
            signal: Signal::ProxyChanged,
            entity: Some(Uuid::nil()),
            op: Op::Removed,
            revision: Revision(9),
        };
        let text = write(&notice, "a").unwrap();
        assert_eq!(
            text,
            r#"{"signal":"proxy_changed","instance_id":"a","entity_id":"00000000-0000-0000-0000-000000000000","op":"removed","revision":9}"#
        );
        assert_eq!(read(text.as_bytes(), "b"), Some(Told::Peer(notice)));
        assert_eq!(read(text.as_bytes(), "a"), Some(Told::Echo));
    }

    #[test]
    fn what_says_nothing_is_nothing() {
        let good = r#"{"signal":"user_changed","instance_id":"a","entity_id":null,"op":"added"}"#;
        assert!(read(good.as_bytes(), "b").is_some());
        for bad in [
            String::new(),
            "[]".to_owned(),
            "\u{0}".to_owned(),
            good.replace("user_changed", "anything_changed"),
            good.replace("user_changed", "coup"),
            good.replace("added", "eaten"),
            good.replace("null", "\"not-an-id\""),
        ] {
            assert_eq!(read(bad.as_bytes(), "b"), None, "{bad}");
        }
        assert_eq!(read(&[0xff, 0xfe], "b"), None);
        assert_eq!(Coming::read(b"{}"), None);
    }
}
