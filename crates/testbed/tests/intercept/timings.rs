//! What records say of time and of ourselves: each number means what it is called, and fingerprints
//! are those that a target saw.

use std::time::Duration;

use model::proxy::Protocol;
use serde_json::{Value, json};
use testbed::clock::{SOON, eventually};
use testbed::mirror::Mirror;
use testbed::proxies::{Behaviour, Exit, Setup};
use testbed::site::{Manner, Site};
use testbed::tls::Authority;
use testbed::weather::{Home, Sky, Weather};

use super::scene::Scene;

/// What is slow is slower than all that is not, also on a machine with other things to do.
const SLOW: Duration = Duration::from_millis(700);

/// A site behind a sky, and exits that lead to it.
struct Timed {
    scene: Scene,
    weather: Weather,
}

impl Timed {
    async fn set(behaviours: &[Behaviour]) -> Self {
        let authority = Authority::new().unwrap();
        let manner = Manner { protocols: &["http/1.1"], ..Manner::default() };
        let site = Site::start_as(&authority, manner).await.unwrap();
        let weather = Weather::before(Home::Tcp(site.address())).await.unwrap();
        let mut exits: Vec<Exit> = Vec::new();
        for behaviour in behaviours {
            let setup = Setup::new(Protocol::Http).leading_to_address(weather.address());
            exits.push(setup.behaving(*behaviour).start().await.unwrap());
        }
        let scene = Scene::over((authority, site, exits), inspected(), &ONE_CORE).await;
        Self { scene, weather }
    }

    /// Asks for a page, and returns what was recorded of that: shown whole, and as HAR has it.
    async fn ask(&self, path: &str) -> (Value, Value) {
        let url = format!("https://shop.test{path}");
        self.scene.curl(&[&url]).await.fine().unwrap();
        let item = latest(&self.scene).await;
        let captures = format!("{}/captures", self.scene.project.path);
        let control = &self.scene.world.control;
        let shown = control.get(&format!("{captures}/{}", item["id"])).await.unwrap();
        let har = control.get(&format!("{captures}.har")).await.unwrap();
        let entry = har["log"]["entries"][0].clone();
        assert_eq!(har["log"]["entries"].as_array().unwrap().len(), 1);
        control.call(("DELETE", &captures), "", None).await.unwrap();
        (shown, entry)
    }
}

/// Connections are kept for each core.
const ONE_CORE: [(&str, &str); 1] = [("OCTOPROX_THREADS", "1")];

fn inspected() -> Value {
    json!({ "inspection": { "permille": 1000, "body_bytes": 100 }, "max_retries": 3 })
}

