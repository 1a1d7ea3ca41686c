//! The failover smoke test of the runbook: the node that does something for all is killed, and another
//! goes on with it.

use std::time::Duration;

use serde_json::Value;
use testbed::clock::eventually;
use testbed::cluster::{Cluster, name};
use tokio::time::Instant;

const LEASE: &str = "metrics_compactor";
/// A lease ends after 5 s and is stood for every second: 6 s, and something for a busy machine.
const FAILOVER: Duration = Duration::from_secs(8);
/// A heartbeat lives for 10 s, and every 2 s somebody looks; the same.
const DEPARTURE: Duration = Duration::from_secs(16);

/// Who holds the lease and writes under it, as the API says.
#[derive(Debug, PartialEq)]
struct Held {
    holder: String,
    epoch: u64,
}

async fn view(cluster: &Cluster) -> Option<Value> {
    cluster.control.get("/api/v1/cluster").await.ok()
}

async fn held(cluster: &Cluster) -> Option<Held> {
    let view = view(cluster).await?;
    let lease = view["leases"].as_array()?.iter().find(|lease| lease["name"] == LEASE)?.clone();
    let holder = lease["holder"].as_str()?.to_owned();
    let is_written = lease["writer"] == lease["holder"];
    Some(Held { holder, epoch: lease["epoch"].as_u64()? }).filter(|_| is_written)
}

async fn members(cluster: &Cluster) -> Option<Vec<String>> {
    let view = view(cluster).await?;
    let id = |member: &Value| member["id"].as_str().map(str::to_owned);
    view["members"].as_array()?.iter().map(id).collect()
}

#[tokio::test]
async fn another_node_goes_on_when_the_holder_of_a_lease_is_killed() {
    let mut cluster = Cluster::start(&[]).await.unwrap();
    let before = eventually("a holder", FAILOVER, || held(&cluster)).await.unwrap();
    let all = || async { members(&cluster).await.filter(|members| members.len() == 3) };
    eventually("three members", DEPARTURE, all).await.unwrap();
    let at = cluster.lease(LEASE).await.unwrap().unwrap();
    assert!(at.starts_with(&before.holder), "{at} and {before:?}");
    let place = (0..3).find(|place| name(*place) == before.holder).unwrap();

    let killed = Instant::now();
    cluster.nodes[place].process.kill().await.unwrap();
    let next = || async { held(&cluster).await.filter(|now| now.holder != before.holder) };
    let after = eventually("another holder", FAILOVER, next).await.unwrap();
    assert!(after.epoch > before.epoch, "{before:?}, {after:?}");
    let (failover, epochs) = (killed.elapsed(), (before.epoch, after.epoch));
    let gone = || async {
        let members = members(&cluster).await?;
        (members.len() == 2 && !members.contains(&before.holder)).then_some(())
    };
    eventually("two members", DEPARTURE.saturating_sub(killed.elapsed()), gone).await.unwrap();
    let departure = killed.elapsed();
    eprintln!("held by another after {failover:?} {epochs:?}, no member after {departure:?}");
}

#[tokio::test]
async fn the_api_shows_who_is_there_and_who_does_what() {
    let cluster = Cluster::start(&[]).await.unwrap();
    let whole = || async {
        let view = view(&cluster).await?;
        let leases = view["leases"].as_array()?;
        let is_held = |name: &str| {
            let mut found = leases.iter().filter(|lease| lease["name"] == name);
            found.any(|lease| lease["holder"].is_string() && lease["epoch"].as_u64() >= Some(1))
        };
        let members = view["members"].as_array()?;
        let is_whole = members.len() == 3
            && members.iter().all(|member| member["exits_owned"].is_u64())
            && ["metrics_compactor", "tombstone_collector"].into_iter().all(is_held)
            && view["coordination"] == "connected";
        is_whole.then_some(())
    };
    eventually("the whole of it", DEPARTURE, whole).await.unwrap();
}
