//! What this node's data plane sees now, for people to read.

use std::time::Duration;

use cluster::Member;
use jiff::Timestamp;
use model::{ConnectorId, Counters, Health, ProjectId, ProxyId, Revision};

/// What this node's data plane sees now. Readings are of this node alone, since its start.
pub trait Live: Send + Sync {
    /// The state of an exit; `None` while it is in no roster.
    fn health(&self, proxy: ProxyId) -> Option<Health>;
    /// What went through an exit.
    fn proxy(&self, proxy: ProxyId) -> Counters;
    /// What went through a connector.
    fn connector(&self, connector: ConnectorId) -> Counters;
    /// What a project asked for.
    fn project(&self, project: ProjectId) -> Counters;
    /// Lets an exit rest, or with `None` ends its rest. False: it is in no roster.
    fn quarantine(&self, proxy: ProxyId, rest: Option<Duration>) -> bool;
    /// The revision that requests are served from.
    fn revision(&self) -> Revision;
    /// Where the roster came from; `None`: there is none yet.
    fn roster(&self) -> Option<RosterSource>;
    /// How many exits the roster has.
    fn exits(&self) -> usize;
    /// How many exits are each of these nodes' to probe.
    fn exits_owned(&self, members: &[Member]) -> Vec<usize>;
    /// What each background task did last.
    fn tasks(&self) -> Vec<TaskStatus>;
}

/// Where a roster came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RosterSource {
    /// `database`, `control` or `copy`.
    pub origin: &'static str,
    /// When it was last known to be the latest.
    pub confirmed_at: Timestamp,
}

/// What a background task did last.
#[derive(Debug, Clone)]
pub struct TaskStatus {
    /// Its name.
    pub name: String,
    /// When it last ended.
    pub ended_at: Option<Timestamp>,
    /// What it said then.
    pub outcome: String,
    /// How often it ran.
    pub runs: u64,
    /// How often it failed.
    pub failures: u64,
    /// How often it failed since it last succeeded.
    pub consecutive_failures: u64,
}

/// Whether traffic may be sent here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// The first roster is not there yet.
    Starting,
    /// Yes.
    Ready,
    /// No more: the node is about to end.
    Draining,
}
