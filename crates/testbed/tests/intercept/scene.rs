//! What every client meets: a node that intercepts, exits that open tunnels, and a site behind them.

use std::net::SocketAddr;

use model::proxy::Protocol;
use serde_json::{Value, json};
use tempfile::TempDir;
use testbed::client::Client;
use testbed::proxies::{Exit, Setup};
use testbed::site::{Manner, Site};
use testbed::tls::Authority;
use testbed::tools::{Said, Tool};
use testbed::world::{Project, World, lines};

/// A node, a project `shop` that intercepts, and a site whose authority only the project knows.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) project: Project,
    pub(super) authority: Authority,
    pub(super) site: Site,
    pub(super) exits: Vec<Exit>,
    folder: TempDir,
    ca: String,
}

/// What is behind a node.
pub(super) type Parts = (Authority, Site, Vec<Exit>);

/// A site, its authority, and two exits.
pub(super) async fn parts(manner: Manner) -> Parts {
    let authority = Authority::new().unwrap();
    let site = Site::start_as(&authority, manner).await.unwrap();
    let http = Setup::new(Protocol::Http).start().await.unwrap();
    let socks = Setup::new(Protocol::Socks5).start().await.unwrap();
    (authority, site, vec![http, socks])
}

impl Scene {
    /// One whose clients have to log in.
    pub(super) async fn start() -> Self {
        Self::with(json!({})).await
    }

    /// One with these fields of the project; those of `interception` come on top of what it needs.
    pub(super) async fn with(fields: Value) -> Self {
        Self::before(Manner::default(), fields).await
    }

    /// One with a site of another manner.
    pub(super) async fn before(manner: Manner, fields: Value) -> Self {
        Self::over(parts(manner).await, fields, &[]).await
    }

    /// One with a site, exits and settings of the node of one's own.
    pub(super) async fn over(
        (authority, site, exits): Parts,
        fields: Value,
        settings: &[(&str, &str)],
    ) -> Self {
        let world = World::start(settings).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let ca = roots(&world).await;
        std::fs::write(folder.path().join("ca.pem"), &ca).unwrap();
        let project = json!({
            "name": "shop", "hedge": false,
            "domain_allow": ["127.0.0.1", "localhost", "shop.test", "other.test", "target.test"],
            "interception": { "mode": "plain", "extra_roots": authority.pem() },
        });
        let project = merged(project, fields);
        let all: Vec<_> = exits.iter().collect();
        let project = world.project_with("shop", project, &lines(&all)).await.unwrap();
        Self { world, project, authority, site, exits, folder, ca }
    }

    /// Changes the project, and waits until requests see that. Fields of objects are changed one by
    /// one.
    pub(super) async fn change(&self, fields: Value) {
        let now = self.world.control.get(&self.project.path).await.unwrap();
        let changed: serde_json::Map<_, _> = fields
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, value)| (name.clone(), merged(now[name].clone(), value.clone())))
            .collect();
        self.world.control.patch(&self.project.path, &changed.into()).await.unwrap();
        self.world.in_force().await.unwrap();
    }

    /// A file with the root that the node signs with, as it gives it to everybody.
    pub(super) fn ca(&self) -> String {
        self.path("ca.pem")
    }

    /// That root.
    pub(super) fn ca_pem(&self) -> &str {
        &self.ca
    }

    /// A file with this in it.
    pub(super) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
        self.path(name)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// The proxy's URL with the right login; `parameters` stand behind the account.
    pub(super) fn proxy(&self, parameters: &str) -> String {
        self.world.proxy_url("http", &self.project, parameters)
    }

    /// Runs curl through the proxy, believing only the node.
    pub(super) async fn curl(&self, arguments: &[&str]) -> Said {
        self.curl_as("", arguments).await
    }

    /// The same with parameters in the username.
    pub(super) async fn curl_as(&self, parameters: &str, arguments: &[&str]) -> Said {
        let (proxy, ca) = (self.proxy(parameters), self.ca());
        let own = ["-sS", "--max-time", "80", "-x", &proxy, "--cacert", &ca];
        let curl = Tool::installed("curl").unwrap();
        curl.run(&[&own, arguments].concat()).await.unwrap()
    }

    /// What `/echo` says that arrived there.
    pub(super) async fn echo(&self, arguments: &[&str]) -> Value {
        let url = self.site.url("/echo");
        self.curl(&[arguments, &[&url]].concat()).await.json().unwrap().remove(0)
    }

    /// What the node counts, as it tells it.
    pub(super) async fn metrics(&self) -> String {
        told(self.world.node.api(), "/metrics").await
    }
}

/// The roots of a node, which it gives to everybody.
pub(super) async fn roots(world: &World) -> String {
    told(world.node.api(), "/api/v1/mitm/ca").await
}

/// What a node tells everybody at its API.
pub(super) async fn told(api: SocketAddr, path: &str) -> String {
    let mut client = Client::connect(api).await.unwrap();
    let url = format!("http://{api}{path}");
    let answer = client.ask("GET", &url, "Connection: close\r\n").await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.text()
}

/// `changes` on top of `base`, fields of objects one by one.
fn merged(base: Value, changes: Value) -> Value {
    match (base, changes) {
        (Value::Object(mut base), Value::Object(changes)) => {
            for (name, change) in changes {
                let before = base.remove(&name).unwrap_or_default();
                base.insert(name, merged(before, change));
            }
            Value::Object(base)
        }
        (_, new) => new,
    }
}
