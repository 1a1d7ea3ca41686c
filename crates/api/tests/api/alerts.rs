//! Alerts and webhooks: who sees which, who may change them, and what is never shown.

use model::alert::{AlertKind, Condition, Severity, Subject, SubjectKind};
use model::{ProjectId, Webhook};
use serde_json::{Value, json};
use store::alerts;

use crate::world::{PASSWORD, World};

const SECRET: &str = "whsec_Y2FuYXJ5LXdlYmhvb2stc2VjcmV0LTEyMzQ1Njc4";

async fn alert(world: &World, kind: AlertKind, project: Option<ProjectId>) -> String {
    let condition = Condition {
        kind,
        key: "x".to_owned(),
        severity: Severity::Warning,
        project,
        subject: Subject { kind: SubjectKind::Project, id: "x".into(), name: "shop".into() },
        text: "It is so.".to_owned(),
        once_since: None,
    };
    let alert = alerts::report(&world.store, &condition).await.unwrap().unwrap();
    format!("/api/v1/alerts/{}", alert.id)
}

fn project_id(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

#[tokio::test]
async fn alerts_are_shown_to_whom_they_concern_and_acknowledged_once() {
    let mut world = World::new().await;
    let (mine, other) = (world.project("mine").await, world.project("other").await);
    let of = |path: &str| Some(project_id(path).parse().unwrap());
    let near = alert(&world, AlertKind::CapNear, of(&mine)).await;
    let hidden = alert(&world, AlertKind::CapReached, of(&other)).await;
    let lost = alert(&world, AlertKind::NodeLost, None).await;
    let body = json!({ "username": "anna", "role": "editor", "password": PASSWORD,
        "grants": { project_id(&mine): "editor" } });
    assert_eq!(world.post("admin", "/api/v1/users", &body).await.status, 201);
    world.login("anna").await;
    let kinds = async |user: &str, query: &str| -> Vec<Value> {
        let answer = world.get(user, &format!("/api/v1/alerts{query}")).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let listed = answer.json();
        listed["items"].as_array().unwrap().iter().map(|it| it["kind"].clone()).collect()
    };
    assert_eq!(kinds("viewer", "").await, ["node_lost", "cap_reached", "cap_near"]);
    assert_eq!(kinds("viewer", "?state=resolved").await, [""; 0]);
    assert_eq!(kinds("viewer", "?kind=cap_near&state=open").await, ["cap_near"]);
    assert_eq!(kinds("anna", "").await, ["cap_near"]);
    let of_other = format!("?project={}", project_id(&other));
    assert_eq!(kinds("anna", &of_other).await, [""; 0]);
    for query in ["?state=x", "?kind=x", "?project=x", "?limit=0"] {
        assert_eq!(world.get("admin", &format!("/api/v1/alerts{query}")).await.status, 422);
    }
    for path in [&hidden, &lost] {
        assert_eq!(world.get("anna", path).await.status, 404);
        let known = world.post("anna", &format!("{path}/acknowledge"), &json!({})).await;
        assert_eq!(known.status, 404);
    }
    let acknowledge = format!("{near}/acknowledge");
    assert_eq!(world.post("viewer", &acknowledge, &json!({})).await.status, 403);
    let known = world.post("anna", &acknowledge, &json!({})).await;
    assert_eq!(known.json()["acknowledged_by"], "anna", "{known:?}");
    let again = world.post("admin", &acknowledge, &json!({})).await;
    assert_eq!(again.json()["acknowledged_by"], "anna");
    let audit = world.get("admin", "/api/v1/audit?noun=alert").await.json();
    assert_eq!((&audit["total"], &audit["items"][0]["op"]), (&json!(1), &json!("acknowledged")));
}

#[tokio::test]
async fn a_webhook_is_made_tried_changed_and_deleted_and_its_secret_shown_once() {
    let world = World::new().await;
    let body = json!({ "name": "pager", "url": "https://hooks.example/x" });
    let made = world.post("admin", "/api/v1/webhooks", &body).await;
    assert_eq!((made.status.as_u16(), made.field("cache-control")), (201, "no-store"));
    let secret = made.json()["secret"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("whsec_"), "{secret}");
    let path = made.field("location").to_owned();
    let shown = world.get("viewer", &path).await;
    assert_eq!((shown.json()["events"].clone(), shown.field("etag")), (Value::Null, "\"1\""));
    let change = json!({ "events": ["cap_reached", "node_lost"], "secret": SECRET });
    assert_eq!(world.patch("admin", &path, "\"7\"", &change).await.status, 412);
    let patched = world.patch("admin", &path, "\"1\"", &change).await;
    assert_eq!(patched.json()["events"], json!(["cap_reached", "node_lost"]), "{patched:?}");
    let trial = world.post("admin", &format!("{path}/test"), &json!({})).await;
    let expected = json!({ "is_delivered": false, "status": null, "error": "timeout",
        "milliseconds": 7 });
    assert_eq!(trial.json(), expected);
    let deliveries = world.get("viewer", &format!("{path}/deliveries")).await;
    assert_eq!(deliveries.json()["total"], 0);
    for (user, wanted) in [("viewer", 403), ("editor", 403)] {
        assert_eq!(world.patch(user, &path, "*", &json!({})).await.status, wanted);
        assert_eq!(world.post(user, &format!("{path}/test"), &json!({})).await.status, wanted);
        assert_eq!(world.post(user, "/api/v1/webhooks", &body).await.status, wanted);
    }
    let all = [shown.text, patched.text, world.get("admin", "/api/v1/webhooks").await.text];
    let audit = world.get("admin", "/api/v1/audit?noun=webhook").await;
    let ops: Vec<_> =
        audit.json()["items"].as_array().unwrap().iter().map(|it| it["op"].clone()).collect();
    assert_eq!(ops, ["tested", "updated", "added"]);
    for text in all.iter().chain([&audit.text]) {
        assert!(!text.contains("whsec_"), "{text}");
    }
    let gone = world.call("admin", ("DELETE", &path), &[("if-match", "*")], "").await;
    assert_eq!(gone.status, 204);
    assert_eq!(world.get("admin", &path).await.status, 404);
}

#[tokio::test]
async fn a_webhook_of_a_project_is_its_editors_business_and_mistakes_are_named() {
    let mut world = World::new().await;
    let (mine, other) = (world.project("mine").await, world.project("other").await);
    let body = json!({ "username": "anna", "role": "editor", "password": PASSWORD,
        "grants": { project_id(&mine): "editor" } });
    assert_eq!(world.post("admin", "/api/v1/users", &body).await.status, 201);
    world.login("anna").await;
    let hook = |project: Value| {
        json!({ "name": "x", "url": "https://hooks.example/",
        "project_id": project, "secret": SECRET })
    };
    let own = world.post("anna", "/api/v1/webhooks", &hook(json!(project_id(&mine)))).await;
    assert_eq!((own.status.as_u16(), &own.json()["secret"]), (201, &Value::Null), "{own:?}");
    let foreign = hook(json!(project_id(&other)));
    assert_eq!(world.post("anna", "/api/v1/webhooks", &foreign).await.status, 404);
    assert_eq!(world.post("anna", "/api/v1/webhooks", &hook(Value::Null)).await.status, 403);
    assert_eq!(world.post("editor", "/api/v1/webhooks", &foreign).await.status, 201);
    let listed = world.get("anna", "/api/v1/webhooks").await.json();
    assert_eq!(
        (&listed["total"], &listed["items"][0]["project_id"]),
        (&json!(1), &json!(project_id(&mine)))
    );
    let path = own.field("location");
    let moved = json!({ "project_id": project_id(&other) });
    let moved = world.patch("anna", path, "*", &moved).await;
    assert_eq!(moved.json()["errors"][0]["pointer"], "/project_id");
    let bad = json!({ "name": "", "url": "https://refused.example/", "events": ["x"],
        "secret": "canary-hunter2" });
    let answer = world.post("admin", "/api/v1/webhooks", &bad).await;
    let pointers: Vec<_> = answer.json()["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["pointer"].clone())
        .collect();
    assert_eq!(pointers, ["/name", "/url", "/events/0", "/secret"]);
    assert!(!answer.text.contains("hunter2"));
    let stored: Webhook = store::webhooks::find(&world.store, project_id(path).parse().unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stored.spec.secret.expose(), SECRET);
}
