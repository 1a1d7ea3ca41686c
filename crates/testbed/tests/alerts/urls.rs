//! URLs that somebody enters lead to no place that is nobody's business.

use serde_json::{Value, json};
use testbed::receiver::{Receiver, SECRET};
use testbed::tls::Authority;
use testbed::world::World;

async fn enter(world: &World, url: &str) -> (u16, Value) {
    let body = json!({ "name": "x", "url": url, "secret": SECRET });
    let called = world.control.call(("POST", "/api/v1/webhooks"), "", Some(&body)).await.unwrap();
    (called.status, called.body)
}

/// Row 19: by any spelling of an address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_to_an_address_that_is_not_public_is_not_saved() {
    let world = World::start(&[]).await.unwrap();
    let api = world.node.api();
    let own = format!("https://{api}/");
    for url in [
        "http://hooks.example/",
        "ftp://hooks.example/",
        "https://user:password@hooks.example/",
        "https://127.0.0.1/",
        "https://127.1/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://localhost/",
        "https://a.localhost./",
        "https://[::1]/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://168.63.129.16/",
        "https://10.0.0.1/",
        "https://172.16.0.1:6379/",
        "https://192.168.1.1:5432/",
        "https://100.64.0.1/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://0.0.0.0:8000/",
        "https://224.0.0.1/",
        "https://255.255.255.255/",
        &own,
    ] {
        let (status, answer) = enter(&world, url).await;
        assert_eq!((status, &answer["errors"][0]["pointer"]), (422, &json!("/url")), "{url}");
    }
    assert_eq!(world.control.get("/api/v1/webhooks").await.unwrap()["total"], 0);
    let (status, answer) = enter(&world, "https://hooks.example:8443/a?b=c").await;
    assert_eq!(status, 201, "{answer}");
}

/// Row W09: what was public when it was saved is looked up and checked when it is sent to, and
/// nothing is followed from there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_reaches_what_the_operator_allows_and_follows_nobody() {
    let allowed = Receiver::start(&[302]).await.unwrap();
    let other = Receiver::start(&[]).await.unwrap();
    let rule = allowed.address().to_string();
    let world = World::start(&[("OCTOPROX_WEBHOOK_ALLOW_TARGETS", &rule)]).await.unwrap();
    assert_eq!(enter(&world, &other.url()).await.0, 422);
    assert_eq!(enter(&world, &format!("https://{}/", other.address())).await.0, 422);
    let (status, made) = enter(&world, &allowed.url()).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("/api/v1/webhooks/{}/test", made["id"].as_str().unwrap());
    let trial = world.control.post(&path, &json!({})).await.unwrap();
    assert_eq!((&trial["status"], &trial["error"]), (&json!(302), &json!("status")));

    // A name of this machine: only when it is sent to, is it known where it leads.
    let name = format!("https://ip6-allnodes.localdomain4:{}/", other.address().port());
    let (status, made) = enter(&world, &name).await;
    if status == 201 {
        let path = format!("/api/v1/webhooks/{}/test", made["id"].as_str().unwrap());
        let trial = world.control.post(&path, &json!({})).await.unwrap();
        assert_eq!(trial["is_delivered"], false, "{trial}");
    }
    assert!(other.told().is_empty());
}

/// Redis, Postgres and the balancer are beside us: a network that is allowed does not open them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_node_depends_on_is_no_receiver_in_an_allowed_network() {
    let redis = testbed::redis::Redis::start().await.unwrap();
    let url = redis.url();
    let balancer = "http://127.0.0.1:8990";
    let settings = [
        ("OCTOPROX_WEBHOOK_ALLOW_TARGETS", "127.0.0.0/8"),
        ("OCTOPROX_REDIS_URL", &url),
        ("OCTOPROX_PUBLIC_URL", balancer),
    ];
    let world = World::start(&settings).await.unwrap();
    let there = [redis.address(), "127.0.0.1:8990".parse().unwrap()];
    for address in there.into_iter().chain([world.node.api(), world.node.proxy()]) {
        let (status, made) = enter(&world, &format!("http://{address}/")).await;
        if status == 422 {
            continue;
        }
        let path = format!("/api/v1/webhooks/{}/test", made["id"].as_str().unwrap());
        let trial = world.control.post(&path, &json!({})).await.unwrap();
        assert_eq!(trial["error"], "forbidden", "{address}: {trial}");
    }
}

/// A certificate that nobody vouches for is not enough.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_has_to_prove_its_name() {
    let authority = Authority::new().unwrap();
    let target = testbed::origin::Origin::start_tls(&authority).await.unwrap();
    let settings = &[("OCTOPROX_WEBHOOK_ALLOW_TARGETS", "127.0.0.1")];
    let world = World::start(settings).await.unwrap();
    let (status, made) = enter(&world, &target.url("/echo")).await;
    assert_eq!(status, 201, "{made}");
    let path = format!("/api/v1/webhooks/{}/test", made["id"].as_str().unwrap());
    let trial = world.control.post(&path, &json!({})).await.unwrap();
    assert_eq!(trial["error"], "tls", "{trial}");
    assert_eq!(target.request_count(), 0);
}
