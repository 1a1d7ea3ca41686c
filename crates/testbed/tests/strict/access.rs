//! Who may send traffic, and where to: rows 1-10.

use std::time::Duration;

use serde_json::json;
use testbed::client::{Client, basic};
use testbed::clock::SOON;
use testbed::proxies::Setup;
use testbed::world::{PASSWORD, lines};
use tokio::time::Instant;

use model::proxy::Protocol;

use crate::stage::{Said, Stage, client_from};

/// A request for a page, with any login line.
fn get(login: &str) -> String {
    format!("GET http://target.test/echo HTTP/1.1\r\nHost: target.test\r\n{login}\r\n")
}

/// A question for a tunnel, with any login line.
fn connect(target: &str, login: &str) -> String {
    format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{login}\r\n")
}

/// A login line with any credentials.
fn line(credentials: impl std::fmt::Display) -> String {
    format!("Proxy-Authorization: {credentials}\r\n")
}

#[tokio::test]
async fn without_a_login_nothing_is_relayed() {
    let stage = Stage::set().await;
    let attacks = [
        get(""),
        get("").replacen("GET", "POST", 1),
        get("").replacen("HTTP/1.1", "HTTP/1.0", 1),
        connect("target.test:443", ""),
        get(&format!("Authorization: {}\r\n", basic("shop", PASSWORD))),
        get("X-Forwarded-For: 127.0.0.1\r\n"),
    ];
    for attack in attacks {
        let head = stage.say(attack.clone() + &stage.evil()).await.refusal(407, "http_", &attack);
        assert_eq!(head.get("proxy-authenticate"), Some("Basic realm=\"octoprox\""));
    }
    assert_eq!((stage.exit.heard(), stage.origin.connection_count()), (0, 0));
}

#[tokio::test]
async fn nothing_behind_a_refused_tunnel_is_served() {
    let changes = json!({ "connect_ports": [443], "domain_deny": ["deny.test"] });
    let stage = Stage::with(Setup::new(Protocol::Socks5), changes).await;
    let login = stage.login();
    for (attack, status) in [
        (connect("target.test:443", ""), 407),
        (connect("target.test:443", &line(basic("shop", "canary-wrong"))), 407),
        (connect("target.test:25", &login), 403),
        (connect("deny.test:443", &login), 403),
        (connect("10.0.0.1:443", &login), 403),
        (connect("target.test", &login), 400),
        (connect("target.test:443", &format!("{login}Octoprox-Nothing: x\r\n")), 400),
        (connect("target.test:443", &format!("{login}Content-Length: 5\r\n")), 400),
    ] {
        for behind in [stage.evil(), "\r\n\r\n".to_owned() + &stage.evil(), get(&login)] {
            let said = stage.say(attack.clone() + &behind).await;
            said.refusal(status, "", &attack);
        }
    }
    assert_eq!((stage.exit.heard(), stage.origin.connection_count()), (0, 0));
}

/// Also when the bytes come once the refusal has been read, and whatever the exit did.
#[tokio::test]
async fn a_tunnel_that_fails_ends_the_connection() {
    let stage = Stage::set().await;
    stage.exit.behave(testbed::proxies::Behaviour::Reply(5)).await;
    let mut client = stage.world.client().await.unwrap();
    client.send(connect("target.test:443", &stage.login())).await.unwrap();
    let answer = client.answer("CONNECT").await.unwrap();
    assert_eq!(answer.status(), 502, "{}", answer.text());
    // The node has stopped listening: the bytes may be taken, or met with a reset.
    let _sent = client.send(stage.evil()).await;
    assert!(Said::by(&mut client).await.bytes.is_empty());
    assert_eq!(stage.origin.connection_count(), 0);
}

