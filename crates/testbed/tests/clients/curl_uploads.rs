//! curl that sends: with a length and `Expect`, in chunks, and with a wrong password.

use serde_json::{Value, json};
use testbed::origin::sha256;
use testbed::wire::body::pattern;

use super::curl::curl;
use super::scene::Scene;

const LARGE: usize = 5_000_000;

/// A field of what the origin got.
fn field<'a>(echo: &'a Value, name: &str) -> Option<&'a str> {
    let mut fields = echo["fields"].as_array()?.iter();
    let found =
        fields.find(|field| field[0].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name)));
    found?[1].as_str()
}

#[tokio::test]
async fn large_bodies_arrive_whole_through_either_exit() {
    let scene = Scene::start().await;
    let (body, proxy, ca) = (pattern(0, LARGE), scene.proxy("http"), scene.ca());
    let data = format!("@{}", scene.file("large", &body));
    let expected = json!({ "bytes": LARGE, "sha256": sha256(&body) });
    for url in [scene.plain.url("/echo"), scene.tls.url("/echo")] {
        let mut echoes = Vec::new();
        for _ in 0..4 {
            let with = ["-x", &proxy, "--cacert", &ca, "--data-binary", &data, &url];
            echoes.extend(curl(&with).await.json().unwrap());
        }
        scene.rotated(&echoes);
        for echo in &echoes {
            assert_eq!((&echo["method"], &echo["body"]), (&"POST".into(), &expected));
            assert_eq!(field(echo, "Expect"), Some("100-continue"));
            assert_eq!(field(echo, "Content-Length"), Some("5000000"));
        }
    }
    scene.nothing_leaked();
}

#[tokio::test]
async fn a_body_in_chunks_arrives_whole_through_either_exit() {
    let scene = Scene::start().await;
    let (body, proxy) = (pattern(0, LARGE), scene.proxy("http"));
    let file = scene.file("large", &body);
    let expected = json!({ "bytes": LARGE, "sha256": sha256(&body) });
    let url = scene.plain.url("/echo");
    let mut echoes = Vec::new();
    for expect in ["Expect: 100-continue", "Expect:", "Expect: 100-continue", "Expect:"] {
        let chunked = ["-H", "Transfer-Encoding: chunked", "-H", expect];
        let with = [&["-x", &*proxy, "-T", &*file][..], &chunked, &[&*url]].concat();
        echoes.extend(curl(&with).await.json().unwrap());
    }
    scene.rotated(&echoes);
    for echo in &echoes {
        assert_eq!((&echo["method"], &echo["body"]), (&"PUT".into(), &expected));
        assert_eq!(field(echo, "Transfer-Encoding"), Some("chunked"));
        assert_eq!(field(echo, "Content-Length"), None);
    }
    scene.nothing_leaked();
}

#[tokio::test]
async fn a_refused_upload_is_refused_before_the_body() {
    let scene = Scene::start().await;
    let data = format!("@{}", scene.file("large", &pattern(0, LARGE)));
    let (wrong, url) = (scene.wrong("http"), scene.plain.url("/echo"));
    for expect in ["Expect: 100-continue", "Expect:"] {
        let told = ["-w", "%{http_code} %{size_upload}", "-o", "/dev/null", "-x", &wrong];
        let with = ["-H", expect, "--data-binary", &data, &url];
        let said = curl(&[&told[..], &with].concat()).await;
        let text = said.text();
        assert_eq!((said.code, text.split(' ').next()), (Some(0), Some("407")), "{}", said.err);
        if expect == "Expect: 100-continue" {
            assert_eq!(text, "407 0");
        }
    }
    assert_eq!(scene.plain.connection_count(), 0);
}
