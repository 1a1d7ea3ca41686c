//! Something that people should know of: it opens, lasts, and is over.

use jiff::Timestamp;

use crate::id::{AlertId, ProjectId};
use crate::words;

words! {
    /// What it is about.
    pub enum AlertKind {
        /// A cap is used up to 80 %.
        CapNear = "cap_near",
        /// A cap is used up.
        CapReached = "cap_reached",
        /// Few of the exits that a project has enabled can be used.
        PoolShrank = "pool_shrank",
        /// Few of the exits of a connector work.
        ExitsUnhealthy = "exits_unhealthy",
        /// Many requests of a project fail because of exits.
        ExitsFailing = "exits_failing",
        /// A node does what another did, which had not given it up.
        LeaseTakenOver = "lease_taken_over",
        /// A node is gone and had not said so.
        NodeLost = "node_lost",
        /// Nodes are not in touch with each other: Redis does not answer.
        ClusterDegraded = "cluster_degraded",
        /// The database did not answer for a while.
        DatabaseAway = "database_away",
    }
}

words! {
    /// How bad it is.
    pub enum Severity {
        /// Good to know.
        Info = "info",
        /// Something should be done.
        Warning = "warning",
        /// Something has to be done now.
        Critical = "critical",
    }
}

words! {
    /// What kind of thing an alert is about.
    pub enum SubjectKind {
        /// A project.
        Project = "project",
        /// A connector.
        Connector = "connector",
        /// A node.
        Node = "node",
        /// A lease.
        Lease = "lease",
        /// What all nodes share.
        Installation = "installation",
    }
}

/// What an alert is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// What kind of thing.
    pub kind: SubjectKind,
    /// Which one: an identifier, or the name of a node or lease.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// What is wrong, whoever finds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// What it is about.
    pub kind: AlertKind,
    /// Of all alerts of a kind with the same key one is open at most.
    pub key: String,
    /// How bad it is.
    pub severity: Severity,
    /// The project it belongs to; `None`: the installation.
    pub project: Option<ProjectId>,
    /// What is wrong.
    pub subject: Subject,
    /// One sentence for people, nothing secret.
    pub text: String,
    /// It opens once only since then, even if it was over meanwhile.
    pub once_since: Option<Timestamp>,
}

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Its identifier, in the order of opening.
    pub id: AlertId,
    /// What it is about.
    pub kind: AlertKind,
    /// Of all alerts of a kind with the same key one is open at most.
    pub key: String,
    /// How bad it is.
    pub severity: Severity,
    /// The project it belongs to; `None`: the installation.
    pub project: Option<ProjectId>,
    /// What is wrong.
    pub subject: Subject,
    /// One sentence for people.
    pub text: String,
    /// When it was found.
    pub opened_at: Timestamp,
    /// When it was last found to last; within a minute.
    pub last_seen_at: Timestamp,
    /// How often it was found, once a minute at most.
    pub count: u64,
    /// When it was over; `None`: it lasts.
    pub resolved_at: Option<Timestamp>,
    /// When somebody said that they know.
    pub acknowledged_at: Option<Timestamp>,
    /// What they are called.
    pub acknowledged_by: Option<String>,
}