#[tokio::test]
async fn guessing_is_stopped_after_ten_a_minute_for_that_source_alone() {
    let stage = Stage::set().await;
    let (guesser, owner) = ([127, 0, 7, 1], [127, 0, 7, 2]);
    let right = get(&format!("{}Connection: close\r\n", stage.login()));
    for number in 0..10 {
        let guess = get(&line(basic("shop", &format!("canary-guess-{number}"))));
        stage.say_from(guesser, guess).await.refusal(407, "http_request_denied", "a guess");
        if number < 9 {
            // Whoever has one right login must not be able to guess at others for ever.
            assert_eq!(stage.say_from(guesser, &right).await.statuses(), [200]);
        }
    }
    for attack in [right.clone(), connect("target.test:443", &stage.login())] {
        let said = stage.say_from(guesser, attack + &stage.evil()).await;
        let head = said.refusal(429, "http_request_denied", "the eleventh");
        let wait: u64 = head.get("retry-after").unwrap().parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
    }
    assert_eq!(stage.say_from(owner, &right).await.statuses(), [200]);
}

/// Both cost one digest: the difference drowns in what a request takes anyway.
#[tokio::test]
async fn time_does_not_tell_who_has_an_account() {
    const ROUNDS: u8 = 200;
    let stage = Stage::set().await;
    let proxy = stage.world.node.proxy();
    let attacks = ["shop", "shoq"].map(|account| get(&line(basic(account, "canary-wrong"))));
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for (attack, times) in attacks.iter().zip(&mut times) {
            // Ten wrong logins a source are looked at: five rounds of two.
            let mut client = client_from(proxy, [127, 0, 8, 1 + round / 5]).await;
            let begun = Instant::now();
            client.send(attack).await.unwrap();
            assert_eq!(client.answer("GET").await.unwrap().status(), 407);
            times.push(begun.elapsed());
        }
    }
    let [known, unknown] = times.map(|mut times| {
        times.sort_unstable();
        (times[times.len() / 2], times[times.len() * 3 / 4].abs_diff(times[times.len() / 4]))
    });
    let difference = known.0.abs_diff(unknown.0);
    let spread = known.1.max(unknown.1).max(Duration::from_micros(50));
    assert!(difference < spread, "{known:?} for a known account, {unknown:?} for none");
}

/// Nor does what is said about the parameters: that is for those alone who are logged in.
#[tokio::test]
async fn parameters_do_not_tell_who_has_an_account() {
    let stage = Stage::set().await;
    for (number, parameters) in (1..).zip(["-unheard-of", "-session-", "-session", "-country-usa"])
    {
        let told = ["shop", "shoq"].map(|account| {
            let username = format!("{account}{parameters}");
            get(&line(basic(&username, "canary-wrong")))
        });
        let [known, unknown] = told;
        for attack in std::iter::repeat_n([known, unknown], 5).flatten() {
            let said = stage.say_from([127, 0, 12, number], attack + &stage.evil());
            said.await.refusal(407, "http_request_denied", parameters);
        }
        let right = get(&line(basic(&format!("shop{parameters}"), PASSWORD)));
        let said = stage.say_from([127, 0, 12, number], &right).await;
        said.refusal(429, "http_request_denied", "the guesses count");
        stage.say(right).await.refusal(400, "http_request_error", parameters);
    }
}

