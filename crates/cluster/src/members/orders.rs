//! Whether a node is to be drained: an order that waits in Redis until the node asks for it.

use serde::{Deserialize, Serialize};

use super::Member;

/// How long an order waits for a node that does not ask, seconds: as long as its name is known.
pub(super) const KEPT: u64 = 3600;

/// `{started_at, draining}`: who was started later is not meant.
#[derive(Serialize, Deserialize)]
struct Order {
    started_at: String,
    draining: bool,
}

pub(super) fn write(to: &Member, draining: bool) -> serde_json::Result<String> {
    serde_json::to_string(&Order { started_at: to.started_at.to_string(), draining })
}

/// What it says to `me`; `None`: nothing.
pub(super) fn read(text: &str, me: &Member) -> Option<bool> {
    let order: Order = serde_json::from_str(text).ok()?;
    (order.started_at == me.started_at.to_string()).then_some(order.draining)
}

#[cfg(test)]
mod tests {
    use jiff::{Timestamp, ToSpan};
    use model::Revision;

    use super::*;
    use crate::Role;
    use crate::members::{Load, MemberState};

    #[test]
    fn an_order_is_for_the_process_that_it_was_given_to() {
        let me = Member {
            id: "a".to_owned(),
            role: Role::All,
            revision: Revision(0),
            started_at: Timestamp::UNIX_EPOCH,
            addresses: Vec::new(),
            state: MemberState::Ready,
            load: Load::default(),
        };
        let order = write(&me, true).unwrap();
        assert_eq!(order, r#"{"started_at":"1970-01-01T00:00:00Z","draining":true}"#);
        assert_eq!(read(&order, &me), Some(true));
        assert_eq!(read(&order.replace("true", "false"), &me), Some(false));
        let successor = Member { started_at: me.started_at + 1.second(), ..me.clone() };
        for (text, to) in [(&*order, &successor), ("", &me), ("{}", &me)] {
            assert_eq!(read(text, to), None, "{text}");
        }
    }
}
