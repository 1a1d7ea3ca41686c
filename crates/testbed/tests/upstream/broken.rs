//! U02 and U07: exits that are not there, or go away.

use std::time::Duration;

use model::proxy::Protocol;
use testbed::client::login;
use testbed::proxies::{Behaviour, Setup};
use testbed::world::{PASSWORD, lines};

use super::scene::{Scene, is_ours};

/// The connect timeout of the project, and a second.
const WITHIN: Duration = Duration::from_secs(4);

#[tokio::test]
async fn an_exit_that_is_no_good_costs_less_than_its_timeout() {
    let scene = Scene::set().await;
    for behaviour in [Behaviour::Refuse, Behaviour::Close, Behaviour::Reset, Behaviour::Hang] {
        let broken = Setup::new(Protocol::Http).behaving(behaviour).start().await.unwrap();
        let honest = Setup::new(Protocol::Http).start().await.unwrap();
        let name = format!("{behaviour:?}").to_lowercase();
        let project = scene.project(&name, 1, &lines(&[&broken, &honest])).await;
        // Whichever comes first, the broken one is met at the latest by the second.
        let (first, _client, took) = scene.tunnel(&project).await;
        let (second, _other, took_too) = scene.tunnel(&project).await;
        assert_eq!((first.status(), second.status()), (200, 200), "{behaviour:?}");
        assert!(took.max(took_too) < WITHIN, "{behaviour:?}: {took:?}, {took_too:?}");
        let attempts = [first, second]
            .map(|answer| answer.head.get("octoprox-attempts").unwrap().parse::<u32>().unwrap());
        assert_eq!(attempts.iter().sum::<u32>(), 3, "{behaviour:?}: {attempts:?}");
        assert_eq!(honest.tunnels(), 2);
        let health = scene.health(&project).await;
        let failures = health.iter().map(|health| health["consecutive_failures"].as_u64());
        assert_eq!(failures.flatten().sum::<u64>(), 1, "{behaviour:?} counts once: {health:?}");
    }
}

/// Both exits die within the body: the second one is not asked. A GET, which can be repeated, is.
async fn megabyte(protocol: Protocol) {
    let scene = Scene::set().await;
    let dies = || Setup::new(protocol).behaving(Behaviour::Swallow(10));
    let exits = [dies().start().await.unwrap(), dies().start().await.unwrap()];
    let project = scene.project("shop", 2, &lines(&exits.each_ref())).await;
    let mut client = scene.world.client().await.unwrap();
    let fields = login(&project.username, PASSWORD);
    let (url, host) = (scene.origin.url("/echo"), scene.origin.address());
    let head = format!("POST {url} HTTP/1.1\r\nHost: {host}\r\n{fields}");
    let body = vec![b'x'; 1024 * 1024];
    client.send(format!("{head}Content-Length: {}\r\n\r\n", body.len())).await.unwrap();
    let (reader, writer) = (&mut client.wire.reader, &mut client.wire.writer);
    let (sent, answer) = tokio::join!(writer.send(body), reader.head());
    let answer = answer.unwrap().unwrap();
    assert_eq!(answer.status(), 502, "{} after {sent:?}", answer.start);
    let tried = exits.iter().map(|exit| exit.seen().len()).sum::<usize>();
    assert_eq!((tried, scene.origin.request_count()), (1, 0));

    exits[0].behave(Behaviour::Close).await;
    exits[1].behave(Behaviour::Honest).await;
    for _ in 0..2 {
        assert_eq!(scene.get(&project).await.status(), 200);
    }
    assert_eq!(scene.origin.request_count(), 2);
    // Connections that are kept go with it.
    exits[1].behave(Behaviour::Refuse).await;
    is_ours(&scene.get(&project).await, 502);
}

#[tokio::test]
async fn a_megabyte_that_an_http_exit_dropped_is_sent_nowhere_else() {
    megabyte(Protocol::Http).await;
}

#[tokio::test]
async fn a_megabyte_that_a_socks_exit_dropped_is_sent_nowhere_else() {
    megabyte(Protocol::Socks5).await;
}
