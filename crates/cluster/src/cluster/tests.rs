//! A node that is alone keeps every promise of a cluster.

use jiff::Timestamp;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use uuid::Uuid;

use super::*;
use crate::{Op, Role, Signal, Standing};

fn cluster() -> Cluster {
    Cluster::solo(Member {
        id: "node-1".to_owned(),
        role: Role::All,
        revision: Revision(0),
        started_at: Timestamp::UNIX_EPOCH,
        addresses: vec![([127, 0, 0, 1], 8080).into()],
        state: MemberState::Ready,
        load: Load::default(),
    })
}

fn notice(revision: u64) -> Notice {
    Notice {
        signal: Signal::ConnectorChanged,
        entity: Some(Uuid::nil()),
        op: Op::Updated,
        revision: Revision(revision),
    }
}

#[tokio::test]
async fn a_node_hears_its_own_notices_at_every_subscriber() {
    let cluster = cluster();
    cluster.notify(notice(1)).await;
    let (mut one, mut two) = (cluster.notices(), cluster.clone().notices());
    cluster.notify(notice(2)).await;
    for receiver in [&mut one, &mut two] {
        assert_eq!(receiver.recv().await, Ok(notice(2)));
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Empty));
    }
}

#[tokio::test]
async fn a_slow_subscriber_is_told_that_it_missed_something() {
    let cluster = cluster();
    let mut slow = cluster.notices();
    for revision in 0..=1024 {
        cluster.notify(notice(revision)).await;
    }
    assert_eq!(slow.recv().await, Err(RecvError::Lagged(1)));
    assert_eq!(slow.recv().await, Ok(notice(1)));
}

#[tokio::test]
async fn members_show_what_was_announced_and_wake_only_for_news() {
    let cluster = cluster();
    let mut members = cluster.members();
    assert_eq!(cluster.instance_id(), members.borrow_and_update()[0].id);
    cluster.announce(Revision(7)).await;
    assert!(members.has_changed().unwrap());
    let seen = members.borrow_and_update().to_vec();
    assert_eq!((seen.len(), seen[0].revision, seen[0].role), (1, Revision(7), Role::All));
    cluster.announce(Revision(7)).await;
    assert!(!members.has_changed().unwrap());
}

#[tokio::test]
async fn the_load_is_shown_and_wakes_nobody() {
    let cluster = cluster();
    let members = cluster.members();
    let load = Load { in_flight: 3, ..Load::default() };
    cluster.report(load);
    assert_eq!(members.borrow()[0].load, load);
    assert!(!members.has_changed().unwrap());
}

#[tokio::test]
async fn a_node_that_is_alone_holds_every_lease_for_as_long_as_it_wants() {
    let cluster = cluster();
    let lease = cluster.stand("metrics_compactor");
    assert_eq!(lease.name(), "metrics_compactor");
    assert!(lease.is_held(tokio::time::Instant::now()));
    assert_eq!(*lease.standing().borrow(), Standing::Elected { term: 1 });
    let views = cluster.leases().await.unwrap();
    let view = LeaseView { name: lease.name().to_owned(), holder: "node-1".to_owned(), ttl: None };
    assert_eq!(views, [view]);
    drop(lease);
    assert_eq!(cluster.leases().await.unwrap(), []);
    assert_eq!(*cluster.link().borrow(), Link::Alone);
    cluster.leave().await;
}

#[test]
fn words_are_as_operators_grep_them() {
    let signals = "project_changed credential_changed connector_changed proxy_changed \
         proxy_quarantine_changed user_changed api_key_changed log_filter_changed \
         webhook_changed alert_changed root_changed anything_changed";
    assert_eq!(Signal::WORDS.join(" "), signals);
    assert_eq!(Op::WORDS.join(" "), "added updated removed");
    assert_eq!(Role::WORDS.join(" "), "all control data worker");
}
