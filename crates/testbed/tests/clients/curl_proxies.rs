//! curl with the other kinds of proxies that a node is: TLS in front, SOCKS5, SOCKS4a.

use serde_json::json;
use testbed::wire::body::pattern;
use testbed::world::PASSWORD;

use super::curl::curl;
use super::scene::Scene;

#[tokio::test]
async fn a_proxy_behind_tls_carries_all_that_it_carries_without() {
    let scene = Scene::behind_tls(json!({})).await;
    let (proxy, ca) = (scene.proxy("https"), scene.ca());
    for trust in [&["--proxy-cacert", &*ca][..], &["--proxy-insecure"]] {
        let with = [&["-x", &*proxy, "--cacert", &*ca], trust].concat();
        let url = scene.plain.url("/echo");
        let plain = curl(&[&with[..], &[&url, &url, &url, &url]].concat()).await;
        scene.rotated(&plain.json().unwrap());
        let mut echoes = Vec::new();
        for _ in 0..4 {
            let url = scene.tls.url("/echo");
            echoes.extend(curl(&[&with[..], &[&url]].concat()).await.json().unwrap());
        }
        scene.rotated(&echoes);
        for url in [scene.plain.url("/bytes/1000000"), scene.tls.url("/bytes/1000000")] {
            let body = curl(&[&with[..], &[&url]].concat()).await.fine().unwrap();
            assert!(body == pattern(0, 1_000_000), "{url}");
        }
    }
    let url = scene.plain.url("/echo");
    assert_eq!(curl(&["-x", &proxy, &url]).await.code, Some(60), "no authority, no proxy");
    let wrong = scene.wrong("https");
    let told = ["-w", "%{http_code}", "-o", "/dev/null", "--proxy-insecure", "-x", &wrong, &url];
    assert_eq!(curl(&told).await.text(), "407");
    let same_port = curl(&["-x", &scene.proxy("http"), &url]).await.json().unwrap();
    assert_eq!(same_port[0]["method"], "GET");
    scene.nothing_leaked();
}

#[tokio::test]
async fn socks5_takes_names_and_logins() {
    let scene = Scene::start().await;
    let (address, ca) = (scene.world.node.proxy().to_string(), scene.ca());
    let login = format!("shop:{PASSWORD}");
    let with = ["--socks5-hostname", &address, "--proxy-user", &login, "--cacert", &ca];
    let port = scene.plain.address().port();
    for url in [format!("http://localhost:{port}/echo"), scene.tls.url("/echo")] {
        let mut echoes = Vec::new();
        for _ in 0..4 {
            echoes.extend(curl(&[&with[..], &[&url]].concat()).await.json().unwrap());
        }
        scene.rotated(&echoes);
    }
    let large = scene.plain.url("/chunked/1000000");
    let body = curl(&[&with[..], &[&large]].concat()).await.fine().unwrap();
    assert!(body == pattern(0, 1_000_000));
    // 97: the proxy said no.
    let url = scene.plain.url("/echo");
    for wrong in ["shop:wrong", "nobody:x"] {
        let said = curl(&["--socks5-hostname", &address, "--proxy-user", wrong, &url]).await;
        assert_eq!(said.code, Some(97), "{}", said.err);
        assert!(said.err.contains("rejected"), "{}", said.err);
    }
    let said = curl(&["--socks5-hostname", &address, &url]).await;
    assert_eq!(said.code, Some(97), "{}", said.err);
    scene.nothing_leaked();
}

#[tokio::test]
async fn socks4a_is_let_in_by_its_address_or_its_user_id() {
    let open = Scene::with(json!({ "source_cidrs": ["127.0.0.0/8"] })).await;
    let (address, ca) = (open.world.node.proxy().to_string(), open.ca());
    for port in [&open.plain, &open.tls].map(|origin| origin.address().port()) {
        let scheme = if port == open.tls.address().port() { "https" } else { "http" };
        let url = format!("{scheme}://localhost:{port}/echo");
        let mut echoes = Vec::new();
        for _ in 0..4 {
            let with = ["--socks4a", &address, "--cacert", &ca, &url];
            echoes.extend(curl(&with).await.json().unwrap());
        }
        open.rotated(&echoes);
    }

    let closed = Scene::start().await;
    let (url, address) = (closed.plain.url("/echo"), closed.world.node.proxy());
    let user_id = format!("socks4a://shop%3A{PASSWORD}@{address}");
    let mut echoes = Vec::new();
    for _ in 0..4 {
        echoes.extend(curl(&["-x", &user_id, &url]).await.json().unwrap());
    }
    closed.rotated(&echoes);
    for wrong in ["", "shop@", "shop%3Awrong@"] {
        let said = curl(&["-x", &format!("socks4a://{wrong}{address}"), &url]).await;
        assert_eq!(said.code, Some(97), "{}", said.err);
        assert!(said.err.contains("different user-ids"), "{}", said.err);
    }
}

#[tokio::test]
async fn a_client_of_a_known_address_needs_no_login() {
    let scene = Scene::with(json!({ "source_cidrs": ["127.0.0.0/8"] })).await;
    let address = scene.world.node.proxy();
    let url = scene.plain.url("/echo");
    for scheme in ["http", "socks5h"] {
        let proxy = format!("{scheme}://{address}");
        let mut echoes = Vec::new();
        for _ in 0..4 {
            echoes.extend(curl(&["-x", &proxy, &url]).await.json().unwrap());
        }
        scene.rotated(&echoes);
    }
}
