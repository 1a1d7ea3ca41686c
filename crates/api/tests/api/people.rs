//! Set-up, logins, tokens, roles, invitations.

use std::time::Duration;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::world::{PASSWORD, World};

#[tokio::test]
async fn the_setup_link_makes_the_first_administrator_once() {
    let world = World::empty().await;
    let status = world.get("", "/api/v1/auth/status").await.json();
    assert_eq!(status, json!({"setup_required": true}));
    let body = json!({"token": "wrong", "username": "admin", "password": PASSWORD});
    assert_eq!(world.post("", "/api/v1/auth/setup", &body).await.status, 403);
    let world = World::new().await;
    assert_eq!(world.get("", "/api/v1/auth/status").await.json()["setup_required"], false);
    let again = json!({"token": "setup", "username": "other", "password": PASSWORD});
    assert_eq!(world.post("", "/api/v1/auth/setup", &again).await.status, 403);
}

#[tokio::test]
async fn every_node_of_an_installation_offers_the_same_setup_link() {
    let (world, other) = (World::empty().await, World::empty().await);
    let link = async |world: &World| {
        let link = api::bootstrap::setup_link(&world.store, "http://o.example").await.unwrap();
        link.unwrap()
    };
    let first = link(&world).await;
    assert_eq!(link(&world).await, first);
    // With the same secret key, even.
    assert_ne!(link(&other).await, first);
    let token = first.strip_prefix("http://o.example/setup#").unwrap();
    let body = json!({"token": token, "username": "admin", "password": PASSWORD});
    assert_eq!(other.post("", "/api/v1/auth/setup", &body).await.status, 403);
    assert_eq!(world.post("", "/api/v1/auth/setup", &body).await.status, 204);
    assert_eq!(api::bootstrap::setup_link(&world.store, "http://o.example").await.unwrap(), None);
}

#[tokio::test]
async fn a_role_may_do_what_it_may_and_no_more() {
    let world = World::new().await;
    let project = json!({"name": "p", "username": "p", "password": "12345678"});
    for (user, status) in [("", 401), ("viewer", 403), ("editor", 201)] {
        let answer = world.post(user, "/api/v1/projects", &project).await;
        assert_eq!(answer.status, status, "{user}");
    }
    for (user, status) in [("", 401), ("viewer", 200), ("editor", 200)] {
        assert_eq!(world.get(user, "/api/v1/projects").await.status, status, "{user}");
    }
    for (user, status) in [("", 401), ("viewer", 403), ("editor", 403), ("admin", 200)] {
        assert_eq!(world.get(user, "/api/v1/users").await.status, status, "{user}");
    }
    let answer = world.get("", "/api/v1/users/me").await;
    assert_eq!(answer.field("www-authenticate"), "Bearer realm=\"octoprox\"");
    assert_eq!(answer.field("content-type"), "application/problem+json");
    assert_eq!(world.get("viewer", "/api/v1/users/me").await.json()["role"], "viewer");
}

#[tokio::test]
async fn whoever_loses_role_or_account_is_out_at_once() {
    let world = World::new().await;
    let me = world.get("editor", "/api/v1/users/me").await.json();
    let path = format!("/api/v1/users/{}", me["id"].as_str().unwrap());
    let answer = world.patch("admin", &path, "*", &json!({"role": "viewer"})).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(world.get("editor", "/api/v1/projects").await.status, 401);
    let me = world.get("viewer", "/api/v1/users/me").await.json();
    let path = format!("/api/v1/users/{}", me["id"].as_str().unwrap());
    assert_eq!(world.delete("admin", &path, "*").await.status, 204);
    assert_eq!(world.get("viewer", "/api/v1/projects").await.status, 401);
}

#[tokio::test]
async fn there_is_always_an_administrator() {
    let world = World::new().await;
    let me = world.get("admin", "/api/v1/users/me").await.json();
    let path = format!("/api/v1/users/{}", me["id"].as_str().unwrap());
    assert_eq!(world.delete("admin", &path, "*").await.status, 409);
    let lower = world.patch("admin", &path, "*", &json!({"role": "viewer"})).await;
    assert_eq!(lower.status, 409);
    let off = world.patch("admin", &path, "*", &json!({"active": false})).await;
    assert_eq!(off.status, 409);
}

