//! How much may go through an exit, all nodes together.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use cluster::{Cluster, ClusterError, Grant, GrantId, Want};
use model::ProxyId;
use rand::{RngExt, SeedableRng, rngs::StdRng};
use rustix::process::Signal;
use tokio::time::{Instant, sleep_until};
use tokio_util::task::TaskTracker;

use crate::node::Node;
use crate::server::{Server, until};

fn want(proxy: ProxyId, limit: u32, tokens: u32) -> Want {
    let (window, hold) = (Duration::from_mins(1), Duration::from_secs(5));
    Want { proxy, limit, window, tokens, spent: 0, returned: None, hold }
}

async fn take(cluster: &Cluster, want: Want) -> Grant {
    until("an answer", async || cluster.take(&[want]).await.ok()).await[0]
}

#[tokio::test]
async fn nodes_share_a_limit_and_are_told_when_there_is_more() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    let proxy = ProxyId::new();
    assert_eq!(take(&a.cluster, want(proxy, 10, 6)).await.tokens, 6);
    let rest = take(&b.cluster, want(proxy, 10, 6)).await;
    assert_eq!((rest.tokens, rest.retry_after), (4, None));
    let none = take(&b.cluster, want(proxy, 10, 6)).await;
    let wait = none.retry_after.unwrap();
    assert_eq!(none.tokens, 0);
    assert!(wait > Duration::from_mins(1) && wait <= Duration::from_secs(65), "{wait:?}");
    assert_eq!(take(&b.cluster, want(ProxyId::new(), 10, 6)).await.tokens, 6, "another exit");
    assert_eq!(take(&b.cluster, want(ProxyId::new(), 0, 6)).await.retry_after, None);
    let ttl: u64 = server.ask(&format!("PTTL ratelimit:{proxy}")).await;
    assert!((65_000..=130_000).contains(&ttl), "{ttl}");
}

#[tokio::test]
async fn what_is_returned_can_be_had_again_and_only_once() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    let proxy = ProxyId::new();
    let first = take(&a.cluster, want(proxy, 10, 10)).await;
    for expected in [4, 0] {
        let returning = Want { returned: Some((first.id, 4)), ..want(proxy, 10, 0) };
        take(&a.cluster, returning).await;
        assert_eq!(take(&b.cluster, want(proxy, 10, 10)).await.tokens, expected);
    }
    let unknown: GrantId = take(&a.cluster, want(ProxyId::new(), 1, 1)).await.id;
    let returning = Want { returned: Some((unknown, 9)), ..want(proxy, 10, 1) };
    assert_eq!(take(&a.cluster, returning).await.tokens, 0, "tokens of another exit");
}

#[tokio::test]
async fn what_was_spent_on_credit_counts_whatever_the_limit_says() {
    let server = Server::start().await;
    let a = Node::start("a", &server).await;
    let proxy = ProxyId::new();
    let spent = take(&a.cluster, Want { spent: 12, ..want(proxy, 10, 1) }).await;
    assert_eq!((spent.tokens, spent.retry_after), (0, Some(Duration::from_mins(1))));
    assert_eq!(take(&a.cluster, want(proxy, 12, 1)).await.tokens, 0);
    assert_eq!(take(&a.cluster, want(proxy, 13, 1)).await.tokens, 1);
}

#[tokio::test]
async fn a_grant_costs_two_commands_an_exit() {
    let server = Server::start().await;
    let a = Node::start("a", &server).await;
    let wants: Vec<_> = (0..1_000).map(|_| want(ProxyId::new(), 100, 5)).collect();
    until("answers", async || a.cluster.take(&wants).await.ok()).await;
    let () = server.ask("CONFIG RESETSTAT").await;
    for _ in 0..5 {
        until("answers", async || a.cluster.take(&wants).await.ok()).await;
    }
    let stats: String = server.ask("INFO commandstats").await;
    let calls = |line: &str| line.split(['=', ',']).nth(1)?.parse::<u32>().ok();
    let is_ours = |line: &&str| {
        !["ping", "config", "info", "publish"].iter().any(|&name| line.contains(name))
    };
    let calls: u32 = stats.lines().filter(is_ours).filter_map(calls).sum();
    assert!(calls <= 10_100, "{calls} for 5,000 grants: {stats}");
}

#[tokio::test]
async fn a_slow_redis_costs_nothing_after_three_late_answers() {
    let server = Server::start().await;
    let a = Node::start("a", &server).await;
    server.signal(Signal::STOP);
    let wants = [want(ProxyId::new(), 1, 1)];
    for _ in 0..3 {
        assert!(matches!(a.cluster.take(&wants).await, Err(ClusterError::Slow)));
    }
    let begun = Instant::now();
    for _ in 0..100 {
        assert!(a.cluster.take(&wants).await.is_err());
    }
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    server.signal(Signal::CONT);
    until("an answer", async || a.cluster.take(&wants).await.ok()).await;
}

/// One exit as several nodes use it: as late as they may, giving some back, as chance has it.
struct Exit {
    want: Want,
    used: Mutex<Vec<Instant>>,
}

async fn use_up(cluster: Cluster, exit: Arc<Exit>, seed: u64, end: Instant) {
    let mut chance = StdRng::seed_from_u64(seed);
    let mut returned = None;
    while Instant::now() < end {
        let tokens = chance.random_range(1..=exit.want.limit);
        let wants = [Want { tokens, returned: returned.take(), ..exit.want }];
        let Ok(grants) = cluster.take(&wants).await else { continue };
        let grant = grants[0];
        let kept = chance.random_range(0..=grant.tokens);
        for number in 0..kept {
            // Some at once, some in the last moment.
            if number == kept / 2 {
                sleep_until(grant.until - Duration::from_millis(2)).await;
            }
            let now = Instant::now();
            if now < grant.until {
                exit.used.lock().unwrap().push(now);
            }
        }
        returned = Some((grant.id, grant.tokens - kept));
        let pause = Duration::from_millis(chance.random_range(0..20));
        tokio::time::sleep(pause).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_no_window_more_is_used_than_the_limit_whatever_three_nodes_do() {
    let server = Server::start().await;
    let nodes = [
        Node::start("a", &server).await,
        Node::start("b", &server).await,
        Node::start("c", &server).await,
    ];
    let seed: u64 = rand::random();
    let mut chance = StdRng::seed_from_u64(seed);
    let end = Instant::now() + Duration::from_secs(3);
    let (tracker, mut exits) = (TaskTracker::new(), Vec::new());
    for _ in 0..12 {
        let window = Duration::from_millis(chance.random_range(50..400));
        let hold = Duration::from_millis(chance.random_range(10..200));
        let limit = chance.random_range(1..40);
        let want = Want { window, hold, ..want(ProxyId::new(), limit, 0) };
        let exit = Arc::new(Exit { want, used: Mutex::default() });
        for node in &nodes {
            let using = use_up(node.cluster.clone(), Arc::clone(&exit), chance.random(), end);
            tracker.spawn(using);
        }
        exits.push(exit);
    }
    tracker.close();
    tracker.wait().await;
    for exit in exits {
        let mut used = exit.used.lock().unwrap().clone();
        used.sort_unstable();
        assert!(used.len() > 3, "seed {seed}: {} uses of {:?}", used.len(), exit.want);
        let most = used
            .iter()
            .map(|start| {
                used.iter().filter(|&at| at >= start && *at < *start + exit.want.window).count()
            })
            .max();
        assert!(most <= Some(exit.want.limit as usize), "seed {seed}: {most:?} of {:?}", exit.want);
    }
}
