//! What a project or a connector has used, and where it has to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::time::Duration;

use model::{Prices, Spent};
use tokio::time::Instant;

use crate::moment::millis;

/// 10^-15 of the currency in a unit of the sum: it lasts for millions.
const UNIT: u128 = 1_000;

/// What a project or a connector has used since this node began to look, and at how much of it
/// something happens: requests read it, and whoever knows what the other nodes used sets it. Bytes
/// and requests are counted where there is a cap, cost where there is a price.
#[derive(Debug)]
pub struct Tab {
    bytes: AtomicU64,
    requests: AtomicU64,
    /// In 10^-12 of the currency.
    cost: AtomicU64,
    /// Here requests are refused.
    block: Stops,
    /// Here tunnels are ended.
    interrupt: Stops,
    status: AtomicU16,
    /// When the earliest of its limits that has been reached begins anew, in milliseconds.
    until: AtomicU64,
}

/// Three numbers that are not to be reached.
#[derive(Debug)]
struct Stops([AtomicU64; 3]);

/// How much more there may be, of each of what is limited; `None`: as much as there is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Room {
    /// Bytes.
    pub bytes: Option<u64>,
    /// Requests.
    pub requests: Option<u64>,
    /// 10^-6 of the currency.
    pub cost_micros: Option<u64>,
}

/// What happens where a tab ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// Until requests are refused.
    pub block: Room,
    /// Until tunnels are ended.
    pub interrupt: Room,
    /// What refused clients are answered.
    pub status: u16,
    /// Until a limit that has been reached begins anew.
    pub renewed_in: Duration,
}

/// A limit that has been reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reached {
    /// What refused clients are answered.
    pub status: u16,
    /// When it begins anew.
    pub retry_after: Duration,
}

impl Default for Tab {
    fn default() -> Self {
        Self {
            bytes: AtomicU64::new(0),
            requests: AtomicU64::new(0),
            cost: AtomicU64::new(0),
            block: Stops::default(),
            interrupt: Stops::default(),
            status: AtomicU16::new(509),
            until: AtomicU64::new(0),
        }
    }
}

impl Default for Stops {
    fn default() -> Self {
        Self([const { AtomicU64::new(u64::MAX) }; 3])
    }
}

impl Tab {
    /// What has been used up to now.
    #[must_use]
    pub fn spent(&self) -> Spent {
        let [bytes, requests, cost] = self.read();
        Spent { bytes, requests, cost_nanos: cost / 1_000 }
    }

    /// Sets how much more there may be than there was when `spent` was read.
    pub fn set(&self, spent: &Spent, terms: &Terms, now: Instant) {
        self.status.store(terms.status, Ordering::Relaxed);
        self.until.store(millis(now + terms.renewed_in), Ordering::Relaxed);
        self.block.set(spent, &terms.block);
        self.interrupt.set(spent, &terms.interrupt);
    }

    /// Whether requests are refused.
    pub(crate) fn reached(&self, now: Instant) -> Option<Reached> {
        if !self.block.are_reached(self) {
            return None;
        }
        let left = self.until.load(Ordering::Relaxed).saturating_sub(millis(now));
        let retry_after = Duration::from_millis(left.max(1_000));
        Some(Reached { status: self.status.load(Ordering::Relaxed), retry_after })
    }

    /// Whether tunnels are ended.
    pub(crate) fn interrupts(&self) -> bool {
        self.interrupt.are_reached(self)
    }

    pub(crate) fn count_bytes(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
    }

    fn count_cost(&self, cost: u64) {
        self.cost.fetch_add(cost, Ordering::Relaxed);
    }

    fn read(&self) -> [u64; 3] {
        [&self.bytes, &self.requests, &self.cost].map(|number| number.load(Ordering::Relaxed))
    }
}

