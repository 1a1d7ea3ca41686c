//! Runs every task: on its period, on its activator, until the node ends.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use model::{Clock, ProxyId};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::activator::Activator;
use crate::error::{ReconcileError, chain};
use crate::source::Provenance;
use crate::status::{Record, Status, Statuses};
use crate::task::{Done, Report, Task};
use crate::tasks::{self, Parts, Probed, Wanted};

/// Runs tasks.
pub struct Driver {
    pub(crate) tracker: TaskTracker,
    pub(crate) clock: Clock,
    pub(crate) statuses: Statuses,
    pub(crate) back_off: BackOff,
}

/// What the rest of the node sees of the tasks. Dropping it ends nothing.
#[derive(Debug, Clone)]
pub struct Handle {
    pub(crate) statuses: Statuses,
    pub(crate) load_roster: Activator,
    pub(crate) provenance: watch::Receiver<Option<Provenance>>,
    /// Who asks exits; `None`: this node asks none.
    pub(crate) probes: Option<(mpsc::Sender<Wanted>, Activator)>,
}

/// When one task is activated, and until when.
pub(crate) struct Pace {
    pub(crate) period: Duration,
    /// Whether it is tried again in its period, however often it has failed.
    pub(crate) insists: bool,
    pub(crate) activator: Activator,
    pub(crate) stop: CancellationToken,
}

/// How long to wait after failures.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BackOff {
    pub(crate) first: Duration,
    pub(crate) longest: Duration,
}

// === impl Handle ===

impl Handle {
    /// What each task last did.
    #[must_use]
    pub fn status(&self) -> Vec<Status> {
        self.statuses.read()
    }

    /// The same, for whoever wants to read it again and again.
    #[must_use]
    pub fn statuses(&self) -> &Statuses {
        &self.statuses
    }

    /// Makes the node look for a newer configuration.
    #[must_use]
    pub fn load_roster(&self) -> &Activator {
        &self.load_roster
    }

    /// Asks exits now whether they work, whichever node is to ask them; it counts as any probe. In the
    /// order of their ends; `None`: this node asks none.
    pub async fn probe(&self, exits: Vec<ProxyId>) -> Option<Vec<Probed>> {
        let (wanted, activator) = self.probes.as_ref()?;
        let (to, mut ended) = mpsc::unbounded_channel();
        let mut probed = Vec::with_capacity(exits.len());
        // Where the task has ended, so has all that is waited for.
        wanted.send(Wanted { exits, to }).await.ok();
        activator.wake();
        while let Some(one) = ended.recv().await {
            probed.push(one);
        }
        Some(probed)
    }

    /// What the roster is worth; `None` until there is one, and then never again.
    #[must_use]
    pub fn roster_provenance(&self) -> watch::Receiver<Option<Provenance>> {
        self.provenance.clone()
    }
}

// === impl Pace ===

impl Pace {
    /// That of a task which is left alone for longer the more often it has failed.
    pub(crate) fn new(period: Duration, activator: Activator, stop: &CancellationToken) -> Self {
        Self { period, insists: false, activator, stop: stop.clone() }
    }
}

// === impl Driver ===

impl Driver {
    /// Starts every task on the tracker of `parts`. They end when its `stop` is cancelled;
    /// `flush_usage` goes on until nobody can send exchanges any more, and ends with what they
    /// counted.
    #[must_use]
    pub fn start(parts: Parts) -> Handle {
        tasks::start(parts)
    }

    /// Runs a task until its token is cancelled, and lets it finish.
    pub(crate) fn run<T: Task>(&self, mut task: T, pace: Pace) {
        let record = self.statuses.record(T::NAME);
        let (clock, back_off) = (self.clock.clone(), self.back_off);
        self.tracker.spawn(async move {
            let stop = pace.stop.clone();
            stop.run_until_cancelled(go_on(&mut task, &pace, (&record, &clock), back_off)).await;
            record.started(clock.now());
            let report = caught(task.finish()).await;
            write_down::<T>(&record, &clock, report).ok();
        });
    }
}

/// Activates a task again and again, for ever.
async fn go_on<T: Task>(
    task: &mut T,
    pace: &Pace,
    (record, clock): (&Record, &Clock),
    back_off: BackOff,
) {
    loop {
        record.started(clock.now());
        let report = caught(task.activate()).await;
        let wait = match write_down::<T>(record, clock, report) {
            Ok(again_in) => again_in.unwrap_or_else(|| jittered(pace.period, chance())),
            Err(failures) => {
                let longest = if pace.insists { pace.period } else { Duration::MAX };
                jittered(back_off.after(failures).min(longest), chance())
            }
        };
        tokio::select! {
            () = pace.activator.woken() => {}
            () = sleep(wait) => {}
        }
    }
}

/// Puts a report where people see it. When the task wants to be activated again, or how often it has
/// failed in a row.
fn write_down<T: Task>(
    record: &Record,
    clock: &Clock,
    report: Report,
) -> Result<Option<Duration>, u32> {
    match report {
        Ok(Done { text, again_in }) => {
            record.succeeded(clock.now(), text.into_owned());
            Ok(again_in)
        }
        Err(error) => {
            let failures = record.failed(clock.now(), error.to_string());
            metrics::counter!("octoprox_task_failures_total", "task" => T::NAME).increment(1);
            let error = chain(&error);
            tracing::warn!(task.name = T::NAME, task.failures = failures, error, "a task failed");
            Err(failures)
        }
    }
}

/// A panic is a failure like another: the task stays, and is activated again.
async fn caught(activation: impl Future<Output = Report> + Send) -> Report {
    AssertUnwindSafe(activation).catch_unwind().await.unwrap_or(Err(ReconcileError::Panicked))
}

fn chance() -> f32 {
    rand::random()
}

/// A tenth more or less, so that nodes that were started together do not stay together.
fn jittered(period: Duration, chance: f32) -> Duration {
    period.mul_f32(0.9 + 0.2 * chance)
}

impl BackOff {
    fn after(self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        self.first.saturating_mul(1 << doublings).min(self.longest)
    }
}

#[cfg(test)]
mod tests;
