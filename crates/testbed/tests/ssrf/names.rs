//! Names: those that stand for this machine wherever they are asked, those of its hosts file, and
//! the same name in other letters.

use std::net::{IpAddr, ToSocketAddrs};

use serde_json::json;

use super::scene::{NOT_ALLOWED, Scene};

#[tokio::test]
async fn localhost_has_many_names() {
    let scene = Scene::set(json!({})).await;
    for host in [
        "localhost",
        "localhost.",
        "LOCALHOST",
        "LocalHost.",
        "a.localhost",
        "a.b.localhost.",
        "A.LOCALHOST",
        "localhost.localdomain",
        "localhost4",
        "localhost4.localdomain4",
        "localhost6",
        "localhost6.localdomain6",
        "ip6-localhost",
        "ip6-loopback",
    ] {
        scene.refused(host, scene.trap.port, (403, NOT_ALLOWED)).await;
    }
    scene.nothing_left_the_node();
}

/// Names that this machine's hosts file gives to addresses of its own, and that do not look it.
fn names_of_this_machine() -> Vec<String> {
    let hosts = std::fs::read_to_string("/etc/hosts").unwrap();
    let lines = hosts.lines().map(|line| line.split('#').next().unwrap_or_default());
    let names = lines.flat_map(|line| line.split_whitespace().skip(1));
    let mut names: Vec<_> = names.filter(|name| is_inside(name)).map(str::to_owned).collect();
    names.retain(|name| !name.contains("local") && !name.contains("loopback"));
    names.dedup();
    names
}

/// Whether the name stands for loopback, private or multicast addresses only.
fn is_inside(name: &str) -> bool {
    let found = (name, 0).to_socket_addrs();
    found.is_ok_and(|mut addresses| {
        addresses.all(|address| match address.ip() {
            IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
            IpAddr::V6(ip) => ip.is_loopback() || ip.is_multicast() || ip.is_unique_local(),
        })
    })
}

/// What this node resolves itself is judged by its addresses. What the exit resolves is not.
#[tokio::test]
async fn a_name_of_this_machine_is_refused_by_its_address() {
    let names = names_of_this_machine();
    assert!(!names.is_empty(), "/etc/hosts gives no name but localhost to this machine");
    let scene = Scene::set(json!({})).await;
    let spellings = |name: String| [name.to_uppercase(), format!("{name}."), name];
    for name in names.into_iter().flat_map(spellings) {
        for project in &scene.projects[1..] {
            scene.refused_in(project, &name, scene.trap.port, (403, NOT_ALLOWED)).await;
        }
    }
    scene.nothing_left_the_node();
}

#[tokio::test]
async fn what_an_exit_resolves_is_up_to_the_exit() {
    let scene = Scene::set(json!({ "domain_deny": ["metadata.google.internal"] })).await;
    let answer = scene.plain(scene.over_exit(), "http://inside.test:9/echo").await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let heard = scene.exit.heard();
    let answer = scene.plain(scene.over_exit(), "http://metadata.google.internal/").await;
    assert_eq!(answer.status(), 403, "policy by name is the answer");
    assert_eq!(scene.exit.heard(), heard);
}

#[tokio::test]
async fn a_rule_counts_for_every_spelling_of_a_name() {
    let scene = Scene::set(json!({ "domain_deny": ["deny.test", "xn--bcher-kva.test"] })).await;
    for host in [
        "deny.test",
        "deny.test.",
        "DENY.test",
        "Deny.Test.",
        "a.deny.test",
        "A.Deny.TEST.",
        "xn--bcher-kva.test",
        "XN--BCHER-KVA.test.",
    ] {
        scene.refused(host, 80, (403, NOT_ALLOWED)).await;
    }
    scene.nothing_left_the_node();
    let answer = scene.plain(scene.over_exit(), "http://notdeny.test/echo").await;
    assert_eq!(answer.status(), 200);
}
