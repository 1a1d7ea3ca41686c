//! What cannot be repeated is not repeated: a request with a body reaches one exit, or none.

use std::collections::HashMap;

use anyhow::Result;
use model::proxy::Protocol;
use testbed::client::{Answer, Client};
use testbed::proxies::{Behaviour, Exit, Setup};
use testbed::world::{lines, logins};
use tokio::task::JoinSet;

use super::load::Load;

const POSTS: usize = 100;
const BODY: usize = 1_000;

async fn post(load: &Load, number: usize) -> Result<Answer> {
    post_on(&mut load.world.client().await?, load, number).await
}

async fn post_on(client: &mut Client, load: &Load, number: usize) -> Result<Answer> {
    let (url, login) = (load.origin.url(&format!("/echo?post={number}")), load.login());
    let fields = format!("Host: {}\r\n{login}Content-Length: {BODY}\r\n", load.origin.address());
    let body = "x".repeat(BODY);
    client.send(format!("POST {url} HTTP/1.1\r\n{fields}\r\n{body}")).await?;
    client.answer("POST").await
}

/// The statuses of so many POSTs, 20 at a time.
async fn post_all(load: &Load) -> HashMap<usize, u16> {
    let mut statuses = HashMap::new();
    for first in (0..POSTS).step_by(20) {
        let mut under_way = JoinSet::new();
        for number in first..first + 20 {
            let load = load.clone();
            under_way.spawn(async move { (number, post(&load, number).await.unwrap()) });
        }
        for (number, answer) in under_way.join_all().await {
            if answer.status() == 502 {
                let status = answer.head.get("proxy-status").unwrap();
                assert!(status.starts_with("octoprox; error="), "{status}");
            }
            statuses.insert(number, answer.status());
        }
    }
    statuses
}

/// As many exits that take a request and close as there are POSTs, in one; and behind them in the
/// list one that would carry whatever is sent a second time.
async fn swallowing(protocol: Protocol) -> (Exit, Exit, String) {
    let names: Vec<String> = (0..POSTS).map(|number| format!("account{number}")).collect();
    let setup = Setup::new(protocol).behaving(Behaviour::Swallow(BODY as u64));
    let setup = names.iter().fold(setup, |setup, name| setup.account(name, "secret"));
    let (swallows, honest) = (setup.start().await.unwrap(), Setup::new(protocol));
    let honest = honest.start().await.unwrap();
    let accounts = names.iter().map(|name| (name.as_str(), "secret"));
    let list = logins(&swallows, accounts) + &lines(&[&honest]);
    (swallows, honest, list)
}

#[tokio::test]
async fn a_post_that_an_http_exit_swallowed_is_sent_nowhere_else() {
    let (swallows, honest, list) = swallowing(Protocol::Http).await;
    let load = Load::start(&list).await.unwrap();
    let statuses = post_all(&load).await;
    let refused = statuses.values().filter(|status| **status == 502).count();
    let done = statuses.values().filter(|status| **status == 200).count();
    assert_eq!(refused + done, POSTS, "{statuses:?}");
    assert!(refused >= POSTS - 2, "round robin comes to the honest one once: {statuses:?}");
    assert_eq!(load.origin.request_count(), done);
    let url = |number| load.origin.url(&format!("/echo?post={number}"));
    let times = |exit: &Exit, number| {
        exit.seen()
            .iter()
            .filter(|seen| seen.method == "POST" && seen.target == url(number))
            .count()
    };
    for (number, status) in statuses {
        let expected = if status == 502 { (1, 0) } else { (0, 1) };
        assert_eq!((times(&swallows, number), times(&honest, number)), expected, "POST {number}");
    }
}

#[tokio::test]
async fn a_post_that_a_socks_exit_swallowed_is_sent_nowhere_else() {
    let (swallows, honest, list) = swallowing(Protocol::Socks5).await;
    let load = Load::start(&list).await.unwrap();
    let statuses = post_all(&load).await;
    let refused = statuses.values().filter(|status| **status == 502).count();
    assert!(refused >= POSTS - 2, "{statuses:?}");
    let tunnels = (swallows.seen().len(), honest.seen().len(), load.origin.request_count());
    assert_eq!(tunnels, (refused, POSTS - refused, POSTS - refused), "one tunnel a POST");
}

