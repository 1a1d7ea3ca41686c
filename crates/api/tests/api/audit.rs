//! Whatever is changed can be read afterwards: by whom, when, and what it was before.

use serde_json::{Value, json};

use crate::world::{Answer, PASSWORD, World};

/// The entries that fit a query, the newest first.
async fn entries(world: &World, query: &str) -> Vec<Value> {
    let answer = world.get("admin", &format!("/api/v1/audit?limit=1000&{query}")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["items"].as_array().unwrap().clone()
}

/// The newest entry, which must be about this.
async fn newest(world: &World, noun: &str, op: &str) -> Value {
    let entry = entries(world, "").await.swap_remove(0);
    assert_eq!((&entry["noun"], &entry["op"]), (&json!(noun), &json!(op)), "{entry:#}");
    entry
}

fn made(answer: &Answer) -> String {
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.field("location").to_owned()
}

#[tokio::test]
async fn a_change_is_told_field_by_field_with_who_and_where_from() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let added = newest(&world, "project", "added").await;
    assert_eq!(added["entity_name"], "shop");
    assert_eq!(added["project_id"], added["entity_id"]);

    let body = json!({ "max_retries": 5, "password": "canary-new-one", "session_lost": "fail" });
    let answer = world.patch("editor", &project, "*", &body).await;
    assert_eq!(answer.status, 200);
    let entry = newest(&world, "project", "updated").await;
    assert_eq!(entry["actor"]["name"], "editor");
    assert_eq!((&entry["actor"]["kind"], &entry["address"]), (&json!("user"), &json!("192.0.2.1")));
    assert_eq!(entry["request_id"], answer.field("x-request-id"));
    assert_eq!(entry["revision"], answer.json()["revision"]);
    let changes = json!([
        { "field": "password", "before": null, "after": null, "is_secret": true },
        { "field": "max_retries", "before": 3, "after": 5, "is_secret": false },
        { "field": "session_lost", "before": "any", "after": "fail", "is_secret": false },
    ]);
    assert_eq!(entry["changes"], changes);
    for user in ["viewer", "editor"] {
        assert_eq!(world.get(user, "/api/v1/audit").await.status, 403);
    }
    assert_eq!(world.get("", "/api/v1/audit").await.status, 401);
    assert_eq!(world.get("admin", "/api/v1/audit?from=yesterday").await.status, 422);
}

/// Every kind of thing is made, changed and deleted; each leaves one entry, and none of them has
/// any of the secrets.
#[tokio::test]
async fn every_noun_leaves_an_entry_without_its_secrets() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let before = entries(&world, "").await.len();
    let body = json!({ "name": "c", "fields": { "username": "u", "password": "canary-1" } });
    let credential = made(&world.post("editor", &format!("{project}/credentials"), &body).await);
    let patch = json!({ "fields": { "password": "canary-2" } });
    assert_eq!(world.patch("editor", &credential, "*", &patch).await.status, 200);
    let entry = newest(&world, "credential", "updated").await;
    assert_eq!(entry["changes"][0]["field"], "fields");
    assert_eq!(world.delete("editor", &credential, "*").await.status, 204);

    let body = json!({ "name": "list" });
    let connector = made(&world.post("editor", &format!("{project}/connectors"), &body).await);
    let id = connector.rsplit('/').next().unwrap().to_owned();
    assert_eq!(world.patch("editor", &connector, "*", &json!({ "weight": 7 })).await.status, 200);
    let entry = newest(&world, "connector", "updated").await;
    assert_eq!(entry["changes"][0]["field"], "weight");

    let body = json!({ "connector_id": id, "host": "p.example", "port": 1, "username": "u", "password": "canary-3" });
    let proxy = made(&world.post("editor", &format!("{project}/proxies"), &body).await);
    let patch = json!({ "password": "canary-4", "port": 2 });
    assert_eq!(world.patch("editor", &proxy, "*", &patch).await.status, 200);
    let entry = newest(&world, "proxy", "updated").await;
    assert_eq!(entry["changes"].as_array().unwrap().len(), 2, "{entry:#}");
    let rest = [("content-type", "application/json")];
    let quarantine = format!("{proxy}/quarantine");
    let answer = world.call("editor", ("PUT", &quarantine), &rest, r#"{"seconds": 60}"#).await;
    assert_eq!(answer.status, 204);
    newest(&world, "proxy", "quarantined").await;
    let upload = format!("{project}/proxies/upload?connector_id={id}");
    let list = "http://u:canary-5@q.example:1\nhttp://u:canary-6@q.example:2";
    assert_eq!(world.call("editor", ("POST", &upload), &[], list).await.status, 200);
    let entry = newest(&world, "proxy", "added").await;
    assert_eq!((&entry["entity_id"], &entry["changes"][1]["after"]), (&Value::Null, &json!(2)));
    assert_eq!(world.delete("editor", &proxy, "*").await.status, 204);
    assert_eq!(
        world.delete("editor", &format!("{project}/proxies?all=true"), "*").await.status,
        200
    );
    assert_eq!(world.delete("editor", &format!("{project}/captures"), "*").await.status, 200);
    newest(&world, "capture", "removed").await;
    assert_eq!(world.delete("editor", &connector, "*").await.status, 204);
    let root = world.post("admin", "/api/v1/mitm/roots", &json!({ "overlap_seconds": 60 })).await;
    assert_eq!(root.status, 201);
    newest(&world, "root", "added").await;
    assert_eq!(world.delete("editor", &project, "*").await.status, 204);
    newest(&world, "project", "removed").await;
    let all = entries(&world, "").await;
    assert_eq!(all.len(), before + 15);
    assert!(!json!(all).to_string().contains("canary"), "{all:#?}");
    let id = project.rsplit('/').next().unwrap();
    let of_project = entries(&world, &format!("project={id}")).await;
    assert_eq!(of_project.len(), 15, "the root is of no project, and its making is");
}

#[tokio::test]
async fn logins_failed_ones_and_passwords_are_told() {
    let mut world = World::new().await;
    world.login("viewer").await;
    assert_eq!(newest(&world, "session", "login").await["actor"]["name"], "viewer");
    let failed = |name: &str| json!({ "username": name, "password": "canary-wrong" });
    for name in ["viewer", "canary-no-such-user"] {
        assert_eq!(world.post("", "/api/v1/auth/login", &failed(name)).await.status, 401);
    }
    let unknown = newest(&world, "session", "login_failed").await;
    assert_eq!(
        (&unknown["actor"]["kind"], &unknown["entity_name"]),
        (&json!("nobody"), &Value::Null)
    );
    let known = entries(&world, "noun=session").await.swap_remove(1);
    assert_eq!((&known["op"], &known["entity_name"]), (&json!("login_failed"), &json!("viewer")));
    let path = "/api/v1/users/me/password";
    let change = json!({ "current_password": "canary", "new_password": "canary-another" });
    assert_eq!(world.post("viewer", path, &change).await.status, 422);
    newest(&world, "user", "password_refused").await;
    let change = json!({ "current_password": PASSWORD, "new_password": "canary-another" });
    assert_eq!(world.post("viewer", path, &change).await.status, 204);
    let entry = newest(&world, "user", "updated").await;
    assert_eq!(entry["changes"][0]["is_secret"], true);
    assert_eq!(entry["actor"]["name"], "viewer");
    let all = json!(entries(&world, "").await).to_string();
    assert!(!all.contains("canary"), "{all}");
}
