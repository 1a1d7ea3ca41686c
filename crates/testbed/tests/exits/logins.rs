//! Real proxies that want a login get the one of the list, and one that does not take it is left.

use std::collections::BTreeSet;

use model::proxy::Protocol;
use serde_json::{Value, json};
use testbed::client::{Client, login};
use testbed::clock::{SOON, eventually};
use testbed::node::never_logged;
use testbed::origin::{Origin, sha256};
use testbed::tls::Authority;
use testbed::upstreams::{self, Upstream};
use testbed::wire::body::pattern;
use testbed::world::{PASSWORD, Project, World};

/// A node with one project over `list`.
async fn project_over(list: &str, changes: Value) -> (World, Project) {
    let world = World::start(&[]).await.unwrap();
    let project = world.project("shop", changes).await.unwrap();
    let connector = world.connector(&project, "list", json!({})).await.unwrap();
    let report = world.upload(&project, &connector, list).await.unwrap();
    assert_eq!(report["created"], list.lines().count(), "{report}");
    world.in_force().await.unwrap();
    (world, project)
}

/// A plain GET, on a connection of its own.
async fn get(world: &World, project: &Project, origin: &Origin) -> Value {
    let answer = world.get(project, "", (origin, "/echo")).await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.json().unwrap()
}

/// A plain POST with `count` bytes.
async fn post(world: &World, project: &Project, origin: &Origin, count: usize) -> Value {
    let mut client = world.client().await.unwrap();
    let (login, body) = (login(&project.username, PASSWORD), pattern(0, count));
    let head = format!("POST {} HTTP/1.1\r\nHost: {}\r\n", origin.url("/echo"), origin.address());
    let head = format!("{head}{login}Content-Length: {count}\r\n\r\n");
    client.send([head.as_bytes(), &body].concat()).await.unwrap();
    let answer = client.answer("POST").await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let echo = answer.json().unwrap();
    assert_eq!(echo["body"], json!({ "bytes": count, "sha256": sha256(&body) }));
    echo
}

/// A GET and a POST through one tunnel to an origin that speaks TLS.
async fn secure(
    world: &World,
    project: &Project,
    (origin, authority): (&Origin, &Authority),
) -> Value {
    let mut client = world.client().await.unwrap();
    let fields = login(&project.username, PASSWORD);
    let answer = client.tunnel(&origin.address().to_string(), &fields).await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let mut inside = Client::over(authority.secure(client.wire, "127.0.0.1").await.unwrap());
    let large = inside.ask("GET", "/bytes/300000", "").await.unwrap();
    assert!(large.complete && large.body == pattern(0, 300_000));
    let head = "POST /echo HTTP/1.1\r\nHost: target.test\r\nContent-Length: 70000\r\n\r\n";
    inside.send([head.as_bytes(), &pattern(0, 70_000)].concat()).await.unwrap();
    let echo = inside.answer("POST").await.unwrap().json().unwrap();
    assert_eq!(echo["body"]["sha256"], sha256(&pattern(0, 70_000)));
    echo
}

/// Asks 20 times, in `ways` of the three there are, and returns who asked the origins for it.
async fn ask_twenty_times(world: &World, project: &Project, ways: usize) -> Vec<String> {
    let authority = Authority::new().unwrap();
    let plain = Origin::start().await.unwrap();
    let tls = Origin::start_tls(&authority).await.unwrap();
    let mut peers = Vec::new();
    for number in 0..20 {
        let echo = match number / 4 % ways {
            0 => get(world, project, &plain).await,
            1 => secure(world, project, (&tls, &authority)).await,
            _ => post(world, project, &plain, 100_000 + number).await,
        };
        let head = echo["fields"].to_string().to_lowercase();
        assert!(!head.contains("proxy-authorization"), "{head}");
        peers.push(echo["peer"].as_str().unwrap().to_owned());
    }
    peers
}

/// What the API says about an exit.
async fn health_of(world: &World, project: &Project, exit: &Upstream) -> Value {
    let path = format!("{}/proxies", project.path);
    let listed = world.control.get(&path).await.unwrap();
    let mut proxies = listed["items"].as_array().unwrap().iter();
    proxies.find(|proxy| proxy["host"] == exit.peer()).unwrap()["health"].clone()
}

fn peers_of(exits: &[&Upstream]) -> BTreeSet<String> {
    exits.iter().map(|exit| exit.peer()).collect()
}

#[tokio::test]
async fn real_proxies_carry_requests_with_their_logins() {
    let (squid, tinyproxy, microsocks, dante, open) = tokio::try_join!(
        upstreams::squid(),
        upstreams::tinyproxy(),
        upstreams::microsocks(),
        upstreams::dante_with_account(),
        upstreams::dante()
    )
    .unwrap();
    let list = [
        squid.line("http"),
        tinyproxy.line("http"),
        microsocks.line("socks5"),
        dante.line("socks5"),
        format!("{}://{}\n", Protocol::Socks4, open.address),
    ];
    // Hedged, they would not carry exactly their shares.
    let (world, project) = project_over(&list.concat(), json!({ "hedge": false })).await;
    let peers = ask_twenty_times(&world, &project, 3).await;
    let expected = peers_of(&[&squid, &tinyproxy, &microsocks, &dante, &open]);
    assert_eq!(peers.iter().cloned().collect::<BTreeSet<_>>(), expected);
    for peer in &expected {
        let count = peers.iter().filter(|one| *one == peer).count();
        assert_eq!(count, 4, "{peer} of {peers:?}");
    }
    let log = world.node.process.last_words().await.unwrap();
    never_logged(&log, &[upstreams::PASSWORD, PASSWORD]).unwrap();
}

#[tokio::test]
async fn a_proxy_that_does_not_take_its_login_is_left_to_itself() {
    let (squid, tinyproxy, microsocks) =
        tokio::try_join!(upstreams::squid(), upstreams::tinyproxy(), upstreams::microsocks())
            .unwrap();
    let list = [
        squid.line_with("http", "canary-wrong-password"),
        tinyproxy.line("http"),
        microsocks.line("socks5"),
    ];
    let (world, project) = project_over(&list.concat(), json!({})).await;
    // Twenty times, and again until it has been tried often enough to be given up.
    let given_up = || async {
        let peers = ask_twenty_times(&world, &project, 2).await;
        let carried: BTreeSet<_> = peers.into_iter().collect();
        assert_eq!(carried, peers_of(&[&tinyproxy, &microsocks]));
        let health = health_of(&world, &project, &squid).await;
        (health["status"] == "unhealthy").then_some(health)
    };
    let health = eventually("squid is given up", SOON, given_up).await.unwrap();
    assert_eq!(health["consecutive_failures"], 3, "{health}");
    let log = world.node.process.last_words().await.unwrap();
    never_logged(&log, &["canary-wrong-password", upstreams::PASSWORD]).unwrap();
}
