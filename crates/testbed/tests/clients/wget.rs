//! wget: plain and secure, and with a wrong password.

use testbed::tools::{Said, Tool};
use testbed::wire::body::pattern;

use super::scene::Scene;

/// Runs wget with this proxy.
async fn wget(scene: &Scene, proxy: &str, urls: &[&str]) -> Said {
    let ca = format!("--ca-certificate={}", scene.ca());
    let [plain, tls] = ["http", "https"].map(|scheme| format!("{scheme}_proxy={proxy}"));
    let with =
        ["-nv", "-O", "-", "--tries=1", &ca, "-e", "use_proxy=yes", "-e", &plain, "-e", &tls];
    Tool::installed("wget").unwrap().run(&[&with[..], urls].concat()).await.unwrap()
}

#[tokio::test]
async fn wget_fetches_and_rotates() {
    let scene = Scene::start().await;
    let proxy = scene.proxy("http");
    for origin in [&scene.plain, &scene.tls] {
        let mut echoes = Vec::new();
        for _ in 0..4 {
            echoes.extend(wget(&scene, &proxy, &[&origin.url("/echo")]).await.json().unwrap());
        }
        scene.rotated(&echoes);
        for path in ["/bytes/500000", "/chunked/500000", "/until-close/500000"] {
            let body = wget(&scene, &proxy, &[&origin.url(path)]).await.fine().unwrap();
            assert!(body == pattern(0, 500_000), "{path}");
        }
    }
    let url = scene.plain.url("/echo");
    let kept = wget(&scene, &proxy, &[&url, &url, &url, &url]).await.json().unwrap();
    scene.rotated(&kept);
    scene.nothing_leaked();
}

#[tokio::test]
async fn wget_is_told_of_a_wrong_password() {
    let scene = Scene::start().await;
    let wrong = scene.wrong("http");
    for (origin, code) in [(&scene.plain, 8), (&scene.tls, 4)] {
        let said = wget(&scene, &wrong, &[&origin.url("/echo")]).await;
        assert_eq!(said.code, Some(code), "{}", said.err);
        assert!(said.err.contains("Proxy Authentication Required"), "{}", said.err);
    }
}
