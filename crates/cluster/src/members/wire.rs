//! A node in JSON, as it stands in Redis.

use model::Revision;
use serde::{Deserialize, Serialize};

use super::{Load, Member, MemberState};

/// `{role, revision, started_at, addresses, state, load}`; the name is in the key.
#[derive(Serialize, Deserialize)]
struct Value {
    role: String,
    revision: u64,
    started_at: String,
    addresses: Vec<String>,
    /// Nodes of earlier versions do not say it.
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    load: Load,
}

pub(super) fn write(member: &Member) -> serde_json::Result<String> {
    serde_json::to_string(&Value {
        role: member.role.as_str().to_owned(),
        revision: member.revision.0,
        started_at: member.started_at.to_string(),
        addresses: member.addresses.iter().map(ToString::to_string).collect(),
        state: Some(member.state.as_str().to_owned()),
        load: member.load,
    })
}

/// `None`: that is no node, or one of a version that is too different.
pub(super) fn read(id: &str, text: &str) -> Option<Member> {
    let value: Value = serde_json::from_str(text).ok()?;
    Some(Member {
        id: id.to_owned(),
        role: value.role.parse().ok()?,
        revision: Revision(value.revision),
        started_at: value.started_at.parse().ok()?,
        addresses: value.addresses.iter().filter_map(|address| address.parse().ok()).collect(),
        state: value.state.map_or(Ok(MemberState::Ready), |state| state.parse()).ok()?,
        load: value.load,
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::Role;

    #[test]
    fn what_is_written_is_read_and_anything_else_is_nobody() {
        let member = Member {
            id: "node 1".to_owned(),
            role: Role::Worker,
            revision: Revision(7),
            started_at: Timestamp::UNIX_EPOCH,
            addresses: vec![([127, 0, 0, 1], 8080).into(), "[::1]:8000".parse().unwrap()],
            state: MemberState::Draining,
            load: Load { in_flight: 3, connections: 4, requests_per_second: 5 },
        };
        let text = write(&member).unwrap();
        assert_eq!(read("node 1", &text), Some(member));
        let keys = r#"{"role":"worker","revision":7,"started_at":"1970-01-01T00:00:00Z","addresses":["127.0.0.1:8080","[::1]:8000"],"state":"draining","load":{"in_flight":3,"connections":4,"requests_per_second":5}}"#;
        assert_eq!(text, keys);
        for strange in ["", "{}", "7", &text.replace("worker", "king"), &text.replace('7', "-7")] {
            assert_eq!(read("node 1", strange), None, "{strange}");
        }
        let of_an_earlier_version = text.split(",\"state\"").next().unwrap().to_owned() + "}";
        let read = read("node 1", &of_an_earlier_version).unwrap();
        assert_eq!((read.state, read.load), (MemberState::Ready, Load::default()));
    }
}
