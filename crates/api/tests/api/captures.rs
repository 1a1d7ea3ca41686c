//! Recorded exchanges: lists, archives, streams, and who may see them.

use std::time::Duration;

use api::Readiness;
use axum::body::{Body, BodyDataStream};
use capture::{Prefix, Record, Request, Response, Scheme};
use futures_util::StreamExt as _;
use model::exchange::{Blame, ExchangeKind};
use model::{ProjectId, ProxyId, Target};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::world::World;

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

fn record(world: &World, project: ProjectId, path: &str) -> Record {
    let target = Target::parse("shop.example:443").unwrap();
    let fields: [(&[u8], &[u8]); 2] =
        [(b"Authorization", b"Bearer canary"), (b"Content-Type", b"application/json")];
    let prefix = |bytes| Prefix { bytes, size: 20, is_cut: false, is_decoded: false };
    let request = Request::made_of(
        ("POST", path, "h2"),
        (Scheme::Https, &target),
        fields.into_iter(),
        prefix(b"{\"token\":\"canary\"}"),
    );
    let answer = (200, &b"OK"[..], "HTTP/1.1");
    let response = Response::made_of(answer, [].into_iter(), prefix(b"\x89PNG\0"));
    Record {
        id: 0,
        started_at: world.clock.now(),
        project,
        kind: ExchangeKind::Intercepted,
        client: [192, 0, 2, 7].into(),
        target,
        request,
        response: Some(response),
        exit: None,
        session: Some("s1".into()),
        attempts: 1,
        status: 200,
        blame: None,
        banned_by: None,
        tags: Vec::new(),
        timings: capture::Timings { total: Some(PATIENCE), ..capture::Timings::default() },
        bytes_sent: 1,
        bytes_received: 2,
        protocols: capture::Protocols { client: Some("h2".into()), target: None },
        client_tls: Some(capture::Fingerprints { ja3: "a".into(), ja4: "b".into() }),
        sent_tls: None,
        sent_http2: None,
        tries: Vec::new(),
    }
}

/// Keeps a record: its number.
fn keep(world: &World, project: &str, path: &str) -> u64 {
    let id = project.rsplit('/').next().unwrap().parse().unwrap();
    world.recorder.keep(100, record(world, id, path)).unwrap()
}

fn numbers(list: &Value) -> Vec<u64> {
    list["items"].as_array().unwrap().iter().map(|item| item["id"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn recorded_exchanges_are_listed_filtered_and_shown() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let other = world.project("other").await;
    let ids: Vec<_> = ["/a", "/b", "/c"].iter().map(|path| keep(&world, &project, path)).collect();
    keep(&world, &other, "/elsewhere");
    let path = format!("{project}/captures");
    let first = world.get("viewer", &format!("{path}?limit=2")).await.json();
    assert_eq!((numbers(&first), &first["node"]), (vec![ids[2], ids[1]], &json!("node-1")));
    assert_eq!(first["next"], ids[1]);
    let second = world.get("viewer", &format!("{path}?limit=2&before={}", ids[1])).await.json();
    assert_eq!((numbers(&second), &second["next"]), (vec![ids[0]], &Value::Null));
    let item = &first["items"][0];
    assert_eq!(
        (&item["url"], &item["kind"]),
        (&json!("https://shop.example/c"), &json!("intercepted"))
    );
    assert_eq!(
        (&item["timings_ms"]["total"], &item["client_tls"]["ja4"]),
        (&json!(20_000.0), &json!("b"))
    );
    let shown = world.get("viewer", &format!("{path}/{}", ids[0])).await;
    assert!(!shown.text.contains("canary"), "{}", shown.text);
    let shown = shown.json();
    assert_eq!((&shown["id"], &shown["method"]), (&json!(ids[0]), &json!("POST")));
    let field = json!({"name": "Authorization", "value": "[redacted]"});
    assert_eq!(shown["request"]["fields"][0], field);
    assert_eq!(shown["request"]["content"]["text"], "{\"token\":\"[redacted]\"}");
    let content = &shown["response"]["content"];
    assert_eq!((&content["text"], &content["encoding"]), (&json!("iVBORwA="), &json!("base64")));
    for missing in
        [format!("{path}/1"), format!("{path}/x"), format!("{other}/captures/{}", ids[0])]
    {
        assert_eq!(world.get("viewer", &missing).await.status, 404, "{missing}");
    }
}

#[tokio::test]
async fn every_filter_of_a_list_is_honoured_or_refused() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let id: ProjectId = project.rsplit('/').next().unwrap().parse().unwrap();
    keep(&world, &project, "/plain");
    let exit = ProxyId::new();
    let mut odd = record(&world, id, "/odd?q=1");
    odd.target = Target::parse("api.shop.example:8443").unwrap();
    (odd.status, odd.exit, odd.blame) = (403, Some(exit), Some(Blame::Target));
    (odd.banned_by, odd.session) = (Some("captcha".into()), Some("s2".into()));
    odd.started_at = "2026-01-01T00:00:00Z".parse().unwrap();
    let odd = world.recorder.keep(100, odd).unwrap();
    let path = format!("{project}/captures");
    for query in [
        "host=api.",
        "host=*.shop.example",
        "status=403",
        "status=4xx",
        "session=s2",
        "text=ODD",
        "banned=true",
        "failed=true",
        "until=2026-01-02T00:00:00Z",
        &format!("exit={exit}"),
    ] {
        let found = world.get("viewer", &format!("{path}?{query}")).await.json();
        assert_eq!(numbers(&found), [odd], "{query}");
        let har = world.get("viewer", &format!("{path}.har?{query}")).await.json();
        assert_eq!(har["log"]["entries"].as_array().unwrap().len(), 1, "{query}");
    }
    for query in ["method=GET", "since=2099-01-01T00:00:00Z", "host=none"] {
        let found = world.get("viewer", &format!("{path}?{query}")).await.json();
        assert_eq!(numbers(&found), [0; 0], "{query}");
    }
    for query in [
        "limit=0",
        "limit=1001",
        "limit=x",
        "before=x",
        "status=6",
        "host=a%20b",
        "exit=x",
        "since=x",
        "until=x",
        "banned=x",
    ] {
        let answer = world.get("viewer", &format!("{path}?{query}")).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{query}: {answer:?}");
    }
}

#[tokio::test]
async fn an_archive_is_downloaded_the_oldest_first() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let path = format!("{project}/captures.har");
    let empty = world.get("viewer", &path).await.json();
    assert_eq!((&empty["log"]["version"], &empty["log"]["entries"]), (&json!("1.2"), &json!([])));
    let ids: Vec<_> = (0..300).map(|n| keep(&world, &project, &format!("/{n}"))).collect();
    let answer = world.get("viewer", &path).await;
    assert_eq!(answer.field("content-disposition"), "attachment; filename=\"captures.har\"");
    assert_eq!(answer.field("content-type"), "application/json");
    assert!(!answer.text.contains("canary"));
    let archive = answer.json();
    let entries = archive["log"]["entries"].as_array().unwrap().iter();
    let entries: Vec<_> = entries.map(|entry| entry["_octoprox"]["id"].as_u64().unwrap()).collect();
    assert_eq!(entries, ids[200..], "as many as are kept");
}

