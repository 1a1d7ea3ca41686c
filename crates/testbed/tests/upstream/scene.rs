//! A node, an origin, and a project over exits that nobody tries twice.

use std::time::Duration;

use serde_json::{Value, json};
use testbed::client::{Answer, Client, login};
use testbed::origin::Origin;
use testbed::world::{PASSWORD, Project, World};
use tokio::time::Instant;

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) origin: Origin,
}

impl Scene {
    pub(crate) async fn set() -> Self {
        let (world, origin) = tokio::join!(World::start(&[]), Origin::start());
        Self { world: world.unwrap(), origin: origin.unwrap() }
    }

    /// A project over this list, one exit after the other, with this many tries.
    pub(crate) async fn project(&self, name: &str, retries: u8, list: &str) -> Project {
        let settings = json!({ "max_retries": retries, "hedge": false,
            "connection_timeout_seconds": 3, "response_timeout_seconds": 3 });
        self.world.project_with(name, settings, list).await.unwrap()
    }

    /// A tunnel to the origin; the client at its other end, and how long it took to open.
    pub(crate) async fn tunnel(&self, project: &Project) -> (Answer, Client, Duration) {
        let mut client = self.world.client().await.unwrap();
        let fields = login(&project.username, PASSWORD);
        let begun = Instant::now();
        let answer = client.tunnel(&self.origin.address().to_string(), &fields).await.unwrap();
        (answer, client, begun.elapsed())
    }

    /// A plain GET of `/echo`.
    pub(crate) async fn get(&self, project: &Project) -> Answer {
        self.world.get(project, "", (&self.origin, "/echo")).await.unwrap()
    }

    /// What the API says about the health of the exits of a project, in the order of their ports.
    pub(crate) async fn health(&self, project: &Project) -> Vec<Value> {
        let listed = self.world.control.get(&format!("{}/proxies", project.path)).await.unwrap();
        let mut items = listed["items"].as_array().unwrap().clone();
        items.sort_by_key(|item| item["port"].as_u64());
        items.into_iter().map(|item| item["health"].clone()).collect()
    }
}

/// An answer of the node's own, with nothing in it that an exit has said.
#[track_caller]
pub(crate) fn is_ours(answer: &Answer, status: u16) {
    assert_eq!(answer.status(), status, "{}", answer.text());
    let told = answer.head.get("proxy-status").unwrap();
    assert!(told.starts_with("octoprox; error="), "{told}");
    for name in ["proxy-authenticate", "location", "retry-after"] {
        assert_eq!(answer.head.get(name), None, "{name}");
    }
    assert!(answer.complete && !answer.text().contains("exit says"), "{}", answer.text());
}
