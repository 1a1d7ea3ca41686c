//! Three nodes that are one proxy: one Postgres, one Redis, HAProxy in front, all real.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::future::try_join_all;
use serde_json::Value;

use crate::client::{Answer, Client, login};
use crate::clock::eventually;
use crate::control::Control;
use crate::haproxy::{BACKENDS, Doors, Fronts, HaProxy, NODES, Row};
use crate::loopback;
use crate::node::{ADMIN, Node};
use crate::origin::Origin;
use crate::postgres::Postgres;
use crate::proxies::Exit;
use crate::redis::Redis;
use crate::weather::{Home, Weather};
use crate::world::{PASSWORD, Project, lines};

/// For a change to be in force everywhere, or a node to be let in again, on a machine that has
/// other things to do.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running cluster. All of it is killed when it is dropped.
pub struct Cluster {
    /// In front of the nodes.
    pub haproxy: HaProxy,
    /// `node1` and so on, in this order.
    pub nodes: Vec<Node>,
    /// Where they meet.
    pub redis: Redis,
    /// What operators intend.
    pub postgres: Postgres,
    /// The API through HAProxy, logged in.
    pub control: Control,
    /// What is between each node and those two; empty when there is nothing.
    pub roads: Vec<Roads>,
}

/// Between one node and the servers that it depends on.
pub struct Roads {
    /// To Redis.
    pub redis: Weather,
    /// To Postgres.
    pub postgres: Weather,
}

/// The name of a node, by its place in [`Cluster::nodes`].
#[must_use]
pub fn name(node: usize) -> String {
    format!("node{}", node + 1)
}

impl Cluster {
    /// Starts three nodes with these settings on top of those of [`Node::start`].
    ///
    /// # Errors
    /// When any part does not come up, or HAProxy does not let every node in.
    pub async fn start(settings: &[(&str, &str)]) -> Result<Self> {
        Self::start_at(Fronts::own(), settings).await
    }

