//! Keys, and users who may see some projects only: nothing of the others can be reached by any path.

use std::time::Duration;

use serde_json::{Value, json};

use crate::world::{Answer, PASSWORD, World};

fn id_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// A user `anna` who may do this, logged in.
async fn with_anna(world: &mut World, grants: &Value) -> String {
    let body =
        json!({ "username": "anna", "role": "editor", "password": PASSWORD, "grants": grants });
    let answer = world.post("admin", "/api/v1/users", &body).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    world.login("anna").await;
    answer.field("location").to_owned()
}

/// A key of `user` as a user of its own, called `name`.
async fn key(world: &mut World, user: &str, name: &'static str, body: &Value) -> Answer {
    let answer = world.post(user, "/api/v1/api-keys", body).await;
    if answer.status == 201 {
        world.tokens.insert(name, answer.json()["key"].as_str().unwrap().to_owned());
    }
    answer
}

/// Every operation that the document knows, with the identifiers filled in.
async fn operations(world: &World, project: &str) -> Vec<(String, String)> {
    let document = world.get("", "/api/openapi.json").await.json();
    let mut found = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let mut filled = path.replace("{project}", id_of(project));
        while let (Some(start), Some(end)) = (filled.find('{'), filled.find('}')) {
            filled.replace_range(start..=end, "01900000-0000-7000-8000-000000000000");
        }
        let methods = methods.as_object().unwrap().keys();
        let methods = methods.filter(|method| *method != "parameters");
        found.extend(methods.map(|method| (method.to_uppercase(), filled.clone())));
    }
    assert!(found.len() > 40, "{found:?}");
    found
}

#[tokio::test]
async fn no_operation_shows_or_changes_a_project_that_is_not_granted() {
    let mut world = World::new().await;
    let (mine, other) = (world.project("mine").await, world.project("canary-other").await);
    let connector = world.connector(&other, "canary-list").await;
    with_anna(&mut world, &json!({ id_of(&mine): "editor" })).await;
    let fields = [("content-type", "application/json"), ("if-match", "*")];
    let mut tried = 0;
    for (method, path) in operations(&world, &other).await {
        let in_project = path.contains(id_of(&other));
        if !in_project || path.ends_with("/stream") {
            continue;
        }
        let answer = world.call("anna", (&method, &path), &fields, "{}").await;
        assert_eq!(answer.status, 404, "{method} {path}: {answer:?}");
        assert!(!answer.text.contains("canary"), "{method} {path}: {answer:?}");
        tried += 1;
    }
    assert!(tried > 20, "{tried}");
    // Nor by what is granted, nor by another spelling.
    let through = format!("{mine}/connectors/{connector}");
    assert_eq!(world.get("anna", &through).await.status, 404);
    let upload = format!("{mine}/proxies/upload?connector_id={connector}");
    assert_eq!(world.call("anna", ("POST", &upload), &[], "http://p.example:1").await.status, 404);
    let spelled = id_of(&other).replace('-', "%2d");
    assert_eq!(world.get("anna", &format!("/api/v1/projects/{spelled}")).await.status, 404);
    let spelled = id_of(&other).replace('-', "");
    assert_eq!(world.get("anna", &format!("/api/v1/projects/{spelled}")).await.status, 404);
    let still = world.get("admin", &other).await;
    assert_eq!((still.status.as_u16(), still.json()["version"].clone()), (200, json!(1)));
}

#[tokio::test]
async fn whoever_has_grants_sees_these_projects_and_nothing_that_is_about_all() {
    let mut world = World::new().await;
    let (first, second) = (world.project("first").await, world.project("second").await);
    world.project("third").await;
    let grants = json!({ id_of(&first): "editor", id_of(&second): "viewer" });
    let user = with_anna(&mut world, &grants).await;
    let list = world.get("anna", "/api/v1/projects").await.json();
    assert_eq!((list["total"].clone(), list["items"].as_array().unwrap().len()), (json!(2), 2));
    let found = world.get("anna", "/api/v1/projects?search=SECO").await.json();
    assert_eq!(found["items"][0]["name"], "second");
    let page = world.get("anna", "/api/v1/projects?limit=1").await.json();
    let rest = format!("/api/v1/projects?limit=1&after={}", page["next"].as_str().unwrap());
    assert_eq!(world.get("anna", &rest).await.json()["items"][0]["name"], "second");

    let change = json!({ "max_retries": 1 });
    assert_eq!(world.patch("anna", &first, "*", &change).await.status, 200);
    assert_eq!(world.get("anna", &second).await.status, 200);
    assert_eq!(world.patch("anna", &second, "*", &change).await.status, 403);
    let new = json!({ "name": "p", "username": "p", "password": "12345678" });
    assert_eq!(world.post("anna", "/api/v1/projects", &new).await.status, 403);
    for path in ["/api/v1/audit", "/api/v1/users"] {
        assert_eq!(world.get("anna", path).await.status, 403, "{path}");
    }
    assert_eq!(world.get("anna", "/api/v1/users/me").await.json()["grants"], grants);

    // At once, without another login.
    let less = json!({ "grants": { id_of(&second): null } });
    assert_eq!(world.patch("admin", &user, "*", &less).await.status, 200);
    assert_eq!(world.get("anna", &second).await.status, 404);
    assert_eq!(world.get("anna", &first).await.status, 200);
    // A project that goes takes no restriction away.
    assert_eq!(world.delete("admin", &first, "*").await.status, 204);
    assert_eq!(world.get("anna", "/api/v1/projects").await.json()["total"], 0);
    assert_eq!(world.patch("admin", &user, "*", &json!({ "grants": null })).await.status, 200);
    assert_eq!(world.get("anna", "/api/v1/projects").await.json()["total"], 2);

    let wrong = json!({ "grants": { "x": "viewer", id_of(&second): "admin" } });
    assert_eq!(
        world.patch("admin", &user, "*", &wrong).await.json()["errors"].as_array().unwrap().len(),
        2
    );
    let admin = json!({ "role": "admin", "grants": {} });
    assert_eq!(world.patch("admin", &user, "*", &admin).await.status, 422);
}

