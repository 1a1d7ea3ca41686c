//! What is taken away, and what is to be logged, counts on every node of a cluster.

use serde_json::json;
use testbed::clock::{SOON, eventually};
use testbed::cluster::Cluster;
use testbed::control::Control;
use testbed::node::ADMIN;

/// How a node answers whoever has this key.
async fn asked(node: &Control, key: &str, path: &str) -> u16 {
    let login = format!("Authorization: Bearer {key}\r\n");
    node.call(("GET", path), &login, None).await.unwrap().status
}

#[tokio::test]
async fn keys_grants_and_log_filters_count_on_every_node_at_once() {
    let cluster = Cluster::start(&[]).await.unwrap();
    let project = cluster.control.project("shop", json!({})).await.unwrap();
    let body = json!({ "name": "tool", "role": "editor" });
    let made = cluster.control.post("/api/v1/api-keys", &body).await.unwrap();
    let (key, id) = (made["key"].as_str().unwrap(), made["id"].as_str().unwrap());
    let user = json!({ "username": "anna", "password": "canary-long-password",
        "grants": { project.path.rsplit('/').next().unwrap(): "viewer" } });
    let user = cluster.control.post("/api/v1/users", &user).await.unwrap();
    let strangers: Vec<_> =
        cluster.nodes.iter().map(|node| Control::stranger(node.api())).collect();
    let mut annas = Vec::new();
    for (node, stranger) in cluster.nodes.iter().zip(&strangers) {
        let account = ("anna", "canary-long-password");
        annas.push(Control::login(node.api(), account).await.unwrap());
        assert_eq!(asked(stranger, key, &project.path).await, 200);
    }

    let path = format!("/api/v1/api-keys/{id}");
    let deleted = cluster.control.call(("DELETE", &path), "", None).await.unwrap();
    let none = json!({ "grants": { project.path.rsplit('/').next().unwrap(): null } });
    let user = format!("/api/v1/users/{}", user["id"].as_str().unwrap());
    cluster.control.patch(&user, &none).await.unwrap();
    assert_eq!(deleted.status, 204);
    for (stranger, anna) in strangers.iter().zip(&annas) {
        assert_eq!(asked(stranger, key, &project.path).await, 401);
        let seen = anna.call(("GET", &project.path), "", None).await.unwrap();
        assert_eq!(seen.status, 404);
    }

    let filter = "/api/v1/system/log-filter";
    let wanted = json!({ "filter": "info,store=debug" });
    let set = cluster.control.call(("PUT", filter), "", Some(&wanted)).await.unwrap();
    assert_eq!(set.status, 200);
    for node in &cluster.nodes {
        let control = Control::login(node.api(), ADMIN).await.unwrap();
        let in_force = || async {
            let shown = control.get(filter).await.ok()?;
            (shown["filter"] == wanted["filter"]).then_some(())
        };
        eventually("the filter is in force", SOON, in_force).await.unwrap();
    }
}
