//! Targets that want a certificate of the client, which only the client itself can present: they
//! are found out by trying, and left alone from then on.

use std::collections::HashMap;
use std::time::Duration;

use model::target::Target;
use parking_lot::Mutex;
use tokio::time::Instant;

/// How long they are left alone, and how many are remembered.
const FOR: Duration = Duration::from_hours(1);
const MOST: usize = 10_000;

/// Such targets. They are the same for everybody.
#[derive(Default)]
pub(crate) struct Refusers(Mutex<HashMap<Target, Instant>>);

impl Refusers {
    /// Tunnels to `target` are left alone from now on.
    pub(crate) fn add(&self, target: Target) {
        let now = Instant::now();
        let mut known = self.0.lock();
        if known.len() >= MOST {
            known.retain(|_, since| now - *since < FOR);
        }
        if known.len() < MOST {
            known.insert(target, now);
        }
    }

    pub(crate) fn has(&self, target: &Target) -> bool {
        let known = self.0.lock();
        !known.is_empty() && known.get(target).is_some_and(|since| since.elapsed() < FOR)
    }
}
