//! What people may look at afterwards, and what they must not find there.

use serde_json::{Value, json};
use testbed::clock::{SOON, eventually};

use super::scene::Scene;

/// What nobody is to read: secrets of clients, and one that the site sets.
const SECRETS: [&str; 5] = [
    "canary-cookie-of-the-client",
    "canary-cookie-of-the-site",
    "canary-token-of-the-client",
    "canary-code-in-the-url",
    "canary-project-password",
];

async fn recording(inspection: Value) -> Scene {
    Scene::with(json!({ "inspection": inspection })).await
}

/// What the project has recorded, once there is so much of it.
async fn recorded(scene: &Scene, count: usize) -> Vec<Value> {
    let path = format!("{}/captures", scene.project.path);
    let all = || async {
        let listed = scene.world.control.get(&path).await.ok()?;
        let items = listed["items"].as_array()?.clone();
        (items.len() == count).then_some(items)
    };
    eventually("as many are recorded", SOON, all).await.unwrap()
}

async fn detail(scene: &Scene, item: &Value) -> Value {
    scene
        .world
        .control
        .get(&format!("{}/captures/{}", scene.project.path, item["id"]))
        .await
        .unwrap()
}

/// Asks with every kind of secret, and is answered with one.
async fn ask(scene: &Scene, flag: &str) {
    let url = scene.site.url("/cookie?page=2&token=canary-code-in-the-url");
    let secrets = [
        "-b",
        "session=canary-cookie-of-the-client",
        "-H",
        "Authorization: Bearer canary-token-of-the-client",
        "-H",
        "X-Api-Key: canary-token-of-the-client",
        "-H",
        "X-Plain: visible",
    ];
    scene.curl(&[&[flag], &secrets[..], &[&url]].concat()).await.fine().unwrap();
}

/// Panics if a secret is told, or the name of one, or what is none, is not.
#[track_caller]
fn tells_no_secret(text: &str) {
    let told: Vec<_> = SECRETS.iter().filter(|secret| text.contains(**secret)).collect();
    assert!(told.is_empty(), "{told:?} in {text}");
    let kept = ["visible", "page=2", "session", "token"];
    assert!(kept.iter().all(|kept| text.contains(kept)), "{text}");
}

#[tokio::test]
async fn an_exchange_is_shown_without_its_secrets() {
    let scene = recording(json!({ "permille": 1000, "body_bytes": 4096 })).await;
    for (flag, version) in [("--http1.1", "http/1.1"), ("--http2", "h2")] {
        ask(&scene, flag).await;
        let items = recorded(&scene, 1).await;
        let item = &items[0];
        assert_eq!(item["kind"], "intercepted");
        assert_eq!((&item["method"], &item["status"]), (&"GET".into(), &200.into()));
        assert_eq!(item["protocols"], json!({ "client": version, "target": "h2" }));
        let (ja3, ja4) = (&item["client_tls"]["ja3"], &item["client_tls"]["ja4"]);
        assert!(ja3.as_str().unwrap().len() == 32, "{item}");
        let alpn = if version == "h2" { "h2_" } else { "h1_" };
        let ja4 = ja4.as_str().unwrap();
        assert!(ja4.starts_with("t13i") && ja4[8..].starts_with(alpn), "{ja4}");
        assert!(item["exit"].is_string() && item["bytes_received"] == 12, "{item}");
        assert!(item["timings_ms"]["total"].as_f64() >= item["timings_ms"]["first_byte"].as_f64());

        let shown = detail(&scene, item).await;
        assert_eq!(shown["response"]["content"]["text"], "a good page\n");
        let har = scene.world.control.get(&format!("{}/captures.har", scene.project.path)).await;
        let har = har.unwrap();
        assert_eq!(har["log"]["version"], "1.2");
        assert_eq!(har["log"]["entries"][0]["response"]["status"], 200);
        tells_no_secret(&shown.to_string());
        tells_no_secret(&har.to_string());
        let path = format!("{}/captures", scene.project.path);
        let cleared = scene.world.control.call(("DELETE", &path), "", None).await.unwrap();
        assert_eq!(cleared.body["deleted"], 1, "{cleared:?}");
    }
    let log = scene.world.node.process.log();
    testbed::node::never_logged(&log, &SECRETS).unwrap();
}

#[tokio::test]
async fn as_much_is_kept_as_the_project_says() {
    let scene = recording(json!({ "permille": 0 })).await;
    let url = format!("{}?[1-5]", scene.site.url("/good/1"));
    scene.curl(&[&url]).await.fine().unwrap();
    recorded(&scene, 0).await;
    scene.change(json!({ "inspection": { "permille": 1000, "keep": 3, "body_bytes": 6 } })).await;
    scene.curl(&[&url]).await.fine().unwrap();
    let last = || async {
        let items = recorded(&scene, 3).await;
        items[0]["url"].as_str()?.ends_with("?5").then_some(items)
    };
    let items = eventually("the last one is there", SOON, last).await.unwrap();
    let urls: Vec<_> = items.iter().map(|item| item["url"].as_str().unwrap()).collect();
    assert!(urls[0].ends_with("?5") && urls[2].ends_with("?3"), "{urls:?}");
    let shown = detail(&scene, &items[0]).await;
    let content = &shown["response"]["content"];
    assert_eq!((&content["text"], &content["size"]), (&"a good".into(), &12.into()));
    assert_eq!(content["truncated"], true);
    scene.change(json!({ "inspection": { "permille": 1000, "keep": 100, "body_bytes": 0 } })).await;
    scene.curl(&[&scene.site.url("/good/2")]).await.fine().unwrap();
    let items = recorded(&scene, 4).await;
    assert_eq!(detail(&scene, &items[0]).await["response"]["content"]["text"], "");
}

#[tokio::test]
async fn one_in_so_many_is_kept() {
    let scene = recording(json!({ "permille": 300, "keep": 10_000 })).await;
    let url = format!("{}?[1-400]", scene.site.url("/good/1"));
    scene.curl(&[&url]).await.fine().unwrap();
    let path = format!("{}/captures?limit=1000", scene.project.path);
    let listed = scene.world.control.get(&path).await.unwrap();
    let count = listed["items"].as_array().unwrap().len();
    // Six standard deviations to either side of 120.
    assert!((65..=175).contains(&count), "{count}");
}
