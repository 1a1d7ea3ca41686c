//! One root for a whole cluster, and another one after it, without a restart.

use std::net::SocketAddr;
use std::time::Duration;

use model::proxy::Protocol;
use serde_json::json;
use testbed::clock::eventually;
use testbed::cluster::Cluster;
use testbed::proxies::Setup;
use testbed::site::Site;
use testbed::tls::Authority;
use testbed::tools::Tool;
use testbed::world::{PASSWORD, Project};

use super::scene::told;

const PATIENCE: Duration = Duration::from_secs(40);
/// For which the old root goes on to sign.
const OVERLAP: u64 = 10;

/// Whether a client that believes these roots alone gets a page of the site through this node.
async fn believes(node: SocketAddr, project: &Project, pem: &str, site: &Site) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem").display().to_string();
    std::fs::write(&ca, pem).unwrap();
    let proxy = format!("http://{}:{PASSWORD}@{node}", project.username);
    let curl = Tool::installed("curl").unwrap();
    let arguments = ["-sS", "-x", &proxy, "--cacert", &ca, &site.url("/good")];
    let said = curl.run(&arguments).await.unwrap();
    assert!(matches!(said.code, Some(0 | 60)), "{:?} {}", said.code, said.err);
    said.code == Some(0) && said.text() == "a good page\n"
}

/// The certificates of a PEM text.
fn split(pem: &str) -> Vec<String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    pem.split(BEGIN).skip(1).map(|rest| format!("{BEGIN}{rest}")).collect()
}

#[tokio::test]
async fn nodes_that_boot_at_once_have_one_root_and_change_it_together() {
    let authority = Authority::new().unwrap();
    let site = Site::start(&authority).await.unwrap();
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    let cluster = Cluster::start(&[]).await.unwrap();
    let interception = json!({ "mode": "plain", "extra_roots": authority.pem() });
    let fields = json!({ "interception": interception });
    let project = cluster.project_over("shop", fields, &[&exit]).await.unwrap();
    let listed = cluster.control.get("/api/v1/mitm/roots").await.unwrap();
    assert_eq!(listed["total"], 1, "{listed}");
    let old = told(cluster.nodes[0].api(), "/api/v1/mitm/ca").await;
    assert_eq!(split(&old).len(), 1);
    for node in &cluster.nodes {
        assert_eq!(told(node.api(), "/api/v1/mitm/ca").await, old);
        assert!(believes(node.proxy(), &project, &old, &site).await);
    }

    let new = json!({ "overlap_seconds": OVERLAP });
    let made = cluster.control.post("/api/v1/mitm/roots", &new).await.unwrap();
    assert_eq!(made["signs_now"], false, "{made}");
    cluster.in_force().await.unwrap();
    let both = told(cluster.nodes[2].api(), "/api/v1/mitm/ca").await;
    let [new, still] = split(&both).try_into().unwrap();
    assert_eq!(still, old);
    for node in &cluster.nodes {
        assert!(believes(node.proxy(), &project, &old, &site).await, "the old one signs");
        assert!(!believes(node.proxy(), &project, &new, &site).await);
        assert!(believes(node.proxy(), &project, &both, &site).await);
    }
    for node in &cluster.nodes {
        let turned = || async {
            let is_new = believes(node.proxy(), &project, &new, &site).await;
            is_new.then_some(())
        };
        eventually("the new one signs", PATIENCE, turned).await.unwrap();
        assert!(!believes(node.proxy(), &project, &old, &site).await);
        assert!(believes(node.proxy(), &project, &both, &site).await);
    }
    cluster.end().await.unwrap();
}
