//! What comes back from targets: rows 26, 27, 33 and 34.

use serde_json::json;
use testbed::proxies::Setup;
use testbed::world::Project;

use model::proxy::Protocol;

use crate::script::{Line, Script};
use crate::stage::{Said, Stage};

const OK: &str = "HTTP/1.1 200 OK\r\n";

fn keep(text: impl Into<Vec<u8>>) -> Line {
    Line { bytes: text.into(), close: false }
}

fn close(text: impl Into<Vec<u8>>) -> Line {
    Line { bytes: text.into(), close: true }
}

/// A project whose exit leads to whatever target it is asked for.
async fn straight(stage: &Stage, changes: serde_json::Value) -> (Project, testbed::proxies::Exit) {
    let exit = Setup::new(Protocol::Socks5).start().await.unwrap();
    let project = stage.world.project_over("straight", changes, &[&exit]).await.unwrap();
    (project, exit)
}

fn ask(script: &Script, number: usize, (method, project): (&str, &Project), more: &str) -> String {
    let (address, login) =
        (script.address, testbed::client::login(&project.username, testbed::world::PASSWORD));
    format!("{method} http://{address}/{number} HTTP/1.1\r\nHost: {address}\r\n{login}{more}\r\n")
}

/// Answers that are wrong before their body begins, on connections that stay open.
fn wrong_heads() -> Vec<String> {
    let mut wrong: Vec<_> = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length: -1\r\n",
        "Content-Length:\r\n",
        "Content-Length: 18446744073709551621\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding:\r\n",
        "Content-Length : 5\r\n",
        "Content-Length: 5\r\n X: y\r\n",
        "X: y\rContent-Length: 5\r\n",
        "X: y\nContent-Length: 5\r\n",
        "X: y\0\r\nContent-Length: 5\r\n",
        "no colon\r\n",
        ": y\r\n",
    ]
    .map(|fields| format!("{OK}{fields}\r\n5\r\nhello\r\n0\r\n\r\n"))
    .into();
    wrong.extend(
        [
            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "HTTP/1.1 103 Hints\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 100 Go\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
            "HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1  200 OK\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\rX: y\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
            "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n",
            "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
            "ICY 200 OK\r\n\r\n",
            "SSH-2.0-origin\r\n",
            "<html>hello</html>",
        ]
        .map(str::to_owned),
    );
    wrong.push(format!("{OK}X: {}\r\n\r\n", "y".repeat(70_000)));
    wrong.push(format!("{OK}{}\r\n", "X: y\r\n".repeat(101)));
    wrong
}

#[tokio::test]
async fn an_answer_that_can_be_read_in_two_ways_is_502() {
    let stage = Stage::set().await;
    let (project, _exit) = straight(&stage, json!({ "hedge": false })).await;
    let wrong = wrong_heads();
    let script = Script::start(wrong.iter().map(|text| keep(text.as_str())).collect()).await;
    for (number, text) in wrong.iter().enumerate() {
        let case = text.chars().take(200).collect::<String>();
        for (method, more) in [("GET", ""), ("POST", "Content-Length: 0\r\n")] {
            let attack = ask(&script, number, (method, &project), more) + &stage.evil();
            stage.say(attack).await.refusal(502, "http_protocol_error", &case);
        }
    }
    assert_eq!(stage.origin.connection_count(), 0);
}

/// A request with a body is told what comes before the answer, but not without end.
#[tokio::test]
async fn announcements_without_an_answer_are_502() {
    let stage = Stage::set().await;
    let (project, _exit) = straight(&stage, json!({ "hedge": false })).await;
    let script = Script::start(vec![keep("HTTP/1.1 100 Continue\r\n\r\n".repeat(100))]).await;
    let get = ask(&script, 0, ("GET", &project), "") + &stage.evil();
    stage.say(get).await.refusal(502, "http_protocol_error", "GET");
    let post = ask(&script, 0, ("POST", &project), "Content-Length: 0\r\n") + &stage.evil();
    let statuses = stage.say(post).await.statuses();
    let (last, before) = statuses.split_last().unwrap();
    assert!(*last == 502 && before.len() < 20, "{statuses:?}");
    assert!(before.iter().all(|status| *status == 100), "{statuses:?}");
}

