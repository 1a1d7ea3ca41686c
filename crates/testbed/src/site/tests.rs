//! Shows that the site says what its clients are then measured by.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::tools::Tool;

#[test]
fn the_large_body_goes_on_where_it_was_left() {
    let start = PERIOD as u64 - 100;
    let across: Vec<u8> = pieces(start..start + 1_000).flatten().collect();
    assert!(across == pattern(start, 1_000));
    assert_eq!(pieces(5..5).count(), 0);
    assert_eq!(sha256_of_large(300_000), crate::origin::sha256(&pattern(0, 300_000)));
}

#[tokio::test]
async fn both_protocols_tell_the_same() {
    let authority = Authority::new().unwrap();
    let site = Site::start(&authority).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.pem()).unwrap();
    std::fs::set_permissions(&ca, std::fs::Permissions::from_mode(0o600)).unwrap();
    let ca = ca.display().to_string();
    for (flag, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let curl = async |more: &[&str], path: &str| {
            let told =
                ["-sS", "--cacert", &ca, flag, "-w", "%{stderr}%{http_version} %{http_code}"];
            let url = site.url(path);
            let curl = Tool::installed("curl").unwrap();
            let said = curl.run(&[&told, more, &[&url]].concat()).await.unwrap();
            (said.err.clone(), said.out)
        };
        let said = |status: u16| format!("{version} {status}");
        assert_eq!(curl(&[], "/bytes/300000").await, (said(200), pattern(0, 300_000)));
        assert_eq!(curl(&[], "/stream/300000").await, (said(200), pattern(0, 300_000)));
        assert_eq!(curl(&["-r", "10-19"], "/bytes/300000").await, (said(206), pattern(10, 10)));
        assert_eq!(curl(&["-H", "If-None-Match: \"v1\""], "/etag").await, (said(304), vec![]));
        for coding in ["/gzip", "/br"] {
            assert_eq!(curl(&["--compressed"], coding).await, (said(200), pattern(0, 100_000)));
        }
        let (_, echo) = curl(&["--data", "abc"], "/echo").await;
        let echo: serde_json::Value = serde_json::from_slice(&echo).unwrap();
        assert_eq!(echo["body"]["sha256"], crate::origin::sha256(b"abc"));
        assert_eq!(curl(&[], "/status/404").await.0, said(404));
    }
    let protocols: BTreeSet<_> = site.visits().iter().map(|visit| visit.protocol).collect();
    assert_eq!(protocols, ["h2", "http/1.1"].into());
}
