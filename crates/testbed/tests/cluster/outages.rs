//! What nodes depend on goes away for longer than a moment: people are told, once, by whichever node
//! can.

use std::time::Duration;

use serde_json::Value;
use testbed::clock::eventually;
use testbed::control::Control;
use tokio::time::Instant;

use super::scene::Scene;

/// On a machine that has other things to do.
const LONG: Duration = Duration::from_mins(1);
/// What is away for longer than this is an outage.
const OUTAGE: Duration = Duration::from_secs(16);

/// The one open alert of this kind, once there is one, whatever the state of everything else.
async fn the_alert(control: &Control, kind: &str) -> Value {
    let path = format!("/api/v1/alerts?state=open&kind={kind}");
    let told = || async {
        let listed = control.get(&path).await.ok()?;
        (listed["total"].as_u64()? > 0).then_some(listed)
    };
    let listed = eventually(kind, LONG, told).await.unwrap();
    assert_eq!(listed["total"], 1, "told of more than once: {listed:#}");
    listed["items"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outages_of_redis_and_of_the_database_are_told_of_once() {
    let mut scene = Scene::set(&[]).await;
    scene.cluster.redis.process.kill().await.unwrap();
    let alert = the_alert(&scene.cluster.control, "cluster_degraded").await;
    assert_eq!(alert["severity"], "critical", "{alert:#}");
    assert_eq!(alert["text"], "Redis does not answer: nodes are not in touch with each other.");
    scene.cluster.redis.start_again().await.unwrap();
    // Nobody can be told of the database before it is back.
    scene.cluster.postgres.stop().unwrap();
    let stopped = Instant::now();
    let lasts = || async { (stopped.elapsed() > OUTAGE).then_some(()) };
    eventually("an outage", LONG, lasts).await.unwrap();
    scene.cluster.postgres.start_again().await.unwrap();
    let alert = the_alert(&scene.cluster.control, "database_away").await;
    let text = alert["text"].as_str().unwrap();
    let seconds = text.strip_prefix("The database did not answer for ");
    let seconds = seconds.and_then(|text| text.strip_suffix(" seconds.")).unwrap();
    assert!((15..60).contains(&seconds.parse::<u32>().unwrap()), "{text}");
    scene.ask(6).await.none_failed();
}
