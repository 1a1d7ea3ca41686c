//! curl with an HTTP proxy: plain, tunnelled, secure, and with a wrong password.

use testbed::tools::{Said, Tool};
use testbed::wire::body::pattern;

use super::scene::Scene;

/// Runs curl.
pub(super) async fn curl(arguments: &[&str]) -> Said {
    let quiet = ["-sS", "--max-time", "60"];
    Tool::installed("curl").unwrap().run(&[&quiet, arguments].concat()).await.unwrap()
}

#[tokio::test]
async fn plain_requests_rotate_on_one_connection() {
    let scene = Scene::start().await;
    let (proxy, url) = (scene.proxy("http"), scene.plain.url("/echo"));
    let echoes = curl(&["-x", &proxy, &url, &url, &url, &url, &url, &url]).await.json().unwrap();
    scene.rotated(&echoes);
    for echo in &echoes {
        assert_eq!((&echo["method"], &echo["target"]), (&"GET".into(), &"/echo".into()));
    }
    for framing in ["bytes", "chunked", "until-close"] {
        let url = scene.plain.url(&format!("/{framing}/300000"));
        let body = curl(&["-x", &proxy, &url]).await.fine().unwrap();
        assert!(body == pattern(0, 300_000), "{framing}");
    }
    scene.nothing_leaked();
}

#[tokio::test]
async fn tunnels_rotate_and_tls_is_the_origins() {
    let scene = Scene::start().await;
    let (proxy, ca) = (scene.proxy("http"), scene.ca());
    let mut echoes = Vec::new();
    for _ in 0..4 {
        let url = scene.tls.url("/echo");
        echoes.extend(curl(&["-x", &proxy, "--cacert", &ca, &url]).await.json().unwrap());
    }
    scene.rotated(&echoes);
    let large = scene.tls.url("/bytes/1000000");
    let body = curl(&["-x", &proxy, "--cacert", &ca, &large]).await.fine().unwrap();
    assert!(body == pattern(0, 1_000_000));
    // Without the authority curl does not believe the origin: nobody in between vouches for it.
    assert_eq!(curl(&["-x", &proxy, &large]).await.code, Some(60));
    scene.nothing_leaked();
}

#[tokio::test]
async fn a_tunnel_to_plain_http_is_a_tunnel() {
    let scene = Scene::start().await;
    let (proxy, url) = (scene.proxy("http"), scene.plain.url("/echo"));
    let mut echoes = Vec::new();
    for _ in 0..4 {
        let said = curl(&["-x", &proxy, "--proxytunnel", &url, &url]).await.json().unwrap();
        assert_eq!(said[0]["peer"], said[1]["peer"], "one tunnel leads through one exit");
        assert_eq!(said[0]["connection"], said[1]["connection"]);
        echoes.push(said[0].clone());
    }
    scene.rotated(&echoes);
    scene.nothing_leaked();
}

#[tokio::test]
async fn a_wrong_password_is_answered_407() {
    let scene = Scene::start().await;
    let (wrong, plain, tls) = (scene.wrong("http"), scene.plain.url("/echo"), scene.tls.url("/"));
    let told = ["-w", "%{http_code} %{http_connect}", "-o", "/dev/null", "-x", &wrong];
    let said = curl(&[&told[..], &[&plain]].concat()).await;
    assert_eq!((said.code, said.text().as_str()), (Some(0), "407 000"));
    let said = curl(&[&told[..], &[&tls]].concat()).await;
    assert_eq!((said.code, said.text().as_str()), (Some(56), "000 407"), "{}", said.err);
    assert_eq!(scene.plain.connection_count() + scene.tls.connection_count(), 0);

    // A client that waits to be asked finds out from the challenge what is wanted.
    let proxy = scene.proxy("http");
    let asked = curl(&["--proxy-anyauth", "-x", &proxy, &plain]).await.json().unwrap();
    assert_eq!(asked[0]["method"], "GET");
    let ca = scene.ca();
    let asked = ["--proxy-anyauth", "-x", &proxy, "--cacert", &ca, &scene.tls.url("/echo")];
    assert_eq!(curl(&asked).await.json().unwrap()[0]["method"], "GET");
}

#[tokio::test]
async fn statuses_of_the_origin_are_the_origins() {
    let scene = Scene::start().await;
    let proxy = scene.proxy("http");
    for status in ["200", "204", "304", "401", "404", "429", "500", "503"] {
        let url = scene.plain.url(&format!("/status/{status}"));
        let told = ["-w", "%{http_code}", "-o", "/dev/null", "-x", &proxy, &url];
        assert_eq!(curl(&told).await.text(), status);
    }
    let url = scene.plain.url("/redirect");
    let followed = curl(&["-L", "-x", &proxy, &url]).await.json().unwrap();
    assert_eq!(followed[0]["target"], "/echo");
    let url = scene.plain.url("/bytes/1000");
    let head = curl(&["-I", "-x", &proxy, &url]).await.fine().unwrap();
    assert!(String::from_utf8(head).unwrap().contains("Content-Length: 1000"));
}
