//! A node with one project over an exit and one that dials by itself, and the doors to both.

use std::time::Duration;

use model::proxy::Protocol;
use serde_json::{Value, json};
use testbed::client::{Answer, Client, login};
use testbed::origin::Origin;
use testbed::proxies::{Exit, Setup};
use testbed::world::{PASSWORD, Project, World, lines};
use tokio::time::Instant;

use super::trap::Trap;

/// SOCKS5: the connection is not allowed by the ruleset (RFC 1928 section 6).
pub(crate) const NOT_ALLOWED: u8 = 2;
/// SOCKS5: a general failure.
pub(crate) const FAILURE: u8 = 1;

/// No refusal takes longer, on a machine that has other things to do. A dial into the void would.
const AT_ONCE: Duration = Duration::from_secs(1);

pub(crate) struct Scene {
    pub(crate) world: World,
    /// An exit that leads to an origin, whatever it is asked for.
    pub(crate) exit: Exit,
    /// Projects of which nothing is allowed but the Internet: over the exit, over the exit with
    /// names resolved here, and without an exit.
    pub(crate) projects: [Project; 3],
    /// A port that must never be reached.
    pub(crate) trap: Trap,
    _origin: Origin,
}

impl Scene {
    /// A scene whose projects have these settings.
    pub(crate) async fn set(settings: Value) -> Self {
        let world = World::start(&[]).await.unwrap();
        let origin = Origin::start().await.unwrap();
        let exit = Setup::new(Protocol::Http).leading_to(&origin).start().await.unwrap();
        let mut projects = Vec::new();
        for (name, connector) in [
            ("exits", json!({})),
            ("resolved", json!({ "resolve": "node" })),
            ("direct", json!({ "kind": "direct" })),
        ] {
            let mut changes = json!({ "allow_targets": [], "max_retries": 0 });
            let (all, more) = (changes.as_object_mut().unwrap(), settings.as_object().unwrap());
            all.extend(more.clone());
            let project = world.project(name, changes).await.unwrap();
            let list = connector["kind"] != "direct";
            let id = world.connector(&project, name, connector).await.unwrap();
            if list {
                let report = world.upload(&project, &id, &lines(&[&exit])).await.unwrap();
                assert_eq!(report["created"], 1, "{report}");
            }
            projects.push(project);
        }
        world.in_force().await.unwrap();
        let [over_exit, resolved, direct] = projects.try_into().unwrap();
        let projects = [over_exit, resolved, direct];
        Self { world, exit, projects, trap: Trap::set(), _origin: origin }
    }

    /// The project over the exit.
    pub(crate) fn over_exit(&self) -> &Project {
        &self.projects[0]
    }

    /// The project without an exit.
    pub(crate) fn direct(&self) -> &Project {
        &self.projects[2]
    }

    /// The host is refused in every way to ask, with this status and this SOCKS5 reply, at once.
    pub(crate) async fn refused(&self, host: &str, port: u16, (status, reply): (u16, u8)) {
        for project in &self.projects {
            self.refused_in(project, host, port, (status, reply)).await;
        }
    }

    /// The same, in one project.
    pub(crate) async fn refused_in(
        &self,
        project: &Project,
        host: &str,
        port: u16,
        (status, reply): (u16, u8),
    ) {
        let begun = Instant::now();
        let which = format!("{host}:{port} in {}", project.username);
        let plain = self.plain(project, &format!("http://{host}:{port}/")).await;
        is_refusal(&plain, status, &which);
        let tunnel = self.tunnel(project, &format!("{host}:{port}")).await;
        is_refusal(&tunnel, status, &which);
        assert_eq!(self.socks(project, host, port).await, reply, "{which}");
        let took = begun.elapsed();
        assert!(took < AT_ONCE, "{which} took {took:?}");
    }

    /// A plain GET, on a connection of its own.
    pub(crate) async fn plain(&self, project: &Project, url: &str) -> Answer {
        let fields = login(&project.username, PASSWORD);
        let head = format!("GET {url} HTTP/1.1\r\nHost: target.test\r\n{fields}\r\n");
        let mut client = self.world.client().await.unwrap();
        client.send(head).await.unwrap();
        client.answer("GET").await.unwrap()
    }

    /// A CONNECT, on a connection of its own. Bytes are sent behind it, that must go nowhere.
    pub(crate) async fn tunnel(&self, project: &Project, target: &str) -> Answer {
        let mut client = self.world.client().await.unwrap();
        client.tunnel(target, &login(&project.username, PASSWORD)).await.unwrap()
    }

    /// SOCKS5 with the host as a name, whatever it is; the reply.
    async fn socks(&self, project: &Project, host: &str, port: u16) -> u8 {
        // There are no brackets in SOCKS, and names have a length there.
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let mut client: Client = self.world.client().await.unwrap();
        let user = &project.username;
        let sized = |text: &str| [&[u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
        client.send([&[5, 1, 2, 1][..], &sized(user), &sized(PASSWORD)].concat()).await.unwrap();
        assert_eq!(client.wire.reader.exactly(4).await.unwrap()[..], [5, 2, 1, 0]);
        client.send([&[5, 1, 0, 3][..], &sized(name), &port.to_be_bytes()].concat()).await.unwrap();
        client.wire.reader.exactly(10).await.unwrap()[1]
    }

    /// Nobody was asked, and no exit was told anything. A probe may have come by, which says nothing.
    #[track_caller]
    pub(crate) fn nothing_left_the_node(&self) {
        self.trap.assert_untouched();
        assert_eq!(self.exit.heard(), 0, "an exit was told: {:?}", self.exit.seen());
    }
}

#[track_caller]
fn is_refusal(answer: &Answer, status: u16, which: &str) {
    assert_eq!(answer.status(), status, "{which}: {}", answer.text());
    let told = answer.head.get("proxy-status").unwrap();
    assert!(told.starts_with("octoprox; error="), "{which}: {told}");
    assert_eq!(answer.head.get("connection"), Some("close"), "{which}");
    assert!(answer.complete && answer.text().ends_with('\n'), "{which}: {answer:?}");
}
