//! How what is under way inside of tunnels ends: with the node, and with the project.

use std::time::Duration;

use serde_json::json;
use testbed::clock::{SOON, eventually};
use testbed::process::Process;
use testbed::site::Manner;
use testbed::tools::Tool;

use super::scene::{Scene, parts};

const PATIENCE: Duration = Duration::from_secs(30);

/// A client that has heard the first event and waits for the second.
async fn listening(scene: &Scene, flag: &str) -> Process {
    let (proxy, ca) = (scene.proxy(""), scene.ca());
    let url = scene.site.url("/events/last");
    let curl = Tool::installed("curl").unwrap();
    let arguments = ["-sSN", flag, "-x", &proxy, "--cacert", &ca, &url];
    let listens = curl.start(tempfile::tempdir().unwrap(), &arguments).unwrap();
    let first = async || listens.log().contains(&"data: 1".to_owned()).then_some(());
    eventually("the first event", SOON, first).await.unwrap();
    listens
}

#[tokio::test]
async fn a_node_that_ends_lets_requests_inside_of_tunnels_end_first() {
    for flag in ["--http1.1", "--http2"] {
        let settings = [("OCTOPROX_DRAIN_DELAY", "0s")];
        let parts = parts(Manner::default()).await;
        let mut scene = Scene::over(parts, json!({}), &settings).await;
        let mut listens = listening(&scene, flag).await;
        scene.world.node.process.terminate().unwrap();
        let drains = async || {
            scene
                .world
                .node
                .process
                .log()
                .iter()
                .any(|l| l.contains("no new clients"))
                .then_some(())
        };
        eventually("it drains", SOON, drains).await.unwrap();
        assert!(scene.world.node.process.runs().unwrap());
        scene.site.release("last");
        assert!(listens.ended(SOON).await.unwrap().success(), "{flag}: {:?}", listens.log());
        assert!(listens.log().contains(&"data: 2".to_owned()), "{flag}");
        let ended = scene.world.node.process.ended(PATIENCE).await.unwrap();
        assert!(ended.success(), "{flag}: {ended}");
    }
}

#[tokio::test]
async fn what_goes_on_inside_ends_with_the_right_to_it() {
    for flag in ["--http1.1", "--http2"] {
        for change in
            [json!({ "enabled": false }), json!({ "password": "canary-another-password" })]
        {
            let scene = Scene::start().await;
            let mut listens = listening(&scene, flag).await;
            scene.change(change.clone()).await;
            let ended = listens.ended(SOON).await.unwrap();
            assert!(!ended.success(), "{flag} {change}: {:?}", listens.log());
        }
    }
}
