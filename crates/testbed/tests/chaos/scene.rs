//! A cluster under load, and what can be asked of it from outside.

use std::cell::RefCell;
use std::fmt::Display;
use std::time::Duration;

use model::proxy::Protocol;
use serde_json::{Value, json};
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::cluster::{Cluster, name};
use testbed::control::Control;
use testbed::load::{Load, Plan, Report};
use testbed::node::Node;
use testbed::proxies::{Exit, Setup};
use testbed::world::{PASSWORD, Project};
use tokio::time::Instant;

/// What one node at a time does for all.
pub(crate) const LEASE: &str = "metrics_compactor";
/// For something without a bound of its own.
pub(crate) const LONG: Duration = Duration::from_secs(30);
/// A dead holder's lease is another's: 5 s until it ends, and a look each 750 ms, a fifth more or
/// less.
pub(crate) const ELECTED: Duration = Duration::from_secs(6);
/// A change is live everywhere, whatever became of the notice.
pub(crate) const LIVE: Duration = Duration::from_secs(3);

pub(crate) struct Scene {
    pub(crate) cluster: Cluster,
    pub(crate) project: Project,
    pub(crate) load: Load,
    pub(crate) _exits: Vec<Exit>,
}

/// The clients' side of a finished scene, and the cluster that served them.
pub(crate) struct Finished {
    pub(crate) cluster: Cluster,
    pub(crate) project: Project,
    pub(crate) report: Report,
}

/// Whether faults are to last as long as the table says.
#[expect(clippy::disallowed_methods, reason = "no setting of the program: of its tests")]
pub(crate) fn is_long() -> bool {
    std::env::var("OCTOPROX_CHAOS").is_ok_and(|form| form == "long")
}

/// One of two, by the form that was asked for.
pub(crate) fn form<T>(short: T, long: T) -> T {
    if is_long() { long } else { short }
}

/// A line of the table.
pub(crate) fn tell(row: &str, expected: &str, measured: impl Display) {
    eprintln!("{row} | {expected} | {measured}");
}

// === impl Scene ===

impl Scene {
    /// A cluster with relays before Redis and Postgres, under load.
    pub(crate) async fn set(settings: &[(&str, &str)]) -> Self {
        Self::over(Cluster::start_in_weather(settings).await.unwrap(), Plan::default()).await
    }

    /// This cluster, under load.
    pub(crate) async fn over(cluster: Cluster, plan: Plan) -> Self {
        let mut exits = Vec::new();
        for _ in 0..3 {
            exits.push(Setup::new(Protocol::Http).start().await.unwrap());
        }
        let through: Vec<&Exit> = exits.iter().collect();
        let project = cluster.project_over("shop", json!({}), &through).await.unwrap();
        let fields = login(&project.username, PASSWORD);
        let load = Load::start(cluster.proxy(), &fields, plan).await.unwrap();
        let scene = Self { cluster, project, load, _exits: exits };
        scene.goes_on(1).await;
        scene
    }

    /// Lets the load go on for about so many seconds.
    pub(crate) async fn goes_on(&self, seconds: usize) {
        let requests = seconds * Plan::default().per_second as usize;
        self.load.answered(requests, LONG + Duration::from_secs(seconds as u64)).await.unwrap();
    }

    /// Ends the load, and insists that no client met a fault.
    pub(crate) async fn nobody_noticed(self) -> Finished {
        let finished = self.end().await;
        let report = &finished.report;
        assert_eq!(report.failed, 0, "of {}: {:#?}", report.fine, report.failures);
        assert!(report.broken.is_empty(), "{:#?}", report.broken);
        assert_eq!(report.tunnels_whole, report.tunnels_opened);
        finished
    }

    /// Ends the load, and insists that nothing that arrived was wrong.
    pub(crate) async fn end(self) -> Finished {
        let report = self.load.end().await.unwrap();
        assert_eq!((report.doubled, report.gaps), (0, 0), "numbers");
        Finished { cluster: self.cluster, project: self.project, report }
    }

    // === leases ===

