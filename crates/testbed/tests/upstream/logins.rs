//! U01 and U08: what exits are told about who we are.

use std::io;
use std::net::SocketAddr;

use model::proxy::Protocol;
use testbed::client::basic;
use testbed::proxies::{Exit, Setup};
use testbed::world::logins;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::task::TaskTracker;

use super::scene::Scene;

const USERNAME: &str = "vend";
const SECRET: &str = "s3cret";

#[tokio::test]
async fn an_exit_sees_one_login_and_it_is_ours() {
    let scene = Scene::set().await;
    let exit = Setup::new(Protocol::Http).account(USERNAME, SECRET).start().await.unwrap();
    let project = scene.project("shop", 0, &logins(&exit, [(USERNAME, SECRET)])).await;
    assert_eq!(scene.get(&project).await.status(), 200);
    let (answer, mut client, _) = scene.tunnel(&project).await;
    assert_eq!(answer.status(), 200, "{}", answer.text());
    assert_eq!(client.ask("GET", "/echo", "").await.unwrap().status(), 200);
    let seen = exit.seen();
    let methods: Vec<_> = seen.iter().map(|seen| seen.method.as_str()).collect();
    assert_eq!(methods, ["GET", "CONNECT"]);
    for head in seen.iter().filter_map(|seen| seen.head.as_ref()) {
        let text = String::from_utf8_lossy(&head.raw).to_lowercase();
        assert_eq!(text.matches("proxy-authorization:").count(), 1, "{text}");
        assert_eq!(head.get("proxy-authorization"), Some(&*basic(USERNAME, SECRET)));
    }
    for connection in scene.origin.connections() {
        let heard = String::from_utf8_lossy(&connection.heard.bytes).to_lowercase();
        assert!(heard.starts_with("get /echo http/1.1\r\n"), "{heard}");
        assert!(!heard.contains("proxy-"), "{heard}");
    }
}

/// Bytes that mean something in a URL, as they stand in one.
const ODD: [(&str, &str); 8] = [
    ("at@colon:slash/hash#", "at%40colon%3Aslash%2Fhash%23"),
    ("question?percent%", "question%3Fpercent%25"),
    ("é", "%C3%A9"),
    ("p@:/#?%é", "p%40%3A%2F%23%3F%25%C3%A9"),
    ("%41", "%2541"),
    ("a+b c", "a+b%20c"),
    ("[::1]", "%5B::1%5D"),
    ("'\"\\", "'%22%5C"),
];

#[tokio::test]
async fn every_password_arrives_as_it_was_given() {
    let scene = Scene::set().await;
    for protocol in [Protocol::Http, Protocol::Socks5] {
        let setup = ODD.iter().enumerate().fold(Setup::new(protocol), |setup, (n, (plain, _))| {
            setup.account(&format!("user{n}"), plain)
        });
        let exit = setup.start().await.unwrap();
        let users: Vec<_> = (0..ODD.len()).map(|n| format!("user{n}")).collect();
        let accounts = users.iter().zip(ODD).map(|(user, (_, encoded))| (user.as_str(), encoded));
        let list = logins(&exit, accounts);
        let project = scene.project(protocol.as_str(), 0, &list).await;
        for _ in ODD {
            assert_eq!(scene.get(&project).await.status(), 200);
        }
        for ((plain, _), user) in ODD.iter().zip(&users) {
            let login = Some((user.clone(), (*plain).to_owned()));
            let seen = exit.seen();
            assert!(seen.iter().any(|seen| seen.login == login && seen.admitted), "{seen:?}");
        }
    }
}

/// A port of IPv6 that leads to an exit, which have IPv4 only.
async fn in_front_of(exit: &Exit) -> SocketAddr {
    let listener = TcpListener::bind("[::1]:0").await.unwrap();
    let (address, to) = (listener.local_addr().unwrap(), exit.address());
    let tasks = TaskTracker::new();
    tasks.clone().spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            tasks.spawn(join(near, to));
        }
    });
    address
}

async fn join(mut near: TcpStream, to: SocketAddr) -> io::Result<(u64, u64)> {
    copy_bidirectional(&mut near, &mut TcpStream::connect(to).await?).await
}

#[tokio::test]
async fn an_exit_may_have_an_ipv6_address() {
    let scene = Scene::set().await;
    for protocol in [Protocol::Http, Protocol::Socks5] {
        let (plain, encoded) = ODD[3];
        let exit = Setup::new(protocol).account(USERNAME, plain).start().await.unwrap();
        let list = format!("{protocol}://{USERNAME}:{encoded}@{}\n", in_front_of(&exit).await);
        let project = scene.project(protocol.as_str(), 0, &list).await;
        assert_eq!(scene.get(&project).await.status(), 200);
        let (answer, mut client, _) = scene.tunnel(&project).await;
        assert_eq!(answer.status(), 200, "{}", answer.text());
        assert_eq!(client.ask("GET", "/echo", "").await.unwrap().status(), 200);
        let login = Some((USERNAME.to_owned(), plain.to_owned()));
        assert!(exit.seen().iter().all(|seen| seen.login == login));
    }
}
