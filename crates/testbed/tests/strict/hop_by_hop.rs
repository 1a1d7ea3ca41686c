//! What ends at this hop: rows 36-44.

use serde_json::json;
use testbed::client::{basic, login};
use testbed::node::never_logged;
use testbed::proxies::{Behaviour, Setup};
use testbed::wire::Head;
use testbed::world::PASSWORD;

use model::proxy::Protocol;

use crate::script::{Line, Script};
use crate::stage::Stage;

/// The login of an exit.
const VENDOR: (&str, &str) = ("vend", "canary-vendor-password");

async fn stage_with_login(protocol: Protocol) -> Stage {
    let setup = Setup::new(protocol).account(VENDOR.0, VENDOR.1);
    Stage::set_over(setup, &format!("{protocol}://{}:{}@", VENDOR.0, VENDOR.1)).await
}

/// The head of the last request at the origin.
fn last(stage: &Stage) -> Head {
    stage.origin.requests().last().unwrap().head.clone()
}

#[tokio::test]
async fn a_clients_login_ends_here_and_an_exits_login_there() {
    for protocol in [Protocol::Http, Protocol::Socks5] {
        let stage = stage_with_login(protocol).await;
        let ours = stage.login();
        for login in [ours.clone(), ours.replacen("Proxy-Authorization", "proxy-AUTHORIZATION", 1)]
        {
            let line = "GET http://target.test/echo HTTP/1.1\r\nHost: target.test\r\n";
            let fields = "Authorization: Basic for-the-origin\r\nConnection: close\r\n";
            let said = stage.say(format!("{line}{login}{fields}\r\n")).await;
            assert_eq!(said.statuses(), [200], "{}", said.text());
            assert_eq!(last(&stage).get("proxy-authorization"), None);
            assert_eq!(last(&stage).get("authorization"), Some("Basic for-the-origin"));
        }
        let mut client = stage.world.client().await.unwrap();
        assert_eq!(client.tunnel("target.test:443", &ours).await.unwrap().status(), 200);
        let inside = client.ask("GET", "/echo", "Connection: close\r\n").await.unwrap();
        assert_eq!(inside.status(), 200);
        assert_eq!(last(&stage).get("proxy-authorization"), None);
        let seen = stage.exit.seen();
        assert_eq!(seen.len(), 3, "{seen:?}");
        for seen in &seen {
            let login = seen.login.as_ref().map(|(name, word)| (&**name, &**word));
            assert_eq!(login, Some(VENDOR), "{}", seen.method);
            let lines =
                seen.head.as_ref().map_or(1, |head| head.all("proxy-authorization").count());
            assert_eq!(lines, 1, "{seen:?}");
        }
    }
}

/// Whatever happens at an exit of this kind, its login is neither answered, passed on, nor logged.
async fn nobody_is_told(protocol: Protocol) {
    let stage = stage_with_login(protocol).await;
    let encoded = basic(VENDOR.0, VENDOR.1);
    let secrets = [VENDOR.1, encoded.strip_prefix("Basic ").unwrap()];
    let good = stage.get("/echo", "Connection: close\r\n");
    let debug = stage.get("/echo", "Octoprox-Debug: true\r\nConnection: close\r\n");
    let tunnel = "CONNECT target.test:443 HTTP/1.1\r\nHost: target.test:443\r\n";
    let tunnel = format!("{tunnel}{}\r\n", stage.login());
    let mut texts = vec![stage.say(&good).await.text(), stage.say(&debug).await.text()];
    for behaviour in [
        Behaviour::RefuseLogin,
        Behaviour::Answer(407),
        Behaviour::Answer(403),
        Behaviour::Garbage,
        Behaviour::WrongVersion,
        Behaviour::Close,
        Behaviour::Refuse,
    ] {
        stage.exit.behave(behaviour).await;
        for attack in [&good, &debug, &tunnel] {
            texts.push(stage.say(attack).await.text());
        }
    }
    assert!(texts.iter().all(|text| text.starts_with("HTTP/1.1 ")), "{texts:?}");
    let heard = stage.origin.connections().into_iter();
    texts.extend(heard.map(|line| String::from_utf8_lossy(&line.heard.bytes).into_owned()));
    for secret in secrets {
        assert!(texts.iter().all(|text| !text.contains(secret)), "{texts:#?}");
    }
    let log = stage.world.node.process.last_words().await.unwrap();
    never_logged(&log, &secrets).unwrap();
    never_logged(&log, &[PASSWORD]).unwrap();
}

#[tokio::test]
async fn an_exits_login_is_told_to_nobody_else() {
    nobody_is_told(Protocol::Http).await;
    nobody_is_told(Protocol::Socks5).await;
}

