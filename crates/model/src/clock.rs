//! The wall clock, passed in so that a test can hold it still.
//!
//! Only dates that people read or tokens that expire come from here. Durations and deadlines use
//! `tokio::time::Instant`, which a step of the wall clock does not touch.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// Tells the time of day.
#[derive(Debug, Clone, Default)]
pub struct Clock(Source);

#[derive(Debug, Clone, Default)]
enum Source {
    #[default]
    System,
    Held(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that shows `at` until it is [`set`](Self::set). Clones share the hand.
    #[must_use]
    pub fn held(at: Timestamp) -> Self {
        Self(Source::Held(Arc::new(AtomicI64::new(at.as_millisecond()))))
    }

    /// The time now; a held clock has the resolution of a millisecond.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "this is the clock all others are given")]
            Source::System => Timestamp::now(),
            Source::Held(millisecond) => {
                Timestamp::from_millisecond(millisecond.load(Ordering::Relaxed)).unwrap_or_default()
            }
        }
    }

    /// Moves the hand of a held clock; the machine's clock is nobody's to set, and stays.
    pub fn set(&self, at: Timestamp) {
        if let Source::Held(millisecond) = &self.0 {
            millisecond.store(at.as_millisecond(), Ordering::Relaxed);
        }
    }
}
