//! Plain requests on connections that stay, and from where they reached the target.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use model::proxy::Protocol;
use serde_json::{Value, json};
use testbed::client::{Client, login};
use testbed::origin::Origin;
use testbed::proxies::{Exit, Setup};
use testbed::world::{PASSWORD, Project, World, logins};
use tokio::task::JoinSet;

const AT_ONCE: usize = 8;

/// A node, a target, and a project in between.
#[derive(Clone)]
pub(crate) struct Asking {
    pub(crate) world: Arc<World>,
    pub(crate) origin: Arc<Origin>,
    pub(crate) project: Project,
}

/// A project where nothing but its clients' requests moves the turns.
pub(crate) fn quiet() -> Value {
    json!({ "hedge": false, "health_check_interval_seconds": 86_400 })
}

/// An exit that is as many exits as it has logins, and the list of them.
pub(crate) async fn many_logins(count: usize) -> Result<(Exit, String)> {
    let names: Vec<String> = (0..count).map(|number| format!("account{number}")).collect();
    let setup = Setup::new(Protocol::Http);
    let setup = names.iter().fold(setup, |setup, name| setup.account(name, "secret"));
    let exit = setup.start().await?;
    let list = logins(&exit, names.iter().map(|name| (name.as_str(), "secret")));
    Ok((exit, list))
}

/// How often each is there.
pub(crate) fn tally(of: Vec<String>) -> BTreeMap<String, usize> {
    of.into_iter().fold(BTreeMap::new(), |mut counts, name| {
        *counts.entry(name).or_default() += 1;
        counts
    })
}

impl Asking {
    /// A [`quiet`] project with these settings over the exits of this list.
    pub(crate) async fn start(settings: Value, list: &str) -> Result<Self> {
        let origin = Arc::new(Origin::start().await?);
        let world = Arc::new(World::start(&[]).await?);
        let mut all = quiet();
        if let (Some(all), Value::Object(settings)) = (all.as_object_mut(), settings) {
            all.extend(settings);
        }
        let project = world.project_with("shop", all, list).await?;
        Ok(Self { world, origin, project })
    }

    /// Sends so many requests one after the other, and returns where each of them came from.
    pub(crate) async fn on_one_connection(
        &self,
        count: usize,
        parameters: &str,
    ) -> Result<Vec<String>> {
        let mut client = self.world.client().await?;
        let mut peers = Vec::with_capacity(count);
        for _ in 0..count {
            peers.push(self.ask(&mut client, parameters).await?);
        }
        Ok(peers)
    }

    /// The same on eight connections side by side; in no order.
    pub(crate) async fn on_many_connections(
        &self,
        count: usize,
        parameters: &str,
    ) -> Result<Vec<String>> {
        let (mut connections, mut peers) = (JoinSet::new(), Vec::with_capacity(count));
        for _ in 0..AT_ONCE {
            let (asking, parameters) = (self.clone(), parameters.to_owned());
            connections
                .spawn(async move { asking.on_one_connection(count / AT_ONCE, &parameters).await });
        }
        for found in connections.join_all().await {
            peers.extend(found?);
        }
        ensure!(peers.len() == count, "the count is not a multiple of {AT_ONCE}");
        Ok(peers)
    }

    /// One request, and where it came from.
    pub(crate) async fn ask(&self, client: &mut Client, parameters: &str) -> Result<String> {
        let login = login(&format!("{}{parameters}", self.project.username), PASSWORD);
        let answer = client.ask("GET", &self.origin.url("/echo"), &login).await?;
        ensure!(answer.status() == 200, "{} {}", answer.head.start, answer.text());
        Ok(answer.json()?["peer"].as_str().context("no peer")?.to_owned())
    }

    /// A request on a connection of its own.
    pub(crate) async fn ask_once(&self, parameters: &str) -> Result<String> {
        self.ask(&mut self.world.client().await?, parameters).await
    }
}
