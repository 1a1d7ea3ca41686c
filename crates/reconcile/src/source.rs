//! Where the configuration comes from and usage goes to: the database, or nodes that have one.

mod call;
mod control;
mod peers;

use std::cmp::Ordering;

use jiff::Timestamp;
use model::{Configuration, Revision, words};
use store::sealed::usage::UsageBatch;
use store::usage::DaySpent;
use store::{Store, configuration, usage};

use crate::error::ReconcileError;
use crate::tasks::Parts;
use control::Control;
pub use peers::Peers;

words! {
    /// Where a roster came from.
    pub enum Origin {
        /// The database, which this node reads itself.
        Database = "database",
        /// A control node.
        Control = "control",
        /// The copy on this node's disk.
        Copy = "copy",
    }
}

/// What the roster of requests is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Provenance {
    /// Where it came from.
    pub origin: Origin,
    /// When it was last known to be the latest.
    pub confirmed_at: Timestamp,
}

/// The database, or nodes that have one.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    Database(Store),
    Control(Control),
}

/// What this node knows, and what it wants to hear.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    /// The revision it has; `None`: nothing that changes could be applied to.
    pub(crate) known: Option<Revision>,
    /// If there is anything new, all of it, and not what has changed.
    pub(crate) all: bool,
    /// Whether an answer may wait for news.
    pub(crate) waits: bool,
}

impl Source {
    pub(crate) fn of(parts: &Parts) -> Self {
        let urls = &parts.settings.control_urls;
        if urls.is_empty() {
            return Self::Database(parts.store.clone());
        }
        Self::Control(Control::new(urls, parts.dialer.clone(), parts.store.vault().clone()))
    }

    pub(crate) fn origin(&self) -> Origin {
        match self {
            Self::Database(_) => Origin::Database,
            Self::Control(_) => Origin::Control,
        }
    }

    /// Whether an answer that nothing is new took as long as it could, so that one may ask again at
    /// once.
    pub(crate) fn waits_for_news(&self) -> bool {
        matches!(self, Self::Control(_))
    }

    /// What is new; `None`: nothing.
    pub(crate) async fn newer(
        &self,
        wanted: Wanted,
    ) -> Result<Option<Configuration>, ReconcileError> {
        match self {
            Self::Database(store) => newer(store, wanted).await,
            Self::Control(control) => Ok(control.newer(wanted).await?),
        }
    }

    /// Adds a batch of usage, once however often it is sent. True: it had not been there.
    pub(crate) async fn add_usage(&self, batch: &UsageBatch) -> Result<bool, ReconcileError> {
        let UsageBatch { boot, sequence, .. } = batch;
        match self {
            Self::Database(store) => Ok(usage::add(store, *boot, *sequence, batch.rows()).await?),
            Self::Control(control) => Ok(control.add_usage(batch).await?),
        }
    }

    /// What all nodes have written down for these projects and connectors, day by day.
    pub(crate) async fn spent(
        &self,
        subjects: &[String],
        since: Timestamp,
    ) -> Result<Vec<DaySpent>, ReconcileError> {
        match self {
            Self::Database(store) => Ok(usage::spent(store, subjects, since).await?),
            Self::Control(control) => Ok(control.spent(subjects, since).await?),
        }
    }
}

async fn newer(store: &Store, wanted: Wanted) -> Result<Option<Configuration>, ReconcileError> {
    let since = match wanted.known {
        None => None,
        Some(known) => match store.revision().await?.cmp(&known) {
            Ordering::Equal => return Ok(None),
            Ordering::Greater => Some(known).filter(|_| !wanted.all),
            // An older state of the database has been restored: changes lead nowhere.
            Ordering::Less => None,
        },
    };
    Ok(Some(configuration::load(store, since).await?))
}
