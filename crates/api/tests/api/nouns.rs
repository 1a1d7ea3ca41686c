//! Projects, credentials, connectors, proxies: what they take, what they show, who wrote last.

use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn a_project_has_its_defaults_and_never_shows_its_password() {
    let world = World::new().await;
    let path = world.project("shop").await;
    let answer = world.get("viewer", &path).await;
    assert_eq!((answer.status.as_u16(), answer.field("etag")), (200, "\"1\""));
    let project = answer.json();
    for (field, value) in [
        ("strategy", json!("round_robin")),
        ("rotate", json!("auto")),
        ("max_retries", json!(3)),
        ("session_idle_seconds", json!(300)),
        ("connection_timeout_seconds", json!(30)),
        ("health_check_interval_seconds", json!(60)),
        ("connect_ports", json!([80, 443])),
        ("enabled", json!(true)),
    ] {
        assert_eq!(project[field], value, "{field}");
    }
    assert_eq!(project["live"]["average_latency_ms"], 2.5);
    assert!(project["created_at"].as_str().unwrap().ends_with('Z'));
    assert!(project.get("password").is_none() && !answer.text.contains("canary"));
}

#[tokio::test]
async fn a_patch_changes_what_it_names_and_keeps_the_rest() {
    let world = World::new().await;
    let path = world.project("shop").await;
    let change =
        json!({"session_ttl_seconds": 60, "domain_deny": ["*.bad.example"], "max_retries": 5});
    let changed = world.patch("editor", &path, "\"1\"", &change).await;
    assert_eq!((changed.status.as_u16(), changed.field("etag")), (200, "\"2\""));
    let restored =
        world.patch("editor", &path, "\"2\"", &json!({"session_ttl_seconds": null})).await;
    let project = restored.json();
    assert_eq!(project["session_ttl_seconds"], Value::Null);
    assert_eq!(
        (&project["max_retries"], &project["domain_deny"]),
        (&json!(5), &json!(["*.bad.example"]))
    );
    // The password is still the one it was created with.
    let found = store::projects::list(&world.store, None, &store::Page::default()).await;
    let digest = world.store.vault().login_key().digest(b"canary-project");
    assert!(found.unwrap().items[0].spec.password.matches(&digest));
}

#[tokio::test]
async fn a_write_names_the_version_it_has_read() {
    let world = World::new().await;
    let path = world.project("shop").await;
    let json_field = [("content-type", "application/json")];
    let bare = world.call("admin", ("PATCH", &path), &json_field, "{}").await;
    assert_eq!(bare.status, 428);
    let stale = world.patch("admin", &path, "\"9\"", &json!({"max_retries": 1})).await;
    assert_eq!((stale.status.as_u16(), stale.field("etag")), (412, "\"1\""));
    assert_eq!(world.patch("admin", &path, "W/\"1\"", &json!({})).await.status, 400);
    assert_eq!(world.delete("admin", &path, "\"2\"").await.status, 412);
    assert_eq!(world.delete("admin", &path, "\"1\"").await.status, 204);
    assert_eq!(world.get("admin", &path).await.status, 404);
}

#[tokio::test]
async fn every_mistake_is_reported_with_its_place() {
    let world = World::new().await;
    let body = json!({
        "name": "", "username": "a b", "password": "short", "strategy": "best", "rotate": "never",
        "max_retries": 11, "connection_timeout_seconds": 0, "source_cidrs": ["10.0.0.0/8", "x"],
        "max_in_flight": 0, "domain_allow": ["127.1"], "allow_targets": ["10.0.0.0/8:0"], "connect_ports": [0],
        "health_check_url": "ftp://x", "dialect": "klingon", "session_lost": "never",
    });
    let answer = world.post("admin", "/api/v1/projects", &body).await;
    assert_eq!(answer.status, 422);
    let problem = answer.json();
    let mut pointers: Vec<_> = problem["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["pointer"].as_str().unwrap())
        .collect();
    pointers.sort_unstable();
    let expected = [
        "/allow_targets/0",
        "/connect_ports",
        "/connection_timeout_seconds",
        "/dialect",
        "/domain_allow/0",
        "/health_check_url",
        "/max_in_flight",
        "/max_retries",
        "/name",
        "/password",
        "/rotate",
        "/session_lost",
        "/source_cidrs/1",
        "/strategy",
        "/username",
    ];
    assert_eq!(pointers, expected);
    let unknown = json!({"name": "x", "username": "x", "password": "12345678", "colour": "red"});
    let answer = world.post("admin", "/api/v1/projects", &unknown).await;
    assert!(answer.text.contains("unknown field `colour`"), "{}", answer.text);
    let twice = json!({"name": "SHOP", "username": "other", "password": "12345678"});
    world.project("shop").await;
    let answer = world.post("admin", "/api/v1/projects", &twice).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.json()["errors"][0]["pointer"]),
        (409, &json!("/name"))
    );
}

