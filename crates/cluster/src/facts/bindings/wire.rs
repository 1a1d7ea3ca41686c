//! Bindings in JSON: one as a value, many as a message.

use std::time::Duration;

use model::ProjectId;
use serde::{Deserialize, Serialize};

use super::{Binding, milliseconds};

/// `{exit, connector, country?, ttl_ms?, idle_ms?}`.
#[derive(Serialize, Deserialize)]
struct Value {
    exit: String,
    connector: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    idle_ms: Option<u64>,
}

#[derive(Serialize, Deserialize)]
struct Message {
    instance_id: String,
    bindings: Vec<Named>,
}

#[derive(Serialize, Deserialize)]
struct Named {
    project: String,
    session: String,
    #[serde(flatten)]
    value: Value,
}

pub(super) fn write(binding: &Binding) -> serde_json::Result<String> {
    serde_json::to_string(&value(binding))
}

pub(super) fn write_message(bindings: &[&Binding], me: &str) -> serde_json::Result<String> {
    let named = |binding: &&Binding| Named {
        project: binding.project.to_string(),
        session: binding.session.clone(),
        value: value(binding),
    };
    let bindings = bindings.iter().map(named).collect();
    serde_json::to_string(&Message { instance_id: me.to_owned(), bindings })
}

/// What a session is bound to, given the milliseconds that Redis will keep it; `None`: nothing that
/// is understood, or nothing any more.
pub(super) fn read(project: ProjectId, session: &str, value: &str, left: i64) -> Option<Binding> {
    let left = Duration::from_millis(u64::try_from(left).ok()?);
    let value = serde_json::from_str::<Value>(value).ok()?;
    let mut binding = binding(project, session.to_owned(), &value)?;
    // It was written with its whole life before it, so what is gone of that is its age.
    let age = Duration::from_millis(binding.life()).saturating_sub(left);
    binding.ttl = binding.ttl.map(|ttl| ttl.saturating_sub(age));
    Some(binding)
}

/// What the session of `loser` is bound to instead.
pub(super) fn winner(loser: &Binding, (value, left): &(String, i64)) -> Option<Binding> {
    read(loser.project, &loser.session, value, *left)
}

/// Who says it, and what.
pub(super) fn read_message(payload: &[u8]) -> Option<(String, Vec<Binding>)> {
    let message: Message = serde_json::from_slice(payload).ok()?;
    let named = |named: Named| binding(named.project.parse().ok()?, named.session, &named.value);
    let bindings = message.bindings.into_iter().map(named).collect::<Option<_>>()?;
    Some((message.instance_id, bindings))
}

fn value(binding: &Binding) -> Value {
    Value {
        exit: binding.exit.to_string(),
        connector: binding.connector.to_string(),
        country: binding.country.map(|country| country.to_string()),
        ttl_ms: binding.ttl.map(milliseconds),
        idle_ms: binding.idle.map(milliseconds),
    }
}

fn binding(project: ProjectId, session: String, value: &Value) -> Option<Binding> {
    Some(Binding {
        project,
        session,
        exit: value.exit.parse().ok()?,
        connector: value.connector.parse().ok()?,
        country: value.country.as_deref().map(str::parse).transpose().ok()?,
        ttl: value.ttl_ms.map(Duration::from_millis),
        idle: value.idle_ms.map(Duration::from_millis),
        replaces: None,
    })
}

#[cfg(test)]
mod tests {
    use model::{ConnectorId, ProxyId};

    use super::*;

    fn example() -> Binding {
        Binding {
            project: ProjectId::new(),
            session: "a:b c".to_owned(),
            exit: ProxyId::new(),
            connector: ConnectorId::new(),
            country: Some("GB".parse().unwrap()),
            ttl: Some(Duration::from_mins(1)),
            idle: Some(Duration::from_secs(10)),
            replaces: None,
        }
    }

    #[test]
    fn what_is_read_is_as_old_as_its_key() {
        let wanted = example();
        let text = write(&wanted).unwrap();
        let read = read(wanted.project, &wanted.session, &text, 4_000).unwrap();
        assert_eq!(read, Binding { ttl: Some(Duration::from_secs(54)), ..wanted });
    }

    #[test]
    fn a_key_is_taken_apart_as_it_was_made() {
        let Binding { project, session, .. } = example();
        let key = crate::keys::sticky(project, &session);
        assert_eq!(crate::keys::session(&key), Some((project, &*session)));
    }

    #[test]
    fn a_message_is_read_as_it_was_written_and_half_of_one_is_none() {
        let (one, two) = (example(), Binding { country: None, ttl: None, ..example() });
        let text = write_message(&[&one, &two], "me").unwrap();
        let expected = ("me".to_owned(), vec![one, two]);
        assert_eq!(read_message(text.as_bytes()), Some(expected));
        assert_eq!(read_message(text.replace("GB", "Great Britain").as_bytes()), None);
        assert_eq!(read_message(b"{}"), None);
    }
}
