//! How many new leaves somebody may have signed.

use std::collections::HashMap;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::error::{AuthorityError, Result};

/// Whose leaves are counted one by one in a minute; all others share one count.
const COUNTED: usize = 10_000;

/// Counts new leaves by whom they are for, from one full minute to the next.
pub(crate) struct Budget {
    per_minute: u32,
    /// Everything in it is of one minute: it is emptied with the next.
    minute: Mutex<Minute>,
}

#[derive(Default)]
struct Minute {
    number: i64,
    spent: HashMap<u64, u32>,
    by_others: u32,
}

// === impl Budget ===

impl Budget {
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute, minute: Mutex::default() }
    }

    /// Takes one leaf of the minute of `now` out of the budget of `who`.
    pub(crate) fn take(&self, who: u64, now: Timestamp) -> Result<()> {
        let number = now.as_second().div_euclid(60);
        let mut minute = self.minute.lock();
        if minute.number != number {
            // Also after a step of the clock backwards, which would otherwise last.
            *minute = Minute { number, ..Minute::default() };
        }
        let is_counted = minute.spent.contains_key(&who) || minute.spent.len() < COUNTED;
        let spent =
            if is_counted { minute.spent.entry(who).or_default() } else { &mut minute.by_others };
        if *spent >= self.per_minute {
            return Err(AuthorityError::TooMany { who });
        }
        *spent += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn everybody_has_a_budget_that_is_new_with_each_minute() {
        let budget = Budget::new(2);
        for second in [60, 119] {
            budget.take(1, at(second)).unwrap();
        }
        let refused = budget.take(1, at(119)).unwrap_err();
        assert!(matches!(refused, AuthorityError::TooMany { who: 1 }), "{refused:?}");
        budget.take(2, at(119)).unwrap();
        budget.take(1, at(120)).unwrap();
        assert_eq!(budget.minute.lock().spent.len(), 1);
        // The clock has been put back.
        budget.take(1, at(0)).unwrap();
    }

    #[test]
    fn a_crowd_takes_no_memory_without_end() {
        let budget = Budget::new(2);
        for who in 0..COUNTED as u64 {
            budget.take(who, at(0)).unwrap();
        }
        for who in [u64::MAX, u64::MAX - 1] {
            budget.take(who, at(1)).unwrap();
        }
        assert!(budget.take(u64::MAX - 2, at(1)).is_err());
        budget.take(7, at(1)).unwrap();
        assert_eq!(budget.minute.lock().spent.len(), COUNTED);
    }
}
