//! Periods, wakes, back-off, panics, ends: on a clock that is wound by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::time::Instant;

use super::*;

/// Fails as long as it is told to; 2 panics.
struct Probe {
    runs: Arc<AtomicU32>,
    mode: Arc<AtomicU32>,
}

impl Task for Probe {
    const NAME: &'static str = "probe";

    async fn activate(&mut self) -> Report {
        self.runs.fetch_add(1, Ordering::Relaxed);
        match self.mode.load(Ordering::Relaxed) {
            0 => Ok(Done::new("did it")),
            1 => Err(ReconcileError::UsageLost { rows: 1 }),
            2 => std::panic::resume_unwind(Box::new("on purpose")),
            _ => std::future::pending().await,
        }
    }
}

struct World {
    driver: Driver,
    runs: Arc<AtomicU32>,
    mode: Arc<AtomicU32>,
    activator: Activator,
    stop: CancellationToken,
}

impl World {
    fn start(mode: u32, period: Duration) -> Self {
        Self::start_with(mode, period, false)
    }

    fn start_with(mode: u32, period: Duration, insists: bool) -> Self {
        let driver = Driver {
            tracker: TaskTracker::new(),
            clock: Clock::system(),
            statuses: Statuses::default(),
            back_off: BackOff {
                first: Duration::from_millis(500),
                longest: Duration::from_secs(30),
            },
        };
        let (runs, mode) = (Arc::default(), Arc::new(AtomicU32::new(mode)));
        let (activator, stop) = (Activator::default(), CancellationToken::new());
        let pace = Pace { period, insists, activator: activator.clone(), stop: stop.clone() };
        driver.run(Probe { runs: Arc::clone(&runs), mode: Arc::clone(&mode) }, pace);
        Self { driver, runs, mode, activator, stop }
    }

    fn runs(&self) -> u32 {
        self.runs.load(Ordering::Relaxed)
    }

    /// The clock stands still but for waits: this one ends as soon as the state is reached.
    async fn until_runs(&self, count: u32) {
        while self.runs() < count {
            sleep(Duration::from_millis(1)).await;
        }
    }

    fn status(&self) -> Status {
        self.driver.statuses.read().remove(0)
    }

    async fn end(self) {
        self.stop.cancel();
        self.driver.tracker.close();
        self.driver.tracker.wait().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_runs_on_its_period_and_at_once_when_woken() {
    let world = World::start(0, Duration::from_secs(10));
    world.until_runs(1).await;
    let begun = Instant::now();
    world.until_runs(3).await;
    let two = begun.elapsed();
    assert!((Duration::from_secs(18)..Duration::from_secs(23)).contains(&two), "{two:?}");
    for _ in 0..100 {
        world.activator.wake();
    }
    let begun = Instant::now();
    world.until_runs(4).await;
    assert!(begun.elapsed() < Duration::from_millis(100));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(world.runs(), 5, "one for the first wake, and once more for all others");
    assert_eq!((world.status().runs, world.status().outcome.as_str()), (5, "did it"));
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_insists_fails_no_less_often_than_it_would_run() {
    let world = World::start_with(1, Duration::from_secs(2), true);
    world.until_runs(1).await;
    let begun = Instant::now();
    // 0.5 + 1 + 2 + 2 + 2 + 2 + 2 + 2
    world.until_runs(9).await;
    let eight = begun.elapsed().as_secs_f32();
    assert!((12.1..14.9).contains(&eight), "{eight}");
    world.end().await;
}

#[tokio::test(start_paused = true)]
async fn failures_and_panics_back_off_and_a_success_ends_that() {
    for mode in [1, 2] {
        let world = World::start(mode, Duration::from_secs(2));
        world.until_runs(1).await;
        let begun = Instant::now();
        // 0.5 + 1 + 2 + 4 + 8 + 16 + 30 + 30
        world.until_runs(9).await;
        let eight = begun.elapsed().as_secs_f32();
        assert!((82.0..101.0).contains(&eight), "{eight}");
        let status = world.status();
        assert!(status.failures >= 8 && status.consecutive_failures >= 8, "{status:?}");
        world.mode.store(0, Ordering::Relaxed);
        world.until_runs(11).await;
        let status = world.status();
        assert_eq!(status.consecutive_failures, 0, "{status:?}");
        assert!(status.failures < status.runs, "{status:?}");
        world.end().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_activation_that_never_ends_ends_with_the_token() {
    let world = World::start(3, Duration::from_secs(2));
    world.until_runs(1).await;
    let statuses = world.driver.statuses.clone();
    world.end().await;
    let status = statuses.read().remove(0);
    assert_eq!((status.outcome.as_str(), status.failures), ("ended", 0));
}
