//! What a project changes in messages, and what it does not even ask for.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::scene::Scene;

/// The values of a field that arrived.
fn arrived(echo: &Value, name: &str) -> Vec<String> {
    let fields = echo["fields"].as_array().unwrap();
    let named = fields.iter().filter(|field| field[0].as_str().unwrap().eq_ignore_ascii_case(name));
    named.map(|field| field[1].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn fields_are_set_and_removed_in_both_directions() {
    let rewrites = json!({
        "request": [
            { "action": "set", "name": "X-Added", "value": "here" },
            { "action": "set", "name": "Accept-Language", "value": "de" },
            { "action": "remove", "name": "X-Tracked" },
        ],
        "response": [
            { "action": "remove", "name": "X-Powered-By" },
            { "action": "set", "name": "Content-Type", "value": "text/markdown" },
            { "action": "set", "name": "X-Seen", "value": "yes" },
        ],
    });
    let scene = Scene::with(json!({ "rewrites": rewrites })).await;
    for flag in ["--http1.1", "--http2"] {
        let sent = ["-H", "accept-language: en", "-H", "x-tracked: 1", "-H", "x-kept: 1", flag];
        let echo = scene.echo(&sent).await;
        let wanted =
            [("x-added", vec!["here"]), ("accept-language", vec!["de"]), ("x-kept", vec!["1"])];
        for (name, values) in wanted {
            assert_eq!(arrived(&echo, name), values, "{name}: {echo}");
        }
        assert!(arrived(&echo, "x-tracked").is_empty(), "{echo}");
        let url = scene.site.url("/cookie");
        let head = scene.curl(&["-D", "-", "-o", "/dev/null", flag, &url]).await.fine().unwrap();
        let head = String::from_utf8(head).unwrap().to_lowercase();
        assert!(head.contains("content-type: text/markdown\r\n"), "{head}");
        assert!(head.contains("x-seen: yes\r\n") && head.contains("set-cookie: token="), "{head}");
        assert!(!head.contains("x-powered-by") && !head.contains("text/plain"), "{head}");
    }
}

/// The `User-Agent` of so many requests on one connection of curl.
async fn agents(scene: &Scene, parameters: &str, count: usize) -> Vec<String> {
    let url = format!("{}?[1-{count}]", scene.site.url("/echo"));
    let echoes = scene.curl_as(parameters, &["-A", "mine", &url]).await.json().unwrap();
    assert_eq!(echoes.len(), count);
    echoes.iter().map(|echo| arrived(echo, "user-agent").join(" and ")).collect()
}

fn kinds(agents: &[String]) -> usize {
    agents.iter().collect::<BTreeSet<_>>().len()
}

#[tokio::test]
async fn a_user_agent_stays_for_as_long_as_the_project_says() {
    let scene = Scene::start().await;
    let set = async |mode: &str, values: &[&str]| {
        let user_agent = json!({ "mode": mode, "values": values });
        scene.change(json!({ "rewrites": { "user_agent": user_agent } })).await;
    };
    let three = ["one", "two", "three"];
    set("keep", &[]).await;
    assert_eq!(agents(&scene, "", 2).await, ["mine", "mine"]);
    set("fixed", &["fixed"]).await;
    assert_eq!(agents(&scene, "", 2).await, ["fixed", "fixed"]);
    set("request", &three).await;
    let seen = agents(&scene, "-session-a", 60).await;
    assert_eq!(kinds(&seen), 3, "{seen:?}");
    set("session", &three).await;
    let mut of_sessions = Vec::new();
    for session in 0..12 {
        let parameters = format!("-session-s{session}");
        let seen = [agents(&scene, &parameters, 3).await, agents(&scene, &parameters, 1).await];
        assert_eq!(kinds(&seen.concat()), 1, "{seen:?}");
        of_sessions.extend(seen.concat());
    }
    assert!(kinds(&of_sessions) > 1 && of_sessions.iter().all(|agent| three.contains(&&**agent)));
    // Who has no session has his connection.
    let seen = agents(&scene, "", 10).await;
    assert_eq!(kinds(&seen), 1, "{seen:?}");
}

#[tokio::test]
async fn what_is_blocked_is_not_asked_for_or_not_delivered() {
    let block = json!([
        { "paths": ["/ads/*", "*.mp4"] },
        { "hosts": ["localhost"], "paths": ["/good/*"] },
        { "content_types": ["image/*", "video/mp4"] },
    ]);
    let scene = Scene::with(json!({ "rewrites": { "block": block } })).await;
    let port = scene.site.address().port();
    for flag in ["--http1.1", "--http2"] {
        let met = async |host: &str, path: &str| {
            let url = format!("https://{host}:{port}{path}");
            let said = scene.curl(&[flag, "-w", "%{stderr}%{http_code}", &url]).await;
            (said.err.clone(), said.text())
        };
        scene.site.forget();
        for path in ["/ads/banner", "/bytes/1.mp4", "/ads/banner?good"] {
            let (status, text) = met("127.0.0.1", path).await;
            assert!(status == "403" && !text.contains("good page"), "{path}: {status} {text}");
        }
        assert_eq!(met("localhost", "/good/1").await.0, "403");
        assert!(scene.site.visits().is_empty(), "{:?}", scene.site.visits());
        for path in ["/kind/image/png", "/kind/video/mp4"] {
            let (status, text) = met("127.0.0.1", path).await;
            assert!(status == "403" && !text.contains("good page"), "{path}: {status} {text}");
        }
        for path in ["/good/1", "/kind/video/webm", "/kind/text/html", "/good/ads"] {
            let (status, text) = met("127.0.0.1", path).await;
            assert_eq!((&*status, &*text), ("200", "a good page\n"), "{path}");
        }
    }
    // Of what was asked for twice, twelve bytes each did not have to come.
    let metrics = scene.metrics().await;
    assert!(metrics.contains("octoprox_bytes_saved_total 48"), "{metrics}");
}
