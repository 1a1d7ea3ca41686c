//! Exits that work, or do not, as probes found out: here, or at a peer.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use cluster::Verdict;
use model::ProxyId;
use rotation::Ledger;
use tokio::time::Instant;

pub(super) struct Verdicts {
    ledger: Arc<Ledger>,
    /// Exits that do not work, whoever found out. Whoever probes them next may be another node than
    /// the one that said so.
    dead: HashSet<ProxyId>,
    unsaid: HashMap<ProxyId, bool>,
}

// === impl Verdicts ===

impl Verdicts {
    pub(super) fn new(ledger: Arc<Ledger>) -> Self {
        Self { ledger, dead: HashSet::new(), unsaid: HashMap::new() }
    }

    /// A probe of this node has decided; only changes are told.
    pub(super) fn saw(&mut self, verdict: Verdict) {
        if self.note(verdict) {
            self.unsaid.insert(verdict.proxy, verdict.works);
        }
    }

    /// What peers say; how much of it is news.
    pub(super) fn hear(&mut self, verdicts: &[Verdict], now: Instant) -> usize {
        let news = verdicts.iter().filter(|verdict| {
            self.unsaid.remove(&verdict.proxy);
            let is_known = self.ledger.believe(verdict.proxy, verdict.works, now, rand::random());
            is_known && self.note(**verdict)
        });
        news.count()
    }

    fn note(&mut self, Verdict { proxy, works }: Verdict) -> bool {
        if works { self.dead.remove(&proxy) } else { self.dead.insert(proxy) }
    }

    /// Exits may be gone.
    pub(super) fn roster_changed(&mut self, now: Instant) {
        self.dead.retain(|proxy| self.ledger.health(*proxy, now).is_some());
    }

    pub(super) fn has_unsaid(&self) -> bool {
        !self.unsaid.is_empty()
    }

    pub(super) fn unsaid(&self) -> Vec<Verdict> {
        let verdict = |(proxy, works): (&ProxyId, &bool)| Verdict { proxy: *proxy, works: *works };
        self.unsaid.iter().map(verdict).collect()
    }

    /// They are said, or too old to be.
    pub(super) fn forget_unsaid(&mut self) {
        self.unsaid.clear();
    }
}
