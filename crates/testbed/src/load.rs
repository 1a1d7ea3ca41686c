//! Load on a proxy: new clients at a steady pace and long tunnels, and a count of what went wrong.

mod target;
mod tunnels;
mod report;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::client::Client;
use crate::clock::eventually;
use crate::wire::Wire;
use target::Target;

pub use report::{Failure, Report};

/// A client that has waited this long gives up. Whoever freezes a node thaws it before.
const PATIENCE: Duration = Duration::from_mins(1);
/// Requests under way at once at most; one more counts as failed.
const AT_ONCE: usize = 4_000;
/// For all tunnels to be open, or to have said their last numbers.
const TUNNELS: Duration = Duration::from_secs(30);

/// What clients do.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// GETs a second, each of a new client.
    pub per_second: u32,
    /// Tunnels open at once, numbered bytes going both ways.
    pub tunnels: usize,
    /// Age at which a tunnel ends and another takes its place; never if `None`.
    pub tunnel_life: Option<Duration>,
}

/// Clients at work. All of them stop when it is dropped.
pub struct Load {
    shared: Arc<Shared>,
    clients: TaskTracker,
    end: CancellationToken,
    _kill: DropGuard,
}

struct Shared {
    proxy: SocketAddr,
    target: Target,
    fields: String,
    plan: Plan,
    slots: Arc<Semaphore>,
    report: Mutex<Report>,
}

impl Default for Plan {
    fn default() -> Self {
        Self { per_second: 200, tunnels: 50, tunnel_life: None }
    }
}

// === impl Load ===

impl Load {
    /// Lets clients with these `fields` (their login) ask `proxy` for a target of its own, and waits
    /// until every tunnel is open.
    ///
    /// # Errors
    /// When there is no port for the target, or the tunnels do not open.
    pub async fn start(proxy: SocketAddr, fields: &str, plan: Plan) -> Result<Self> {
        let (end, kill) = (CancellationToken::new(), CancellationToken::new());
        let clients = TaskTracker::new();
        let shared = Arc::new(Shared {
            proxy,
            target: Target::start(kill.clone()).await?,
            fields: fields.to_owned(),
            plan,
            slots: Arc::new(Semaphore::new(AT_ONCE)),
            report: Mutex::default(),
        });
        for _ in 0..plan.tunnels {
            let streaming = tunnels::keep_one(shared.clone(), end.clone());
            clients.spawn(kill.clone().run_until_cancelled_owned(streaming));
        }
        let asking = ask_steadily(shared.clone(), clients.clone(), (end.clone(), kill.clone()));
        clients.spawn(asking);
        let load = Self { shared, clients, end, _kill: kill.drop_guard() };
        let open = || async { (load.report().tunnels_opened >= plan.tunnels).then_some(()) };
        let opened = eventually("all tunnels are open", TUNNELS, open).await;
        opened.with_context(|| format!("{:?}", load.report().failures.first()))?;
        Ok(load)
    }

    /// What has come of it so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let mut report = self.shared.report.lock().clone();
        self.shared.target.add_to(&mut report);
        report
    }

    /// Waits until so many further requests have been answered.
    ///
    /// # Errors
    /// When they are not `within`.
    pub async fn answered(&self, requests: usize, within: Duration) -> Result<()> {
        let wanted = self.report().fine + requests;
        let enough = || async { (self.report().fine >= wanted).then_some(()) };
        eventually(&format!("{requests} further answers"), within, enough).await
    }

    /// Ends it: what is under way is waited for, and both sides of each tunnel compare how many
    /// numbers there were.
    ///
    /// # Errors
    /// When the last answer does not come.
    pub async fn end(self) -> Result<Report> {
        self.end.cancel();
        self.clients.close();
        let ended = tokio::time::timeout(PATIENCE + TUNNELS, self.clients.wait()).await;
        ended.context("clients that do not end")?;
        let said = || async { (self.shared.target.streaming() == 0).then_some(()) };
        eventually("the last numbers arrive", TUNNELS, said).await?;
        Ok(self.report())
    }
}

/// Sends a new client at each tick. A tick that is late is made up for.
async fn ask_steadily(
    shared: Arc<Shared>,
    clients: TaskTracker,
    (end, kill): (CancellationToken, CancellationToken),
) {
    let pause = Duration::from_secs(1) / shared.plan.per_second.max(1);
    let mut ticks = tokio::time::interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut number = 0_u64;
    while end.run_until_cancelled(ticks.tick()).await.is_some() {
        number += 1;
        let asking = note(shared.clone(), number);
        clients.spawn(kill.clone().run_until_cancelled_owned(asking));
    }
}

async fn note(shared: Arc<Shared>, number: u64) {
    let started = Instant::now();
    let outcome = match shared.slots.clone().try_acquire_owned() {
        Ok(_slot) => tokio::time::timeout(PATIENCE, ask(&shared, number)).await,
        Err(full) => Ok(Err(full.into())),
    };
    let outcome = outcome.context("no answer").flatten();
    shared.report.lock().answered(started, outcome);
}

async fn ask(shared: &Shared, number: u64) -> Result<()> {
    let mut client = patient(shared.proxy).await?;
    let url = format!("http://{}/{number}", shared.target.address());
    let fields = format!("{}Connection: close\r\n", shared.fields);
    let answer = client.ask("GET", &url, &fields).await?;
    ensure!(answer.status() == 200, "{} {}", answer.status(), answer.text());
    ensure!(answer.text() == number.to_string(), "{number} was answered {}", answer.text());
    Ok(())
}

async fn patient(proxy: SocketAddr) -> Result<Client> {
    let mut client = Client::connect(proxy).await?;
    client.wire = Wire::patient_for(client.wire, PATIENCE);
    Ok(client)
}

#[cfg(test)]
mod tests;