#[tokio::test]
async fn an_access_token_is_over_after_a_quarter_of_an_hour_and_refreshed_once() {
    let mut world = World::new().await;
    let tokens = world.login("viewer").await;
    world.clock.set(world.clock.now() + Duration::from_mins(15));
    assert_eq!(world.get("viewer", "/api/v1/projects").await.status, 401);
    let refresh = json!({"refresh_token": tokens["refresh_token"]});
    let fresh = world.post("", "/api/v1/auth/refresh", &refresh).await;
    assert_eq!((fresh.status.as_u16(), fresh.field("cache-control")), (200, "no-store"));
    let fresh = fresh.json();
    world.tokens.insert("viewer", fresh["access_token"].as_str().unwrap().to_owned());
    assert_eq!(world.get("viewer", "/api/v1/projects").await.status, 200);
    // The thief comes second: both are out.
    assert_eq!(world.post("", "/api/v1/auth/refresh", &refresh).await.status, 401);
    assert_eq!(world.get("viewer", "/api/v1/projects").await.status, 401);
    let refresh = json!({"refresh_token": fresh["refresh_token"]});
    assert_eq!(world.post("", "/api/v1/auth/refresh", &refresh).await.status, 401);
}

#[tokio::test]
async fn guessing_is_slowed_down_without_telling_who_exists() {
    let world = World::new().await;
    let login = ("POST", "/api/v1/auth/login");
    let from = |source| [("content-type", "application/json"), ("source", source)];
    let mut texts = Vec::new();
    for (user, source) in [("viewer", "198.51.100.1"), ("nobody", "198.51.100.2")] {
        let wrong = json!({"username": user, "password": "wrong password"}).to_string();
        for _ in 0..10 {
            let answer = world.call("", login, &from(source), wrong.clone()).await;
            assert_eq!(answer.status, 401);
            texts.push(answer.text);
        }
        let blocked = world.call("", login, &from(source), wrong).await;
        assert_eq!(blocked.status, 429);
        assert!(blocked.field("retry-after").parse::<u64>().unwrap() <= 60);
    }
    texts.dedup();
    assert_eq!(texts.len(), 1, "{texts:?}");
    let right = json!({"username": "viewer", "password": PASSWORD}).to_string();
    let blocked = world.call("", login, &from("198.51.100.1"), right.clone()).await;
    assert_eq!(blocked.status, 429);
    let owner = world.call("", login, &from("198.51.100.3"), right).await;
    assert_eq!(owner.status, 200, "nobody is locked out from elsewhere");
}

/// A token of these parts, signed with `secret`.
fn token(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let parts = [header.to_string(), claims.to_string()].map(|part| encode(part.as_bytes()));
    let signed = parts.join(".");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    format!("{signed}.{}", encode(hmac::sign(&key, signed.as_bytes()).as_ref()))
}

#[tokio::test]
async fn forged_tokens_are_worth_nothing() {
    let mut world = World::new().await;
    let me = world.get("admin", "/api/v1/users/me").await.json();
    let now = world.clock.now().as_second();
    let claims =
        json!({"iss": "octoprox", "sub": me["id"], "generation": 0, "iat": now, "exp": now + 900});
    let changed = |field: &str, value: Value| {
        let mut claims = claims.clone();
        claims[field] = value;
        claims
    };
    let mut timeless = claims.clone();
    timeless.as_object_mut().unwrap().remove("exp");
    let header = json!({"alg": "HS256", "typ": "JWT", "kid": "1"});
    let own = [9; 32];
    let forged = [
        token(&json!({"alg": "none", "kid": "1"}), &claims, b""),
        token(&header, &claims, b""),
        token(&header, &claims, b"secret"),
        token(&header, &claims, b"change-me-in-production"),
        token(&json!({"alg": "RS256", "kid": "1"}), &claims, &own),
        token(&json!({"alg": "HS512", "kid": "1"}), &claims, &own),
        token(&json!({"alg": "HS256", "kid": "2"}), &claims, &own),
        token(&json!({"alg": "HS256"}), &claims, &own),
        token(&header, &changed("exp", json!(now)), &own),
        token(&header, &changed("iss", json!("other")), &own),
        token(&header, &changed("generation", json!(1)), &own),
        token(&header, &changed("sub", json!("01900000-0000-7000-8000-000000000000")), &own),
        token(&header, &timeless, &own),
        "..".to_owned(),
    ];
    for token in forged {
        world.tokens.insert("forger", token.clone());
        assert_eq!(world.get("forger", "/api/v1/projects").await.status, 401, "{token}");
    }
    world.tokens.insert("forger", token(&header, &claims, &own));
    let genuine = world.get("forger", "/api/v1/projects").await;
    assert_eq!(genuine.status, 200, "what is wrong with the others is not their form");
}

