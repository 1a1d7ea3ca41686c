//! U03, U04 and U05: what HTTP exits answer to a CONNECT.

use std::time::Duration;

use model::proxy::Protocol;
use serde_json::json;
use testbed::client::login;
use testbed::proxies::{Behaviour, Setup};
use testbed::world::{PASSWORD, lines};

use super::scene::{Scene, is_ours};
use super::scripted::Scripted;

/// RFC 9110 section 9.3.6: a 2xx to CONNECT has no body, whatever its head says.
const OPENED: [&str; 8] = [
    "HTTP/1.1 200 Connection established\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    "HTTP/1.0 200\r\n\r\n",
    "HTTP/1.1 204 No Content\r\n\r\n",
    "HTTP/1.1 299 Fine\r\nContent-Length: 0\r\n\r\n",
];

#[tokio::test]
async fn a_tunnel_begins_right_behind_the_head() {
    let scene = Scene::set().await;
    // What is in the same segment is the target's.
    for (number, (head, behind)) in
        OPENED.iter().flat_map(|head| [(head, ""), (head, "hello")]).enumerate()
    {
        let exit = Scripted::saying(format!("{head}{behind}").as_bytes()).await;
        let list = format!("http://{}\n", exit.address);
        let project = scene.project(&format!("p{number}"), 0, &list).await;
        let (answer, mut client, _) = scene.tunnel(&project).await;
        assert_eq!(answer.status(), 200, "{head:?}: {}", answer.text());
        assert_eq!(answer.head.get("content-length"), None, "{head:?}");
        assert_eq!(answer.head.get("transfer-encoding"), None, "{head:?}");
        client.send("0\r\n\r\nand back").await.unwrap();
        let expected = format!("{behind}0\r\n\r\nand back");
        let came = client.wire.reader.exactly(expected.len()).await.unwrap();
        assert_eq!(came, expected.as_bytes(), "{head:?}");
        assert_eq!(exit.heard().len(), 1, "{head:?}");
    }
}

#[tokio::test]
async fn a_tunnel_through_which_nothing_comes_is_open() {
    let scene = Scene::set().await;
    let exit = Setup::new(Protocol::Http).behaving(Behaviour::OkThenNothing);
    let exit = exit.start().await.unwrap();
    let project = scene.project("shop", 0, &lines(&[&exit])).await;
    let (answer, mut client, _) = scene.tunnel(&project).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    client.send("anybody?").await.unwrap();
    let nothing = tokio::time::timeout(Duration::from_millis(300), client.wire.reader.some());
    assert!(nothing.await.is_err(), "it stays open, and silent");
    exit.behave(Behaviour::Refuse).await;
    client.closed().await.unwrap();
}

const REFUSALS: [u16; 8] = [301, 302, 400, 403, 404, 407, 429, 500];

#[tokio::test]
async fn a_refusal_is_never_relayed() {
    let scene = Scene::set().await;
    for status in REFUSALS {
        let exit = Setup::new(Protocol::Http).behaving(Behaviour::Answer(status));
        let exit = exit.start().await.unwrap();
        let project = scene.project(&format!("alone{status}"), 2, &lines(&[&exit])).await;
        let (answer, _client, _) = scene.tunnel(&project).await;
        is_ours(&answer, 502);
        assert!(!answer.text().contains("elsewhere"), "{}", answer.text());
        assert!(exit.seen().iter().all(|seen| seen.method == "CONNECT"), "never followed");
    }
    assert_eq!(scene.origin.connection_count(), 0);
}

#[tokio::test]
async fn the_next_exit_is_tried() {
    let scene = Scene::set().await;
    for status in REFUSALS {
        let refuses = Setup::new(Protocol::Http).behaving(Behaviour::Answer(status));
        let refuses = refuses.start().await.unwrap();
        let honest = Setup::new(Protocol::Http).start().await.unwrap();
        let list = lines(&[&refuses, &honest]);
        let project = scene.project(&format!("next{status}"), 1, &list).await;
        for _ in 0..2 {
            let (answer, mut client, _) = scene.tunnel(&project).await;
            assert_eq!(answer.status(), 200, "{status}: {}", answer.text());
            assert_eq!(client.ask("GET", "/echo", "").await.unwrap().status(), 200);
        }
        assert_eq!((refuses.seen().len(), honest.tunnels()), (1, 2), "{status}");
    }
}

/// A byte every 200 ms: eight seconds for what others say at once.
#[tokio::test]
async fn a_head_that_comes_byte_by_byte_is_waited_for() {
    let scene = Scene::set().await;
    let slow = Behaviour::SlowHead(Duration::from_millis(200));
    let exit = Setup::new(Protocol::Http).behaving(slow).start().await.unwrap();
    let patient = json!({ "max_retries": 0, "hedge": false, "connection_timeout_seconds": 20 });
    let project = scene.world.project_over("shop", patient, &[&exit]).await.unwrap();
    let mut client = scene.world.client().await.unwrap();
    let target = scene.origin.address().to_string();
    let fields = login(&project.username, PASSWORD);
    client
        .send(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{fields}\r\n"))
        .await
        .unwrap();
    // Longer than a client of the testbed waits for anything.
    let answer = loop {
        if let Ok(answer) = client.answer("CONNECT").await {
            break answer;
        }
    };
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(client.ask("GET", "/echo", "").await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_head_that_is_too_much_is_a_502() {
    let scene = Scene::set().await;
    for (name, words) in [
        ("large", format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "a".repeat(65_536))),
        ("endless", format!("HTTP/1.1 200 OK\r\nX: {}", "a".repeat(1024 * 1024))),
        ("many", format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: y\r\n".repeat(101))),
        ("chatter", "HTTP/1.1 100 Continue\r\n\r\n".repeat(100) + "HTTP/1.1 200 OK\r\n\r\n"),
        ("hints", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(100)),
        ("switched", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n".to_owned()),
        ("bare", "HTTP/1.1 200 OK\nX: y\n\n".to_owned()),
        ("folded", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n".to_owned()),
        ("wordless", "HTTP/1.1 20 OK\r\n\r\n".to_owned()),
    ] {
        let exit = Scripted::saying(words.as_bytes()).await;
        let list = format!("http://{}\n", exit.address);
        let project = scene.project(name, 0, &list).await;
        let (answer, _client, took) = scene.tunnel(&project).await;
        is_ours(&answer, 502);
        assert!(took < Duration::from_secs(2), "{name}: {took:?}");
    }
    // A few are nothing unusual.
    let words = "HTTP/1.1 100 Continue\r\n\r\n".repeat(3) + "HTTP/1.1 200 OK\r\n\r\n";
    let exit = Scripted::saying(words.as_bytes()).await;
    let project = scene.project("few", 0, &format!("http://{}\n", exit.address)).await;
    assert_eq!(scene.tunnel(&project).await.0.status(), 200);
}