#[tokio::test]
async fn an_answer_that_does_not_begin_is_502() {
    let stage = Stage::set().await;
    let (project, _exit) = straight(&stage, json!({ "hedge": false })).await;
    let cut = ["", "HTTP", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nX: y\r\n"];
    let script = Script::start(cut.map(close).into()).await;
    for (number, case) in cut.iter().enumerate() {
        for (method, more) in [("GET", ""), ("POST", "Content-Length: 0\r\n")] {
            let attack = ask(&script, number, (method, &project), more) + &stage.evil();
            stage.say(attack).await.refusal(502, "connection_terminated", case);
        }
    }
}

/// Nothing has been sent to the client yet, so that it can be told.
#[tokio::test]
async fn a_body_that_is_wrong_from_the_start_is_502() {
    let stage = Stage::set().await;
    let (project, _exit) = straight(&stage, json!({ "hedge": false })).await;
    let chunked = format!("{OK}Transfer-Encoding: chunked\r\n\r\n");
    let wrong =
        ["0x5\r\nhello", "\r\n", "5 \r\nhello", "5\nhello", "5\r\nhelloX", "5\r\nhello\r\ng"];
    let lines = wrong.map(|body| keep(format!("{chunked}{body}\r\n0\r\n\r\n")));
    let script = Script::start(lines.into()).await;
    for (number, case) in wrong.iter().enumerate() {
        for (method, more) in [("GET", ""), ("POST", "Content-Length: 0\r\n")] {
            let attack = ask(&script, number, (method, &project), more) + &stage.evil();
            stage.say(attack).await.refusal(502, "http_protocol_error", case);
        }
    }
}

/// What has been sent cannot be taken back, but must not look whole either.
#[tokio::test]
async fn an_answer_that_breaks_off_is_not_ended_in_good_order() {
    let stage = Stage::set().await;
    let (project, _exit) = straight(&stage, json!({ "hedge": false })).await;
    let long = "x".repeat(300_000);
    let cut = [
        close(format!("{OK}Content-Length: 1000\r\n\r\nhello")),
        close(format!("{OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")),
        close(format!("{OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n")),
        keep(format!("{OK}Transfer-Encoding: chunked\r\n\r\n493e0\r\n{long}\r\n0x\r\n\r\n")),
        keep(format!("{OK}Transfer-Encoding: chunked\r\n\r\n493e0\r\n{long}0\r\n\r\n")),
    ];
    let script = Script::start(cut.to_vec()).await;
    for number in 0..cut.len() {
        let attack = ask(&script, number, ("GET", &project), "") + &stage.evil();
        let said = stage.say(attack).await;
        assert!(said.broke.is_some(), "{number}: {}", said.text());
        assert!(!said.bytes.ends_with(b"\r\n0\r\n\r\n"), "{number}");
        assert!(said.statuses().len() <= 1, "{number}: {}", said.text());
    }
}

/// Bytes behind an answer belong to no question: neither the client nor the next one gets them.
#[tokio::test]
async fn what_stands_behind_an_answer_is_thrown_away() {
    let stage = Stage::set().await;
    let (project, _exit) = straight(&stage, json!({ "hedge": false })).await;
    let evil = "HTTP/1.1 200 EVIL\r\nContent-Length: 4\r\n\r\nevil";
    let answers = [
        ("GET", 200, format!("{OK}Content-Length: 5\r\n\r\nhello{evil}")),
        ("GET", 200, format!("{OK}Content-Length: 0\r\n\r\nevil{evil}")),
        ("GET", 200, format!("{OK}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{evil}")),
        ("GET", 204, format!("HTTP/1.1 204 No\r\n\r\n{evil}")),
        ("GET", 204, "HTTP/1.1 204 No\r\nContent-Length: 4\r\n\r\nevil".to_owned()),
        ("GET", 304, format!("HTTP/1.1 304 Not\r\nContent-Length: 4\r\n\r\n{evil}")),
        ("HEAD", 200, format!("{OK}Content-Length: 4\r\n\r\nevil{evil}")),
        ("HEAD", 200, format!("{OK}Transfer-Encoding: chunked\r\n\r\n4\r\nevil\r\n0\r\n\r\n")),
    ];
    let mut lines: Vec<_> = answers.iter().map(|(_, _, text)| keep(text.as_str())).collect();
    lines.push(keep(format!("{OK}Content-Length: 4\r\n\r\ngood")));
    let script = Script::start(lines).await;
    let good = answers.len();
    for (number, (method, status, case)) in answers.iter().enumerate() {
        // A session of its own has no connections of others.
        let username = format!("{}-session-s{number}", project.username);
        let project = Project { username, ..project.clone() };
        let mut client = stage.world.client().await.unwrap();
        client.send(ask(&script, number, (method, &project), "")).await.unwrap();
        let answer = client.answer(method).await.unwrap();
        assert_eq!(answer.status(), *status, "{case}");
        for time in ["used again", "not kept"] {
            client.send(ask(&script, good, ("GET", &project), "")).await.unwrap();
            assert_eq!(client.answer("GET").await.unwrap().text(), "good", "{case}");
            assert_eq!(script.connections(), 2 * (number + 1), "{case}: a connection was {time}");
        }
    }
}

#[tokio::test]
async fn the_body_of_a_refused_request_is_not_read_as_one() {
    let stage = Stage::set().await;
    let hidden = "GET http://target.test/evil HTTP/1.1\r\nHost: target.test\r\n";
    let hidden = format!("{hidden}{}\r\n", stage.login());
    let length = format!("Content-Length: {}\r\n", hidden.len());
    let chunks = format!("{:x}\r\n{hidden}\r\n0\r\n\r\n", hidden.len());
    for (fields, body) in [(&*length, &hidden), ("Transfer-Encoding: chunked\r\n", &chunks)] {
        let post = stage.post(fields, body);
        let (login, other) = (stage.login(), "http://10.0.0.1/echo");
        for (attack, status) in [
            (post.replacen(&login, "", 1), 407),
            (post.replacen("http://target.test/echo", other, 1), 403),
            (post.replacen("POST", "TRACE", 1), 405),
            (stage.post(&format!("{fields}Expect: x\r\n"), body), 417),
            (stage.post(&format!("{fields}Octoprox-Country: x\r\n"), body), 400),
        ] {
            stage.say(attack.clone() + &stage.evil()).await.refusal(status, "", &attack);
        }
    }
    assert_eq!(stage.origin.connection_count(), 0);
}

/// The answer comes before the body has been sent: the connection cannot go on with what follows.
#[tokio::test]
async fn a_body_that_nobody_read_is_not_read_as_a_request() {
    let changes = json!({});
    let stage = Stage::with(Setup::new(Protocol::Socks5), changes).await;
    for fields in ["Content-Length: 1000\r\n", "Transfer-Encoding: chunked\r\n"] {
        let mut client = stage.world.client().await.unwrap();
        let post = stage.post(fields, "").replacen("/echo", "/early/413", 1);
        client.send(post).await.unwrap();
        let answer = client.answer("POST").await.unwrap();
        assert_eq!(answer.status(), 413, "{}", answer.text());
        let _sent = client.send(stage.evil()).await;
        assert_eq!(Said::by(&mut client).await.text(), "", "{fields}");
    }
    assert_eq!(stage.origin.request_count(), 2);
}

/// Only a 101 makes a tunnel: what stands behind an upgrade that was not taken is HTTP.
#[tokio::test]
async fn without_a_101_bytes_stay_http() {
    let stage = Stage::set().await;
    let upgrade = stage.get("/echo", "Connection: Upgrade\r\nUpgrade: websocket\r\n");
    let mark = stage.mark();
    let last = stage.get("/echo", "Connection: close\r\n");
    let said = stage.say(upgrade.clone() + &last).await;
    assert_eq!(said.statuses(), [200, 200], "{}", said.text());
    let heard = stage.heard_since(mark, "upgrade").await;
    assert_eq!(heard.requests, ["GET /echo HTTP/1.1", "GET /echo HTTP/1.1"]);
    for behind in [
        "GET /evil HTTP/1.1\r\nHost: target.test\r\n\r\n",
        "GET http://target.test/evil HTTP/1.1\r\n\r\n",
        "\u{81}\u{5}hello",
        "SSH-2.0-evil\r\n\r\n",
    ] {
        let mark = stage.mark();
        let said = stage.say(upgrade.clone() + behind).await;
        assert_eq!(said.statuses(), [200, 400], "{behind:?}: {}", said.text());
        let heard = stage.heard_since(mark, behind).await;
        assert!(!heard.text.contains("evil"), "{}", heard.text);
    }
}

/// And a 101 counts for those alone who asked for it as they should.
#[tokio::test]
async fn a_101_that_nobody_asked_for_is_502() {
    let stage = Stage::set().await;
    let (project, _exit) = straight(&stage, json!({ "hedge": false })).await;
    let switch = "HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n";
    let script = Script::start(vec![keep(switch)]).await;
    let asked = |more| ask(&script, 0, ("GET", &project), more);
    let old = "Connection: Upgrade\r\nUpgrade: x\r\n";
    for attack in [
        asked(""),
        asked("Upgrade: x\r\n"),
        asked("Connection: Upgrade\r\n"),
        asked("Connection: keep-alive\r\nUpgrade: x\r\n"),
        asked(old).replacen("HTTP/1.1", "HTTP/1.0", 1),
    ] {
        let said = stage.say(attack.clone() + &stage.evil()).await;
        said.refusal(502, "http_protocol_error", &attack);
    }
}

#[tokio::test]
async fn trailers_add_nothing_in_either_direction() {
    let stage = Stage::set().await;
    let (project, _exit) = straight(&stage, json!({ "hedge": false })).await;
    let fields = "Host: evil.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\
        Authorization: evil\r\nCookie: evil\r\nSet-Cookie: evil\r\nX-Evil: 1\r\n";
    let mark = stage.mark();
    let announced = "Transfer-Encoding: chunked\r\nTE: trailers\r\nTrailer: X-Evil\r\n";
    let post = stage.post(
        &format!("{announced}Connection: close\r\n"),
        &format!("5\r\nhello\r\n0\r\n{fields}\r\n"),
    );
    let said = stage.say(post).await;
    assert_eq!(said.statuses(), [200], "{}", said.text());
    let heard = stage.heard_since(mark, "trailers").await;
    assert!(heard.whole && heard.text.ends_with("5\r\nhello\r\n0\r\n\r\n"), "{}", heard.text);
    let answer = format!("{OK}Transfer-Encoding: chunked\r\nTrailer: X-Evil\r\n\r\n");
    let answer = format!("{answer}5\r\nhello\r\n0\r\n{fields}\r\n");
    let script = Script::start(vec![keep(answer)]).await;
    let more = "TE: trailers\r\nConnection: close, TE\r\n";
    let said = stage.say(ask(&script, 0, ("GET", &project), more)).await;
    assert!(said.text().ends_with("5\r\nhello\r\n0\r\n\r\n"), "{}", said.text());
    assert!(!said.text().to_lowercase().contains("evil"), "{}", said.text());
}