    /// The same behind a HAProxy that listens where you say.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub async fn start_at(fronts: Fronts, settings: &[(&str, &str)]) -> Result<Self> {
        let (postgres, redis) = tokio::try_join!(Postgres::start(), Redis::start())?;
        Self::start_over((postgres, redis), Vec::new(), fronts, settings).await
    }

    /// The same with relays before Postgres and Redis, one a node, to be made slow or cut.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub async fn start_in_weather(settings: &[(&str, &str)]) -> Result<Self> {
        let (postgres, redis) = tokio::try_join!(Postgres::start(), Redis::start())?;
        let mut roads = Vec::new();
        for _ in 0..NODES {
            let to_redis = Weather::before(Home::Tcp(redis.address())).await?;
            let to_postgres = Weather::before(Home::Unix(postgres.socket())).await?;
            roads.push(Roads { redis: to_redis, postgres: to_postgres });
        }
        Self::start_over((postgres, redis), roads, Fronts::own(), settings).await
    }

    /// The same over servers that run already; `settings` may say how to reach them.
    ///
    /// # Errors
    /// As [`Cluster::start`].
    pub async fn start_over(
        (postgres, redis): (Postgres, Redis),
        roads: Vec<Roads>,
        fronts: Fronts,
        settings: &[(&str, &str)],
    ) -> Result<Self> {
        let doors = [(); NODES].map(|()| own_doors());
        let direct = [
            ("OCTOPROX_DATABASE_URL", postgres.url()),
            ("OCTOPROX_REDIS_URL", redis.url()),
            ("OCTOPROX_PUBLIC_URL", format!("http://{}", fronts.api)),
            // HAProxy, whose connections to loopback addresses come from this one.
            ("OCTOPROX_TRUSTED_PROXIES", Ipv4Addr::LOCALHOST.to_string()),
        ];
        // All at once, as after a power cut: they must not fall over one another.
        let nodes = doors.iter().enumerate().map(|(place, doors)| {
            let mut all = own_settings(place, *doors);
            all.extend(direct.clone());
            all.extend(roads.get(place).into_iter().flat_map(|roads| roads.settings(&redis)));
            all.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
            start_node(all)
        });
        let nodes = try_join_all(nodes).await?;
        let haproxy = HaProxy::start(fronts, doors).await?;
        let given = settings.iter().rev().find(|(name, _)| *name == "OCTOPROX_AUTH_PASSWORD");
        let password = given.map_or(ADMIN.1, |(_, password)| password);
        let control = Control::login(fronts.api, (ADMIN.0, password)).await?;
        let cluster = Self { haproxy, nodes, redis, postgres, control, roads };
        cluster.all_in().await?;
        Ok(cluster)
    }

    /// Where clients send their traffic.
    #[must_use]
    pub fn proxy(&self) -> SocketAddr {
        self.haproxy.fronts().proxy
    }

    // === what HAProxy thinks of a node ===

    /// Waits until HAProxy sends clients and operators to every node.
    ///
    /// # Errors
    /// When that does not come.
    pub async fn all_in(&self) -> Result<()> {
        for node in 0..self.nodes.len() {
            self.wait_for(node, "in", PATIENCE, Row::is_up).await?;
        }
        Ok(())
    }

    /// Waits until HAProxy sends nobody to this node any more.
    ///
    /// # Errors
    /// When that has not come `within`.
    pub async fn out(&self, node: usize, within: Duration) -> Result<()> {
        self.wait_for(node, "out", within, Row::is_down).await
    }

    async fn wait_for(
        &self,
        node: usize,
        state: &str,
        within: Duration,
        is_so: fn(&Row) -> bool,
    ) -> Result<()> {
        let name = name(node);
        let so = || async {
            let rows = self.haproxy.rows().await.ok()?;
            let mut seen = rows.iter().filter(|row| BACKENDS.iter().any(|b| row.is(b, &name)));
            seen.all(is_so).then_some(())
        };
        eventually(&format!("{name} is {state}"), within, so).await
    }

    /// Connections that clients were given to each node, in the order of [`Cluster::nodes`].
    ///
    /// # Errors
    /// When HAProxy does not tell.
    pub async fn shares(&self) -> Result<Vec<u64>> {
        let rows = self.haproxy.rows().await?;
        let share = |node| {
            let mut row = rows.iter().filter(|row| row.is("proxies", &name(node)));
            row.next().map_or(0, Row::sessions)
        };
        Ok((0..self.nodes.len()).map(share).collect())
    }

    // === nodes that end and come back ===

    /// Starts a node again that was killed or asked to end, and waits until it is let in.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start_again(&mut self, node: usize) -> Result<()> {
        self.nodes[node].start_again().await.with_context(|| name(node))?;
        self.wait_for(node, "in again", PATIENCE, Row::is_up).await
    }

    /// Ends all of it, nodes first, and waits for that. A node is asked twice, which skips the time
    /// in which balancers would notice.
    ///
    /// # Errors
    /// When something can neither be asked nor be killed.
    pub async fn end(mut self) -> Result<()> {
        for patience in [Duration::from_millis(500), Duration::from_secs(5), Duration::ZERO] {
            let mut left = false;
            for node in &mut self.nodes {
                // One that has ended cannot be asked, and need not be.
                let _asked = node.process.terminate();
            }
            for node in &mut self.nodes {
                left |= node.process.ended(patience).await.is_err();
            }
            if !left {
                break;
            }
        }
        for process in [&mut self.haproxy.process, &mut self.redis.process] {
            process.kill().await?;
        }
        // As root it runs under another account, whose files only its own end takes away.
        let _ended = self.postgres.stop();
        Ok(())
    }

    // === what operators and clients do ===

    /// A project named `name` with one connector over these exits, made through HAProxy and in
    /// force on every node. `changes` are fields of it.
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

    /// The same with a list of one's own.
    ///
    /// # Errors
    /// As [`Cluster::project_over`].
    pub async fn project_with(&self, name: &str, changes: Value, list: &str) -> Result<Project> {
        let project = self.control.project_with(name, changes, list).await?;
        self.in_force().await?;
        Ok(project)
    }

    /// Waits until every node serves requests from the latest configuration.
    ///
    /// # Errors
    /// When that does not come.
    pub async fn in_force(&self) -> Result<()> {
        let latest = self.control.get("/api/v1/cluster").await?["revision"].clone();
        let latest = latest.as_u64().context("no revision")?;
        for (place, node) in self.nodes.iter().enumerate() {
            let api = Control::stranger(node.api());
            let reached = || async {
                let health = api.get("/health").await.ok()?;
                (health["revision"].as_u64()? >= latest).then_some(())
            };
            let what = format!("{} serves revision {latest}", name(place));
            eventually(&what, PATIENCE, reached).await?;
        }
        Ok(())
    }

    /// A connection to whichever node HAProxy chooses.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn client(&self) -> Result<Client> {
        Client::connect(self.proxy()).await
    }

    /// GETs a page of `origin` on a connection of its own. `parameters` stand behind the account:
    /// `-session-abc`.
    ///
    /// # Errors
    /// When no answer comes.
    pub async fn get(
        &self,
        project: &Project,
        parameters: &str,
        (origin, path): (&Origin, &str),
    ) -> Result<Answer> {
        let account = format!("{}{parameters}", project.username);
        self.client().await?.ask("GET", &origin.url(path), &login(&account, PASSWORD)).await
    }

    // === what the nodes tell each other ===

    /// The heartbeats that are alive (`instance_registry:*`), by instance.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn members(&self) -> Result<Vec<(String, Value)>> {
        let mut members = Vec::new();
        for key in self.redis.keys("instance_registry:*").await? {
            // One that ended since it was listed is no member.
            if let Some(text) = self.redis.command(&["GET", &key]).await?.as_str() {
                let id = key.trim_start_matches("instance_registry:").to_owned();
                members.push((id, serde_json::from_str(text)?));
            }
        }
        Ok(members)
    }

    /// What stands in `lease:<name>`: who holds it, if anybody does.
    ///
    /// # Errors
    /// When Redis does not answer.
    pub async fn lease(&self, name: &str) -> Result<Option<String>> {
        let held = self.redis.command(&["GET", &format!("lease:{name}")]).await?;
        Ok(held.as_str().map(str::to_owned))
    }
}

// === impl Roads ===

impl Roads {
    fn settings(&self, redis: &Redis) -> [(&'static str, String); 2] {
        let (to_redis, to_postgres) = (self.redis.address(), self.postgres.address());
        [
            ("OCTOPROX_REDIS_URL", format!("redis://:{}@{to_redis}/0", redis.password())),
            ("OCTOPROX_DATABASE_URL", format!("postgres://postgres@{to_postgres}/postgres")),
        ]
    }
}

fn own_doors() -> Doors {
    let own = loopback::own().into();
    (SocketAddr::new(own, 18_080), SocketAddr::new(own, 18_000))
}

fn own_settings(place: usize, (proxy, api): Doors) -> Vec<(&'static str, String)> {
    vec![
        ("OCTOPROX_INSTANCE_ID", name(place)),
        ("OCTOPROX_HOST", proxy.ip().to_string()),
        ("OCTOPROX_PROXY_PORT", proxy.port().to_string()),
        ("OCTOPROX_API_PORT", api.port().to_string()),
    ]
}

async fn start_node(settings: Vec<(&str, String)>) -> Result<Node> {
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    Node::start(&settings).await
}
