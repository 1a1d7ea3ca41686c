//! curl, which speaks either protocol and tells which: all that a site can answer.

use serde_json::{Value, json};
use testbed::clock::{SOON, eventually};
use testbed::origin::sha256;
use testbed::process::Process;
use testbed::site::Manner;
use testbed::tools::Tool;
use testbed::wire::body::pattern;

use super::scene::Scene;

/// What is spoken on either side.
#[derive(Debug, Clone, Copy)]
struct Pair {
    /// By curl, as its option and as it tells it.
    flag: &'static str,
    version: &'static str,
    /// By the site.
    site: &'static str,
}

const SITES: [&[&str]; 2] = [&["http/1.1"], &["h2", "http/1.1"]];

/// Tries every pair; scenes are made once for each kind of site.
async fn each_with_each(test: impl AsyncFn(&Scene, Pair)) {
    for protocols in SITES {
        let scene = Scene::before(Manner { protocols, ..Manner::default() }, json!({})).await;
        for (flag, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
            test(&scene, Pair { flag, version, site: protocols[0] }).await;
        }
        let visits = scene.site.visits();
        assert!(visits.iter().all(|visit| visit.protocol == protocols[0]), "{visits:?}");
    }
}

/// What curl met: the version that it spoke, the status, and the body.
async fn met(scene: &Scene, pair: Pair, more: &[&str], path: &str) -> (String, Vec<u8>) {
    let told = [pair.flag, "-w", "%{stderr}%{http_version} %{http_code}"];
    let url = scene.site.url(path);
    let said = scene.curl(&[&told, more, &[&url]].concat()).await;
    let err = said.err.clone();
    (err, said.fine().unwrap_or_else(|e| panic!("{pair:?} {more:?} {e}")))
}

#[tokio::test]
async fn bodies_arrive_as_they_were_sent() {
    let large = pattern(0, 1_000_000);
    let coded = pattern(0, 100_000);
    let pages: [(&[&str], &str, u16, &[u8]); 12] = [
        (&[], "/bytes/1000000", 200, &large),
        (&[], "/stream/1000000", 200, &large),
        (&[], "/bytes/0", 200, b""),
        (&[], "/stream/0", 200, b""),
        (&["-r", "1000-1999"], "/bytes/1000000", 206, &large[1000..2000]),
        (&["-r", "-5"], "/bytes/1000000", 206, &large[999_995..]),
        (&["-r", "5-"], "/bytes/3", 416, b""),
        (&["--compressed"], "/gzip", 200, &coded),
        (&["--compressed"], "/br", 200, &coded),
        (&["-H", "If-None-Match: \"v1\""], "/etag", 304, b""),
        (&["-H", "If-None-Match: \"v0\""], "/etag", 200, b"a good page\n"),
        (&[], "/redirect", 302, b""),
    ];
    each_with_each(async |scene, pair| {
        for (more, path, status, body) in pages {
            let (told, came) = met(scene, pair, more, path).await;
            assert_eq!(told, format!("{} {status}", pair.version), "{path} {pair:?}");
            assert!(came == body, "{path} {pair:?}: {} bytes", came.len());
        }
    })
    .await;
}

#[tokio::test]
async fn a_head_is_answered_without_a_body_and_the_connection_goes_on() {
    each_with_each(async |scene, pair| {
        let urls = ["/bytes/1000", "/stream/1000", "/good"].map(|path| scene.site.url(path));
        let [sized, unsized_, good] = urls.each_ref().map(String::as_str);
        let head = ["-I", "-w", "%{num_connects}\n", pair.flag, sized, unsized_, good];
        let text = String::from_utf8(scene.curl(&head).await.fine().unwrap()).unwrap();
        let text = text.to_lowercase();
        assert_eq!(text.matches("content-length: 1000\r\n").count(), 1, "{pair:?} {text}");
        assert_eq!(text.matches("content-length: 12\r\n").count(), 1, "{pair:?} {text}");
        // The first made the connection, to the proxy; the others are on it.
        let connects: Vec<_> = text.lines().filter(|line| line.len() == 1).collect();
        assert_eq!(connects, ["1", "0", "0"], "{pair:?}: {text}");
    })
    .await;
}

