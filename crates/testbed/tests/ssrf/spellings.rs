//! Spellings that some resolver would read as an address, and texts that are no host at all.

use serde_json::json;
use testbed::client::login;
use testbed::world::PASSWORD;

use super::scene::{FAILURE, Scene};

/// Numbers that `inet_aton` takes: 127.0.0.1 and 169.254.169.254 in disguise.
const ODD: &[&str] = &[
    "2130706433",
    "0x7f000001",
    "0X7F000001",
    "017700000001",
    "00000000017700000001",
    "127.1",
    "127.0.1",
    "127.0.0.01",
    "127.00.0.1",
    "0127.0.0.1",
    "0177.0.0.1",
    "0177.0.0.01",
    "0x7f.0.0.1",
    "0x7f.0x0.0x0.0x1",
    "0x7f.1",
    "127.0.0.0x1",
    "127.0.0.1.",
    "127.1.",
    "2130706433.",
    "2852039166",
    "0xa9fea9fe",
    "025177524776",
    "0251.0376.0251.0376",
    "169.254.43518",
    "256.0.0.1",
    "1.2.3.4.5",
    "4294967297",
    "0",
    "00",
    "0x",
    "0x0",
    "name.0x7f000001",
    "name.127",
];

/// What is no host in a URL, nor in SOCKS5.
const NO_HOST: &[&str] = &[
    "127.0.0.1..",
    "localhost..",
    ".localhost",
    "a..localhost",
    "%6c%6f%63%61%6c%68%6f%73%74",
    "127.0.0.1%2f",
    "127.0.0.1%00.target.test",
    "user@127.0.0.1",
    "target.test@127.0.0.1",
    "local*host",
    "local,host",
    "local;host",
    "local~host",
    "(localhost)",
];

/// What is no host because of its brackets, which only URLs have.
const BAD_BRACKETS: &[&str] = &[
    "[localhost]",
    "[127.0.0.1]",
    "[::1%lo]",
    "[::1%25lo]",
    "[fe80::1%1]",
    "[::1",
    "::1",
    "::ffff:127.0.0.1",
    "[::1].",
    "[[::1]]",
    "[]",
    "[::ffff:127.1]",
    "[::ffff:0177.0.0.1]",
    "[1::2::3]",
    "[v1.127.0.0.1]",
];

#[tokio::test]
async fn odd_spellings_of_addresses_are_no_targets() {
    let scene = Scene::set(json!({})).await;
    for host in ODD {
        scene.refused(host, scene.trap.port, (400, FAILURE)).await;
    }
    scene.nothing_left_the_node();
}

#[tokio::test]
async fn what_is_no_host_is_no_target() {
    let scene = Scene::set(json!({})).await;
    for host in NO_HOST {
        scene.refused(host, scene.trap.port, (400, FAILURE)).await;
    }
    for host in BAD_BRACKETS {
        let port = scene.trap.port;
        for project in &scene.projects {
            let plain = scene.plain(project, &format!("http://{host}:{port}/")).await;
            let tunnel = scene.tunnel(project, &format!("{host}:{port}")).await;
            assert_eq!((plain.status(), tunnel.status()), (400, 400), "{host}");
        }
    }
    scene.nothing_left_the_node();
}

/// Letters that look like ASCII to a person, or are folded into it by some library.
#[tokio::test]
async fn what_is_not_ascii_is_no_target() {
    let scene = Scene::set(json!({})).await;
    for host in [
        "①②⑦.⓪.⓪.①",
        "127。0。0。1",
        "１２７.0.0.1",
        "ⓛocalhost",
        "localhoſt",
        "LOCALHOST。",
        "bücher.test",
    ] {
        for start in [
            format!("GET http://{host}:{}/ HTTP/1.1", scene.trap.port),
            format!("CONNECT {host}:{} HTTP/1.1", scene.trap.port),
        ] {
            let fields = login(&scene.direct().username, PASSWORD);
            let mut client = scene.world.client().await.unwrap();
            client.send(format!("{start}\r\nHost: target.test\r\n{fields}\r\n")).await.unwrap();
            assert_eq!(client.answer("GET").await.unwrap().status(), 400, "{start}");
            client.closed().await.unwrap();
        }
    }
    scene.nothing_left_the_node();
}
