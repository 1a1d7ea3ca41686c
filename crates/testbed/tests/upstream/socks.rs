//! U09: SOCKS5 exits that do not speak it well.

use std::time::Duration;

use model::proxy::Protocol;
use testbed::client::login;
use testbed::proxies::{Behaviour, Setup};
use testbed::world::{PASSWORD, lines, logins};
use tokio::time::Instant;

use super::scene::{Scene, is_ours};

const AT_ONCE: Duration = Duration::from_secs(1);

/// In one way wrong, with a login and without one.
async fn wrong(scene: &Scene, name: &str, behaviour: Behaviour) {
    let setup = || Setup::new(Protocol::Socks5).behaving(behaviour);
    let open = setup().start().await.unwrap();
    let shut = setup().account("vend", "s3cret").start().await.unwrap();
    for (name, list) in [
        (name.to_owned(), lines(&[&open])),
        (format!("{name}-login"), logins(&shut, [("vend", "s3cret")])),
    ] {
        let project = scene.project(&name, 0, &list).await;
        let (tunnel, _client, took) = scene.tunnel(&project).await;
        is_ours(&tunnel, 502);
        assert!(took < AT_ONCE, "{name}: {took:?}");
        let begun = Instant::now();
        is_ours(&scene.get(&project).await, 502);
        assert!(begun.elapsed() < AT_ONCE, "{name}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn an_exit_that_does_not_speak_socks_is_a_502() {
    let scene = Scene::set().await;
    for (name, behaviour) in [
        ("method", Behaviour::WrongMethod),
        ("version", Behaviour::WrongVersion),
        ("short", Behaviour::ShortReply),
        ("garbage", Behaviour::Garbage),
        ("refusal", Behaviour::RefuseLogin),
        ("failure", Behaviour::Reply(1)),
        ("unassigned", Behaviour::Reply(0x5b)),
    ] {
        wrong(&scene, name, behaviour).await;
    }
    assert_eq!(scene.origin.connection_count(), 0);
}

/// Names end at 253 bytes (RFC 1035 section 2.3.4), so the 255 of SOCKS are never too few.
#[tokio::test]
async fn a_name_that_socks_cannot_carry_is_refused_before() {
    let scene = Scene::set().await;
    let exit = Setup::new(Protocol::Socks5).leading_to(&scene.origin).start().await.unwrap();
    let project = scene.project("shop", 0, &lines(&[&exit])).await;
    let name = |length: usize| {
        let labels = format!("{}.", "a".repeat(49)).repeat(length / 50 + 1);
        format!("{}test", &labels[labels.len() - (length - 4)..])
    };
    for (length, status) in [(253, 200), (254, 400), (255, 400), (256, 400), (300, 400)] {
        let host = name(length);
        assert_eq!(host.len(), length);
        let fields = login(&project.username, PASSWORD);
        let mut client = scene.world.client().await.unwrap();
        let answer = client.tunnel(&format!("{host}:443"), &fields).await.unwrap();
        assert_eq!(answer.status(), status, "{length}: {}", answer.text());
        let mut client = scene.world.client().await.unwrap();
        let url = format!("http://{host}/echo");
        let answer = client.ask("GET", &url, &fields).await.unwrap();
        assert_eq!(answer.status(), status, "{length}: {}", answer.text());
    }
    assert!(exit.seen().iter().all(|seen| seen.target.len() < 260), "{:?}", exit.seen());
    assert_eq!(exit.seen().len(), 2);
}