#[tokio::test]
async fn uploads_arrive_as_they_were_sent() {
    let body = pattern(0, 1_000_000);
    each_with_each(async |scene, pair| {
        let file = scene.file("upload", &body);
        let data = format!("@{file}");
        let ways: [&[&str]; 4] = [
            &["--data-binary", &data],
            &["-H", "Expect: 100-continue", "--data-binary", &data],
            &["-H", "Transfer-Encoding: chunked", "--data-binary", &data],
            &["-X", "POST", "-T", &file],
        ];
        for way in ways {
            let echo = scene.echo(&[&[pair.flag], way].concat()).await;
            assert_eq!(echo["body"]["bytes"], 1_000_000, "{pair:?} {way:?}: {echo}");
            assert_eq!(echo["body"]["sha256"], sha256(&body), "{pair:?} {way:?}: {echo}");
            assert_eq!((&echo["method"], &echo["protocol"]), (&"POST".into(), &pair.site.into()));
        }
        let echo = scene.echo(&[pair.flag, "-X", "POST", "-H", "Content-Length: 0"]).await;
        assert_eq!(echo["body"]["bytes"], 0);
    })
    .await;
}

/// Panics if an origin was told about the login or the node, or less than the client said.
#[track_caller]
fn nothing_leaked(echo: &Value) {
    let text = echo["fields"].to_string().to_lowercase();
    let words = ["proxy", "octoprox", "forwarded", "via", "canary"];
    assert!(!words.iter().any(|word| text.contains(word)), "{text}");
    assert!(text.contains(r#"["cookie","a=1; b=2"]"#), "{text}");
    assert!(text.contains(r#"["user-agent","curl/"#), "{text}");
}

#[tokio::test]
async fn requests_of_one_connection_rotate_and_tell_nothing_of_us() {
    each_with_each(async |scene, pair| {
        let url = scene.site.url("/echo");
        let said = scene.curl(&[pair.flag, "-b", "a=1; b=2", &url, &url, &url, &url]).await;
        let echoes = said.json().unwrap();
        for two in echoes.windows(2) {
            assert_ne!(two[0]["peer"], two[1]["peer"], "{echoes:?}");
        }
        echoes.iter().for_each(nothing_leaked);
        let exits: Vec<_> = scene.exits.iter().map(|exit| exit.source().to_string()).collect();
        assert!(echoes.iter().all(|echo| exits.iter().any(|exit| *exit == echo["peer"])));
        // A session stays where it is.
        let said = scene.curl_as("-session-a", &[pair.flag, &url, &url, &url]).await;
        let echoes = said.json().unwrap();
        assert!(echoes.iter().all(|echo| echo["peer"] == echoes[0]["peer"]), "{echoes:?}");
    })
    .await;
}

/// How often a program has written this line.
fn lines(process: &Process, line: &str) -> usize {
    process.log().iter().filter(|written| *written == line).count()
}

#[tokio::test]
async fn events_come_as_they_happen() {
    each_with_each(async |scene, pair| {
        let (proxy, ca) = (scene.proxy(""), scene.ca());
        let url = scene.site.url(&format!("/events/{}", pair.version));
        let arguments = ["-sSN", pair.flag, "-x", &proxy, "--cacert", &ca, &url];
        let curl = Tool::installed("curl").unwrap();
        let mut listens = curl.start(tempfile::tempdir().unwrap(), &arguments).unwrap();
        let first = async || (lines(&listens, "data: 1") == 1).then_some(());
        eventually("the first event", SOON, first).await.unwrap();
        assert_eq!(lines(&listens, "data: 2"), 0, "{pair:?}");
        scene.site.release(pair.version);
        assert!(listens.ended(SOON).await.unwrap().success());
        assert_eq!(lines(&listens, "data: 2"), 1, "{pair:?}");
    })
    .await;
}

#[tokio::test]
async fn trailers_reach_clients_of_http2_from_sites_of_http2() {
    each_with_each(async |scene, pair| {
        let url = scene.site.url("/trailers");
        let said = scene.curl(&[pair.flag, "-D", "-", &url]).await.fine().unwrap();
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("hello"), "{said}");
        let whole_way = pair.version == "2" && pair.site == "h2";
        assert_eq!(said.contains("x-trailer: here"), whole_way, "{pair:?}: {said}");
    })
    .await;
}

#[tokio::test]
async fn an_answer_that_comes_before_the_body_is_delivered() {
    let body = pattern(0, 10_000_000);
    each_with_each(async |scene, pair| {
        // Over HTTP/2 this curl does not take one from anybody; `site_node.cjs` does.
        if pair.version == "2" {
            return;
        }
        let data = format!("@{}", scene.file("upload", &body));
        for expect in ["Expect:", "Expect: 100-continue"] {
            let more = ["-H", expect, "--data-binary", &data];
            let (told, text) = met(scene, pair, &more, "/early/413").await;
            assert_eq!(told, "1.1 413", "{pair:?} {expect}");
            assert_eq!(String::from_utf8_lossy(&text), "early\n", "{pair:?} {expect}");
        }
        assert_eq!(scene.echo(&[pair.flag, "--data", "abc"]).await["body"]["bytes"], 3);
    })
    .await;
}
