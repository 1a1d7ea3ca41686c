//! Sites that want a certificate of the client: only the client itself can show it.

use serde_json::json;
use testbed::site::Manner;

use super::scene::Scene;

/// A scene before such a site, and how curl shows its certificate there, believing the site alone.
async fn demanding(
    protocols: &'static [&'static str],
    fields: serde_json::Value,
) -> (Scene, Vec<String>) {
    let manner = Manner { wants_certificate: true, protocols, ..Manner::default() };
    let scene = Scene::before(manner, fields).await;
    let (certificate, key) = scene.authority.leaf_pem(&["client.test"]).unwrap();
    let certificate = scene.file("client.pem", certificate);
    let key = scene.file("client-key.pem", key);
    let believed = scene.file("site.pem", scene.authority.pem());
    let own = ["--cert", &certificate, "--key", &key, "--cacert", &believed].map(str::to_owned);
    (scene, own.to_vec())
}

#[tokio::test]
async fn a_host_that_is_left_alone_meets_the_client_itself() {
    let fields = json!({ "interception": { "bypass": ["127.0.0.1"] } });
    let (scene, own) = demanding(&["h2", "http/1.1"], fields).await;
    let own: Vec<_> = own.iter().map(String::as_str).collect();
    let echo = scene.echo(&own).await;
    assert_eq!((&echo["certified"], &echo["protocol"]), (&true.into(), &"h2".into()));
    // Nobody is let in without.
    let url = scene.site.url("/echo");
    let without = scene.curl(&["--cacert", own[5], &url]).await;
    assert_eq!(without.code, Some(56), "{}", without.err);
}

#[tokio::test]
async fn a_host_that_wants_a_certificate_is_found_out_and_left_alone() {
    for protocols in [&["http/1.1"][..], &["h2", "http/1.1"]] {
        let (scene, own) = demanding(protocols, json!({})).await;
        let own: Vec<_> = own.iter().map(String::as_str).collect();
        let url = scene.site.url("/echo");
        let said = scene.curl(&["-w", "%{stderr}%{http_code}", &url]).await;
        assert_eq!(said.err, "502", "{}", said.text());
        assert!(said.text().contains("certificate of the client"), "{}", said.text());
        let echo = scene.echo(&own).await;
        assert_eq!(echo["certified"], true, "{echo}");
        // Another host of that exit is looked into as before.
        let metrics = scene.metrics().await;
        assert!(metrics.contains("octoprox_"), "{metrics}");
    }
}