    /// The node that holds the lease, as soon as it is one of `wanted`.
    pub(crate) async fn holder(&self, wanted: impl Fn(usize) -> bool) -> usize {
        let held = || async {
            let value = self.cluster.lease(LEASE).await.ok()??;
            let node = (0..self.cluster.nodes.len())
                .find(|node| value.split(' ').next() == Some(&name(*node)))?;
            wanted(node).then_some(node)
        };
        eventually("the lease is held", LONG, held).await.unwrap()
    }

    /// The epoch of the lease and who wrote last, as soon as that is what is `wanted`.
    pub(crate) async fn epoch(&self, wanted: impl Fn(u64, &str) -> bool) -> (u64, String) {
        epoch_at(&self.cluster.control, wanted).await
    }

    /// The same as it is now.
    pub(crate) async fn epoch_now(&self) -> (u64, String) {
        epoch_at(&self.cluster.control, |_, _| true).await
    }

    // === what nodes say ===

    /// Waits until each of these nodes says so of its coordination; how long that took.
    pub(crate) async fn coordination(&self, nodes: &[usize], wanted: &str) -> Duration {
        let begun = Instant::now();
        for node in nodes {
            let says = || async {
                let health = health(&self.cluster.nodes[*node]).await?;
                (health["coordination"] == wanted).then_some(())
            };
            eventually(wanted, LONG, says).await.unwrap();
        }
        begun.elapsed()
    }

    /// Changes the project; how long until every node serves that.
    pub(crate) async fn change(&self, number: usize) -> Duration {
        let change = json!({ "name": format!("shop {number}") });
        self.cluster.control.patch(&self.project.path, &change).await.unwrap();
        let begun = Instant::now();
        self.cluster.in_force().await.unwrap();
        begun.elapsed()
    }

    /// Insists that every node is ready, at both doors.
    pub(crate) async fn all_ready(&self) {
        for node in &self.cluster.nodes {
            for door in [node.proxy(), node.api()] {
                assert_eq!(ready(door).await, Some(200));
            }
        }
    }
}

/// The same as one node's API tells it.
pub(crate) async fn epoch_at(
    control: &Control,
    wanted: impl Fn(u64, &str) -> bool,
) -> (u64, String) {
    let seen = RefCell::new(String::new());
    let written = || async {
        let view = control.get("/api/v1/cluster").await;
        seen.replace(format!("{view:#?}"));
        let view = view.ok()?;
        let mut leases = view["leases"].as_array()?.iter();
        let lease = leases.find(|lease| lease["name"] == LEASE)?;
        let (epoch, writer) = (lease["epoch"].as_u64()?, lease["writer"].as_str()?);
        wanted(epoch, writer).then(|| (epoch, writer.to_owned()))
    };
    let found = eventually("the epoch", LONG, written).await;
    found.unwrap_or_else(|late| panic!("{late}; what was seen last: {}", seen.borrow()))
}

pub(crate) async fn health(node: &Node) -> Option<Value> {
    Control::stranger(node.api()).get("/health").await.ok()
}

/// What `/ready` says there, if anybody answers.
pub(crate) async fn ready(door: std::net::SocketAddr) -> Option<u16> {
    let mut client = Client::connect(door).await.ok()?;
    let head = format!("GET /ready HTTP/1.1\r\nHost: {door}\r\nConnection: close\r\n\r\n");
    client.send(head).await.ok()?;
    Some(client.answer("GET").await.ok()?.status())
}

// === impl Finished ===

impl Finished {
    /// Requests that the API says there were.
    pub(crate) async fn counted(&self) -> Option<u64> {
        let usage = self.cluster.control.get(&format!("{}/usage", self.project.path)).await.ok()?;
        usage["items"][0]["requests"].as_u64()
    }

    /// Waits until the API counts what the clients counted, and insists that it counts no more.
    pub(crate) async fn counts_exactly(&self) -> u64 {
        let carried = self.report.carried();
        let all = || async { (self.counted().await? >= carried).then_some(()) };
        let reached = eventually("the usage", LONG, all).await;
        assert_eq!(self.counted().await, Some(carried), "{reached:?}");
        carried
    }
}
