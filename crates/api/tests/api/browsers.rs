//! Sessions of browsers: cookies, and which pages may use them.

use std::time::Duration;

use serde_json::json;

use crate::world::{Answer, PASSWORD, World};

const LOGIN: (&str, &str) = ("POST", "/api/v1/auth/session");
const LIST: (&str, &str) = ("GET", "/api/v1/projects");

async fn logged_in(world: &World, user: &str) -> Answer {
    let body = json!({"username": user, "password": PASSWORD});
    let answer = world.post("", LOGIN.1, &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer
}

fn cookie(answer: &Answer) -> String {
    answer.field("set-cookie").split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_holds_a_cookie_that_no_script_reads() {
    let world = World::new().await;
    let answer = logged_in(&world, "viewer").await;
    assert_eq!(answer.json()["username"], "viewer");
    assert_eq!(answer.field("cache-control"), "no-store");
    let set = answer.field("set-cookie");
    assert!(set.ends_with("; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict"), "{set}");
    let with = [("cookie", &*format!("other=1; {}", cookie(&answer)))];
    assert_eq!(world.call("", LIST, &with, "").await.status, 200);
    let wrong = json!({"username": "viewer", "password": "wrong password"});
    assert_eq!(world.post("", LOGIN.1, &wrong).await.status, 401);
    assert_eq!(world.call("", LIST, &[("cookie", "octoprox=guess")], "").await.status, 401);
    // Nor is it a refresh token.
    let (_, token) = with[0].1.rsplit_once('=').unwrap();
    let refresh = json!({"refresh_token": token});
    assert_eq!(world.post("", "/api/v1/auth/refresh", &refresh).await.status, 401);
}

#[tokio::test]
async fn what_a_browser_changes_comes_from_a_page_of_ours() {
    let world = World::new().await;
    let cookie = cookie(&logged_in(&world, "editor").await);
    let body = json!({"name": "p", "username": "p", "password": "12345678"}).to_string();
    let origins = [
        (None, 403),
        (Some("null"), 403),
        (Some("http://elsewhere.example"), 403),
        (Some("http://localhost:8001"), 403),
        (Some("http://localhost:8000"), 201),
    ];
    for (origin, status) in origins {
        let mut fields = vec![("cookie", &*cookie), ("content-type", "application/json")];
        fields.extend(origin.map(|origin| ("origin", origin)));
        let path = ("POST", "/api/v1/projects");
        let answer = world.call("", path, &fields, body.clone()).await;
        assert_eq!(answer.status, status, "{origin:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_session_ends_with_its_logout_its_time_and_its_user() {
    let world = World::new().await;
    let first = cookie(&logged_in(&world, "viewer").await);
    let second = cookie(&logged_in(&world, "viewer").await);
    let with = |cookie| [("cookie", cookie)];
    let out = world.call("", ("DELETE", LOGIN.1), &with(&*first), "").await;
    assert_eq!(out.status, 204);
    assert!(out.field("set-cookie").contains("Max-Age=0;"), "{out:?}");
    assert_eq!(world.call("", LIST, &with(&*first), "").await.status, 401);
    assert_eq!(world.call("", LIST, &with(&*second), "").await.status, 200);
    let me = world.get("viewer", "/api/v1/users/me").await.json();
    let path = format!("/api/v1/users/{}", me["id"].as_str().unwrap());
    assert_eq!(world.patch("admin", &path, "*", &json!({"active": false})).await.status, 200);
    assert_eq!(world.call("", LIST, &with(&*second), "").await.status, 401);
    let third = cookie(&logged_in(&world, "editor").await);
    world.clock.set(world.clock.now() + Duration::from_hours(30 * 24));
    assert_eq!(world.call("", LIST, &with(&*third), "").await.status, 401);
}