#[tokio::test]
async fn malformed_credentials_are_no_login() {
    let stage = Stage::set().await;
    let right = basic("shop", PASSWORD);
    let encoded = right.strip_prefix("Basic ").unwrap();
    let long = "QUFB".repeat(16 * 1024);
    let twice = |first: &str, second: &str| line(first) + &line(second);
    let cases = [
        (line(""), 407),
        (line("Basic"), 407),
        (line("Basic "), 407),
        (line("Basic ***"), 407),
        (line(encoded), 407),
        (line(format!("Bearer {encoded}")), 407),
        (line(format!("Basic:{encoded}")), 407),
        (line(format!("Basic={encoded}")), 407),
        (line(format!("Basic {encoded}, Basic {encoded}")), 407),
        (line(format!("Basic {encoded} x")), 407),
        (line(format!("Basic {encoded}!")), 407),
        (line(format!("Basic {}", &encoded[..encoded.len() - 3])), 407),
        (line("Basic c2hvcA=="), 407),
        (line("Basic Og=="), 407),
        (line(basic("shop\0", PASSWORD)), 407),
        (line(basic("shop", &format!("{PASSWORD}\0"))), 407),
        (line(basic("shop\r\nX: 1", PASSWORD)), 407),
        (line(basic(" shop", PASSWORD)), 407),
        (line(basic("shop", &format!("{PASSWORD} "))), 407),
        (line(basic("SHOP", PASSWORD)), 407),
        (line(basic("shop", &PASSWORD.to_uppercase())), 407),
        (line(basic("sho", PASSWORD)), 407),
        (line(basic("shop", &PASSWORD[..PASSWORD.len() - 1])), 407),
        (line(format!("{right}\0")), 400),
        (line(format!("{right}\rX: y")), 400),
        (line(format!("Basic\r\n {encoded}")), 400),
        (twice(&right, &right), 400),
        (twice(&right, "Basic x"), 400),
        (twice("", &right), 400),
        (line(format!("Basic {long}")), 431),
        (line(basic(&format!("shop{}", "-".repeat(40_000)), PASSWORD)), 431),
        (line(basic(&format!("shop{}", "-a".repeat(1_000)), PASSWORD)), 431),
    ];
    for (number, (login, status)) in (1..).zip(cases) {
        let case = login.chars().take(100).collect::<String>();
        for attack in [get(&login), connect("target.test:443", &login)] {
            let said = stage.say_from([127, 0, 9, number], attack + &stage.evil()).await;
            said.refusal(status, "http_request_", &case);
        }
    }
    assert_eq!((stage.exit.heard(), stage.origin.connection_count()), (0, 0));
}

/// The exit reads requests: what a client writes into its username must not become lines there.
#[tokio::test]
async fn parameters_do_not_become_lines() {
    let setup = Setup::new(Protocol::Http).account("vend", "canary-vendor");
    let stage = Stage::set_over(setup, "http://vend:canary-vendor@").await;
    for (number, session) in (1..).zip([
        "a\r\nX-Evil: 1",
        "a\nX-Evil: 1",
        "a\rX-Evil: 1",
        "a\0b",
        "a b",
        "a%0d%0aX-Evil:1",
        "a\u{e9}b",
        "a\u{2028}b",
        "a\"b",
        "a;b",
        "a/b",
        "",
    ]) {
        let login = line(basic(&format!("shop-session-{session}"), PASSWORD));
        for attack in [get(&login), connect("target.test:443", &login)] {
            let said = stage.say_from([127, 0, 10, number], attack + &stage.evil()).await;
            let status = said.parts(session).0.status();
            assert!(matches!(status, 400 | 407), "{session:?}: {status}");
            said.refusal(status, "http_request_", session);
            assert!(!said.text().contains("vil"), "{session:?} came back: {}", said.text());
        }
    }
    assert_eq!(stage.exit.heard(), 0);
    let login = line(basic("shop-session-a.b_c~1", PASSWORD));
    let said = stage.say(get(&format!("{login}Connection: close\r\n"))).await;
    assert_eq!(said.statuses(), [200], "{}", said.text());
    let names = |head: &testbed::wire::Head| {
        head.fields.iter().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>()
    };
    let seen = &stage.exit.seen()[0];
    assert_eq!(names(seen.head.as_ref().unwrap()), ["host", "proxy-authorization", "connection"]);
}

#[tokio::test]
async fn the_scheme_of_a_login_has_no_case() {
    let stage = Stage::set().await;
    for scheme in ["basic", "BASIC", "bAsIc", "Basic ", "Basic  "] {
        let login = line(basic("shop", PASSWORD).replacen("Basic", scheme, 1));
        let said = stage.say(get(&format!("{login}Connection: close\r\n"))).await;
        assert_eq!(said.statuses(), [200], "{scheme}: {}", said.text());
    }
    let login = stage.login().replacen("Proxy-Auth", "pROXY-aUTH", 1);
    let said = stage.say(get(&format!("{login}Connection: close\r\n"))).await;
    assert_eq!(said.statuses(), [200], "{}", said.text());
}

