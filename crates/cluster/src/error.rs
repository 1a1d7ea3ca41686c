//! `ClusterError`.

/// Why Redis could not be asked, or what is wrong with its settings. The text never shows a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The address of Redis cannot be understood.
    #[error("the address of redis {0}")]
    BadUrl(&'static str),
    /// The certificates that were given do not fit the address, or cannot be read.
    #[error("TLS to redis cannot be set up")]
    Tls(#[source] redis::RedisError),
    /// There is no connection now; one is being made in the background.
    #[error("redis is away")]
    Away,
    /// No answer came in time, or so few did lately that Redis is spared the question.
    #[error("redis did not answer in time")]
    Slow,
    /// No connection could be made.
    #[error("redis could not be reached")]
    Connect(#[source] redis::RedisError),
    /// Redis refused, or the connection broke.
    #[error("redis could not be asked")]
    Ask(#[source] redis::RedisError),
    /// What is to be told cannot be written.
    #[error("a message to other nodes could not be written")]
    Write(#[source] serde_json::Error),
}

/// What everything here returns.
pub(crate) type Result<T, E = ClusterError> = std::result::Result<T, E>;
