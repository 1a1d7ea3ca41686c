//! `make cluster-local`: three nodes behind HAProxy with Postgres and Redis, as processes of this
//! machine, until Ctrl-C. What `docker-compose.cluster.yml` is for those who have Docker.

mod exits;
mod guide;
mod target;

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::json;
use testbed::cluster::{self, Cluster};
use testbed::haproxy::Fronts;
use testbed::secret;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use exits::Exits;

/// A node that has ended is started again after this, so that one can see how the others do.
const AWAY: Duration = Duration::from_secs(10);

/// The password of the project `demo`: what can be reached through it is one page of this program.
const DEMO: &str = "demo-password";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            say(&format!("{why:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let fronts = fronts(std::env::args().skip(1))?;
    let tracker = TaskTracker::new();
    let target = target::start(&tracker).await?;
    let exits = Exits::start(target).await?;
    let (key, password) = (secret::made_up()?, secret::made_up()?);
    // A person has to type it.
    let password = &password[..20];
    let settings = [("OCTOPROX_SECRET_KEY", key.as_str()), ("OCTOPROX_AUTH_PASSWORD", password)];
    say("Starting Postgres, Redis, three nodes and HAProxy ..");
    let mut cluster = Cluster::start_at(fronts, &settings).await?;
    let changes = json!({ "password": DEMO, "allow_targets": [target.to_string()] });
    cluster.project_with("demo", changes, &exits.list()).await?;
    say(&guide::text(&cluster, password, target)?);
    until_asked_to_end(&mut cluster).await?;
    say("Ending.");
    cluster.end().await
}

/// `PROXY API STATS`: where HAProxy listens.
fn fronts(mut arguments: impl Iterator<Item = String>) -> Result<Fronts> {
    let mut next = |what| -> Result<SocketAddr> {
        let text = arguments.next().context("usage: cluster-local PROXY API STATS")?;
        text.parse().with_context(|| format!("{what}: expected ADDRESS:PORT, found {text}"))
    };
    let fronts = Fronts { proxy: next("PROXY")?, api: next("API")?, stats: next("STATS")? };
    for address in [fronts.proxy, fronts.api, fronts.stats] {
        if let Err(error) = std::net::TcpListener::bind(address) {
            bail!("cannot listen on {address}: {error}; see PROXY_PORT, API_PORT and STATS_PORT");
        }
    }
    Ok(fronts)
}

/// Starts nodes again that have ended, until a signal comes.
async fn until_asked_to_end(cluster: &mut Cluster) -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut ended = vec![None; cluster.nodes.len()];
    loop {
        tokio::select! {
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
            () = tokio::time::sleep(Duration::from_millis(200)) => {}
        }
        for (node, since) in ended.iter_mut().enumerate() {
            watch(cluster, node, since).await?;
        }
    }
}

async fn watch(cluster: &mut Cluster, node: usize, since: &mut Option<Instant>) -> Result<()> {
    if cluster.nodes[node].process.runs()? {
        *since = None;
        return Ok(());
    }
    let name = cluster::name(node);
    let Some(began) = *since else {
        *since = Some(Instant::now());
        say(&format!("{name} has ended; it is started again in {AWAY:?}"));
        return Ok(());
    };
    if began.elapsed() < AWAY {
        return Ok(());
    }
    match cluster.start_again(node).await {
        Ok(()) => say(&format!("{name} is back, as {}", cluster.nodes[node].process.id()?)),
        Err(why) => say(&format!("{name} does not come up: {why:#}")),
    }
    *since = None;
    Ok(())
}

/// Writes a line for the person at the terminal.
fn say(text: &str) {
    // Nobody may be listening any more, which is no reason to end.
    let _unheard = writeln!(std::io::stdout(), "{text}");
}
