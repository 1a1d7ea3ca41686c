//! How short of memory the node is, and what it gives up for that, one thing after another.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

/// Kept and silent connections are closed after this at [`Level::Tight`], whatever is set.
const SHORT: Duration = Duration::from_secs(5);

/// How short of memory the node is, in hundredths of what it may have. Clones show the same.
#[derive(Debug, Clone, Default)]
pub struct Pressure(Arc<AtomicU8>);

/// What follows from it. Tunnels that are open go on at every level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// Nothing.
    Easy,
    /// From 85 % on: silent connections are closed earlier.
    Tight,
    /// From 92 % on: and none is kept after its request.
    High,
    /// From 95 % on: and new requests are refused.
    Full,
}

impl Pressure {
    /// So many hundredths of the memory are in use.
    pub fn set(&self, hundredths: u8) {
        self.0.store(hundredths, Ordering::Relaxed);
    }

    pub(crate) fn level(&self) -> Level {
        match self.0.load(Ordering::Relaxed) {
            0..85 => Level::Easy,
            85..92 => Level::Tight,
            92..95 => Level::High,
            95.. => Level::Full,
        }
    }

    /// How long a silence may last that is good for `usual` in easier times.
    pub(crate) fn patience(&self, usual: Duration) -> Duration {
        if self.level() == Level::Easy { usual } else { usual.min(SHORT) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_after_another_is_given_up() {
        let pressure = Pressure::default();
        let level = |hundredths| {
            pressure.set(hundredths);
            (pressure.level(), pressure.patience(Duration::from_mins(1)).as_secs())
        };
        assert_eq!(level(84), (Level::Easy, 60));
        assert_eq!(level(85), (Level::Tight, 5));
        assert_eq!(level(92), (Level::High, 5));
        assert_eq!(level(95), (Level::Full, 5));
        assert_eq!(level(255), (Level::Full, 5));
        assert_eq!(level(0), (Level::Easy, 60));
    }
}
