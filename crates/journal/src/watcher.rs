//! Watching exchanges as they finish.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::entry::Entry;
use crate::filter::{Filter, Wanted};

/// Exchanges that wait for a reader.
const KEPT: usize = 1_000;

/// Sees exchanges as they finish on any node. What comes while there is no room is counted and gone.
#[derive(Debug)]
pub struct Watcher {
    queue: Arc<Queue>,
    watchers: Arc<Watchers>,
}

/// What a watcher sees.
#[derive(Debug, Clone)]
pub enum Seen {
    /// An exchange has finished.
    Entry(Arc<Entry>),
    /// So many that are wanted went by unseen: too many at once, or read too slowly.
    Missed {
        /// The node that served them.
        node: Arc<str>,
        /// How many.
        count: u64,
    },
}

/// Everybody on this node who watches.
#[derive(Debug, Default)]
pub(crate) struct Watchers {
    queues: Mutex<Vec<Weak<Queue>>>,
    /// Somebody came or went.
    pub(crate) changed: Notify,
}

#[derive(Debug)]
struct Queue {
    wanted: Wanted,
    filter: Filter,
    waiting: Mutex<Waiting>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    entries: VecDeque<Arc<Entry>>,
    missed: BTreeMap<Arc<str>, u64>,
}

// === impl Watcher ===

impl Watcher {
    pub(crate) fn new(watchers: &Arc<Watchers>, wanted: Wanted, filter: Filter) -> Self {
        let (waiting, news) = (Mutex::default(), Notify::new());
        let queue = Arc::new(Queue { wanted, filter, waiting, news });
        watchers.queues.lock().push(Arc::downgrade(&queue));
        watchers.changed.notify_one();
        Self { queue, watchers: Arc::clone(watchers) }
    }

    /// Waits for the next exchange. Nothing is lost when the waiting is given up.
    pub async fn next(&mut self) -> Seen {
        loop {
            if let Some(seen) = self.look() {
                return seen;
            }
            self.queue.news.notified().await;
        }
    }

    /// What has come by now; what was missed comes first.
    pub fn look(&mut self) -> Option<Seen> {
        let mut waiting = self.queue.waiting.lock();
        if let Some((node, count)) = waiting.missed.pop_first() {
            return Some(Seen::Missed { node, count });
        }
        waiting.entries.pop_front().map(Seen::Entry)
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let own = Arc::as_ptr(&self.queue);
        self.watchers.queues.lock().retain(|queue| !std::ptr::eq(queue.as_ptr(), own));
        self.watchers.changed.notify_one();
    }
}

// === impl Watchers ===

impl Watchers {
    /// Shows them exchanges. Never waits.
    pub(crate) fn show(&self, entries: &[Arc<Entry>]) {
        for queue in self.queues.lock().iter().filter_map(Weak::upgrade) {
            queue.show(entries);
        }
    }

    /// A node could not show all of what was wanted here.
    pub(crate) fn missed(&self, node: &Arc<str>, count: u64) {
        for queue in self.queues.lock().iter().filter_map(Weak::upgrade) {
            *queue.waiting.lock().missed.entry(Arc::clone(node)).or_default() += count;
            queue.news.notify_one();
        }
    }

    /// What they want, each once.
    pub(crate) fn wanted(&self) -> Vec<Wanted> {
        let mut wanted: Vec<Wanted> = Vec::new();
        for queue in self.queues.lock().iter().filter_map(Weak::upgrade) {
            if !wanted.contains(&queue.wanted) {
                wanted.push(queue.wanted.clone());
            }
        }
        wanted
    }
}

// === impl Queue ===

impl Queue {
    fn show(&self, entries: &[Arc<Entry>]) {
        let mut waiting = self.waiting.lock();
        for entry in entries.iter().filter(|entry| self.filter.matches(entry)) {
            if waiting.entries.len() < KEPT {
                waiting.entries.push_back(Arc::clone(entry));
            } else {
                *waiting.missed.entry(Arc::clone(&entry.node)).or_default() += 1;
            }
        }
        let has_news = !waiting.entries.is_empty() || !waiting.missed.is_empty();
        drop(waiting);
        if has_news {
            self.news.notify_one();
        }
    }
}