impl Stops {
    fn set(&self, spent: &Spent, room: &Room) {
        let cost = room.cost_micros.map(|micros| micros.saturating_mul(1_000_000));
        let spent = [spent.bytes, spent.requests, spent.cost_nanos.saturating_mul(1_000)];
        let room = [room.bytes, room.requests, cost];
        for (stop, (spent, room)) in self.0.iter().zip(spent.into_iter().zip(room)) {
            let at = room.map_or(u64::MAX, |room| spent.saturating_add(room));
            stop.store(at, Ordering::Relaxed);
        }
    }

    fn are_reached(&self, tab: &Tab) -> bool {
        let stops = self.0.iter().zip(tab.read());
        stops.into_iter().any(|(stop, spent)| spent >= stop.load(Ordering::Relaxed))
    }
}

/// The tab of a connector, and where its cost goes besides; most connectors have neither caps nor
/// prices, and none of these.
#[derive(Debug)]
pub(crate) struct Bill {
    pub(crate) tab: Arc<Tab>,
    project: Arc<Tab>,
    prices: Prices,
    is_capped: bool,
}

impl Bill {
    pub(crate) fn new(
        tab: Arc<Tab>,
        project: Arc<Tab>,
        (prices, is_capped): (Prices, bool),
    ) -> Self {
        Self { tab, project, prices, is_capped }
    }

    pub(crate) fn count_bytes(&self, bytes: u64) {
        if self.is_capped {
            self.tab.count_bytes(bytes);
        }
        if self.prices.per_gb > 0 {
            self.count_cost(self.prices.of(bytes, 0));
        }
    }

    pub(crate) fn count_request(&self) {
        if self.is_capped {
            self.tab.count_request();
        }
        if self.prices.per_request > 0 {
            self.count_cost(self.prices.of(0, 1));
        }
    }

    /// The limit of the connector, where it has been reached.
    pub(crate) fn reached(&self, now: Instant) -> Option<Reached> {
        if self.is_capped { self.tab.reached(now) } else { None }
    }

    pub(crate) fn interrupts(&self) -> bool {
        self.is_capped && self.tab.interrupts()
    }

    fn count_cost(&self, cost: u128) {
        let cost = u64::try_from(cost / UNIT).unwrap_or(u64::MAX);
        self.tab.count_cost(cost);
        self.project.count_cost(cost);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(block: Room) -> Terms {
        let interrupt = Room::default();
        Terms { block, interrupt, status: 429, renewed_in: Duration::from_mins(1) }
    }

    #[tokio::test]
    async fn own_bytes_count_at_once_and_those_of_others_when_they_are_told() {
        let (tab, now) = (Tab::default(), Instant::now());
        millis(now);
        tab.count_bytes(100);
        assert_eq!(tab.reached(now), None);
        let before = tab.spent();
        tab.count_bytes(30);
        tab.set(&before, &terms(Room { bytes: Some(50), ..Room::default() }), now);
        assert_eq!(tab.reached(now), None);
        tab.count_bytes(20);
        let reached = tab.reached(now).unwrap();
        assert_eq!(reached.status, 429);
        assert!(reached.retry_after > Duration::from_secs(50) && !tab.interrupts());
        // Another period.
        tab.set(&tab.spent(), &terms(Room { bytes: Some(50), ..Room::default() }), now);
        assert_eq!(tab.reached(now), None);
    }

    #[tokio::test]
    async fn a_price_is_charged_to_the_connector_and_to_its_project() {
        let now = Instant::now();
        let (tab, project) = (Arc::<Tab>::default(), Arc::<Tab>::default());
        let prices = Prices { per_gb: 3_500_000, per_request: 7, per_proxy_month: 0 };
        let bill = Bill::new(Arc::clone(&tab), Arc::clone(&project), (prices, false));
        for _ in 0..1_000 {
            bill.count_bytes(1_000_001);
            bill.count_request();
        }
        for tab in [&tab, &project] {
            assert_eq!(tab.spent(), Spent { cost_nanos: 3_507_003_500, ..Spent::default() });
        }
        let room = Room { cost_micros: Some(1), ..Room::default() };
        project.set(&project.spent(), &terms(room), now);
        assert_eq!(project.reached(now), None);
        bill.count_request();
        assert!(project.reached(now).is_some());
    }
}
