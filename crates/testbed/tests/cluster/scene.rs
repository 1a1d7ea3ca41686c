//! A cluster with a project over three exits, and clients that ask and keep count.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use serde_json::json;
use testbed::client::{Client, login};
use testbed::cluster::Cluster;
use testbed::origin::Origin;
use testbed::proxies::{Exit, Setup};
use testbed::world::{PASSWORD, Project};

use model::proxy::Protocol;

/// Exits of the project.
pub(crate) const EXITS: usize = 3;

pub(crate) struct Scene {
    pub(crate) origin: Origin,
    pub(crate) exits: Vec<Exit>,
    pub(crate) cluster: Cluster,
    pub(crate) project: Project,
}

/// What came of some requests.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) fine: usize,
    /// Why each of the others failed.
    pub(crate) failed: Vec<String>,
    /// The exits that carried them.
    pub(crate) exits: BTreeSet<String>,
}

impl Scene {
    pub(crate) async fn set(settings: &[(&str, &str)]) -> Self {
        let origin = Origin::start().await.unwrap();
        let mut exits = Vec::new();
        for _ in 0..EXITS {
            exits.push(Setup::new(Protocol::Http).start().await.unwrap());
        }
        let cluster = Cluster::start(settings).await.unwrap();
        let through: Vec<&Exit> = exits.iter().collect();
        let project = cluster.project_over("shop", json!({}), &through).await.unwrap();
        Self { origin, exits, cluster, project }
    }

    /// So many new clients one after another, every other of them through a tunnel.
    pub(crate) async fn ask(&self, requests: usize) -> Tally {
        let mut tally = Tally::default();
        for number in 0..requests {
            tally.note(request(self.cluster.proxy(), &self.project, &self.origin, number).await);
        }
        tally
    }
}

/// One request of a new client; the exit that carried it.
pub(crate) async fn request(
    proxy: SocketAddr,
    project: &Project,
    origin: &Origin,
    number: usize,
) -> anyhow::Result<String> {
    let fields = login(&project.username, PASSWORD);
    let mut client = Client::connect(proxy).await?;
    let answer = if number.is_multiple_of(2) {
        client.ask("GET", &origin.url("/echo"), &fields).await?
    } else {
        let target = origin.address().to_string();
        let opened = client.tunnel(&target, &fields).await?;
        anyhow::ensure!(opened.status() == 200, "CONNECT: {} {}", opened.status(), opened.text());
        client.ask("GET", "/echo", "").await?
    };
    anyhow::ensure!(answer.status() == 200, "{} {}", answer.status(), answer.text());
    let peer = answer.json()?["peer"].as_str().unwrap_or_default().to_owned();
    Ok(peer.split(':').next().unwrap_or_default().to_owned())
}

impl Tally {
    pub(crate) fn note(&mut self, outcome: anyhow::Result<String>) {
        match outcome {
            Ok(exit) => {
                self.fine += 1;
                self.exits.insert(exit);
            }
            Err(why) => self.failed.push(format!("{why:#}")),
        }
    }

    #[track_caller]
    pub(crate) fn none_failed(&self) {
        assert!(self.failed.is_empty(), "{} fine, but: {:#?}", self.fine, self.failed);
    }
}