/// The only record, once it is there.
async fn latest(scene: &Scene) -> Value {
    let path = format!("{}/captures", scene.project.path);
    let one = || async {
        let listed = scene.world.control.get(&path).await.ok()?;
        let items = listed["items"].as_array()?;
        (items.len() == 1).then(|| items[0].clone())
    };
    eventually("a record", SOON, one).await.unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

/// The stages of HAR, all of which add up to the time.
const STAGES: [&str; 5] = ["blocked", "connect", "send", "wait", "receive"];

/// Panics unless this stage took longer than all others together, and at least about as long as it had
/// to, and all of them add up.
#[track_caller]
fn longest(entry: &Value, stage: &str) {
    let timings = &entry["timings"];
    let took = |stage: &str| number(&timings[stage]).max(0.0);
    let others: f64 = STAGES.iter().filter(|other| **other != stage).map(|name| took(name)).sum();
    assert!(took(stage) > others, "{stage} {timings}");
    let sum = others + took(stage);
    assert!((sum - number(&entry["time"])).abs() < 0.01, "{sum} {entry}");
    assert!(number(&timings["ssl"]) <= took("connect"), "{timings}");
}

/// Panics unless the events that are known come in this order.
#[track_caller]
fn in_order(shown: &Value) {
    let events = ["begun", "connected", "exit", "tls", "sent", "first_byte", "total"];
    let known: Vec<f64> =
        events.iter().filter_map(|name| shown["timings_ms"][*name].as_f64()).collect();
    assert!(known.is_sorted(), "{}", shown["timings_ms"]);
}

#[tokio::test]
async fn a_slow_handshake_is_the_exits_or_the_targets() {
    let timed = Timed::set(&[Behaviour::Delay(SLOW)]).await;
    let (shown, entry) = timed.ask("/good/1").await;
    in_order(&shown);
    longest(&entry, "connect");
    let at = |name: &str| number(&shown["timings_ms"][name]);
    let (exit, tls) = (at("exit") - at("connected"), at("tls") - at("exit"));
    assert!(exit > tls && exit > at("connected") && exit > at("total") / 2.0, "{shown}");
    assert!((number(&entry["timings"]["ssl"]) - tls).abs() < 0.01, "{entry}");

    // Another session has connections of its own.
    timed.scene.exits[0].behave(Behaviour::Honest).await;
    timed.scene.change(json!({ "max_in_flight": 1000 })).await;
    timed.weather.turns(Sky::Late(SLOW));
    let (shown, entry) = timed.ask("/good/2").await;
    in_order(&shown);
    let at = |name: &str| number(&shown["timings_ms"][name]);
    let (exit, tls) = (at("exit") - at("connected"), at("tls") - at("exit"));
    assert!(tls > exit + at("connected"), "{shown}");
    assert!((number(&entry["timings"]["ssl"]) - tls).abs() < 0.01, "{entry}");

    // The way is there now: nothing is connected, and what is slow is the answer.
    let (shown, entry) = timed.ask("/good/3").await;
    in_order(&shown);
    for name in ["connected", "exit", "tls"] {
        assert_eq!(shown["timings_ms"][name], Value::Null, "{shown}");
    }
    let timings = &entry["timings"];
    assert_eq!((number(&timings["connect"]), number(&timings["ssl"])), (-1.0, -1.0));
    longest(&entry, "wait");
}

#[tokio::test]
async fn a_slow_body_is_received_slowly() {
    let timed = Timed::set(&[Behaviour::Honest]).await;
    timed.ask("/good/1").await;
    timed.weather.turns(Sky::Narrow(100_000));
    let (shown, entry) = timed.ask("/bytes/200000").await;
    in_order(&shown);
    longest(&entry, "receive");
}

#[tokio::test]
async fn each_exit_that_was_tried_is_in_the_record() {
    let timed = Timed::set(&[Behaviour::Answer(500), Behaviour::Honest]).await;
    let good = &timed.scene.exits[1];
    let mut seen = None;
    for page in 0..6 {
        let (shown, entry) = timed.ask(&format!("/good/{page}")).await;
        let tries = shown["tries"].as_array().unwrap().clone();
        assert_eq!(tries.len(), usize::try_from(shown["attempts"].as_u64().unwrap()).unwrap());
        let last = tries.last().unwrap();
        assert_eq!((&last["exit"], &last["outcome"]), (&shown["exit"], &json!("answered")));
        if tries.len() == 2 {
            seen = Some((shown, entry, tries));
            break;
        }
    }
    let (shown, entry, tries) = seen.expect("the one that does not work was tried first");
    assert_eq!(tries[0]["outcome"], "refused", "{shown}");
    assert_ne!(tries[0]["exit"], tries[1]["exit"]);
    assert!(number(&tries[0]["ended_ms"]) <= number(&tries[1]["begun_ms"]), "{shown}");
    assert_eq!(shown["timings_ms"]["begun"], tries[1]["begun_ms"]);
    assert_eq!(shown["timings_ms"]["exit"], tries[1]["opened_ms"]);
    let blocked = number(&entry["timings"]["blocked"]);
    assert!((blocked - number(&tries[1]["begun_ms"])).abs() < 0.01, "{entry}");
    assert!(good.tunnels() > 0);
}

#[tokio::test]
async fn who_waits_for_an_exit_that_hangs_is_blocked_until_another_gets_its_turn() {
    let timed = Timed::set(&[Behaviour::Hang, Behaviour::Honest]).await;
    // A quarter of it for each attempt.
    timed.scene.change(json!({ "connection_timeout_seconds": 4 })).await;
    let mut seen = None;
    for page in 0..6 {
        let (shown, entry) = timed.ask(&format!("/good/{page}")).await;
        if shown["tries"].as_array().unwrap().len() == 2 {
            seen = Some((shown, entry));
            break;
        }
    }
    let (shown, entry) = seen.expect("the one that hangs was tried first");
    in_order(&shown);
    longest(&entry, "blocked");
    let tries = &shown["tries"];
    assert!(["silent", "cancelled"].contains(&tries[0]["outcome"].as_str().unwrap()), "{shown}");
    // It was waited for as long as the other one was not there, and side by side with that.
    assert!(number(&tries[0]["ended_ms"]) > number(&tries[1]["begun_ms"]), "{shown}");
    assert_eq!(tries[0]["opened_ms"], Value::Null);
}

#[tokio::test]
async fn fingerprints_are_those_that_the_target_saw() {
    for protocols in [&["h2", "http/1.1"][..], &["http/1.1"]] {
        let authority = Authority::new().unwrap();
        let mirror = Mirror::start(&authority, protocols).await.unwrap();
        let site = Site::start(&authority).await.unwrap();
        let mut exits = Vec::new();
        for protocol in [Protocol::Http, Protocol::Socks5] {
            let setup = Setup::new(protocol).leading_to_address(mirror.address());
            exits.push(setup.start().await.unwrap());
        }
        let scene = Scene::over((authority, site, exits), inspected(), &ONE_CORE).await;
        let mut seen = Vec::new();
        for _ in 0..4 {
            scene.curl(&["https://target.test/look"]).await.fine().unwrap();
            let item = latest(&scene).await;
            seen.push((item["sent_tls"].clone(), item["sent_http2"].clone()));
            let path = format!("{}/captures", scene.project.path);
            scene.world.control.call(("DELETE", &path), "", None).await.unwrap();
        }
        let look = |look: testbed::mirror::Look| {
            let tls = json!({ "ja3": look.hello.ja3_hash(), "ja4": look.hello.ja4() });
            (tls, json!(look.preface.map(|preface| preface.akamai())))
        };
        // One connection an exit: the order of extensions, and so JA3, is another for each.
        let looks: Vec<_> = mirror.looks().into_iter().map(look).collect();
        assert_eq!(looks.len(), 2, "{protocols:?} {looks:?}");
        assert_ne!(looks[0].0["ja3"], looks[1].0["ja3"]);
        assert_eq!(seen[..2], looks[..], "new connections");
        assert_eq!(seen[2..], looks[..], "kept connections");
        assert_eq!(looks[0].1.is_string(), protocols.len() == 2, "{looks:?}");
    }
}
