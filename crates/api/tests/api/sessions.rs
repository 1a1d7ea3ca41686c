//! Who may see sessions, who may steer them, and what cannot be asked.

use crate::world::World;

#[tokio::test]
async fn sessions_are_seen_by_viewers_and_steered_by_editors() {
    let world = World::new().await;
    let sessions = format!("{}/sessions", world.project("shop").await);
    let listed = world.get("viewer", &sessions).await;
    assert_eq!(listed.status, 200, "{listed:?}");
    assert_eq!(listed.text, r#"{"items":[],"next":null,"unanswered":[]}"#);
    let one = format!("{sessions}/a");
    for path in [&sessions, &one] {
        assert_eq!(world.delete("viewer", path, "*").await.status, 403);
    }
    assert_eq!(world.delete("editor", &one, "*").await.status, 404);
    let none = world.delete("editor", &sessions, "*").await;
    assert_eq!(none.text, r#"{"rotated":0,"kept":0,"unanswered":[]}"#);
    for query in ["limit=0", "limit=1001", "exit=first"] {
        let refused = world.get("viewer", &format!("{sessions}?{query}")).await;
        assert_eq!(refused.status, 422, "{query}: {refused:?}");
    }
    let nowhere = "/api/v1/projects/0192f0c1-2345-7abc-8def-0123456789ab/sessions";
    assert_eq!(world.get("viewer", nowhere).await.status, 404);
}
