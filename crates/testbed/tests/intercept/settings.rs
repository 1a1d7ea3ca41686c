//! What a project says of interception, setting by setting.

use serde_json::json;
use testbed::client::{Client, login};
use testbed::origin::Origin;
use testbed::world::PASSWORD;

use super::scene::Scene;

/// What curl met: the status it was told, or why there was none; and the text.
async fn met(scene: &Scene, more: &[&str], url: &str) -> (String, String) {
    let said = scene.curl(&[more, &["-w", "%{stderr}%{http_code}", url]].concat()).await;
    let code = said.code;
    let told = if code == Some(0) { said.err.clone() } else { format!("failed {code:?}") };
    (told, said.text())
}

#[tokio::test]
async fn a_mode_says_whose_certificate_is_met() {
    let scene = Scene::start().await;
    let (site, url) = (scene.file("site.pem", scene.authority.pem()), scene.site.url("/good"));
    assert!(scene.ca_pem().contains("BEGIN CERTIFICATE") && !scene.ca_pem().contains("KEY"));
    let untrusted = format!("failed {:?}", Some(60));
    for mode in ["plain", "off", "plain"] {
        scene.change(json!({ "interception": { "mode": mode } })).await;
        let (mine, theirs) =
            (met(&scene, &[], &url).await.0, met(&scene, &["--cacert", &site], &url).await.0);
        let expected = if mode == "off" { [&untrusted, "200"] } else { ["200", &untrusted] };
        assert_eq!([&*mine, &*theirs], expected, "{mode}");
    }
}

#[tokio::test]
async fn what_a_target_must_prove_is_the_projects_to_say() {
    let scene = Scene::start().await;
    let url = scene.site.url("/good");
    assert_eq!(met(&scene, &[], &url).await.0, "200");
    scene.site.forget();
    scene.change(json!({ "interception": { "extra_roots": null } })).await;
    let (told, text) = met(&scene, &[], &url).await;
    assert!(told == "502" && text.contains("its issuer is not trusted"), "{told} {text}");
    assert!(scene.site.visits().is_empty());
    scene.change(json!({ "interception": { "unverified": ["shop.test"] } })).await;
    assert_eq!(met(&scene, &[], &url).await.0, "502");
    scene.change(json!({ "interception": { "unverified": ["127.0.0.1"] } })).await;
    assert_eq!(met(&scene, &[], &url).await.0, "200");
    // What was made before is not used by who trusts nobody any more.
    scene.change(json!({ "interception": { "unverified": [] } })).await;
    assert_eq!(met(&scene, &[], &url).await.0, "502");
    let log = scene.world.node.process.log();
    assert!(log.iter().any(|line| line.contains("certificate is not verified")), "{log:#?}");
}

#[tokio::test]
async fn hosts_that_are_left_alone_are_tunnelled() {
    let scene = Scene::start().await;
    let site = scene.file("site.pem", scene.authority.pem());
    let port = scene.site.address().port();
    scene.change(json!({ "interception": { "bypass": ["localhost"] } })).await;
    let (left, looked_into) =
        (format!("https://localhost:{port}/good"), format!("https://127.0.0.1:{port}/good"));
    assert_eq!(met(&scene, &["--cacert", &site], &left).await.0, "200");
    assert_eq!(met(&scene, &[], &looked_into).await.0, "200");
    scene.change(json!({ "interception": { "bypass": [] } })).await;
    assert_eq!(met(&scene, &[], &left).await.0, "200");
}

#[tokio::test]
async fn what_is_no_http_over_tls_goes_on_as_a_tunnel_or_is_closed() {
    let scene = Scene::start().await;
    let origin = Origin::start().await.unwrap();
    for unknown in ["tunnel", "refuse"] {
        scene.change(json!({ "interception": { "unknown": unknown } })).await;
        let mut client = Client::connect(scene.world.node.proxy()).await.unwrap();
        let fields = login(&scene.project.username, PASSWORD);
        let opened = client.tunnel(&origin.address().to_string(), &fields).await.unwrap();
        assert_eq!(opened.status(), 200);
        // Plain HTTP, which is no TLS.
        client.send("GET /echo HTTP/1.1\r\nHost: a\r\n\r\n").await.unwrap();
        let answer = client.answer("GET").await;
        assert_eq!(answer.is_ok_and(|answer| answer.status() == 200), unknown == "tunnel");
    }
    assert_eq!(origin.request_count(), 1);
}
