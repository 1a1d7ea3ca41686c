//! A mirror shows real clients what is known of them.

use super::*;
use crate::tools::Tool;

async fn curl(mirror: &Mirror, authority: &Authority, more: &[&str]) -> serde_json::Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, authority.pem()).unwrap();
    let url = format!("https://localhost:{}/look?a=b", mirror.address().port());
    let ca = file.to_str().unwrap();
    let arguments = [&["-sS", "--cacert", ca, "-H", "X-aB: 1", "-A", "me", url.as_str()], more];
    let said = Tool::installed("curl").unwrap().run(&arguments.concat()).await.unwrap();
    said.json().unwrap().remove(0)
}

#[tokio::test]
async fn curl_sees_itself_over_http2() {
    let authority = Authority::new().unwrap();
    let mirror = Mirror::start(&authority, &["h2", "http/1.1"]).await.unwrap();
    let look = curl(&mirror, &authority, &[]).await;
    assert_eq!((&look["method"], &look["path"]), (&"GET".into(), &"/look?a=b".into()));
    assert!(look["ja4"].as_str().unwrap().starts_with("t13d"), "{look}");
    assert_eq!(&look["ja4"].as_str().unwrap()[8..10], "h2");
    assert_eq!(look["server_name"], "localhost");
    assert!(look["akamai"].as_str().unwrap().ends_with("|0|m,p,s,a"), "{look}");
    let names = [":method", ":path", ":scheme", ":authority", "user-agent", "accept", "x-ab"];
    assert_eq!(look["first_names"], serde_json::json!(names));
    assert_eq!(look["fields"][0], serde_json::json!(["user-agent", "me"]));
    assert_eq!(mirror.looks()[0].hello.ja4(), look["ja4"].as_str().unwrap());
}

#[tokio::test]
async fn curl_sees_itself_over_http1() {
    let authority = Authority::new().unwrap();
    let mirror = Mirror::start(&authority, &["http/1.1"]).await.unwrap();
    let look = curl(&mirror, &authority, &["-d", "body"]).await;
    assert_eq!((&look["method"], &look["akamai"]), (&"POST".into(), &serde_json::Value::Null));
    let names: Vec<_> =
        look["fields"].as_array().unwrap().iter().map(|field| field[0].as_str().unwrap()).collect();
    assert_eq!(names[..4], ["Host", "User-Agent", "Accept", "X-aB"]);
}

/// What `disguise` claims of Chrome's HTTP/2 is what a real one says, whatever its version.
#[tokio::test]
async fn chromium_sees_itself() {
    let authority = Authority::new().unwrap();
    let mirror = Mirror::start(&authority, &["h2", "http/1.1"]).await.unwrap();
    let url = format!("https://www.target.test:{}/look", mirror.address().port());
    let arguments = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--ignore-certificate-errors",
        "--host-resolver-rules=MAP www.target.test 127.0.0.1",
        "--dump-dom",
        &url,
    ];
    let said = Tool::installed("chromium").unwrap().run(&arguments).await.unwrap();
    assert!(said.text().contains("t13d15"), "{said:?}");
    let look = mirror.looks().remove(0);
    let preface = look.preface.unwrap();
    assert_eq!(preface.akamai(), "1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p");
    assert_eq!(preface.request_priority.unwrap().weight, 256);
    assert!(look.hello.has_grease());
}

#[tokio::test]
async fn what_is_no_tls_is_hung_up_on() {
    let authority = Authority::new().unwrap();
    let mirror = Mirror::start(&authority, &["h2"]).await.unwrap();
    let mut wire = crate::wire::Wire::connect(mirror.address()).await.unwrap();
    wire.send("GET / HTTP/1.1\r\n\r\n").await.unwrap();
    // With bytes left unread the end may be a reset.
    assert!(wire.reader.rest().await.unwrap_or_default().is_empty());
    assert!(mirror.looks().is_empty());
}
