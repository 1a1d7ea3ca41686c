//! The exchanges that a node finished last.

use std::collections::VecDeque;
use std::sync::Arc;

use uuid::Uuid;

use crate::entry::Entry;
use crate::filter::Filter;

/// As many as fit into so many bytes.
#[derive(Debug)]
pub(crate) struct Ring {
    most: usize,
    bytes: usize,
    /// In the order of their ids.
    entries: VecDeque<Arc<Entry>>,
}

impl Ring {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, bytes: 0, entries: VecDeque::new() }
    }

    pub(crate) fn push(&mut self, entry: Arc<Entry>) {
        self.bytes += entry.weight();
        self.entries.push_back(entry);
        while self.bytes > self.most {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.weight();
        }
    }

    /// Those that fit, the newest first: at most `limit`, and only older ones than `before`.
    pub(crate) fn page(
        &self,
        filter: &Filter,
        before: Option<Uuid>,
        limit: usize,
    ) -> Vec<Arc<Entry>> {
        let end = before.map_or(self.entries.len(), |id| self.place(id));
        let older = self.entries.range(..end).rev();
        older.filter(|entry| filter.matches(entry)).take(limit).cloned().collect()
    }

    pub(crate) fn find(&self, id: Uuid) -> Option<Arc<Entry>> {
        self.entries.get(self.place(id)).filter(|entry| entry.id == id).cloned()
    }

    fn place(&self, id: Uuid) -> usize {
        self.entries.partition_point(|entry| entry.id < id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    fn entry(id: u128) -> Arc<Entry> {
        let exchange = if id.is_multiple_of(2) { samples::exchange() } else { samples::failure() };
        Arc::new(Entry::of(&exchange, Uuid::from_u128(id), &"node".into()))
    }

    #[test]
    fn the_oldest_make_room() {
        let mut ring = Ring::new(10 * entry(1).weight());
        (1..=25).for_each(|id| ring.push(entry(id)));
        let ids = |before: Option<u128>, limit| -> Vec<u128> {
            let page = ring.page(&Filter::default(), before.map(Uuid::from_u128), limit);
            page.iter().map(|entry| entry.id.as_u128()).collect()
        };
        assert_eq!(ids(None, 100), (16..=25).rev().collect::<Vec<_>>());
        assert_eq!(ids(None, 3), [25, 24, 23]);
        assert_eq!(ids(Some(23), 3), [22, 21, 20]);
        assert_eq!(ids(Some(16), 3), [0; 0]);
        assert_eq!(ids(Some(1_000), 1), [25]);
        assert!(ring.find(Uuid::from_u128(20)).is_some());
        assert!(ring.find(Uuid::from_u128(15)).is_none() && ring.bytes <= ring.most);
        let wanted = crate::Wanted { blame: Some("any".to_owned()), ..crate::Wanted::default() };
        let failures = ring.page(&Filter::parse(&wanted).unwrap(), None, 100);
        assert_eq!(failures.len(), 5);
    }
}
