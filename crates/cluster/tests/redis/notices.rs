//! Something changed.

use std::time::Duration;

use cluster::{Notice, Op, Signal};
use model::Revision;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::time::{Instant, timeout};

use crate::node::{Node, next, notice};
use crate::server::{Server, is_established, until};

#[tokio::test]
async fn a_notice_reaches_every_node_once() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    let (mut by_a, mut by_b) = (a.cluster.notices(), b.cluster.notices());
    a.cluster.notify(notice(1)).await;
    b.cluster.notify(notice(2)).await;
    assert_eq!(next(&mut by_a).await, Ok(notice(1)));
    assert_eq!(next(&mut by_a).await, Ok(notice(2)));
    assert_eq!(by_a.try_recv(), Err(TryRecvError::Empty), "its own came back");
    let heard = [next(&mut by_b).await.unwrap(), next(&mut by_b).await.unwrap()];
    assert!(heard.contains(&notice(1)) && heard.contains(&notice(2)), "{heard:?}");
}

#[tokio::test]
async fn what_somebody_else_says_is_ignored_unless_it_is_a_notice() {
    let server = Server::start().await;
    let node = Node::start("a", &server).await;
    let mut notices = node.cluster.notices();
    for nonsense in ["x", "{}", "[1]", r#"{"signal":"anything_changed"}"#] {
        let _: u32 = server.ask(&format!("PUBLISH octoprox:events {nonsense}")).await;
        let _: u32 = server.ask(&format!("PUBLISH octoprox:members {nonsense}")).await;
        let _: u32 = server.ask(&format!("PUBLISH octoprox:sticky {nonsense}")).await;
    }
    let good =
        r#"{"signal":"user_changed","instance_id":"x","entity_id":null,"op":"added","revision":5}"#;
    let _: u32 = server.ask(&format!("PUBLISH octoprox:events {good}")).await;
    let expected =
        Notice { signal: Signal::UserChanged, entity: None, op: Op::Added, revision: Revision(5) };
    assert_eq!(next(&mut notices).await, Ok(expected));
}

#[tokio::test]
async fn a_listener_that_was_cut_off_says_so_and_listens_again() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    let mut notices = a.cluster.notices();
    let begun = Instant::now();
    let _: u32 = server.ask("CLIENT KILL TYPE pubsub").await;
    assert_eq!(next(&mut notices).await.map(|notice| notice.signal), Ok(Signal::AnythingChanged));
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    b.cluster.notify(notice(3)).await;
    assert_eq!(next(&mut notices).await, Ok(notice(3)));
}

/// The connection to listen on hangs without being closed; questions go on.
#[tokio::test]
async fn a_listener_that_hears_nothing_asks_whether_it_is_still_connected() {
    let server = Server::start().await;
    let node = Node::start("a", &server).await;
    let mut notices = node.cluster.notices();
    let listener = server.listener().await;
    server.signal(rustix::process::Signal::STOP);
    node.away().await;
    until("a listener that gives up", async || (!is_established(listener)).then_some(())).await;
    server.signal(rustix::process::Signal::CONT);
    node.connected().await;
    let heard = timeout(Duration::from_secs(10), notices.recv()).await;
    assert_eq!(heard.unwrap().map(|notice| notice.signal), Ok(Signal::AnythingChanged));
    until("a listener", async || (crate::node::listeners(&server).await == 1).then_some(())).await;
}
