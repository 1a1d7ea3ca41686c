//! HAProxy with the configuration of this repository, in front of nodes that run somewhere.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::time::Instant;

use crate::client::Client;
use crate::process::Process;
use crate::tools::Tool;
use crate::{loopback, tidy};

/// Nodes that the configuration has room for.
pub const NODES: usize = 3;
/// The backend of the nodes' proxies, and that of their APIs.
pub const BACKENDS: [&str; 2] = ["proxies", "apis"];

const START: Duration = Duration::from_secs(30);
const BINDS: [&str; 3] = ["BIND_PROXY", "BIND_API", "BIND_STATS"];
const SERVERS: [(&str, &str); NODES] =
    [("NODE1_PROXY", "NODE1_API"), ("NODE2_PROXY", "NODE2_API"), ("NODE3_PROXY", "NODE3_API")];

/// Where HAProxy listens.
#[derive(Debug, Clone, Copy)]
pub struct Fronts {
    /// For clients.
    pub proxy: SocketAddr,
    /// For operators.
    pub api: SocketAddr,
    /// `/stats`, `/stats;csv`, `/metrics`, `/live`.
    pub stats: SocketAddr,
}

/// A running HAProxy. It is killed when it is dropped.
pub struct HaProxy {
    /// The master process, for signals and its end.
    pub process: Process,
    fronts: Fronts,
}

/// A server as HAProxy sees it: a line of its CSV, by the names of the columns.
#[derive(Debug, Clone)]
pub struct Row(BTreeMap<String, String>);

/// Where a node takes requests: the proxy, and the API.
pub type Doors = (SocketAddr, SocketAddr);

// === impl Fronts ===

impl Fronts {
    /// Ports that nobody else has.
    #[must_use]
    pub fn own() -> Self {
        let at = |port| SocketAddr::new(loopback::own().into(), port);
        Self { proxy: at(18_080), api: at(18_000), stats: at(18_404) }
    }
}

// === impl HaProxy ===

impl HaProxy {
    /// Starts it over these nodes with `haproxy/haproxy.cfg`, and waits until it listens.
    ///
    /// # Errors
    /// When it is not installed, or does not come up; with its log.
    pub async fn start(fronts: Fronts, nodes: [Doors; NODES]) -> Result<Self> {
        Self::start_with(&configuration(), fronts, nodes).await
    }

    /// The same with a configuration of one's own.
    ///
    /// # Errors
    /// As [`HaProxy::start`].
    pub async fn start_with(
        configuration: &str,
        fronts: Fronts,
        nodes: [Doors; NODES],
    ) -> Result<Self> {
        let (tool, folder) = prepare(configuration, fronts, nodes)?;
        let process = tool.start(folder, &["-W", "-db", "-f", FILE])?;
        let mut haproxy = Self { process, fronts };
        match haproxy.come_up().await {
            Ok(()) => Ok(haproxy),
            Err(why) => {
                let log = haproxy.process.last_words().await?.join("\n");
                Err(why.context(format!("haproxy did not come up; its log:\n{log}")))
            }
        }
    }

    async fn come_up(&mut self) -> Result<()> {
        let deadline = Instant::now() + START;
        while Instant::now() < deadline {
            ensure!(self.process.runs()?, "it ended at once");
            if self.rows().await.is_ok() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("after {START:?} it does not answer at {}", self.fronts.stats)
    }

    /// Where it listens.
    #[must_use]
    pub fn fronts(&self) -> Fronts {
        self.fronts
    }

    /// Reads its configuration again: new workers take over the listeners, the old ones serve
    /// their connections to the end.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn reload(&self) -> Result<()> {
        self.process.signal(Signal::USR2)
    }

    /// All that it sees, as its CSV has it.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn rows(&self) -> Result<Vec<Row>> {
        let mut client = Client::connect(self.fronts.stats).await?;
        let answer = client.ask("GET", "/stats;csv", "Connection: close\r\n").await?;
        ensure!(answer.status() == 200 && answer.complete, "{}", answer.text());
        read_csv(&answer.text())
    }

    /// What it sees of `server` (`node1`, ..) in one of [`BACKENDS`].
    ///
    /// # Errors
    /// When it does not answer, or has no such server.
    pub async fn server(&self, backend: &str, server: &str) -> Result<Row> {
        let rows = self.rows().await?;
        let mut found = rows.into_iter().filter(|row| row.is(backend, server));
        found.next().with_context(|| format!("haproxy has no {backend}/{server}"))
    }
}