#[tokio::test]
async fn whoever_may_not_see_or_forget_records_does_not() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let id = keep(&world, &project, "/a");
    let list = format!("{project}/captures");
    for path in
        [list.clone(), format!("{list}/{id}"), format!("{list}.har"), format!("{list}/stream")]
    {
        assert_eq!(world.get("", &path).await.status, 401, "{path}");
        let gone = path.replace(&project, "/api/v1/projects/01900000-0000-7000-8000-000000000000");
        assert_eq!(world.get("viewer", &gone).await.status, 404, "{gone}");
    }
    for (user, status) in [("", 401), ("viewer", 403), ("editor", 200)] {
        let answer = world.call(user, ("DELETE", &list), &[], "").await;
        assert_eq!(answer.status, status, "{user}");
        let is_done = answer.json() == json!({"node": "node-1", "deleted": 1, "unanswered": []});
        assert_eq!(is_done, status == 200, "{answer:?}");
    }
    assert_eq!(world.get("viewer", &format!("{list}/{id}")).await.status, 404);
    keep(&world, &project, "/b");
    assert_eq!(world.delete("editor", &project, "*").await.status, 204);
    assert_eq!(world.recorder.bytes(), 0, "what is left of a project");
}

/// Opens a stream.
async fn open(world: &World, user: &str, path: &str, last: Option<u64>) -> http::Response<Body> {
    let mut request = http::Request::builder().uri(path).header("host", "localhost:8000");
    request = request.header("authorization", format!("Bearer {}", world.tokens[user]));
    if let Some(last) = last {
        request = request.header("last-event-id", last);
    }
    let request = request.body(Body::empty()).unwrap();
    world.router.clone().oneshot(request).await.unwrap()
}

