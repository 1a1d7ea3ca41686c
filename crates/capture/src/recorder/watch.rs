//! Watching the records of a project as they come.

use std::sync::Arc;

use tokio::sync::watch;

use super::folder::Folder;
use crate::record::Record;

/// Sees the records of a project as they come. It holds none of them: who is slow finds that some
/// have gone, and is told how many.
#[derive(Debug)]
pub struct Watcher {
    folder: Arc<Folder>,
    news: watch::Receiver<u64>,
    place: u64,
}

/// What a watcher sees.
#[derive(Debug, Clone)]
pub enum Seen {
    /// The next record.
    Record(Arc<Record>),
    /// So many records came and went unseen.
    Missed(u64),
}

impl Watcher {
    pub(super) fn new(folder: Arc<Folder>, after: Option<u64>) -> Self {
        let news = folder.news();
        let place = folder.place(after);
        Self { folder, news, place }
    }

    /// Waits for the next record. Nothing is lost when the waiting is given up.
    pub async fn next(&mut self) -> Seen {
        loop {
            // Before the look, so that nothing falls between the two.
            self.news.mark_unchanged();
            if let Some(seen) = self.look() {
                return seen;
            }
            // The folder, which this holds, has the other end.
            let _changed = self.news.changed().await;
        }
    }

    /// What has come by now.
    pub fn look(&mut self) -> Option<Seen> {
        let since = self.folder.since(self.place);
        if since.missed > 0 {
            self.place += since.missed;
            return Some(Seen::Missed(since.missed));
        }
        self.place = since.place;
        since.record.map(Seen::Record)
    }
}