#[tokio::test]
async fn tunnels_lead_to_443_and_80_unless_more_is_allowed() {
    let stage = Stage::set().await;
    let body = json!({ "name": "plain", "username": "plain", "password": PASSWORD });
    let made = stage.world.control.post("/api/v1/projects", &body).await.unwrap();
    let path = format!("/api/v1/projects/{}", made["id"].as_str().unwrap());
    let project = testbed::world::Project { path, username: "plain".to_owned() };
    let connector = stage.world.connector(&project, "list", json!({})).await.unwrap();
    stage.world.upload(&project, &connector, &lines(&[&stage.exit])).await.unwrap();
    stage.world.in_force().await.unwrap();
    let login = line(basic("plain", PASSWORD));
    for port in [443, 80] {
        let mut client = stage.world.client().await.unwrap();
        let answer = client.tunnel(&format!("target.test:{port}"), &login).await.unwrap();
        assert_eq!(answer.status(), 200, "{port}");
    }
    let before = stage.exit.heard();
    for port in [1, 22, 25, 110, 143, 465, 587, 2525, 3306, 6379, 8000, 8080, 8443, 65535] {
        let attack = connect(&format!("target.test:{port}"), &login) + &stage.evil();
        stage.say(attack).await.refusal(403, "http_request_denied", &port.to_string());
    }
    assert_eq!(stage.exit.heard(), before);
}

#[tokio::test]
async fn a_tunnel_has_a_host_and_a_port_and_nothing_else() {
    let stage = Stage::set().await;
    let mut cases = Vec::new();
    for target in [
        "target.test",
        "target.test:",
        "target.test:0",
        "target.test:000080",
        "target.test:65536",
        "target.test:99999999999",
        "target.test:-1",
        "target.test:+80",
        "target.test:http",
        "target.test:80x",
        "target.test:0x50",
        "target.test:80:80",
        "target.test:80/",
        "target.test:80/path",
        "target.test:80?x",
        "target.test:80#x",
        "http://target.test:80",
        "http://target.test",
        "//target.test:80",
        "/",
        "*",
        ":80",
        ":",
        "user@target.test:80",
        "user:word@target.test:80",
        "@target.test:80",
        "[::1:80",
        "::1]:80",
        "[]:80",
        "[target.test]:80",
        "[::1]80",
        "[::1%25lo]:80",
        "::1:80",
        "target..test:80",
        ".target.test:80",
        "target.test..:80",
        "target,test:80",
        "t\u{e4}rget.test:80",
        "target.test\\:80",
        "target.test%2e:80",
        "2130706433:80",
        "0x7f000001:80",
        "017700000001:80",
        "127.1:80",
        "127.0.0.1.:80",
        "127.0.0.01:80",
    ] {
        let login = stage.login();
        let head = format!("CONNECT {target} HTTP/1.1\r\nHost: target.test\r\n{login}\r\n");
        cases.push((head + &stage.evil(), 400));
    }
    stage.all_refused(&cases).await;
}

/// Neither as a tunnel nor as a request, whatever it is called: the node dials itself here.
#[tokio::test]
async fn the_node_is_no_target_of_its_own() {
    let stage = Stage::set().await;
    let project = stage.world.project("direct", json!({})).await.unwrap();
    let direct = json!({ "kind": "direct" });
    stage.world.connector(&project, "direct", direct).await.unwrap();
    stage.world.in_force().await.unwrap();
    let login = line(basic("direct", PASSWORD));
    let ports = [stage.world.node.proxy().port(), stage.world.node.api().port()];
    let hosts = ["127.0.0.1", "localhost", "LocalHost.", "x.localhost", "[::ffff:127.0.0.1]"];
    for target in hosts.iter().flat_map(|host| ports.map(|port| format!("{host}:{port}"))) {
        let plain = format!("GET http://{target}/live HTTP/1.1\r\nHost: {target}\r\n");
        for attack in [connect(&target, &login), format!("{plain}{login}\r\n")] {
            let begun = Instant::now();
            let said = stage.say(attack + &stage.evil()).await;
            said.refusal(403, "destination_ip_prohibited", &target);
            assert!(begun.elapsed() < SOON / 10, "{target}: {:?}", begun.elapsed());
        }
    }
    // The road there is open otherwise.
    let mut client: Client = stage.world.client().await.unwrap();
    let address = stage.origin.address().to_string();
    assert_eq!(client.tunnel(&address, &login).await.unwrap().status(), 200);
}