#[tokio::test]
async fn credentials_are_written_and_never_read() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let path = format!("{project}/credentials");
    let body = json!({"name": "Vendor", "fields": {"username": "u", "password": "canary-vendor"}});
    let made = world.post("editor", &path, &body).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.json()["field_names"], json!(["password", "username"]));
    let one = made.field("location").to_owned();
    let change = json!({"name": "Renamed", "fields": {"username": null}});
    let changed = world.patch("editor", &one, "\"1\"", &change).await;
    assert_eq!(changed.json()["field_names"], json!(["password"]));
    let listed = world.get("viewer", &path).await;
    assert_eq!(listed.json()["total"], 1);
    for answer in [&made, &changed, &listed, &world.get("viewer", &one).await] {
        assert!(!answer.text.contains("canary"), "{answer:?}");
    }
    let wrong = json!({"name": "x", "fields": {"token": "canary"}});
    let refused = world.post("editor", &path, &wrong).await;
    assert_eq!(refused.status, 422);
    assert!(!refused.text.contains("canary"));
    let id = made.json()["id"].clone();
    let using = json!({"name": "c", "credential_id": id});
    assert_eq!(world.post("editor", &format!("{project}/connectors"), &using).await.status, 201);
    assert_eq!(world.delete("editor", &one, "\"2\"").await.status, 409);
}

#[tokio::test]
async fn connectors_take_every_field_back_as_it_is_shown() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let path = format!("{project}/connectors");
    let body = json!({
        "name": "c", "weight": 7, "priority": 1, "domain_allow": ["example.com"],
        "countries": ["UK"], "max_in_flight": 3, "resolve": "node",
        "rate_limit": {"max_requests": 5, "window_seconds": 10, "quarantine_seconds_min": 1,
            "quarantine_seconds_max": 2, "sticky_quarantine": true},
    });
    let made = world.post("editor", &path, &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let shown = made.json();
    assert_eq!(shown["countries"], json!(["GB"]));
    for field in ["weight", "priority", "domain_allow", "max_in_flight", "resolve", "rate_limit"] {
        assert_eq!(shown[field], body[field], "{field}");
    }
    let one = made.field("location").to_owned();
    let change = json!({"rate_limit": null, "enabled": false});
    let changed = world.patch("editor", &one, "\"1\"", &change).await.json();
    assert_eq!((&changed["rate_limit"], &changed["enabled"]), (&Value::Null, &json!(false)));
    let wrong = json!({
        "name": "d", "weight": 0, "source_address": "127.0.0.1", "ca_pem": "x",
        "rate_limit": {"max_requests": 0, "window_seconds": 0, "quarantine_seconds_min": 3},
    });
    let refused = world.post("editor", &path, &wrong).await.json();
    assert_eq!(refused["errors"].as_array().unwrap().len(), 6, "{refused}");
    assert_eq!(world.delete("editor", &one, "*").await.status, 204);
}

#[tokio::test]
async fn a_proxy_keeps_its_password_while_its_username_stays() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let connector = world.connector(&project, "list").await;
    let path = format!("{project}/proxies");
    let body = json!({
        "connector_id": connector, "protocol": "socks5", "host": "2001:db8::1", "port": 1080,
        "username": "u", "password": "canary-proxy", "tags": ["gold"], "country": "de",
        "city": "São Paulo", "network": "mobile",
    });
    let made = world.post("editor", &path, &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let shown = made.json();
    assert_eq!(
        (&shown["host"], &shown["city"], &shown["has_password"], &shown["health"]["status"]),
        (&json!("2001:db8::1"), &json!("saopaulo"), &json!(true), &json!("unknown"))
    );
    assert!(!made.text.contains("canary"));
    let one = made.field("location").to_owned();
    let changed = world.patch("editor", &one, "\"1\"", &json!({"port": 1081})).await.json();
    assert_eq!((&changed["port"], &changed["has_password"]), (&json!(1081), &json!(true)));
    let other = world.patch("editor", &one, "\"2\"", &json!({"username": "v"})).await.json();
    assert_eq!(other["has_password"], false, "a password is not handed to another account");
    let moved = json!({"connector_id": "0"});
    assert_eq!(world.patch("editor", &one, "\"3\"", &moved).await.status, 422);
    assert_eq!(world.post("editor", &path, &json!({"host": "x", "port": 1})).await.status, 422);
    let twice = json!({"connector_id": connector, "protocol": "socks5", "host": "[2001:db8::1]",
        "port": 1081, "username": "v"});
    assert_eq!(world.post("editor", &path, &twice).await.status, 409);
    let rest = format!("{one}/quarantine");
    let json_field = [("content-type", "application/json")];
    let put = world.call("editor", ("PUT", &rest), &json_field, r#"{"seconds":60}"#).await;
    assert_eq!(put.status, 204);
    assert_eq!(world.delete("editor", &one, "*").await.status, 204);
    let filter = format!("{path}?country=de");
    assert_eq!(world.get("viewer", &filter).await.json()["total"], 0);
}

#[tokio::test]
async fn what_belongs_to_another_project_is_not_there() {
    let world = World::new().await;
    let (mine, other) = (world.project("mine").await, world.project("other").await);
    let connector = world.connector(&mine, "list").await;
    let path = format!("{other}/connectors/{connector}");
    assert_eq!(world.get("admin", &path).await.status, 404);
    assert_eq!(world.patch("admin", &path, "*", &json!({"weight": 2})).await.status, 404);
    assert_eq!(world.delete("admin", &path, "*").await.status, 404);
    let body = json!({"connector_id": connector, "host": "x", "port": 1});
    assert_eq!(world.post("admin", &format!("{other}/proxies"), &body).await.status, 404);
    let upload = format!("{other}/proxies/upload?connector_id={connector}");
    assert_eq!(world.call("admin", ("POST", &upload), &[], "a:1").await.status, 404);
}
