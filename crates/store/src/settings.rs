//! Where the database is, and how much of it a node may use.

use std::time::Duration;

use crate::usage::Kept;

/// Where the database is, and how much of it a node may use.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `sqlite:///path/to/file.db` or `postgres://user:password@host/name?sslmode=..`.
    pub url: model::Secret,
    /// Connections at most.
    pub pool_size: u32,
    /// For a connection to become free; after it the call fails as unavailable.
    pub acquire_timeout: Duration,
    /// For how long usage is kept how fine.
    pub usage_kept: Kept,
}

impl Settings {
    /// The database at `url`, with ten connections and two seconds of patience.
    #[must_use]
    pub fn new(url: impl Into<model::Secret>) -> Self {
        Self {
            url: url.into(),
            pool_size: 10,
            acquire_timeout: Duration::from_secs(2),
            usage_kept: Kept::default(),
        }
    }
}
