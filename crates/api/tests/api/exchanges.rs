//! Finished requests, and streams of what happens.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use cluster::{Notice, Op, Signal};
use futures_util::StreamExt;
use model::exchange::{Blame, ExchangeKind, FailedAttempt, Trail};
use model::{ConnectorId, Exchange, ProjectId, ProxyId, Revision, Target};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::world::World;

const PATIENCE: Duration = Duration::from_secs(20);

fn exchange(host: &str, blame: Option<Blame>) -> Exchange {
    let failed = blame.map(|_| FailedAttempt {
        exit: ProxyId::new(),
        error: "connection_refused",
        after: Duration::from_millis(1),
        took: Duration::from_millis(2),
    });
    Exchange {
        started_at: jiff::Timestamp::from_second(1_700_000_000).unwrap(),
        kind: ExchangeKind::Connect,
        client: [127, 0, 0, 1].into(),
        project: Some(ProjectId::new()),
        connector: Some(ConnectorId::new()),
        proxy: blame.is_none().then(ProxyId::new),
        country: None,
        target: Target::parse(&format!("{host}:443")).ok(),
        status: if blame.is_some() { 502 } else { 200 },
        blame,
        attempts: 1,
        latency: Duration::from_millis(3),
        duration: Duration::from_millis(1_500),
        bytes_sent: 1,
        bytes_received: 2,
        banned_by: None,
        trail: Trail {
            method: "CONNECT".into(),
            error: if blame.is_some() { "connection_refused" } else { "" },
            failed: failed.into_iter().collect(),
            ..Trail::default()
        },
    }
}

