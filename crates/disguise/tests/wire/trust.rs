//! A target is believed only with a certificate that holds.

use disguise::{Disguise, DisguiseError, Identity, Roots, Target};
use model::interception::Browser;
use testbed::tls::Authority;

use super::{Scene, target, trusting};

fn check(refused: Result<disguise::Connection, DisguiseError>) -> &'static str {
    match refused {
        Err(DisguiseError::Certificate { check }) => check,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("it was believed"),
    }
}

fn every() -> impl Iterator<Item = Identity> {
    let all = [Browser::Chrome, Browser::Firefox, Browser::Safari, Browser::Edge];
    all.into_iter().map(|browser| Identity::newest(browser, 0))
}

#[tokio::test]
async fn somebody_elses_authority_is_refused() {
    let scene = Scene::both().await;
    // One of the same name, and everybody else.
    let others = [
        (trusting(&Authority::new().unwrap()), "certificate signature failure"),
        (Disguise::new(Roots::public().unwrap()), "unable to get local issuer certificate"),
    ];
    for (disguise, what) in others {
        for identity in every() {
            let refused = disguise.connect(scene.stream().await, target(identity), &scene.tracker);
            assert_eq!(check(refused.await), what);
        }
    }
    assert!(scene.mirror.looks().is_empty());
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let scene = Scene::both().await;
    for identity in every() {
        for (host, what) in
            [("other.test", "ostname mismatch"), ("127.0.0.2", "IP address mismatch")]
        {
            let refused = scene.connect(Target { host, ..target(identity) }).await;
            let check = check(refused);
            assert!(check.contains(what), "{host}: {check}");
        }
    }
    assert!(scene.mirror.looks().is_empty());
}

#[tokio::test]
async fn whoever_asks_for_no_proof_meets_anybody() {
    let scene = Scene::both().await;
    for identity in every() {
        let anybody = Target { host: "other.test", verify: false, ..target(identity) };
        scene.connect(anybody).await.unwrap();
    }
}

#[tokio::test]
async fn an_address_in_the_certificate_is_believed() {
    let scene = Scene::both().await;
    let chrome = Identity::newest(Browser::Chrome, 0);
    scene.connect(Target { host: "127.0.0.1", ..target(chrome) }).await.unwrap();
}

#[tokio::test]
async fn what_is_no_tls_is_a_failed_handshake() {
    let scene = Scene::both().await;
    let (near, far) = tokio::io::duplex(1000);
    drop(far);
    let chrome = Identity::newest(Browser::Chrome, 0);
    let refused = scene.disguise.connect(near, target(chrome), &scene.tracker).await;
    assert!(matches!(refused, Err(DisguiseError::Handshake(_))));
}

#[test]
fn what_is_no_certificate_is_no_root() {
    let mut roots = Roots::none().unwrap();
    assert!(matches!(roots.add_der(b"no"), Err(DisguiseError::Roots(_))));
}