#[tokio::test]
async fn connection_does_not_name_what_servers_rely_on() {
    let stage = Stage::set().await;
    let mut cases = Vec::new();
    for name in [
        "Host",
        "Content-Length",
        "Transfer-Encoding",
        "Authorization",
        "Cookie",
        "Proxy-Authorization",
    ] {
        for list in [
            name.to_owned(),
            name.to_lowercase(),
            format!("close, {name}"),
            format!("{name}\t,close"),
            format!(",,{name}"),
            format!("X-Foo\r\nConnection: {name}"),
        ] {
            let fields = format!("Connection: {list}\r\nCookie: a=b\r\nContent-Length: 5\r\n");
            cases.push((stage.post(&fields, "hello") + &stage.evil(), 400));
        }
    }
    stage.all_refused(&cases).await;
}

/// The exit reads requests, so that ours are among the fields that could be taken away.
#[tokio::test]
async fn what_connection_names_is_gone_and_ours_is_not() {
    let stage = stage_with_login(Protocol::Http).await;
    let named = "Connection: close, X-Foo, x-bar, Via, X-Forwarded-For, Octoprox-Session\r\n";
    let fields = "X-Foo: 1\r\nX-FOO: 2\r\nX-Bar: 3\r\nX-Baz: 4\r\nOctoprox-Session: abc\r\n";
    let said = stage.say(stage.get("/echo", &format!("{named}{fields}"))).await;
    let (head, _) = said.parts("listed");
    assert_eq!((head.status(), head.get("octoprox-session")), (200, Some("abc")));
    let seen = stage.exit.seen()[0].head.clone().unwrap();
    for head in [&seen, &last(&stage)] {
        for name in ["x-foo", "x-bar", "via", "x-forwarded-for", "octoprox-session"] {
            assert_eq!(head.get(name), None, "{name}");
        }
        assert_eq!(head.get("x-baz"), Some("4"));
        assert_eq!(head.all("host").count(), 1);
    }
    assert_eq!(seen.all("proxy-authorization").count(), 1);
    assert_eq!(seen.all("connection").collect::<Vec<_>>(), ["close"]);
}

#[tokio::test]
async fn hop_by_hop_fields_end_here_whether_listed_or_not() {
    let stage = Stage::set().await;
    let fields = "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: trailers, gzip\r\n\
        Upgrade: h2c\r\nTrailer: X-Foo\r\nProxy-Authenticate: Basic\r\nX-Good: 1\r\n";
    for list in ["close", "close, Keep-Alive, Proxy-Connection, TE, Trailer"] {
        let mark = stage.mark();
        let said = stage.say(stage.get("/echo", &format!("Connection: {list}\r\n{fields}")));
        assert_eq!(said.await.statuses(), [200]);
        let heard = stage.heard_since(mark, list).await;
        assert_eq!(
            heard.text,
            "GET /echo HTTP/1.1\r\nHost: target.test\r\nX-Good: 1\r\nConnection: close\r\n\r\n"
        );
    }
}

#[tokio::test]
async fn hop_by_hop_fields_of_an_answer_end_here_too() {
    let stage = Stage::set().await;
    let exit = Setup::new(Protocol::Socks5).start().await.unwrap();
    let changes = json!({ "hedge": false });
    let project = stage.world.project_over("straight", changes, &[&exit]).await.unwrap();
    let fields = "Connection: X-Foo, Octoprox-Attempts\r\nX-Foo: 1\r\nKeep-Alive: timeout=5\r\n\
        Proxy-Connection: keep-alive\r\nTE: trailers\r\nTrailer: X\r\nUpgrade: h2c\r\n\
        Proxy-Authenticate: Basic realm=\"evil\"\r\nProxy-Authentication-Info: evil\r\n\
        Octoprox-Exit: evil\r\nOctoprox-Attempts: evil\r\nX-Good: 1\r\n";
    let answer = format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 5\r\n\r\nhello");
    let script = Script::start(vec![Line { bytes: answer.into(), close: false }]).await;
    let mut client = stage.world.client().await.unwrap();
    let login = login(&project.username, PASSWORD);
    let url = format!("http://{}/0", script.address);
    let answer = client.ask("GET", &url, &login).await.unwrap();
    let names: Vec<_> = answer.head.fields.iter().map(|(name, _)| name.to_lowercase()).collect();
    for name in names.iter().map(String::as_str) {
        let known = ["x-good", "content-length"].contains(&name) || name.starts_with("octoprox-");
        assert!(known, "{name} crossed: {names:?}");
    }
    assert_eq!(answer.head.get("octoprox-attempts"), Some("1"));
    assert!(!String::from_utf8_lossy(&answer.head.raw).contains("evil"));
}

