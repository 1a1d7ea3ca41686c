//! Many requests at once through one project, half of them plain and half through tunnels, each
//! checked to its last byte.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use testbed::client::{Answer, Client, login};
use testbed::origin::Origin;
use testbed::world::{PASSWORD, Project, World};
use tokio::task::JoinSet;

const AT_ONCE: usize = 20;

/// What an operator would set who wants requests to survive their exits.
pub(crate) fn settings() -> Value {
    json!({ "connection_timeout_seconds": 5, "health_check_interval_seconds": 5 })
}

/// A node, a target, and a project in between.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) world: Arc<World>,
    pub(crate) origin: Arc<Origin>,
    pub(crate) project: Project,
}

impl Load {
    /// A project with [`settings`] over the exits of this list.
    pub(crate) async fn start(list: &str) -> Result<Self> {
        let origin = Arc::new(Origin::start().await?);
        let world = Arc::new(World::start(&[]).await?);
        let project = world.project_with("shop", settings(), list).await?;
        Ok(Self { world, origin, project })
    }

    /// Sends so many requests, 20 at a time, and tells which of them went wrong, and how.
    pub(crate) async fn send(&self, count: usize) -> Result<()> {
        let next = Arc::new(AtomicUsize::new(0));
        let mut workers = JoinSet::new();
        for _ in 0..AT_ONCE {
            workers.spawn(self.clone().work(next.clone(), count));
        }
        let failures = workers.join_all().await.concat();
        let told: Vec<_> = failures.iter().take(10).collect();
        ensure!(failures.is_empty(), "{} of {count} failed: {told:#?}", failures.len());
        Ok(())
    }

    async fn work(self, next: Arc<AtomicUsize>, count: usize) -> Vec<String> {
        let (mut kept, mut failures) = (None, Vec::new());
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return failures;
            }
            let asked = match number % 2 {
                0 => self.plain(&mut kept, number).await,
                _ => self.through_a_tunnel(number).await,
            };
            if let Err(error) = asked {
                kept = None;
                failures.push(format!("request {number}: {error:#}"));
            }
        }
    }

    /// In absolute form, on a connection that stays.
    async fn plain(&self, kept: &mut Option<Client>, number: usize) -> Result<()> {
        let client = match kept {
            Some(client) => client,
            None => kept.insert(self.world.client().await?),
        };
        let path = format!("/echo?number={number}");
        let answer = client.ask("GET", &self.origin.url(&path), &self.login()).await?;
        check(&answer, &path)
    }

    /// On a connection of its own, with a CONNECT before it.
    async fn through_a_tunnel(&self, number: usize) -> Result<()> {
        let mut client = self.world.client().await?;
        let target = self.origin.address().to_string();
        let opened = client.tunnel(&target, &self.login()).await?;
        ensure!(opened.status() == 200, "no tunnel: {} {}", opened.head.start, opened.text());
        let path = format!("/echo?number={number}");
        let answer = client.ask("GET", &path, "").await.context("in the tunnel")?;
        check(&answer, &path)
    }

    pub(crate) fn login(&self) -> String {
        login(&self.project.username, PASSWORD)
    }
}

fn check(answer: &Answer, path: &str) -> Result<()> {
    ensure!(answer.status() == 200, "{} {}", answer.head.start, answer.text());
    ensure!(answer.complete, "the answer was cut off");
    let echo = answer.json()?;
    ensure!(echo["target"] == path, "the answer to another request: {echo}");
    Ok(())
}
