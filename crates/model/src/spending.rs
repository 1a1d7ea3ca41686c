//! What traffic costs, and how much of it there may be in a day, a week or a month.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::words;

words! {
    /// What is limited.
    pub enum Measure {
        /// Bytes, both ways together.
        Bytes = "bytes",
        /// Requests.
        Requests = "requests",
        /// Money.
        Cost = "cost",
    }
}

words! {
    /// How long a limit runs before it begins anew, by the calendar of UTC.
    pub enum Period {
        /// From midnight.
        Day = "day",
        /// From Monday, midnight.
        Week = "week",
        /// From the first, midnight.
        Month = "month",
    }
}

words! {
    /// What happens when a limit has been reached.
    pub enum CapAction {
        /// People are told.
        Alert = "alert",
        /// New requests are refused, too.
        Block = "block",
        /// What is under way is ended, too.
        Interrupt = "interrupt",
    }
}

/// At most so much of something in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// Of what.
    pub measure: Measure,
    /// How much: bytes, requests, or 10^-6 of the currency.
    pub limit: u64,
    /// In which time.
    pub period: Period,
    /// What happens then.
    pub action: CapAction,
    /// What refused clients are answered: 509 or 429.
    pub status: u16,
}

/// What traffic through a connector costs, in 10^-6 of the operator's currency.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Prices {
    /// 10^9 bytes, both ways together.
    pub per_gb: u64,
    /// A request that an exit was tried for.
    pub per_request: u64,
    /// A proxy, for a month.
    pub per_proxy_month: u64,
}

/// What has been used: by one, or by all of them together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Bytes, both ways together.
    pub bytes: u64,
    /// Requests.
    pub requests: u64,
    /// 10^-9 of the currency.
    pub cost_nanos: u64,
}

impl Period {
    /// The period that `now` lies in: its beginning, and that of the next.
    #[must_use]
    pub fn bounds(self, now: Timestamp) -> (Timestamp, Timestamp) {
        const DAY: i64 = 86_400;
        let today = now.as_second().div_euclid(DAY);
        let (from, to) = match self {
            Self::Day => (today, today + 1),
            Self::Week => {
                // The first day of all was a Thursday.
                let monday = today - (today + 3).rem_euclid(7);
                (monday, monday + 7)
            }
            Self::Month => {
                let date = now.to_zoned(TimeZone::UTC).date();
                let first = today - i64::from(date.day()) + 1;
                (first, first + i64::from(date.days_in_month()))
            }
        };
        let at = |day: i64| Timestamp::from_second(day * DAY).unwrap_or(now);
        (at(from), at(to))
    }
}

impl Prices {
    /// What `bytes` and `requests` cost, in 10^-15 of the currency: nothing is lost in rounding.
    #[must_use]
    pub const fn of(&self, bytes: u64, requests: u64) -> u128 {
        let of_bytes = bytes as u128 * self.per_gb as u128;
        of_bytes + requests as u128 * self.per_request as u128 * 1_000_000_000
    }

    /// Whether anything that is used costs anything.
    #[must_use]
    pub const fn is_metered(&self) -> bool {
        self.per_gb > 0 || self.per_request > 0
    }
}

impl Spent {
    /// How much it is of what a cap limits, in the unit of the cap.
    #[must_use]
    pub const fn of(&self, measure: Measure) -> u64 {
        match measure {
            Measure::Bytes => self.bytes,
            Measure::Requests => self.requests,
            Measure::Cost => self.cost_nanos / 1_000,
        }
    }

    /// Both together.
    #[must_use]
    pub const fn and(&self, other: &Self) -> Self {
        Self {
            bytes: self.bytes.saturating_add(other.bytes),
            requests: self.requests.saturating_add(other.requests),
            cost_nanos: self.cost_nanos.saturating_add(other.cost_nanos),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(period: Period, now: &str) -> [String; 2] {
        let (from, to) = period.bounds(now.parse().unwrap());
        [from.to_string(), to.to_string()]
    }

    #[test]
    fn a_period_is_one_of_the_calendar() {
        let leap = "2028-02-29T23:59:59Z";
        assert_eq!(bounds(Period::Day, leap), ["2028-02-29T00:00:00Z", "2028-03-01T00:00:00Z"]);
        assert_eq!(bounds(Period::Month, leap), ["2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"]);
        assert_eq!(bounds(Period::Week, leap), ["2028-02-28T00:00:00Z", "2028-03-06T00:00:00Z"]);
        // A Monday begins a week, a Sunday ends it.
        assert_eq!(bounds(Period::Week, "2026-11-23T00:00:00Z")[0], "2026-11-23T00:00:00Z");
        assert_eq!(bounds(Period::Week, "2026-11-22T23:59:59Z")[0], "2026-11-16T00:00:00Z");
        assert_eq!(bounds(Period::Month, "2026-12-31T12:00:00Z")[1], "2027-01-01T00:00:00Z");
    }

    #[test]
    fn what_is_used_costs_what_the_prices_say() {
        let prices = Prices { per_gb: 3_500_000, per_request: 200, per_proxy_month: 0 };
        assert_eq!(prices.of(2_000_000_000, 10), 7_002_000 * 1_000_000_000);
        assert_eq!(prices.of(1, 0), 3_500_000);
    }
}
