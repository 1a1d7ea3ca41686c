//! One node at a time.

use std::time::Duration;

use cluster::Standing;
use tokio::time::Instant;

use crate::node::{Node, is_elected, stands};
use crate::server::{Server, until};

#[tokio::test]
async fn one_of_several_is_elected_and_operators_see_which() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    let by_a = a.cluster.stand("metrics_compactor");
    assert_eq!(stands(&by_a, is_elected).await, Standing::Elected { term: 1 });
    let by_b = b.cluster.stand("metrics_compactor");
    let alone = b.cluster.stand("provider_sync:1");
    stands(&alone, is_elected).await;
    assert!(by_a.is_held(Instant::now()) && !by_b.is_held(Instant::now()));
    let views = b.cluster.leases().await.unwrap();
    let seen: Vec<_> = views.iter().map(|view| (&*view.name, &*view.holder)).collect();
    assert_eq!(seen, [("metrics_compactor", "a"), ("provider_sync:1", "b")]);
    assert!(views.iter().all(|view| view.ttl.unwrap() <= Duration::from_secs(5)));
}

#[tokio::test]
async fn a_dropped_lease_is_the_next_ones_within_a_poll() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    let by_a = a.cluster.stand("x");
    stands(&by_a, is_elected).await;
    let by_b = b.cluster.stand("x");
    let begun = Instant::now();
    drop(by_a);
    stands(&by_b, is_elected).await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_node_that_leaves_gives_its_leases_back() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    let by_a = a.cluster.stand("x");
    stands(&by_a, is_elected).await;
    a.cluster.leave().await;
    assert!(!by_a.is_held(Instant::now()));
    assert_eq!(server.ask::<u32>("EXISTS lease:x").await, 0);
    stands(&b.cluster.stand("x"), is_elected).await;
}

#[tokio::test]
async fn what_is_somebody_elses_is_not_given_back() {
    let server = Server::start().await;
    let node = Node::start("a", &server).await;
    let lease = node.cluster.stand("x");
    stands(&lease, is_elected).await;
    let () = server.ask("SET lease:x b PX 60000").await;
    drop(lease);
    node.cluster.leave().await;
    assert_eq!(server.ask::<String>("GET lease:x").await, "b");
}

/// A crashed holder cannot give anything back: its key has to expire.
#[tokio::test]
async fn the_lease_of_a_dead_node_is_anothers_within_six_seconds() {
    let server = Server::start().await;
    let b = Node::start("b", &server).await;
    let () = server.ask("SET lease:x dead PX 5000").await;
    let begun = Instant::now();
    let lease = b.cluster.stand("x");
    stands(&lease, is_elected).await;
    let waited = begun.elapsed();
    assert!(waited < Duration::from_millis(6_500), "{waited:?}");
    assert!(waited > Duration::from_secs(4), "{waited:?}");
}

#[tokio::test]
async fn a_wipe_elects_anew_and_the_holder_knows_that_it_is_another_term() {
    let server = Server::start().await;
    let node = Node::start("a", &server).await;
    let lease = node.cluster.stand("x");
    assert_eq!(stands(&lease, is_elected).await, Standing::Elected { term: 1 });
    let () = server.ask("FLUSHALL").await;
    stands(&lease, |standing| standing == Standing::Elected { term: 2 }).await;
}

#[tokio::test]
async fn a_holder_steps_down_by_its_own_clock_when_redis_hangs() {
    let server = Server::start().await;
    let node = Node::start("a", &server).await;
    let lease = node.cluster.stand("x");
    stands(&lease, is_elected).await;
    let begun = Instant::now();
    server.signal(rustix::process::Signal::STOP);
    stands(&lease, |standing| standing == Standing::Standby).await;
    let waited = begun.elapsed();
    assert!(waited < Duration::from_millis(3_900), "{waited:?}");
    assert!(!lease.is_held(Instant::now()));
    server.signal(rustix::process::Signal::CONT);
    let standing = stands(&lease, is_elected).await;
    assert!(matches!(standing, Standing::Elected { term: 2.. }), "{standing:?}");
}

/// No task of the holder runs: what counts is the clock.
#[test]
fn a_holder_that_was_stopped_knows_at_once_that_its_time_is_over() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (_server, _node, lease) = runtime.block_on(async {
        let server = Server::start().await;
        let node = Node::start("a", &server).await;
        let lease = node.cluster.stand("x");
        stands(&lease, is_elected).await;
        (server, node, lease)
    });
    assert!(lease.is_held(Instant::now()));
    let later = Instant::now() + Duration::from_millis(3_500);
    assert!(!lease.is_held(later));
    assert!(is_elected(*lease.standing().borrow()), "nobody could tell it");
    drop(runtime);
}

#[tokio::test]
async fn a_lease_is_taken_again_after_redis_was_killed() {
    let mut server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    let (by_a, by_b) = (a.cluster.stand("x"), b.cluster.stand("x"));
    until("a holder", async || {
        (is_elected(*by_a.standing().borrow()) || is_elected(*by_b.standing().borrow()))
            .then_some(())
    })
    .await;
    server.kill();
    stands(&by_a, |standing| standing == Standing::Standby).await;
    stands(&by_b, |standing| standing == Standing::Standby).await;
    server.start_again().await;
    let begun = Instant::now();
    until("a holder", async || {
        let now = Instant::now();
        (by_a.is_held(now) != by_b.is_held(now)).then_some(())
    })
    .await;
    assert!(begun.elapsed() < Duration::from_secs(6), "{:?}", begun.elapsed());
}