#[tokio::test]
async fn a_key_may_what_it_says_until_it_expires_or_is_deleted() {
    let mut world = World::new().await;
    let (first, second) = (world.project("first").await, world.project("second").await);
    let until = world.clock.now() + Duration::from_hours(1);
    let body = json!({ "name": "ci", "role": "editor", "projects": [id_of(&first)],
        "expires_at": until.to_string() });
    let made = key(&mut world, "editor", "ci", &body).await;
    assert_eq!((made.status.as_u16(), made.field("cache-control")), (201, "no-store"));
    let path = made.field("location").to_owned();
    let shown = world.get("editor", &path).await;
    assert!(!shown.text.contains(&world.tokens["ci"]), "shown twice");
    assert_eq!(shown.json()["last_used_at"], Value::Null);

    assert_eq!(world.patch("ci", &first, "*", &json!({ "max_retries": 1 })).await.status, 200);
    assert_eq!(world.get("ci", &second).await.status, 404);
    assert_eq!(world.get("ci", "/api/v1/projects").await.json()["total"], 1);
    assert_eq!(world.get("ci", "/api/v1/users").await.status, 403);
    assert_eq!(
        world.get("editor", &path).await.json()["last_used_at"],
        world.clock.now().to_string()
    );
    let entry = world.get("admin", "/api/v1/audit?noun=project&limit=1").await.json();
    let actor = &entry["items"][0]["actor"];
    assert_eq!((&actor["kind"], &actor["name"]), (&json!("api_key"), &json!("ci")));

    // A key makes no key, and is nobody else's to see.
    assert_eq!(key(&mut world, "ci", "more", &json!({ "name": "more" })).await.status, 403);
    assert_eq!(world.delete("ci", &path, "*").await.status, 403);
    assert_eq!(world.get("viewer", &path).await.status, 404);
    assert_eq!(world.get("viewer", "/api/v1/api-keys").await.json()["total"], 0);
    assert_eq!(world.get("admin", "/api/v1/api-keys").await.json()["total"], 1);

    world.clock.set(until);
    assert_eq!(world.get("ci", &first).await.status, 401);
    world.login("editor").await;
    key(&mut world, "editor", "ci", &json!({ "name": "ci" })).await;
    assert_eq!(world.get("ci", &second).await.status, 200);
    assert_eq!(world.patch("ci", &second, "*", &json!({})).await.status, 403, "a viewer's");
    let keys = world.get("editor", "/api/v1/api-keys").await.json();
    let id = keys["items"][1]["id"].as_str().unwrap().to_owned();
    assert_eq!(world.delete("editor", &format!("/api/v1/api-keys/{id}"), "*").await.status, 204);
    assert_eq!(world.get("ci", &second).await.status, 401);
}

#[tokio::test]
async fn a_key_never_may_more_than_its_user() {
    let mut world = World::new().await;
    let (first, second) = (world.project("first").await, world.project("second").await);
    let user = with_anna(&mut world, &json!({ id_of(&first): "viewer" })).await;
    let both = json!({ "name": "k", "role": "admin", "projects": [id_of(&first), id_of(&second)] });
    key(&mut world, "anna", "key", &both).await;
    key(&mut world, "anna", "wide", &json!({ "name": "w", "role": "admin" })).await;
    for name in ["key", "wide"] {
        assert_eq!(world.get(name, &first).await.status, 200);
        assert_eq!(world.patch(name, &first, "*", &json!({})).await.status, 403);
        assert_eq!(world.get(name, &second).await.status, 404);
        assert_eq!(world.get(name, "/api/v1/audit").await.status, 403);
    }
    assert_eq!(world.patch("admin", &user, "*", &json!({ "active": false })).await.status, 200);
    assert_eq!(world.get("key", &first).await.status, 401);
    assert_eq!(world.delete("admin", &user, "*").await.status, 204);
    assert_eq!(world.get("wide", &first).await.status, 401);
    let wrong = json!({ "name": "", "role": "god", "projects": ["x"], "expires_at": "2020-01-01T00:00:00Z" });
    let answer = key(&mut world, "admin", "wrong", &wrong).await;
    assert_eq!(answer.json()["errors"].as_array().unwrap().len(), 4, "{answer:?}");
    world.tokens.insert("wrong", "octoprox_guessed".to_owned());
    assert_eq!(world.get("wrong", "/api/v1/projects").await.status, 401);
}

#[tokio::test]
async fn whoever_has_grants_is_told_what_they_may_do() {
    let mut world = World::new().await;
    let (first, second) = (world.project("first").await, world.project("second").await);
    let me = async |world: &World, user: &str| {
        let me = world.get(user, "/api/v1/users/me").await.json();
        (me["role_everywhere"].clone(), me["highest_role"].clone())
    };
    assert_eq!(me(&world, "admin").await, (json!("admin"), json!("admin")));
    assert_eq!(me(&world, "viewer").await, (json!("viewer"), json!("viewer")));
    let grants = json!({ id_of(&first): "viewer", id_of(&second): "editor" });
    let user = with_anna(&mut world, &grants).await;
    assert_eq!(me(&world, "anna").await, (Value::Null, json!("editor")));
    let less = json!({ "grants": { id_of(&second): null } });
    assert_eq!(world.patch("admin", &user, "*", &less).await.status, 200);
    assert_eq!(me(&world, "anna").await, (Value::Null, json!("viewer")));
}
