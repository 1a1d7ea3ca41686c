//! Caps: where projects and connectors have to stop, from what all nodes together have used.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use model::spending::{CapAction, Measure};
use model::{Cap, Spent};
use rotation::{Room, Roster, Tab, Terms};
use store::usage::DaySpent;
use tokio::time::Instant;

/// A project or connector that has caps.
pub(super) struct Capped {
    /// Its id, as days of usage are known by.
    pub(super) subject: String,
    tab: Arc<Tab>,
    caps: Vec<Cap>,
}

/// What is known of what has been used, and up to where.
#[derive(Default)]
pub(super) struct Known {
    /// What all nodes have written down.
    days: Vec<DaySpent>,
    /// What this node had used when it wrote for the last time.
    marks: HashMap<String, Spent>,
}

/// All that have caps.
pub(super) fn capped(roster: &Roster) -> Vec<Capped> {
    let projects = roster.projects().filter_map(|project| {
        let (subject, tab) = (project.id.to_string(), Arc::clone(project.tab()?));
        Some(Capped { subject, tab, caps: project.spec.caps.clone() })
    });
    let connectors = roster.connectors().filter_map(|connector| {
        let (subject, tab) = (connector.id.to_string(), Arc::clone(connector.tab()?));
        Some(Capped { subject, tab, caps: connector.spec.caps.clone() })
    });
    projects.chain(connectors).collect()
}

/// What each has used on this node up to now.
pub(super) fn marks(capped: &[Capped]) -> HashMap<String, Spent> {
    capped.iter().map(|capped| (capped.subject.clone(), capped.tab.spent())).collect()
}

/// The beginning of the earliest period that is looked at.
pub(super) fn since(capped: &[Capped], now: Timestamp) -> Timestamp {
    let caps = capped.iter().flat_map(|capped| &capped.caps);
    caps.map(|cap| cap.period.bounds(now).0).min().unwrap_or(now)
}

impl Known {
    pub(super) fn new(days: Vec<DaySpent>, marks: HashMap<String, Spent>) -> Self {
        Self { days, marks }
    }

    /// Tells requests how much more each may have. What was known last is as good as it gets while
    /// nobody can be asked: a period ends all the same, and what this node uses goes on to count.
    pub(super) fn hold(&self, capped: &[Capped], clock: Timestamp, now: Instant) {
        let mut days: HashMap<&str, Vec<&DaySpent>> = HashMap::new();
        for day in &self.days {
            days.entry(&day.subject).or_default().push(day);
        }
        for capped in capped {
            let days = days.get(&*capped.subject).map_or(&[][..], Vec::as_slice);
            let mark = self.marks.get(&capped.subject).copied();
            let mark = mark.unwrap_or_else(|| capped.tab.spent());
            capped.tab.set(&mark, &terms(&capped.caps, days, clock), now);
        }
    }
}

/// How much is left of some caps, given what was used on which day.
fn terms(caps: &[Cap], days: &[&DaySpent], now: Timestamp) -> Terms {
    let mut terms = Terms {
        block: Room::default(),
        interrupt: Room::default(),
        status: 429,
        renewed_in: Duration::ZERO,
    };
    let (mut soonest, mut latest) = (Duration::MAX, Duration::ZERO);
    for cap in caps.iter().filter(|cap| cap.action != CapAction::Alert) {
        let (from, to) = cap.period.bounds(now);
        let days = days.iter().filter(|day| day.day >= from);
        let spent = days.fold(Spent::default(), |sum, day| sum.and(&day.spent));
        let left = cap.limit.saturating_sub(spent.of(cap.measure));
        narrow(&mut terms.block, cap.measure, left);
        if cap.action == CapAction::Interrupt {
            narrow(&mut terms.interrupt, cap.measure, left);
        }
        terms.status = terms.status.max(cap.status);
        let renewed_in = to.duration_since(now).unsigned_abs();
        soonest = soonest.min(renewed_in);
        if left == 0 {
            latest = latest.max(renewed_in);
        }
    }
    // Whichever may be reached next, or the last of those that have been.
    terms.renewed_in =
        if latest.is_zero() { soonest.min(Duration::from_hours(24 * 31)) } else { latest };
    terms
}

fn narrow(room: &mut Room, measure: Measure, left: u64) {
    let place = match measure {
        Measure::Bytes => &mut room.bytes,
        Measure::Requests => &mut room.requests,
        Measure::Cost => &mut room.cost_micros,
    };
    *place = Some(place.map_or(left, |least| least.min(left)));
}

#[cfg(test)]
mod tests {
    use model::spending::Period;

    use super::*;

    fn day(day: &str, bytes: u64) -> DaySpent {
        let spent = Spent { bytes, requests: 1, cost_nanos: 2_500 };
        DaySpent { subject: "x".to_owned(), day: day.parse().unwrap(), spent }
    }

    fn cap(measure: Measure, limit: u64, (period, action): (Period, CapAction)) -> Cap {
        Cap { measure, limit, period, action, status: 429 }
    }

    #[test]
    fn what_is_left_is_what_the_narrowest_cap_leaves() {
        let days = [day("2026-11-20T00:00:00Z", 30), day("2026-11-24T00:00:00Z", 20)];
        let days: Vec<_> = days.iter().collect();
        let now = "2026-11-24T18:00:00Z".parse().unwrap();
        let caps = [
            cap(Measure::Bytes, 100, (Period::Month, CapAction::Block)),
            cap(Measure::Bytes, 60, (Period::Week, CapAction::Interrupt)),
            cap(Measure::Bytes, 1, (Period::Day, CapAction::Alert)),
            Cap { status: 509, ..cap(Measure::Cost, 2, (Period::Day, CapAction::Block)) },
        ];
        let found = terms(&caps, &days, now);
        let block = Room { bytes: Some(40), requests: None, cost_micros: Some(0) };
        assert_eq!((found.block, found.status), (block, 509));
        assert_eq!(found.interrupt, Room { bytes: Some(40), ..Room::default() });
        // The money comes anew at midnight.
        assert_eq!(found.renewed_in, Duration::from_hours(6));
        let next = terms(&caps, &days, now + Duration::from_hours(6));
        assert_eq!(next.block.cost_micros, Some(2));
        assert_eq!(terms(&caps[2..3], &days, now).block, Room::default());
    }
}
