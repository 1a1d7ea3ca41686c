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
    /// For a statement; a server that does not answer anybody is given up after two seconds. Loading
    /// everything may take five times as long, and migrations take what they take.
    pub statement_timeout: Duration,
    /// A connection that is older is closed when it is free.
    pub max_lifetime: Duration,
    /// A connection that nobody has used for so long is closed.
    pub idle_timeout: Duration,
    /// For how long usage is kept how fine.
    pub usage_kept: Kept,
}

impl Settings {
    /// The database at `url`, with ten connections, two seconds to wait for one, a minute a statement.
    #[must_use]
    pub fn new(url: impl Into<model::Secret>) -> Self {
        Self {
            url: url.into(),
            pool_size: 10,
            acquire_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_mins(1),
            max_lifetime: Duration::from_mins(30),
            idle_timeout: Duration::from_mins(10),
            usage_kept: Kept::default(),
        }
    }
}
