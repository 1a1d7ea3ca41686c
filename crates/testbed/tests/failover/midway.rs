//! Exits that break, and mend, while requests are under way.

use std::time::Duration;

use model::proxy::Protocol;
use testbed::clock::eventually;
use testbed::proxies::{Behaviour, Exit, Setup};
use testbed::world::lines;

use super::load::Load;

const REQUESTS: usize = 1_000;

async fn three() -> [Exit; 3] {
    [
        Setup::new(Protocol::Http).start().await.unwrap(),
        Setup::new(Protocol::Http).start().await.unwrap(),
        Setup::new(Protocol::Http).start().await.unwrap(),
    ]
}

/// Back when the target has had so many requests.
async fn after(load: &Load, requests: usize) {
    let seen = || async { (load.origin.request_count() >= requests).then_some(()) };
    eventually("requests have come", Duration::from_mins(1), seen).await.unwrap();
}

/// All exits work; then one breaks, then another, then the first one mends and the last one breaks.
async fn survive(behaviour: Behaviour) {
    let exits = three().await;
    let load = Load::start(&lines(&exits.each_ref())).await.unwrap();
    let meddle = async {
        after(&load, 200).await;
        exits[0].behave(behaviour).await;
        after(&load, 400).await;
        exits[1].behave(behaviour).await;
        after(&load, 700).await;
        exits[0].behave(Behaviour::Honest).await;
        exits[2].behave(Behaviour::Delay(Duration::from_millis(20))).await;
    };
    let (sent, ()) = tokio::join!(load.send(REQUESTS), meddle);
    sent.unwrap();
    let seen = exits.each_ref().map(|exit| exit.seen().len());
    assert!(seen.iter().all(|seen| *seen > 50), "all three took part: {seen:?}");
}

#[tokio::test]
async fn exits_that_hang_midway() {
    survive(Behaviour::Hang).await;
}

#[tokio::test]
async fn exits_that_close_midway() {
    survive(Behaviour::Close).await;
}

#[tokio::test]
async fn exits_that_answer_407_midway() {
    survive(Behaviour::Answer(407)).await;
}

#[tokio::test]
async fn exits_that_speak_garbage_midway() {
    survive(Behaviour::Garbage).await;
}

/// A port that closes takes its open connections along, and with them the tunnels that clients have
/// open, which nobody can mend: so it closes when only kept connections are there.
#[tokio::test]
async fn exits_whose_ports_close_and_open_again() {
    let exits = three().await;
    let load = Load::start(&lines(&exits.each_ref())).await.unwrap();
    load.send(300).await.unwrap();
    exits[0].behave(Behaviour::Refuse).await;
    load.send(300).await.unwrap();
    exits[1].behave(Behaviour::Refuse).await;
    load.send(300).await.unwrap();
    exits[0].behave(Behaviour::Honest).await;
    // Probes or trial requests find out, without anybody's help.
    let is_mended = || async {
        load.send(20).await.unwrap();
        (status(&load, &exits[0]).await? == "healthy").then_some(())
    };
    let within = Duration::from_secs(30);
    eventually("the mended exit counts as healthy", within, is_mended).await.unwrap();
    exits[2].behave(Behaviour::Refuse).await;
    load.send(100).await.unwrap();
}

/// What the API says of an exit.
async fn status(load: &Load, exit: &Exit) -> Option<String> {
    let listed = load.world.control.get(&format!("{}/proxies", load.project.path)).await.ok()?;
    let mut items = listed["items"].as_array()?.iter();
    let item = items.find(|item| item["port"] == exit.address().port())?;
    Some(item["health"]["status"].as_str()?.to_owned())
}
