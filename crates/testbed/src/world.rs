//! A node with an administrator at its API: projects, connectors and proxies as an operator makes
//! them, and a way to wait until requests see them.

use std::fmt::Write as _;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::client::Client;
use crate::clock::eventually;
use crate::control::Control;
use crate::node::{ADMIN, Node};
use crate::origin::Origin;
use crate::proxies::Exit;

/// The password of every project that is made here.
pub const PASSWORD: &str = "canary-project-password";

/// A node, and its administrator.
pub struct World {
    /// The node.
    pub node: Node,
    /// Its API, logged in.
    pub control: Control,
}

/// A project, its path in the API, and the account of its clients.
#[derive(Debug, Clone)]
pub struct Project {
    /// `/api/v1/projects/..`
    pub path: String,
    /// Its username; the password is [`PASSWORD`].
    pub username: String,
}

impl World {
    /// Starts a node with these settings on top of those of [`Node::start`].
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start(settings: &[(&str, &str)]) -> Result<Self> {
        Self::over(Node::start(settings).await?).await
    }

    /// Restarts the node on its database, with these settings alone.
    ///
    /// # Errors
    /// When it does not come up again.
    pub async fn restart(self, settings: &[(&str, &str)]) -> Result<Self> {
        Self::over(self.node.restart(settings).await?).await
    }

    /// Takes over a node that has been started in some other way.
    ///
    /// # Errors
    /// When its administrator is not let in.
    pub async fn over(node: Node) -> Result<Self> {
        let control = Control::login(node.api(), ADMIN).await?;
        Ok(Self { node, control })
    }

    /// Makes a project that may reach targets on this machine. `changes` are fields of it.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn project(&self, name: &str, changes: Value) -> Result<Project> {
        self.control.project(name, changes).await
    }

    /// Makes a connector with a list, or of the kind that `changes` say, and returns its id.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn connector(&self, project: &Project, name: &str, changes: Value) -> Result<String> {
        self.control.connector(project, name, changes).await
    }

    /// Uploads a list, and returns the report.
    ///
    /// # Errors
    /// When the API refuses the list as a whole.
    pub async fn upload(&self, project: &Project, connector: &str, list: &str) -> Result<Value> {
        self.control.upload_to(project, connector, list).await
    }

    /// A project named `name` with one connector over these exits, in force.
    ///
    /// # Errors
    /// When the API refuses, or the exits do not come into force.
    pub async fn project_over(
        &self,
        name: &str,
        changes: Value,
        exits: &[&Exit],
    ) -> Result<Project> {
        self.project_with(name, changes, &lines(exits)).await
    }

    /// The same with a list of one's own: for logins, and exits that share a port.
    ///
    /// # Errors
    /// When the API refuses any line, or the exits do not come into force.
    pub async fn project_with(&self, name: &str, changes: Value, list: &str) -> Result<Project> {
        let project = self.control.project_with(name, changes, list).await?;
        self.in_force().await?;
        Ok(project)
    }

    /// Waits until requests are served from the latest configuration.
    ///
    /// # Errors
    /// When that does not come.
    pub async fn in_force(&self) -> Result<()> {
        self.in_force_within(Duration::from_secs(30)).await
    }

    /// The same, with a patience of one's own.
    ///
    /// # Errors
    /// When that does not come.
    pub async fn in_force_within(&self, patience: Duration) -> Result<()> {
        let latest = self.control.get("/api/v1/cluster").await?["revision"].clone();
        let latest = latest.as_u64().context("no revision")?;
        eventually("the latest revision is in force", patience, || async {
            let health = self.control.get("/health").await.ok()?;
            (health["revision"].as_u64()? >= latest).then_some(())
        })
        .await
    }

    /// A connection to the proxy.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn client(&self) -> Result<Client> {
        Client::connect(self.node.proxy()).await
    }

    /// `http://user:password@proxy`, for clients that take one proxy URL. `parameters` stand behind
    /// the account: `-session-abc`.
    #[must_use]
    pub fn proxy_url(&self, scheme: &str, project: &Project, parameters: &str) -> String {
        let proxy = self.node.proxy();
        format!("{scheme}://{}{parameters}:{PASSWORD}@{proxy}", project.username)
    }

    /// GETs a page of `origin` on a connection of its own.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn get(
        &self,
        project: &Project,
        parameters: &str,
        (origin, path): (&Origin, &str),
    ) -> Result<crate::client::Answer> {
        let account = format!("{}{parameters}", project.username);
        let fields = crate::client::login(&account, PASSWORD);
        self.client().await?.ask("GET", &origin.url(path), &fields).await
    }
}

/// What an operator makes, through whichever address they call.
impl Control {
    /// Makes a project, as [`World::project`].
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn project(&self, name: &str, changes: Value) -> Result<Project> {
        let mut body = json!({
            "name": name, "username": name, "password": PASSWORD,
            "allow_targets": ["127.0.0.0/8"], "connect_ports": [],
        });
        merge(&mut body, changes);
        let made = self.post("/api/v1/projects", &body).await?;
        let id = made["id"].as_str().context("a project has no id")?;
        let username = made["username"].as_str().unwrap_or(name).to_owned();
        Ok(Project { path: format!("/api/v1/projects/{id}"), username })
    }

    /// Makes a connector, as [`World::connector`], and returns its id.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn connector(&self, project: &Project, name: &str, changes: Value) -> Result<String> {
        let mut body = json!({ "name": name });
        merge(&mut body, changes);
        let made = self.post(&format!("{}/connectors", project.path), &body).await?;
        Ok(made["id"].as_str().context("a connector has no id")?.to_owned())
    }

    /// Uploads a list to a connector, and returns the report.
    ///
    /// # Errors
    /// When the API refuses.
    pub async fn upload_to(&self, project: &Project, connector: &str, list: &str) -> Result<Value> {
        let path = format!("{}/proxies/upload?connector_id={connector}", project.path);
        self.upload(&path, list).await
    }

    /// A project with one connector over this list, which may not be in force yet.
    pub(crate) async fn project_with(
        &self,
        name: &str,
        changes: Value,
        list: &str,
    ) -> Result<Project> {
        let project = self.project(name, changes).await?;
        let connector = self.connector(&project, "list", json!({})).await?;
        let report = self.upload_to(&project, &connector, list).await?;
        ensure!(report["created"] == list.lines().count(), "not all were created: {report}");
        Ok(project)
    }
}

/// One exit as many to upload: a line for every login.
#[must_use]
pub fn logins<'a>(exit: &Exit, accounts: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let (protocol, address) = (exit.protocol(), exit.address());
    accounts.into_iter().fold(String::new(), |mut list, (username, password)| {
        // Writing to a string cannot fail.
        let _infallible = writeln!(list, "{protocol}://{username}:{password}@{address}");
        list
    })
}

/// The exits as a list to upload.
#[must_use]
pub fn lines(exits: &[&Exit]) -> String {
    exits.iter().fold(String::new(), |mut list, exit| {
        // Writing to a string cannot fail.
        let _infallible = writeln!(list, "{}://{}", exit.protocol(), exit.address());
        list
    })
}

fn merge(body: &mut Value, changes: Value) {
    if let (Some(body), Value::Object(changes)) = (body.as_object_mut(), changes) {
        body.extend(changes);
    }
}