#[tokio::test]
async fn a_407_from_behind_is_never_passed_on() {
    let stage = Stage::set_over(Setup::new(Protocol::Http), "http://").await;
    let tunnel = "CONNECT target.test:443 HTTP/1.1\r\nHost: target.test:443\r\n";
    let attacks = [
        stage.get("/echo", ""),
        stage.post("Content-Length: 5\r\n", "hello"),
        format!("{tunnel}{}\r\n", stage.login()),
    ];
    stage.exit.behave(Behaviour::Answer(407)).await;
    for attack in &attacks {
        let said = stage.say(attack.clone() + &stage.evil()).await;
        let head = said.refusal(502, "proxy_configuration_error", attack);
        assert_eq!(head.get("proxy-authenticate"), None);
    }
    let other = Setup::new(Protocol::Http).leading_to(&stage.origin).start().await.unwrap();
    let exits = [&stage.exit, &other];
    let project = stage.world.project_over("two", json!({ "hedge": false }), &exits).await.unwrap();
    for _ in 0..4 {
        let answer = stage.world.get(&project, "", (&stage.origin, "/echo")).await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text());
    }
}

/// The same when it is the target that says so, at the end of a tunnel through the exit; a 401 is
/// the target's own affair.
#[tokio::test]
async fn a_407_from_the_target_is_none_of_its_business() {
    let stage = Stage::set().await;
    for (attack, method) in [
        (stage.get("/status/407", "Connection: close\r\n"), "GET"),
        (stage.post("Content-Length: 5\r\n", "hello").replacen("echo", "status/407", 1), "POST"),
    ] {
        let said = stage.say(attack + &stage.evil()).await;
        let head = said.refusal(502, "", method);
        assert_eq!(head.get("proxy-authenticate"), None);
    }
    let said = stage.say(stage.get("/status/401", "Connection: close\r\n")).await;
    assert_eq!(said.statuses(), [401]);
    assert!(said.parts("401").0.get("www-authenticate").is_some(), "{}", said.text());
}

#[tokio::test]
async fn nothing_tells_the_target_who_the_client_is() {
    for protocol in [Protocol::Socks5, Protocol::Http] {
        let stage = Stage::set_over(Setup::new(protocol), &format!("{protocol}://")).await;
        let fields = "X-Forwarded-For: 203.0.113.9\r\nx-forwarded-for: 203.0.113.8\r\n\
            Forwarded: for=203.0.113.7\r\nVia: 1.1 canary\r\nConnection: close\r\n";
        let request = stage.get("/echo", fields);
        let from = [127, 0, 11, 9];
        assert_eq!(stage.say_from(from, request).await.statuses(), [200]);
        let raw = String::from_utf8_lossy(&last(&stage).raw).to_lowercase();
        for trace in ["203.0.113", "forwarded", "canary", "127.0.11.9", "via:", "octoprox"] {
            assert!(!raw.contains(trace), "{trace}: {raw}");
        }
    }
}

#[tokio::test]
async fn a_proxy_header_that_was_not_asked_for_is_refused() {
    let stage = Stage::set().await;
    let v1 = "PROXY TCP4 203.0.113.9 203.0.113.10 1000 80\r\n".to_owned();
    let unknown = "PROXY UNKNOWN\r\n".to_owned();
    let v2 = "\r\n\r\n\0\r\nQUIT\n\u{21}\u{11}\0\u{c}abcdefghijkl".to_owned();
    let cases = [v1, unknown, v2].map(|header| (header + &stage.evil(), 400));
    stage.all_refused(&cases).await;
}

#[tokio::test]
async fn no_version_of_ours_is_told() {
    let stage = Stage::set().await;
    let version = env!("CARGO_PKG_VERSION");
    for attack in [
        stage.get("/echo", "Connection: close\r\n"),
        stage.get("/status/404", "Connection: close\r\n"),
        stage.evil().replacen("Proxy-Authorization", "X", 1),
        "rubbish\r\n\r\n".to_owned(),
        "GET /live HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
        stage.get("/close", ""),
    ] {
        let said = stage.say(&attack).await;
        let (head, _) = said.parts(&attack);
        let server = head.get("server");
        // What the target says of itself is its own affair.
        assert!(server.is_none() || server == Some("testbed"), "{server:?}");
        assert_eq!((head.get("via"), head.get("x-powered-by")), (None, None), "{attack}");
        let raw = String::from_utf8_lossy(&head.raw).to_lowercase();
        assert!(!raw.contains(version) && !raw.contains("octoprox/"), "{raw}");
    }
}

#[tokio::test]
async fn trace_is_refused_and_echoes_nothing() {
    let stage = Stage::set().await;
    let fields = "Cookie: canary=1\r\nAuthorization: canary\r\n";
    for attack in [
        stage.get("/echo", fields),
        stage.get("/echo", &format!("{fields}Max-Forwards: 0\r\n")),
        stage.get("/echo", fields).replacen("http://target.test", "", 1),
    ] {
        let attack = attack.replacen("GET", "TRACE", 1);
        let said = stage.say(attack.clone() + &stage.evil()).await;
        let head = said.refusal(405, "http_request_denied", &attack);
        let allowed = head.get("allow").unwrap();
        assert!(allowed.contains("GET") && !allowed.contains("TRACE"), "{allowed}");
        assert!(!said.text().contains("canary"), "{}", said.text());
    }
    assert_eq!(stage.origin.connection_count(), 0);
}
