//! The records of one project, in the order in which they came.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::Mutex;
use tokio::sync::watch;

use crate::record::Record;

/// There is no record.
pub(super) const NONE: u64 = u64::MAX;

/// The records of one project.
#[derive(Debug)]
pub(super) struct Folder {
    ring: Mutex<Ring>,
    /// The identifier of the oldest record, or [`NONE`]: read without the lock.
    oldest: AtomicU64,
    /// The identifier of the newest record there has been.
    newest: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Ring {
    records: VecDeque<Arc<Record>>,
    bytes: usize,
    /// Records that have gone.
    gone: u64,
}

/// What came since a place in the row of all records that a project ever had.
pub(super) struct Since {
    /// Where to go on from.
    pub(super) place: u64,
    /// Records that went before they were seen.
    pub(super) missed: u64,
    /// The next one.
    pub(super) record: Option<Arc<Record>>,
}

impl Default for Folder {
    fn default() -> Self {
        let newest = watch::Sender::new(0);
        Self { ring: Mutex::default(), oldest: AtomicU64::new(NONE), newest }
    }
}

impl Folder {
    /// Adds a record under the next number that is free: its identifier, and the bytes that went for it.
    pub(super) fn push(
        &self,
        mut record: Record,
        latest: &AtomicU64,
        (most_records, most_bytes): (usize, usize),
    ) -> (u64, usize) {
        let added = record.weight();
        let mut ring = self.ring.lock();
        // Under the lock, so that the ring is in the order of its numbers.
        let ended = record.ended_at();
        let free = |latest: u64| latest.max(ended - 1) + 1;
        let before = latest.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |l| Some(free(l)));
        let id = free(before.unwrap_or_else(|latest| latest));
        record.id = id;
        ring.records.push_back(Arc::new(record));
        ring.bytes += added;
        let mut removed = 0;
        while ring.records.len() > most_records || ring.bytes > most_bytes {
            removed += ring.pop();
        }
        self.note(&ring);
        drop(ring);
        self.newest.send_replace(id);
        (id, removed)
    }

    /// Takes the oldest record away: its bytes.
    pub(super) fn pop(&self) -> usize {
        let mut ring = self.ring.lock();
        let removed = ring.pop();
        self.note(&ring);
        removed
    }

    /// Takes all records away: how many, and their bytes.
    pub(super) fn clear(&self) -> (usize, usize) {
        let mut ring = self.ring.lock();
        let records = ring.records.len();
        let mut bytes = 0;
        while !ring.records.is_empty() {
            bytes += ring.pop();
        }
        self.note(&ring);
        (records, bytes)
    }

    pub(super) fn all(&self) -> VecDeque<Arc<Record>> {
        self.ring.lock().records.clone()
    }

    pub(super) fn find(&self, id: u64) -> Option<Arc<Record>> {
        let ring = self.ring.lock();
        let place = ring.records.binary_search_by_key(&id, |record| record.id).ok()?;
        ring.records.get(place).cloned()
    }

    pub(super) fn oldest(&self) -> u64 {
        self.oldest.load(Ordering::Relaxed)
    }

    pub(super) fn newest(&self) -> u64 {
        *self.newest.borrow()
    }

    /// Told when there is a newer record.
    pub(super) fn news(&self) -> watch::Receiver<u64> {
        self.newest.subscribe()
    }

    /// The place behind the record `after`, or behind the newest one.
    pub(super) fn place(&self, after: Option<u64>) -> u64 {
        let ring = self.ring.lock();
        let seen = match after {
            Some(after) => ring.records.partition_point(|record| record.id <= after),
            None => ring.records.len(),
        };
        ring.gone + seen as u64
    }

    pub(super) fn since(&self, place: u64) -> Since {
        let ring = self.ring.lock();
        let missed = ring.gone.saturating_sub(place);
        let at = place.max(ring.gone);
        let offset = usize::try_from(at - ring.gone).unwrap_or(usize::MAX);
        let record = ring.records.get(offset).cloned();
        Since { place: at + u64::from(record.is_some()), missed, record }
    }

    fn note(&self, ring: &Ring) {
        let oldest = ring.records.front().map_or(NONE, |record| record.id);
        self.oldest.store(oldest, Ordering::Relaxed);
    }
}

impl Ring {
    /// Takes the oldest record away: its bytes.
    fn pop(&mut self) -> usize {
        let Some(record) = self.records.pop_front() else { return 0 };
        let bytes = record.weight();
        self.bytes -= bytes;
        self.gone += 1;
        bytes
    }
}
