//! Health, documents, hosts, bodies that are none, notices.

use api::Readiness;
use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn health_tells_whether_traffic_may_come() {
    let world = World::empty().await;
    let expected = [
        (Readiness::Ready, 200, "healthy"),
        (Readiness::Starting, 503, "starting"),
        (Readiness::Draining, 503, "draining"),
        (Readiness::Ending, 503, "draining"),
    ];
    for (readiness, status, word) in expected {
        world.readiness.send_replace(readiness);
        assert_eq!(world.get("", "/ready").await.status, status, "{word}");
        let health = world.get("", "/health").await;
        assert_eq!(
            (health.status.as_u16(), health.json()["status"].as_str()),
            (status, Some(word))
        );
        assert_eq!(world.get("", "/live").await.status, 200);
    }
    assert_eq!(world.get("", "/health/detailed").await.status, 401);
    assert_eq!(world.get("", "/metrics").await.status, 404, "there is no recorder here");
    assert_eq!(world.get("", "/echo").await.json(), json!({"ip": "192.0.2.1"}));
}

#[tokio::test]
async fn the_document_names_every_route_and_the_pages_load_what_they_need() {
    let world = World::empty().await;
    let document = world.get("", "/api/openapi.json").await.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let upload = &document["paths"]["/api/v1/projects/{project}/proxies/upload"]["post"];
    assert_eq!(upload["operationId"], "upload_proxies");
    let operations = document["paths"].as_object().unwrap().values();
    let count: usize = operations.map(|methods| methods.as_object().unwrap().len()).sum();
    assert!(count > 50, "{count}");
    for path in ["/api/docs", "/", "/setup", "/set-password", "/projects/any"] {
        let page = world.get("", path).await;
        assert_eq!(page.status, 200, "{path}");
        assert!(page.field("content-type").starts_with("text/html"), "{path}");
        assert!(page.field("content-security-policy").starts_with("default-src 'self'"));
        let is_ours = |part: &&str| part.starts_with("/pages/") || part.starts_with("/assets/");
        for part in page.text.split('"').filter(is_ours) {
            assert_eq!(world.get("", part).await.status, 200, "{part}");
        }
    }
    for path in ["/pages/none", "/api/none", "/internal/none", "/assets/none.js"] {
        assert_eq!(world.get("", path).await.status, 404, "{path}");
    }
    assert_eq!(world.post("", "/projects", &json!({})).await.status, 404);
}

#[tokio::test]
async fn a_name_that_is_not_ours_is_turned_away() {
    let world = World::new().await;
    let hosts = [
        ("localhost", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("rebound.example.com", 421),
        ("", 421),
    ];
    for (host, status) in hosts {
        let fields = [("host", host)];
        let path = ("GET", "/api/v1/projects");
        assert_eq!(world.call("viewer", path, &fields, "").await.status, status, "{host}");
    }
    let fields = [("host", "rebound.example.com")];
    assert_eq!(world.call("", ("GET", "/health"), &fields, "").await.status, 200);
}

#[tokio::test]
async fn bodies_that_are_no_json_get_an_exact_answer() {
    let world = World::new().await;
    let path = ("POST", "/api/v1/projects");
    let json_field = [("content-type", "application/json")];
    assert_eq!(world.call("admin", path, &[], "{}").await.status, 415);
    for (body, status) in [("{\"canary", 400), ("[]", 422), ("{\"name\": 7}", 422)] {
        let answer = world.call("admin", path, &json_field, body.to_owned()).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        assert!(!answer.text.contains("canary"));
    }
    let large = format!("{{\"name\":\"{}\"}}", "x".repeat(5 << 20));
    assert_eq!(world.call("admin", path, &json_field, large).await.status, 413);
    assert_eq!(world.get("admin", "/api/v1/nothing").await.status, 404);
    assert_eq!(world.call("admin", ("PUT", "/api/v1/projects"), &[], "").await.status, 405);
    assert_eq!(world.get("admin", "/api/v1/projects/not-an-id").await.status, 404);
}

#[tokio::test]
async fn a_change_is_followed_by_a_notice_of_its_revision() {
    let world = World::new().await;
    let mut notices = world.cluster.notices();
    world.project("shop").await;
    let notice = notices.recv().await.unwrap();
    assert_eq!(notice.signal, cluster::Signal::ProjectChanged);
    assert_eq!(notice.revision, world.store.revision().await.unwrap());
    let cluster = world.get("viewer", "/api/v1/cluster").await.json();
    assert_eq!(cluster["members"][0]["id"], "node-1");
}

#[tokio::test]
async fn every_answer_names_its_request_and_a_trusted_balancer_may_name_it() {
    let mut world = World::new().await;
    let first = world.get("", "/live").await.field("x-request-id").to_owned();
    let second = world.get("", "/nowhere").await.field("x-request-id").to_owned();
    assert!(first.len() == 36 && second.len() == 36 && first != second, "{first} {second}");
    let named = |source, id| [("source", source), ("x-request-id", id)];
    let strangers = world.call("", ("GET", "/live"), &named("192.0.2.1", "mine"), "").await;
    assert_ne!(strangers.field("x-request-id"), "mine");
    world.trust("10.0.0.0/8");
    for (id, stays) in
        [("haproxy-1:2", true), ("a b", false), ("", false), (&"x".repeat(129), false)]
    {
        let answer = world.call("", ("GET", "/live"), &named("10.1.2.3", id), "").await;
        assert_eq!(answer.field("x-request-id") == id, stays, "{id}");
    }
}