fn hosts(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["host"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn finished_requests_are_listed_filtered_and_shown() {
    let world = World::new().await;
    let failed = exchange("b.test", Some(Blame::Exit));
    world.journal.add(&[exchange("a.test", None), failed.clone(), exchange("c.test", None)]);
    let list =
        async |query: &str| world.get("viewer", &format!("/api/v1/exchanges{query}")).await.json();
    let all = list("").await;
    assert_eq!(hosts(&all), ["c.test", "b.test", "a.test"]);
    assert_eq!((&all["next"], &all["silent"]), (&Value::Null, &json!([])));
    let first = list("?limit=2").await;
    let next = first["next"].as_str().unwrap();
    assert_eq!(hosts(&list(&format!("?limit=2&before={next}")).await), ["a.test"]);
    let (project, exit) = (failed.project.unwrap(), failed.trail.failed[0].exit);
    for query in [
        "?host=b.test".to_owned(),
        "?blame=exit".to_owned(),
        "?status=5xx".to_owned(),
        "?text=REFUSED".to_owned(),
        format!("?project_id={project}"),
        format!("?exit={exit}"),
    ] {
        assert_eq!(hosts(&list(&query).await), ["b.test"], "{query}");
    }
    for (query, pointer) in [
        ("?limit=0", "?limit"),
        ("?before=x", "?before"),
        ("?project_id=x", "?project_id"),
        ("?connector_id=x", "?connector_id"),
        ("?status=x", "?status"),
    ] {
        let answer = world.get("viewer", &format!("/api/v1/exchanges{query}")).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["errors"][0]["pointer"]),
            (422, &json!(pointer))
        );
    }
    let id = all["items"][1]["id"].as_str().unwrap();
    let shown = world.get("viewer", &format!("/api/v1/exchanges/{id}")).await.json();
    assert_eq!((&shown["node"], &shown["error"]), (&json!("node-1"), &json!("connection_refused")));
    let tried = json!([{"exit": exit.to_string(), "error": "connection_refused", "started_ms": 1.0,
        "ended_ms": 3.0}]);
    assert_eq!((&shown["tried"], &shown["duration_ms"]), (&tried, &json!(1500.0)));
    for missing in ["x", "01900000-0000-7000-8000-000000000000"] {
        let path = format!("/api/v1/exchanges/{missing}");
        assert_eq!(world.get("viewer", &path).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn a_choice_is_explained_to_whoever_may_read() {
    let world = World::new().await;
    let path = format!("{}/explain", world.project("shop").await);
    for (target, said) in [
        ("a.test", "port: 443 }, is_tunnel: true"),
        ("a.test:8443", "port: 8443 }, is_tunnel: true"),
        ("https://a.test/x?y", "port: 443 }, is_tunnel: true"),
        ("http://a.test:81/x", "port: 81 }, is_tunnel: false"),
    ] {
        let body = json!({"target": target, "parameters": "-country-us", "client": "192.0.2.7"});
        let answer = world.post("viewer", &path, &body).await;
        let refusal = &answer.json()["refusal"];
        assert_eq!((&refusal["status"], &answer.json()["exit"]), (&json!(503), &Value::Null));
        let detail = refusal["detail"].as_str().unwrap();
        assert!(detail.contains(said) && detail.contains("192.0.2.7"), "{detail}");
    }
    for (body, pointer) in [
        (json!({"target": "a.test/x"}), "/target"),
        (json!({"target": "http://u:p@a.test"}), "/target"),
        (json!({"target": "a.test", "client": "me"}), "/client"),
        (json!({"target": "a.test", "parameters": "x".repeat(2000)}), "/parameters"),
    ] {
        let answer = world.post("viewer", &path, &body).await;
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{answer:?}");
    }
    assert_eq!(world.post("", &path, &json!({"target": "a.test"})).await.status, 401);
}

// === streams ===

async fn open(world: &World, user: &str, path: &str) -> http::Response<Body> {
    let request = http::Request::builder().uri(path).header("host", "localhost:8000");
    let token = world.tokens.get(user).map(String::as_str).unwrap_or_default();
    let request = request.header("authorization", format!("Bearer {token}"));
    world.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
}

async fn events(world: &World, user: &str, path: &str) -> BodyDataStream {
    let response = open(world, user, path).await;
    assert_eq!(response.status(), 200, "{path}");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

/// The name and the data of the next event; `None`: the stream has ended.
async fn event(stream: &mut BodyDataStream) -> Option<(String, Value)> {
    let heard = async {
        loop {
            let bytes = stream.next().await?.unwrap();
            let text = String::from_utf8(bytes.to_vec()).unwrap();
            if !text.starts_with(':') {
                return Some(text);
            }
        }
    };
    let text = tokio::time::timeout(PATIENCE, heard).await.unwrap()?;
    let part =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    Some((part("event: "), serde_json::from_str(&part("data: ")).unwrap()))
}

#[tokio::test]
async fn requests_are_shown_as_they_finish() {
    let world = World::new().await;
    let mut all = events(&world, "viewer", "/api/v1/live/exchanges").await;
    let mut some = events(&world, "editor", "/api/v1/live/exchanges?blame=any&host=b.test").await;
    let third = open(&world, "editor", "/api/v1/live/exchanges").await;
    assert_eq!(third.status(), 429, "there are two places");
    world.journal.add(&[exchange("a.test", None), exchange("b.test", Some(Blame::Exit))]);
    for host in ["a.test", "b.test"] {
        let (name, data) = event(&mut all).await.unwrap();
        assert_eq!((&*name, &data["host"]), ("exchange", &json!(host)));
    }
    assert_eq!(event(&mut some).await.unwrap().1["host"], "b.test");
    drop(some);
    let many = vec![exchange("c.test", None); 1_001];
    world.journal.add(&many);
    let missed = event(&mut all).await.unwrap();
    assert_eq!(missed, ("missed".to_owned(), json!({"node": "node-1", "count": 1})));
    assert_eq!(open(&world, "viewer", "/api/v1/live/exchanges?status=x").await.status(), 422);
}

#[tokio::test]
async fn changes_are_shown_as_they_are_told() {
    let world = World::new().await;
    let mut all = events(&world, "viewer", "/api/v1/live/changes").await;
    let project = world.project("shop").await;
    let id = project.rsplit('/').next().unwrap();
    let (name, data) = event(&mut all).await.unwrap();
    let revision = data["revision"].as_u64().unwrap();
    let expected = json!({"noun": "project", "id": id, "project_id": id, "op": "added",
        "revision": revision});
    assert_eq!((&*name, data), ("change", expected));
    assert!(revision > 0);
    let notice = Notice {
        signal: Signal::ProxyQuarantineChanged,
        entity: None,
        op: Op::Updated,
        revision: Revision(9),
    };
    for _ in 0..1_100 {
        world.cluster.notify(notice).await;
    }
    assert_eq!(event(&mut all).await.unwrap().1["noun"], "anything");
    let (_, data) = event(&mut all).await.unwrap();
    assert_eq!((&data["noun"], &data["id"]), (&json!("proxy_quarantine"), &Value::Null));
}

#[tokio::test]
async fn the_cluster_is_shown_when_it_changes_and_only_then() {
    let world = World::new().await;
    let mut all = events(&world, "viewer", "/api/v1/live/cluster").await;
    let (name, first) = event(&mut all).await.unwrap();
    assert_eq!((&*name, &first["members"][0]["id"]), ("cluster", &json!("node-1")));
    world.cluster.report(cluster::Load { in_flight: 9, ..cluster::Load::default() });
    world.cluster.announce(Revision(77)).await;
    let (_, second) = event(&mut all).await.unwrap();
    assert_eq!(second["members"][0]["revision"], 77);
    let lease = world.cluster.stand("metrics_compactor");
    let (_, third) = event(&mut all).await.unwrap();
    assert_eq!(third["leases"][0]["holder"], "node-1");
    drop(lease);
    assert_eq!(event(&mut all).await.unwrap().1["leases"], json!([]));
}

#[tokio::test]
async fn a_stream_ends_when_the_caller_may_look_no_longer() {
    for path in ["exchanges", "changes", "cluster"] {
        let (world, path) = (World::new().await, format!("/api/v1/live/{path}"));
        assert_eq!(open(&world, "", &path).await.status(), 401, "{path}");
        let mut stream = events(&world, "editor", &path).await;
        let me = world.get("editor", "/api/v1/users/me").await.json();
        let user = format!("/api/v1/users/{}", me["id"].as_str().unwrap());
        let changed = world.patch("admin", &user, "*", &json!({"role": "viewer"})).await;
        assert_eq!(changed.status, 200, "{changed:?}");
        while event(&mut stream).await.is_some() {}
    }
}

/// The name and the host of each event that comes next.
async fn next(stream: &mut BodyDataStream, count: usize) -> Vec<String> {
    let mut hosts = Vec::new();
    for _ in 0..count {
        hosts.push(event(stream).await.unwrap().1["host"].as_str().unwrap().to_owned());
    }
    hosts
}

#[tokio::test]
async fn a_stream_says_at_once_that_it_is_open() {
    let world = World::new().await;
    let project = world.project("shop").await;
    for path in [
        "/api/v1/live/exchanges",
        "/api/v1/live/changes",
        "/api/v1/live/cluster",
        &format!("{project}/captures/stream"),
    ] {
        let response = open(&world, "viewer", path).await;
        assert_eq!(response.headers()["x-accel-buffering"], "no", "{path}");
        let mut stream = response.into_body().into_data_stream();
        let first = tokio::time::timeout(PATIENCE, stream.next()).await.unwrap();
        assert_eq!(first.unwrap().unwrap(), ": ready\nretry: 2000\n\n", "{path}");
    }
}

/// A stream that goes on behind `last`.
async fn behind(world: &World, path: &str, last: &str) -> BodyDataStream {
    let request = http::Request::builder().uri(path).header("host", "localhost:8000");
    let request = request.header("authorization", format!("Bearer {}", world.tokens["viewer"]));
    let request = request.header("last-event-id", last).body(Body::empty()).unwrap();
    world.router.clone().oneshot(request).await.unwrap().into_body().into_data_stream()
}

#[tokio::test]
async fn a_stream_goes_on_behind_the_last_event() {
    let world = World::new().await;
    world.journal.add(&[exchange("a.test", None), exchange("b.test", None)]);
    let list = world.get("viewer", "/api/v1/exchanges").await.json();
    let first = list["items"][1]["id"].as_str().unwrap();
    world.journal.add(&[exchange("c.test", None)]);
    let mut stream = behind(&world, "/api/v1/live/exchanges", first).await;
    world.journal.add(&[exchange("d.test", None)]);
    assert_eq!(next(&mut stream, 3).await, ["b.test", "c.test", "d.test"]);
    drop(stream);

    let revision = world.store.revision().await.unwrap();
    let mut same = behind(&world, "/api/v1/live/changes", &revision.to_string()).await;
    let mut older = behind(&world, "/api/v1/live/changes", "1").await;
    world.project("shop").await;
    assert_eq!(event(&mut same).await.unwrap().1["noun"], "project");
    assert_eq!(event(&mut older).await.unwrap().1["noun"], "anything");
    assert_eq!(event(&mut older).await.unwrap().1["noun"], "project");
}

#[tokio::test]
async fn whoever_has_grants_is_shown_what_happens_in_their_projects() {
    let mut world = World::new().await;
    let (mine, other) = (world.project("mine").await, world.project("other").await);
    let id = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    let body = json!({ "username": "anna", "role": "editor", "password": crate::world::PASSWORD,
        "grants": { id(&mine): "viewer" } });
    let made = world.post("admin", "/api/v1/users", &body).await;
    world.login("anna").await;
    let of = |project: &str, host: &str| Exchange {
        project: Some(id(project).parse().unwrap()),
        ..exchange(host, None)
    };
    let mut requests = events(&world, "anna", "/api/v1/live/exchanges").await;
    let mut changes = events(&world, "anna", "/api/v1/live/changes").await;
    world.journal.add(&[of(&other, "a.test"), of(&mine, "b.test"), exchange("c.test", None)]);
    assert_eq!(next(&mut requests, 1).await, ["b.test"]);
    let listed = world.get("anna", "/api/v1/exchanges").await.json();
    assert_eq!(hosts(&listed), ["b.test"]);
    let foreign = format!("/api/v1/exchanges?project_id={}", id(&other));
    assert_eq!(hosts(&world.get("anna", &foreign).await.json()), [""; 0]);
    let all = world.get("viewer", "/api/v1/exchanges").await.json();
    for (at, status) in [(0, 404), (1, 200), (2, 404)] {
        let path = format!("/api/v1/exchanges/{}", all["items"][at]["id"].as_str().unwrap());
        assert_eq!(world.get("anna", &path).await.status, status, "{at}");
    }

    for path in [&other, &mine] {
        let written = world.patch("admin", path, "*", &json!({"max_retries": 1})).await;
        assert_eq!(written.status, 200);
    }
    let (_, change) = event(&mut changes).await.unwrap();
    assert_eq!((&change["noun"], &change["id"]), (&json!("project"), &json!(id(&mine))));
    let notice = |signal, entity| Notice { signal, entity, op: Op::Updated, revision: Revision(9) };
    world.cluster.notify(notice(Signal::UserChanged, None)).await;
    world.cluster.notify(notice(Signal::ProxyChanged, Some(ProxyId::new().uuid()))).await;
    let (_, change) = event(&mut changes).await.unwrap();
    assert_eq!((&change["noun"], &change["id"]), (&json!("proxy"), &Value::Null));

    // Other projects from now on: what is open ends, and what is opened shows those.
    let grants = json!({ "grants": { id(&mine): null, id(&other): "viewer" } });
    let user = made.field("location").to_owned();
    assert_eq!(world.patch("admin", &user, "*", &grants).await.status, 200);
    while event(&mut requests).await.is_some() {}
    while event(&mut changes).await.is_some() {}
    assert_eq!(hosts(&world.get("anna", "/api/v1/exchanges").await.json()), ["a.test"]);
}
