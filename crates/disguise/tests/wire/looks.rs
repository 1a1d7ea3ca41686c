//! A browser's disguise has the fingerprints that the browser has: the table of the README.

use std::collections::{BTreeSet, HashSet};

use disguise::Identity;
use fingerprint::http2::Priority;
use model::interception::Browser;
use testbed::mirror::Look;

use super::Scene;

const CHROME_HTTP2: &str = "1:65536;2:0;4:6291456;6:262144|15663105|0|m,a,s,p";
const FIREFOX_HTTP2: &str = "1:65536;2:0;4:131072;5:16384|12517377|0|m,p,a,s";
const SAFARI_HTTP2: &str = "2:0;3:100;4:2097152;9:1|10420225|0|m,s,a,p";

async fn assert_looks(identity: Identity, ja4: &str, akamai: &str) -> serde_json::Value {
    let look = Scene::both().await.look(identity).await;
    assert_eq!(look["ja4"], ja4, "{identity}: {}", look["ja4_raw"]);
    assert_eq!(look["akamai"], akamai, "{identity}");
    assert_eq!(look["server_name"], "www.target.test");
    look
}

#[tokio::test]
async fn chrome_looks_as_it_is_published() {
    let newest = Identity::newest(Browser::Chrome, 0);
    assert_looks(newest, "t13d1516h2_8daaf6152771_d8a2da3f94cd", CHROME_HTTP2).await;
}

#[tokio::test]
async fn edge_looks_as_it_is_published() {
    let newest = Identity::newest(Browser::Edge, 0);
    assert_looks(newest, "t13d1516h2_8daaf6152771_d8a2da3f94cd", CHROME_HTTP2).await;
}

#[tokio::test]
async fn firefox_looks_as_it_is_published() {
    let newest = Identity::newest(Browser::Firefox, 0);
    let ja4 = "t13d1717h2_5b57614c22b0_3cbfd9057e0d";
    let look = assert_looks(newest, ja4, FIREFOX_HTTP2).await;
    assert_eq!(look["ja3_hash"], "6f7889b9fb1a62a9577e685c1fcfa919");
}

#[tokio::test]
async fn safari_looks_as_it_is_published() {
    let newest = Identity::newest(Browser::Safari, 0);
    let ja4 = "t13d2013h2_a09f3c656075_7f0f34a4126d";
    let look = assert_looks(newest, ja4, SAFARI_HTTP2).await;
    assert_eq!(look["ja3_hash"], "ecdf4f49dd59effc439639da29186671");
}

/// As the real ones were measured to: Chromium 156 and Firefox 153.
#[tokio::test]
async fn what_no_fingerprint_shows_is_right_too() {
    let scene = Scene::both().await;
    scene.look(Identity::newest(Browser::Chrome, 0)).await;
    scene.look(Identity::newest(Browser::Firefox, 0)).await;
    let looks = scene.mirror.looks();
    let [chrome, firefox] = looks.as_slice() else { panic!("{looks:#?}") };
    let priority =
        |exclusive, stream, weight| Some(Priority { stream, exclusive, depends_on: 0, weight });
    let page = |look: &Look| look.preface.as_ref().unwrap().request_priority;
    assert_eq!(page(chrome), priority(true, 1, 256));
    assert_eq!(page(firefox), priority(false, 3, 42));
    assert!(chrome.hello.has_grease() && !firefox.hello.has_grease());
    // The first group of Chrome is GREASE.
    assert_eq!(chrome.hello.groups[1..], [4588, 29, 23, 24]);
    assert_eq!(chrome.hello.key_shares[1..], [4588, 29]);
    assert_eq!(firefox.hello.groups, [4588, 29, 23, 24, 25, 256, 257]);
    assert_eq!(firefox.hello.key_shares, [4588, 29, 23]);
    for look in [chrome, firefox] {
        assert_eq!(look.hello.alpn, [b"h2".to_vec(), b"http/1.1".to_vec()]);
    }
}

/// What a client says it is decides, version by version.
#[tokio::test]
async fn older_versions_look_as_they_are_published() {
    let chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)";
    let claimed = |version: u32| {
        Identity::claimed(&format!("{chrome} Chrome/{version}.0.0.0 Safari/537.36")).unwrap()
    };
    assert_looks(claimed(131), "t13d1516h2_8daaf6152771_02713d6af862", CHROME_HTTP2).await;
    assert_looks(claimed(136), "t13d1516h2_8daaf6152771_d8a2da3f94cd", CHROME_HTTP2).await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0";
    let firefox = Identity::claimed(firefox).unwrap();
    assert_looks(firefox, "t13d1716h2_5b57614c22b0_eeeea6562960", FIREFOX_HTTP2).await;
    let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1";
    let phone = Identity::claimed(phone).unwrap();
    assert_looks(phone, "t13d2013h2_a09f3c656075_7f0f34a4126d", SAFARI_HTTP2).await;
}

/// None of them is refused by the library that is to greet like it.
#[tokio::test]
async fn every_version_can_be_worn() {
    let claims = (90..=150).flat_map(|version| {
        let chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome";
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64";
        [
            format!("{windows}) {chrome}/{version}.0.0.0 Safari/537.36"),
            format!("{windows}) {chrome}/{version}.0.0.0 Safari/537.36 Edg/{version}.0.0.0"),
            format!("{windows}; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"),
            format!("Mozilla/5.0 (Macintosh) Version/{}.0 Safari/605.1.15", version - 80),
            format!("Mozilla/5.0 (iPhone; CPU) Version/{}.0 Safari/605.1.15", version - 80),
        ]
    });
    let worn: HashSet<_> = claims.map(|text| Identity::claimed(&text).unwrap()).collect();
    assert!(worn.len() > 70, "{worn:?}");
    let scene = Scene::both().await;
    for identity in worn {
        let look = scene.look(identity).await;
        let ja4 = look["ja4"].as_str().unwrap();
        assert!(ja4.starts_with("t13d") && &ja4[8..10] == "h2", "{identity}: {look}");
    }
}

/// Chrome shuffles its extensions for each connection; one that does not is no Chrome.
#[tokio::test]
async fn chrome_shuffles_and_safari_does_not() {
    let scene = Scene::both().await;
    for (browser, is_shuffled) in [(Browser::Chrome, true), (Browser::Safari, false)] {
        let mut looks = BTreeSet::new();
        for _ in 0..4 {
            let look = scene.look(Identity::newest(browser, 0)).await;
            looks.insert(look["ja3"].as_str().unwrap().to_owned());
        }
        assert_eq!(looks.len() > 1, is_shuffled, "{browser:?}: {looks:#?}");
    }
}
