//! A node with a project over one exit, and whoever asks it for something.

use anyhow::{Result, ensure};
use model::proxy::Protocol;
use serde_json::json;
use testbed::client::{Client, login};
use testbed::node::Node;
use testbed::origin::Origin;
use testbed::proxies::{Exit, Setup};
use testbed::world::{PASSWORD, Project, World};
use tokio::net::TcpStream;

pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) origin: Origin,
    pub(crate) exit: Exit,
    pub(crate) project: Project,
}

impl Stage {
    /// A stage on a node with these settings.
    pub(crate) async fn set(settings: &[(&str, &str)]) -> Self {
        Self::on(Node::start(settings).await.unwrap()).await
    }

    /// A stage on this node.
    pub(crate) async fn on(node: Node) -> Self {
        let origin = Origin::start().await.unwrap();
        let exit = Setup::new(Protocol::Http).leading_to(&origin).start().await.unwrap();
        let world = World::over(node).await.unwrap();
        // What goes wrong on this machine is not to be mended by another try.
        let settings = json!({ "max_retries": 0, "hedge": false });
        let project = world.project_over("shop", settings, &[&exit]).await.unwrap();
        Self { world, origin, exit, project }
    }

    /// A project whose clients reach their targets without an exit.
    pub(crate) async fn direct(&self) -> Project {
        let direct = self.world.project("direct", json!({})).await.unwrap();
        let kind = json!({ "kind": "direct" });
        self.world.connector(&direct, "direct", kind).await.unwrap();
        self.world.in_force().await.unwrap();
        direct
    }

    /// The login of its clients.
    pub(crate) fn login(&self) -> String {
        login(&self.project.username, PASSWORD)
    }

    /// A connection that says nothing yet.
    pub(crate) async fn connection(&self) -> TcpStream {
        TcpStream::connect(self.world.node.proxy()).await.unwrap()
    }

    /// Sends a head with these lines behind `Host` and the login, and returns the status.
    pub(crate) async fn status_of(&self, target: &str, lines: &str) -> u16 {
        let mut client = self.world.client().await.unwrap();
        client.ask("GET", target, &format!("{}{lines}", self.login())).await.unwrap().status()
    }

    /// Asks on a connection that stays.
    pub(crate) async fn ask(&self, client: &mut Client) -> Result<()> {
        let answer = client.ask("GET", "http://target.test/echo", &self.login()).await?;
        ensure!(answer.status() == 200, "{} {}", answer.head.start, answer.text());
        Ok(())
    }

    /// Asks through a tunnel, on a connection of its own.
    pub(crate) async fn ask_through_a_tunnel(&self) -> Result<Client> {
        let mut client = self.world.client().await?;
        let answer = client.tunnel("target.test:443", &self.login()).await?;
        ensure!(answer.status() == 200, "{} {}", answer.head.start, answer.text());
        let answer = client.ask("GET", "/echo", "").await?;
        ensure!(answer.status() == 200, "{} {}", answer.head.start, answer.text());
        Ok(client)
    }
}