/// The configuration of this repository.
#[must_use]
pub fn configuration() -> String {
    std::fs::read_to_string(tidy::root().join("haproxy/haproxy.cfg")).unwrap_or_default()
}

/// What HAProxy itself says about a configuration, warnings included; empty when it has none.
///
/// # Errors
/// When it refuses the configuration.
pub async fn judge(configuration: &str) -> Result<String> {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
    let (tool, folder) = prepare(configuration, Fronts::own(), [(nowhere, nowhere); NODES])?;
    let file = folder.path().join(FILE).display().to_string();
    let said = tool.run(&["-c", "-q", "-f", &file]).await?;
    ensure!(said.code == Some(0), "{}", said.err);
    Ok(said.err)
}

const FILE: &str = "haproxy.cfg";

fn prepare(configuration: &str, fronts: Fronts, nodes: [Doors; NODES]) -> Result<(Tool, TempDir)> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join(FILE), configuration)?;
    let mut tool = Tool::installed("haproxy")?;
    for (name, address) in BINDS.into_iter().zip([fronts.proxy, fronts.api, fronts.stats]) {
        tool = tool.with(name, address.to_string());
    }
    for ((proxy, api), doors) in SERVERS.into_iter().zip(nodes) {
        tool = tool.with(proxy, doors.0.to_string()).with(api, doors.1.to_string());
    }
    Ok((tool, folder))
}

fn read_csv(text: &str) -> Result<Vec<Row>> {
    let mut lines = text.lines();
    let names = lines.next().and_then(|line| line.strip_prefix("# ")).context("no CSV")?;
    // Only the last check's words are quoted, and the columns that matter here stand before them.
    let row = |line: &str| {
        let columns = names.split(',').zip(line.split(','));
        Row(columns.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    };
    Ok(lines.filter(|line| !line.is_empty()).map(row).collect())
}

// === impl Row ===

impl Row {
    /// What stands in this column; empty where there is no such column.
    #[must_use]
    pub fn get(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }

    /// Whether it is the line of this server, or of `FRONTEND` or `BACKEND`.
    #[must_use]
    pub fn is(&self, backend: &str, server: &str) -> bool {
        self.get("pxname") == backend && self.get("svname") == server
    }

    /// Whether new clients are sent there, and nothing speaks against it.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.get("status") == "UP"
    }

    /// Whether no new clients are sent there.
    #[must_use]
    pub fn is_down(&self) -> bool {
        self.get("status").starts_with("DOWN")
    }

    /// Connections, or requests over HTTP, that it was ever given.
    #[must_use]
    pub fn sessions(&self) -> u64 {
        self.get("stot").parse().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{SOON, eventually};

    #[test]
    fn the_csv_is_read_by_its_names() {
        let text = "# pxname,svname,stot,status,\nproxies,node1,7,UP,\nproxies,node2,,DOWN 1/2,\n";
        let rows = read_csv(text).unwrap();
        assert!(rows[0].is("proxies", "node1") && rows[0].is_up() && rows[0].sessions() == 7);
        assert!(rows[1].is_down() && !rows[1].is_up() && rows[1].sessions() == 0);
        assert_eq!(rows[1].get("nothing"), "");
        assert!(read_csv("<html>").is_err());
    }

    #[tokio::test]
    async fn servers_that_are_not_there_are_down_and_nothing_is_left_running() {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        let haproxy = HaProxy::start(Fronts::own(), [(nowhere, nowhere); NODES]).await.unwrap();
        let down = || async {
            let rows = haproxy.rows().await.ok()?;
            let mut seen = rows.iter().filter(|row| BACKENDS.iter().any(|b| row.is(b, "node3")));
            seen.all(Row::is_down).then_some(())
        };
        eventually("a server that is not there is down", SOON, down).await.unwrap();
        assert!(haproxy.server("proxies", "node4").await.is_err());
        let fronts = haproxy.fronts();
        let mut client = Client::connect(fronts.api).await.unwrap();
        let answer = client.ask("GET", "/health", "").await.unwrap();
        assert_eq!((answer.status(), answer.head.get("retry-after")), (503, Some("2")));
        assert_eq!(answer.json().unwrap()["status"], 503);
        drop(haproxy);
        // The worker ends with its master.
        let gone = || async { Client::connect(fronts.stats).await.err() };
        eventually("nobody listens any more", SOON, gone).await.unwrap();
    }
}
