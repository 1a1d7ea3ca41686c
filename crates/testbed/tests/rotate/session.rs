//! A session keeps its exit.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use testbed::proxies::{Behaviour, Exit};
use tokio::time::{Instant, interval};

use super::asking::{Asking, many_logins, quiet, tally};

/// How long a session is remembered between two requests of it.
const IDLE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn ten_thousand_requests_of_a_session_leave_from_one_address() {
    let (_exit, list) = many_logins(10).await.unwrap();
    let asking = Asking::start(quiet(), &list).await.unwrap();
    let peers = tally(asking.on_many_connections(10_000, "-session-abc").await.unwrap());
    assert_eq!(peers.into_values().collect::<Vec<_>>(), [10_000]);
}

#[tokio::test]
async fn sessions_spread_over_the_exits_and_each_keeps_its_own() {
    let (_exit, list) = many_logins(10).await.unwrap();
    let asking = Asking::start(quiet(), &list).await.unwrap();
    let first = each_of(200, &asking).await.unwrap();
    assert_eq!(tally(first.clone()).len(), 10);
    for _ in 0..4 {
        assert_eq!(each_of(200, &asking).await.unwrap(), first);
    }
}

/// Where the requests of so many sessions came from. What has no session takes turns in between,
/// and moves none.
async fn each_of(sessions: usize, asking: &Asking) -> Result<Vec<String>> {
    let mut peers = Vec::new();
    for number in 0..sessions {
        asking.ask_once("").await?;
        peers.push(asking.ask_once(&format!("-session-s{number}")).await?);
    }
    Ok(peers)
}

/// Sends requests of one session, one each `pause`, until `end`.
async fn hold(
    asking: &Asking,
    session: &str,
    pause: Duration,
    end: Instant,
) -> Result<Vec<String>> {
    let (mut clock, mut peers) = (interval(pause), Vec::new());
    while Instant::now() < end {
        clock.tick().await;
        peers.push(asking.ask_once(session).await?);
    }
    Ok(peers)
}

/// Ten exits, and ten more, which are broken at first: who then binds a session to one of the first
/// ten keeps it there for no other reason than that it is remembered.
async fn ten_and_ten_broken() -> (Exit, Exit, Asking) {
    let (works, list) = many_logins(10).await.unwrap();
    let (broken, more) = many_logins(10).await.unwrap();
    broken.behave(Behaviour::Refuse).await;
    let settings = json!({ "session_idle_seconds": IDLE.as_secs(), "max_retries": 10 });
    let asking = Asking::start(settings, &(list + &more)).await.unwrap();
    (works, broken, asking)
}

/// The requirement is about real time: a session that is asked for all the time, and one that each
/// time has nearly been forgotten, both last a minute, among others that come and go.
#[tokio::test]
async fn a_session_lasts_a_minute_busy_or_nearly_idle() {
    let (_works, broken, asking) = ten_and_ten_broken().await;
    let bound = each_of(40, &asking).await.unwrap();
    let end = Instant::now() + Duration::from_secs(61);
    let held = async {
        tokio::join!(
            hold(&asking, "-session-busy", Duration::from_millis(50), end),
            hold(&asking, "-session-idle", Duration::from_secs(3), end),
        )
    };
    let others = async {
        // Both sessions are bound by now, or will be without the broken ones.
        while asking.origin.request_count() < 90 {
            tokio::task::yield_now().await;
        }
        broken.behave(Behaviour::Honest).await;
        let (mut clock, mut number, mut peers) = (interval(Duration::from_millis(100)), 0, vec![]);
        while Instant::now() < end {
            clock.tick().await;
            number += 1;
            peers.push(asking.ask_once(&format!("-session-other{number}")).await.unwrap());
        }
        tally(peers)
    };
    let ((busy, idle), others) = tokio::join!(held, others);
    let (busy, idle) = (busy.unwrap(), idle.unwrap());
    assert!(busy.len() > 600 && idle.len() >= 20, "{} and {} requests", busy.len(), idle.len());
    assert_eq!(tally(busy).len(), 1, "the busy session kept its exit");
    assert_eq!(tally(idle).len(), 1, "the session kept its exit over the gaps");
    assert!(others.len() > 10, "sessions that are new use what has mended: {others:?}");
    assert_ne!(
        each_of(40, &asking).await.unwrap(),
        bound,
        "what nobody asks for is not remembered for ever"
    );
}
