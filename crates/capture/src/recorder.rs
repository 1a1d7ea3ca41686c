//! `Recorder`: what is kept of all projects, within bounds.

mod folder;
pub(crate) mod watch;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use jiff::Timestamp;
use model::{Inspection, ProjectId};
use parking_lot::RwLock;

use crate::error::Refused;
use crate::filter::Filter;
use crate::record::Record;
use folder::Folder;
use watch::Watcher;

/// How much is kept, whatever projects ask for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of a project's records: 64 MiB.
    pub project_bytes: usize,
    /// Bytes of all records: 256 MiB.
    pub node_bytes: usize,
    /// Projects that have records: 1000.
    pub projects: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { project_bytes: 64 << 20, node_bytes: 256 << 20, projects: 1000 }
    }
}

/// What is kept of all projects on this node, within bounds. Shared between the planes; a project's
/// records are behind a lock of their own, which nobody holds for longer than it takes to copy
/// references to them.
#[derive(Debug)]
pub struct Recorder {
    limits: Limits,
    /// The identifier that was given last.
    latest: AtomicU64,
    bytes: AtomicUsize,
    folders: RwLock<HashMap<ProjectId, Arc<Folder>>>,
}

impl Recorder {
    /// With nothing in it. Identifiers are the microsecond at which an exchange ended, or the next that
    /// is free: those of an earlier run are smaller, and those of several nodes about in order.
    #[must_use]
    pub fn new(limits: Limits, started_at: Timestamp) -> Self {
        let first = u64::try_from(started_at.as_microsecond()).unwrap_or_default().max(1);
        Self {
            limits,
            latest: AtomicU64::new(first - 1),
            bytes: AtomicUsize::new(0),
            folders: RwLock::default(),
        }
    }

    /// Whether an exchange is to be recorded: by chance, 0-999, each as likely as the others.
    #[must_use]
    pub fn wants(inspection: &Inspection, chance: u16) -> bool {
        chance < inspection.permille
    }

    /// Keeps a record, and of its project's the latest `keep` at most; what was kept for longest
    /// makes room. The identifier that it got; `None`: every project there is room for is watched.
    pub fn keep(&self, keep: u32, record: Record) -> Option<u64> {
        let folder = self.folder(record.project)?;
        let most = (keep as usize, self.limits.project_bytes);
        // First, so that whoever takes it away finds it counted.
        self.bytes.fetch_add(record.weight(), Ordering::Relaxed);
        let (id, removed) = folder.push(record, &self.latest, most);
        self.bytes.fetch_sub(removed, Ordering::Relaxed);
        while self.bytes.load(Ordering::Relaxed) > self.limits.node_bytes {
            if !self.drop_oldest() {
                break;
            }
        }
        Some(id)
    }

    /// Records of a project that fit, the newest first: at most `limit`, and only older ones than
    /// `before`.
    #[must_use]
    pub fn list(
        &self,
        project: ProjectId,
        filter: &Filter,
        before: Option<u64>,
        limit: usize,
    ) -> Vec<Arc<Record>> {
        let Some(folder) = self.known(project) else { return Vec::new() };
        let all = folder.all();
        let older = all.iter().rev().filter(|record| before.is_none_or(|id| record.id < id));
        older.filter(|record| filter.matches(record)).take(limit).cloned().collect()
    }

    /// Records of a project that fit, the oldest first: at most `limit`, and only newer ones than
    /// `after`.
    #[must_use]
    pub fn next(
        &self,
        project: ProjectId,
        filter: &Filter,
        after: u64,
        limit: usize,
    ) -> Vec<Arc<Record>> {
        let Some(folder) = self.known(project) else { return Vec::new() };
        let all = folder.all();
        let newer = all.iter().skip(all.partition_point(|record| record.id <= after));
        newer.filter(|record| filter.matches(record)).take(limit).cloned().collect()
    }

    /// A record of a project.
    #[must_use]
    pub fn find(&self, project: ProjectId, id: u64) -> Option<Arc<Record>> {
        self.known(project)?.find(id)
    }

    /// Forgets the records of a project: how many there were.
    pub fn clear(&self, project: ProjectId) -> usize {
        let Some(folder) = self.known(project) else { return 0 };
        let (records, bytes) = folder.clear();
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        records
    }

    /// Waits for the records of a project from now on, or from behind the record `after` on, as far
    /// as they are still here.
    ///
    /// # Errors
    /// When there is no room for a project more.
    pub fn watch(&self, project: ProjectId, after: Option<u64>) -> Result<Watcher, Refused> {
        let folder = self.folder(project).ok_or(Refused)?;
        Ok(Watcher::new(folder, after))
    }

    /// Bytes that records hold, about.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    fn known(&self, project: ProjectId) -> Option<Arc<Folder>> {
        self.folders.read().get(&project).cloned()
    }

    /// The folder of a project; a new one takes the place of the one that has been left alone for
    /// longest, unless somebody watches it.
    fn folder(&self, project: ProjectId) -> Option<Arc<Folder>> {
        if let Some(folder) = self.known(project) {
            return Some(folder);
        }
        let mut folders = self.folders.write();
        if !folders.contains_key(&project) && folders.len() >= self.limits.projects {
            let unused = folders.iter().filter(|(_, folder)| Arc::strong_count(folder) == 1);
            let oldest = unused.min_by_key(|(_, folder)| folder.newest()).map(|(id, _)| *id)?;
            let (_records, bytes) = folders.remove(&oldest)?.clear();
            self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        Some(Arc::clone(folders.entry(project).or_default()))
    }

    /// False: there is none.
    fn drop_oldest(&self) -> bool {
        let folders = self.folders.read();
        let filled = folders.values().filter(|folder| folder.oldest() != folder::NONE);
        let Some(folder) = filled.min_by_key(|folder| folder.oldest()) else { return false };
        self.bytes.fetch_sub(folder.pop(), Ordering::Relaxed);
        true
    }
}
