//! Connections to targets that are kept between requests: whose they are, and how many.

use model::proxy::Protocol;
use serde_json::json;
use testbed::clock::{SOON, eventually};
use testbed::proxies::{Exit, Setup};
use testbed::site::{Manner, Site};
use testbed::tls::Authority;

use super::scene::Scene;

/// A quarter of these may be kept.
const PLACES: usize = 64;

#[tokio::test]
async fn a_new_session_with_each_request_leaves_no_more_connections_than_may_be_kept() {
    for protocols in [&["http/1.1"][..], &["h2", "http/1.1"]] {
        let authority = Authority::new().unwrap();
        let manner = Manner { protocols, ..Manner::default() };
        let site = Site::start_as(&authority, manner).await.unwrap();
        let exits = vec![Setup::new(Protocol::Http).start().await.unwrap()];
        let places = PLACES.to_string();
        let settings = [("OCTOPROX_MAX_CONNECTIONS", places.as_str())];
        let scene = Scene::over((authority, site, exits), json!({}), &settings).await;
        for session in 0..PLACES {
            let url = scene.site.url("/good");
            scene.curl_as(&format!("-session-s{session}"), &[&url]).await.fine().unwrap();
        }
        assert_eq!(scene.exits[0].tunnels(), PLACES as u64, "{protocols:?}");
        let few = || async { (scene.exits[0].open() <= PLACES as u64 / 4).then_some(()) };
        let few = eventually("no more are open than may be kept", SOON, few).await;
        few.unwrap_or_else(|why| panic!("{why}: {} {protocols:?}", scene.exits[0].open()));
    }
}

#[tokio::test]
async fn requests_of_one_project_share_connections_and_those_of_another_do_not() {
    let scene = Scene::start().await;
    let url = format!("{}?[1-20]", scene.site.url("/good"));
    for _ in 0..3 {
        scene.curl(&[&url]).await.fine().unwrap();
    }
    let tunnels = |scene: &Scene| scene.exits.iter().map(Exit::tunnels).sum::<u64>();
    // One an exit and core at most.
    let before = tunnels(&scene);
    let cores = std::thread::available_parallelism().unwrap().get() as u64;
    assert!(before <= 2 * cores, "{before}");
    let fields = json!({
        "interception": { "mode": "plain", "extra_roots": scene.authority.pem() }, "hedge": false,
    });
    let both: Vec<_> = scene.exits.iter().collect();
    let other = scene.world.project_over("other", fields, &both).await.unwrap();
    let proxy = scene.world.proxy_url("http", &other, "");
    scene.curl(&["-x", &proxy, &scene.site.url("/good")]).await.fine().unwrap();
    assert_eq!(tunnels(&scene), before + 1);
}
