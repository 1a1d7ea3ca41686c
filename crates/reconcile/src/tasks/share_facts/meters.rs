//! How many facts were told and heard.

use metrics::{Counter, counter};

pub(super) struct Meters {
    rests: Pair,
    marks: Pair,
    bindings: Pair,
    verdicts: Pair,
}

struct Pair {
    told: Counter,
    heard: Counter,
}

impl Meters {
    pub(super) fn new() -> Self {
        let count = |kind, direction| counter!("octoprox_facts_total", "kind" => kind, "direction" => direction);
        let pair = |kind| Pair { told: count(kind, "told"), heard: count(kind, "heard") };
        Self {
            rests: pair("rest"),
            marks: pair("mark"),
            bindings: pair("binding"),
            verdicts: pair("verdict"),
        }
    }

    pub(super) fn told_rests(&self, count: usize) {
        self.rests.told.increment(count as u64);
    }

    pub(super) fn heard_rests(&self, count: usize) {
        self.rests.heard.increment(count as u64);
    }

    pub(super) fn told_marks(&self, count: usize) {
        self.marks.told.increment(count as u64);
    }

    pub(super) fn heard_marks(&self, count: usize) {
        self.marks.heard.increment(count as u64);
    }

    pub(super) fn told_bindings(&self, count: usize) {
        self.bindings.told.increment(count as u64);
    }

    pub(super) fn heard_bindings(&self, count: usize) {
        self.bindings.heard.increment(count as u64);
    }

    pub(super) fn told_verdicts(&self, count: usize) {
        self.verdicts.told.increment(count as u64);
    }

    pub(super) fn heard_verdicts(&self, count: usize) {
        self.verdicts.heard.increment(count as u64);
    }
}
