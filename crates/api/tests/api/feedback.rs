//! Who may tell what an exit brought, and how often.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::json;

use crate::world::{Answer, World};

const EXIT: &str = "0192f0c1-2345-7abc-8def-0123456789ab";

/// Tells that something good came, with this `Authorization`.
async fn tell(world: &World, path: &str, authorization: &str) -> Answer {
    let body = json!({ "exit": EXIT, "host": "shop.example", "verdict": "good" });
    let fields = [("content-type", "application/json"), ("authorization", authorization)];
    world.call("", ("POST", path), &fields, Body::from(body.to_string())).await
}

fn basic(login: &str) -> String {
    format!("Basic {}", BASE64.encode(login))
}

#[tokio::test]
async fn clients_tell_with_the_login_of_their_own_project_and_editors_with_theirs() {
    let world = World::new().await;
    let (shop, other) = (world.project("shop").await, world.project("other").await);
    let (path, foreign) = (format!("{shop}/feedback"), format!("{other}/feedback"));
    let body = json!({ "exit": EXIT, "host": "shop.example", "verdict": "good" });
    for (user, status) in [("", 401), ("viewer", 403), ("editor", 200), ("admin", 200)] {
        assert_eq!(world.post(user, &path, &body).await.status, status, "{user}");
    }
    for login in ["shop:canary-project", "shop-session-a:canary-project"] {
        let told = tell(&world, &path, &basic(login)).await;
        assert_eq!(told.status, 200, "{told:?}");
        assert_eq!(told.text, r#"{"marked":false,"session_rotated":false}"#);
    }
    for login in ["shop:wrong", "shopper:canary-project", "shop"] {
        assert_eq!(tell(&world, &path, &basic(login)).await.status, 401, "{login}");
    }
    assert_eq!(tell(&world, &foreign, &basic("shop:canary-project")).await.status, 401);
}

#[tokio::test]
async fn passwords_are_not_guessed() {
    let world = World::new().await;
    let path = format!("{}/feedback", world.project("shop").await);
    let mut statuses = Vec::new();
    for _ in 0..30 {
        statuses.push(tell(&world, &path, &basic("shop:guess")).await.status.as_u16());
    }
    assert_eq!((statuses[0], statuses[29]), (401, 429), "{statuses:?}");
}