#[tokio::test]
async fn a_page_elsewhere_is_told_nothing() {
    let world = World::new().await;
    let origin = [("origin", "https://evil.example"), ("content-type", "application/json")];
    let body = json!({"name": "p", "username": "p", "password": "12345678"}).to_string();
    for method in ["POST", "OPTIONS", "GET"] {
        let answer = world.call("", (method, "/api/v1/projects"), &origin, body.clone()).await;
        assert!(answer.fields.get("access-control-allow-origin").is_none(), "{answer:?}");
        assert!(answer.status.is_client_error(), "{method}: {answer:?}");
        assert!(answer.fields.get("set-cookie").is_none());
    }
}

#[tokio::test]
async fn an_invited_user_sets_a_password_and_comes_in() {
    let mut world = World::new().await;
    let body = json!({"username": "anna", "email": "anna@example.com", "role": "editor"});
    let invited = world.post("admin", "/api/v1/users", &body).await;
    let url = invited.json()["invite_url"].as_str().unwrap().to_owned();
    assert!(url.starts_with("http://localhost:8000/set-password#"), "{url}");
    let user = invited.field("location").to_owned();
    let again = world.post("admin", &format!("{user}/invite"), &json!({})).await;
    let newer = again.json()["invite_url"].as_str().unwrap().to_owned();
    let token = |url: &str| url.split('#').nth(1).unwrap().to_owned();
    let set = |url: &str| json!({"token": token(url), "password": PASSWORD});
    assert_eq!(world.post("", "/api/v1/auth/set-password", &set(&url)).await.status, 403);
    assert_eq!(world.post("", "/api/v1/auth/set-password", &set(&newer)).await.status, 204);
    assert_eq!(world.post("", "/api/v1/auth/set-password", &set(&newer)).await.status, 403);
    world.login("anna").await;
    assert_eq!(world.post("admin", &format!("{user}/invite"), &json!({})).await.status, 409);
    let change = json!({"current_password": "wrong", "new_password": "another password"});
    let path = "/api/v1/users/me/password";
    assert_eq!(world.post("anna", path, &change).await.status, 422);
    let change = json!({"current_password": PASSWORD, "new_password": "another password"});
    assert_eq!(world.post("anna", path, &change).await.status, 204);
    assert_eq!(world.get("anna", "/api/v1/users/me").await.status, 401);
}

#[tokio::test]
async fn bad_users_are_refused_field_by_field() {
    let world = World::new().await;
    let body = json!({"username": " ", "email": "x", "role": "god", "password": "short"});
    let answer = world.post("admin", "/api/v1/users", &body).await;
    assert_eq!(answer.status, 422);
    let problem = answer.json();
    let pointers = problem["errors"].as_array().unwrap().iter();
    let pointers: Vec<_> = pointers.map(|error| error["pointer"].as_str().unwrap()).collect();
    assert_eq!(pointers, ["/username", "/email", "/password", "/role"]);
    assert!(!answer.text.contains("short\""), "{}", answer.text);
    let twice = json!({"username": "ADMIN", "password": PASSWORD});
    assert_eq!(world.post("admin", "/api/v1/users", &twice).await.status, 409);
}