async fn events(world: &World, user: &str, path: &str, last: Option<u64>) -> BodyDataStream {
    let response = open(world, user, path, last).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

/// The next lines; `None`: the stream has ended.
async fn next(stream: &mut BodyDataStream) -> Option<String> {
    let bytes = stream.next().await?.unwrap();
    Some(String::from_utf8(bytes.to_vec()).unwrap())
}

/// The next event, whatever silence is before it.
async fn event(stream: &mut BodyDataStream) -> Option<String> {
    let heard = async {
        loop {
            match next(stream).await {
                Some(text) if text.starts_with(':') => {}
                text => return text,
            }
        }
    };
    tokio::time::timeout(PATIENCE, heard).await.unwrap()
}

#[tokio::test]
async fn a_stream_shows_records_as_they_come() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let path = format!("{project}/captures/stream");
    let before = keep(&world, &project, "/before");
    let mut all = events(&world, "viewer", &path, None).await;
    assert!(next(&mut all).await.unwrap().starts_with(':'), "a sign of life");
    keep(&world, &world.project("other").await, "/other");
    let id = keep(&world, &project, "/now");
    let text = event(&mut all).await.unwrap();
    assert!(text.contains(&format!("id: {id}\n")) && text.contains("event: capture\n"), "{text}");
    let data = text.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!((&data["id"], &data["node"]), (&json!(id), &json!("node-1")));
    let mut some = events(&world, "viewer", &format!("{path}?text=now"), Some(before)).await;
    keep(&world, &project, "/later");
    let again = keep(&world, &project, "/now/again");
    for id in [id, again] {
        let text = event(&mut some).await.unwrap();
        assert!(text.contains(&format!("id: {id}\n")), "{text}");
    }
    for n in 0..150 {
        keep(&world, &project, &format!("/{n}"));
    }
    let text = event(&mut all).await.unwrap();
    assert!(text.contains("event: missed\n") && text.contains("\"count\":52"), "{text}");
    assert!(event(&mut all).await.unwrap().contains("shop.example/50"), "and then what is left");
}

#[tokio::test]
async fn a_node_shows_so_many_streams_and_no_more() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let path = format!("{project}/captures/stream");
    let first = events(&world, "viewer", &path, None).await;
    let _second = events(&world, "viewer", &path, None).await;
    let third = open(&world, "viewer", &path, None).await;
    assert_eq!(third.status(), 429);
    assert!(third.headers().contains_key("retry-after"));
    drop(first);
    let third = open(&world, "viewer", &path, None).await;
    assert_eq!(third.status(), 200);
}

#[tokio::test]
async fn a_stream_ends_when_its_reader_or_its_node_is_out() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let path = format!("{project}/captures/stream");
    let me = world.get("viewer", "/api/v1/users/me").await.json();
    let user = format!("/api/v1/users/{}", me["id"].as_str().unwrap());
    let mut stream = events(&world, "viewer", &path, None).await;
    let inactive = json!({"active": false});
    assert_eq!(world.patch("admin", &user, "*", &inactive).await.status, 200);
    assert_eq!(event(&mut stream).await, None, "the account is off");
    let mut stream = events(&world, "editor", &path, None).await;
    assert_eq!(world.delete("admin", &project, "*").await.status, 204);
    assert_eq!(event(&mut stream).await, None, "the project is gone");
    let project = world.project("shop").await;
    let path = format!("{project}/captures/stream");
    let mut stream = events(&world, "editor", &path, None).await;
    world.readiness.send_replace(Readiness::Ending);
    assert_eq!(event(&mut stream).await, None, "the node is about to end");
    world.readiness.send_replace(Readiness::Ready);
    let mut stream = events(&world, "editor", &path, None).await;
    world.clock.set(world.clock.now() + Duration::from_mins(15));
    assert_eq!(event(&mut stream).await, None, "the token is over");
}

/// Reads until `text` has come, or with `None` to the end.
async fn read(socket: &mut TcpStream, text: Option<&str>) -> String {
    let mut bytes = Vec::new();
    let reading = async {
        while text.is_none_or(|text| !String::from_utf8_lossy(&bytes).contains(text)) {
            if socket.read_buf(&mut bytes).await.unwrap() == 0 {
                break;
            }
        }
    };
    tokio::time::timeout(PATIENCE, reading).await.unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::test]
async fn a_stream_over_a_socket_is_sent_at_once_and_ends_with_the_door() {
    let mut world = World::new().await;
    let project = world.project("shop").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    let (closed, stop) = (CancellationToken::new(), CancellationToken::new());
    let served = world.served.take().unwrap();
    let serving = api::serve(listener, served, (closed.clone(), stop.clone()));
    let watching = async {
        let head = format!(
            "GET {project}/captures/stream HTTP/1.1\r\nHost: localhost\r\n\
             Accept-Encoding: gzip\r\nAuthorization: Bearer {}\r\n\r\n",
            world.tokens["viewer"]
        );
        socket.write_all(head.as_bytes()).await.unwrap();
        read(&mut socket, Some("\r\n\r\n")).await;
        keep(&world, &project, "/now");
        read(&mut socket, Some("https://shop.example/now")).await;
        closed.cancel();
        // The last chunk: nobody waits for a stream that would never end.
        assert!(read(&mut socket, Some("\r\n0\r\n\r\n")).await.ends_with("0\r\n\r\n"));
        stop.cancel();
    };
    let both = async { tokio::join!(serving, watching) };
    let (served, ()) = tokio::time::timeout(PATIENCE, both).await.unwrap();
    served.unwrap();
}
