//! What each task last did, for the control plane to show.

use std::sync::Arc;

use jiff::Timestamp;
use parking_lot::Mutex;

/// What one task last did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Which task.
    pub name: &'static str,
    /// When it was last activated; `None`: not yet.
    pub started_at: Option<Timestamp>,
    /// When it was last done with that; earlier than `started_at` while it is running.
    pub ended_at: Option<Timestamp>,
    /// What it did, or why it failed: for people, nothing secret in it.
    pub outcome: String,
    /// Activations that have ended.
    pub runs: u64,
    /// Those among them that failed.
    pub failures: u64,
    /// Failures since the last success.
    pub consecutive_failures: u32,
}

/// What each task last did. Clones show the same.
#[derive(Debug, Clone, Default)]
pub struct Statuses(Arc<Mutex<Vec<Entry>>>);

type Entry = Arc<Mutex<Status>>;

/// Where one task writes down what it did.
#[derive(Debug)]
pub(crate) struct Record(Entry);

impl Statuses {
    /// What each task last did, in the order in which they were started.
    #[must_use]
    pub fn read(&self) -> Vec<Status> {
        self.0.lock().iter().map(|entry| entry.lock().clone()).collect()
    }

    pub(crate) fn record(&self, name: &'static str) -> Record {
        let status = Status {
            name,
            started_at: None,
            ended_at: None,
            outcome: String::new(),
            runs: 0,
            failures: 0,
            consecutive_failures: 0,
        };
        let entry = Arc::new(Mutex::new(status));
        self.0.lock().push(Arc::clone(&entry));
        Record(entry)
    }
}

impl Record {
    pub(crate) fn started(&self, now: Timestamp) {
        self.0.lock().started_at = Some(now);
    }

    pub(crate) fn succeeded(&self, now: Timestamp, text: String) {
        let mut status = self.0.lock();
        status.ended_at = Some(now);
        status.outcome = text;
        status.runs += 1;
        status.consecutive_failures = 0;
    }

    /// How many failures that makes since the last success.
    pub(crate) fn failed(&self, now: Timestamp, text: String) -> u32 {
        let mut status = self.0.lock();
        status.ended_at = Some(now);
        status.outcome = text;
        status.runs += 1;
        status.failures += 1;
        status.consecutive_failures = status.consecutive_failures.saturating_add(1);
        status.consecutive_failures
    }
}