/// As long as nothing of a POST has been sent, another exit may carry it.
async fn post_past(protocol: Protocol, behaviour: Behaviour) {
    let setup = || Setup::new(protocol).account("account", "secret");
    let exits = [
        setup().behaving(behaviour).start().await.unwrap(),
        setup().behaving(behaviour).start().await.unwrap(),
        setup().start().await.unwrap(),
    ];
    let list: String = exits.iter().map(|exit| logins(exit, [("account", "secret")])).collect();
    let load = Load::start(&list).await.unwrap();
    let statuses = post_all(&load).await;
    assert!(statuses.values().all(|status| *status == 200), "{statuses:?}");
    assert_eq!(load.origin.request_count(), POSTS, "each of them once");
}

#[tokio::test]
async fn posts_survive_http_exits_that_refuse_connections() {
    post_past(Protocol::Http, Behaviour::Refuse).await;
}

#[tokio::test]
async fn posts_survive_socks_exits_that_refuse_our_login() {
    post_past(Protocol::Socks5, Behaviour::RefuseLogin).await;
}

#[tokio::test]
async fn posts_survive_socks_exits_that_hang() {
    post_past(Protocol::Socks5, Behaviour::Hang).await;
}

/// Where requests may be repeated, they are.
async fn get_again(protocol: Protocol) {
    let swallow = Behaviour::Swallow(0);
    let exits = [
        Setup::new(protocol).behaving(swallow).start().await.unwrap(),
        Setup::new(protocol).behaving(swallow).start().await.unwrap(),
        Setup::new(protocol).start().await.unwrap(),
    ];
    let load = Load::start(&lines(&exits.each_ref())).await.unwrap();
    let mut most_attempts = 0;
    for number in 0..50 {
        let path = format!("/echo?get={number}");
        let answer = load.world.get(&load.project, "", (&load.origin, &path)).await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let attempts = answer.head.get("octoprox-attempts").unwrap().parse().unwrap();
        most_attempts = most_attempts.max(attempts);
    }
    assert!((2..=3_u8).contains(&most_attempts), "{most_attempts} attempts");
    assert!(exits[..2].iter().all(|exit| !exit.seen().is_empty()), "both swallowed one");
    assert_eq!(load.origin.request_count(), 50);
}

#[tokio::test]
async fn a_get_that_an_http_exit_swallowed_is_sent_again() {
    get_again(Protocol::Http).await;
}

#[tokio::test]
async fn a_get_that_a_socks_exit_swallowed_is_sent_again() {
    get_again(Protocol::Socks5).await;
}

/// The exit closes a connection that had been kept when the POST is on its way already.
#[tokio::test]
async fn a_post_on_a_kept_connection_that_closes_is_sent_nowhere_else() {
    let exits = [
        Setup::new(Protocol::Http).start().await.unwrap(),
        Setup::new(Protocol::Http).start().await.unwrap(),
    ];
    let load = Load::start(&lines(&exits.each_ref())).await.unwrap();
    // Connections to exits are kept for each core, and a client's connection stays on one.
    let mut client = load.world.client().await.unwrap();
    for _ in 0..4 {
        client.ask("GET", &load.origin.url("/echo"), &load.login()).await.unwrap();
    }
    exits[0].behave(Behaviour::Close).await;
    exits[1].behave(Behaviour::Close).await;
    let answer = post_on(&mut client, &load, 0).await.unwrap();
    assert_eq!(answer.status(), 502, "{}", answer.text());
    let posts = exits.iter().flat_map(Exit::seen).filter(|seen| seen.method == "POST").count();
    assert_eq!((posts, load.origin.request_count()), (1, 4));
}

/// The node has said what it had to say: that its login is wrong is not the client's business.
#[tokio::test]
async fn a_post_that_an_exit_answers_407_is_answered_502() {
    let refuses = || Setup::new(Protocol::Http).behaving(Behaviour::Answer(407));
    let exits = [refuses().start().await.unwrap(), refuses().start().await.unwrap()];
    let load = Load::start(&lines(&exits.each_ref())).await.unwrap();
    let answer = post(&load, 0).await.unwrap();
    assert_eq!(answer.status(), 502, "{}", answer.text());
    assert_eq!(answer.head.get("proxy-authenticate"), None);
    assert_eq!(exits.iter().map(|exit| exit.seen().len()).sum::<usize>(), 1);
}
