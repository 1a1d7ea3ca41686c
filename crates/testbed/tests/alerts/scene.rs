//! A node with a project whose cap is a few KiB, and somebody who is told of it.

use std::time::Duration;

use serde_json::{Value, json};
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::control::Control;
use testbed::origin::Origin;
use testbed::proxies::{Exit, Setup};
use testbed::receiver::{Receiver, SECRET};
use testbed::world::{PASSWORD, Project, World};

use model::proxy::Protocol;

/// On a machine that has other things to do.
pub(crate) const LONG: Duration = Duration::from_secs(90);

/// What nodes are told: receivers on this machine, and not to wait long for them.
pub(crate) const SETTINGS: &[(&str, &str)] =
    &[("OCTOPROX_WEBHOOK_ALLOW_TARGETS", "127.0.0.1"), ("OCTOPROX_WEBHOOK_RETRY", "100ms")];

pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) origin: Origin,
    _exit: Exit,
    pub(crate) project: Project,
}

impl Scene {
    pub(crate) async fn set(caps: Value) -> Self {
        let origin = Origin::start().await.unwrap();
        let exit = Setup::new(Protocol::Http).start().await.unwrap();
        let world = World::start(SETTINGS).await.unwrap();
        let changes = json!({ "caps": caps, "max_retries": 0, "hedge": false });
        let project = world.project_over("shop", changes, &[&exit]).await.unwrap();
        Self { world, origin, _exit: exit, project }
    }

    /// Has the project carry so many answers of 10 KiB.
    pub(crate) async fn carry(&self, answers: usize) {
        let fields = login(&self.project.username, PASSWORD);
        let mut client = Client::connect(self.world.node.proxy()).await.unwrap();
        for _ in 0..answers {
            let url = self.origin.url("/bytes/10240");
            let answer = client.ask("GET", &url, &fields).await.unwrap();
            assert_eq!(answer.status(), 200, "{}", answer.text());
        }
    }

    pub(crate) async fn eventually_told(&self, receiver: &Receiver, event: &str, kind: &str) {
        let told = || async { (!receiver.took(event, kind).is_empty()).then_some(()) };
        let told = eventually(&format!("{event} {kind}"), LONG, told).await;
        let log = || self.world.node.process.log().join("\n");
        assert!(told.is_ok(), "{:?}\n{}", receiver.told(), log());
    }
}

/// A webhook to a receiver; where it is.
pub(crate) async fn hook(control: &Control, receiver: &Receiver, changes: Value) -> String {
    let mut body = json!({ "name": "pager", "url": receiver.url(), "secret": SECRET });
    let fields = body.as_object_mut().unwrap();
    fields.extend(changes.as_object().unwrap().clone());
    let made = control.post("/api/v1/webhooks", &body).await.unwrap();
    assert_eq!(made["secret"], Value::Null, "what was given is not shown");
    format!("/api/v1/webhooks/{}", made["id"].as_str().unwrap())
}

/// What there is at a path, once it is so.
pub(crate) async fn until(control: &Control, path: &str, is_it: impl Fn(&Value) -> bool) -> Value {
    let found = || async { control.get(path).await.ok().filter(|value| is_it(value)) };
    eventually(path, LONG, found).await.unwrap()
}

pub(crate) fn block(limit: u64) -> Value {
    json!([{ "measure": "bytes", "limit": limit, "period": "month", "action": "alert" }])
}
