//! `StoreError`: what went wrong, and whose it is to mend.

use model::Version;

/// What went wrong, and whose it is to mend.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such row.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Somebody else has written the row since it was read.
    #[error("it has been changed meanwhile: its version is now {current}")]
    Conflict {
        /// The version it has now.
        current: Version,
    },
    /// Another row has this value already.
    #[error("{field} is already taken")]
    Duplicate {
        /// What must be unique.
        field: &'static str,
    },
    /// The row cannot go while others refer to it.
    #[error("it is still used by a {by}")]
    InUse {
        /// What refers to it.
        by: &'static str,
    },
    /// The request cannot be carried out as it is.
    #[error("{field} {why}")]
    Invalid {
        /// What is wrong.
        field: &'static str,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Another holder has been elected since: nothing was written, and nothing is to be.
    #[error("another node has been elected meanwhile")]
    Fenced,
    /// The settings do not lead to a database.
    #[error("the database cannot be used: {0}")]
    Unusable(String),
    /// The secret key is not the one this database was written with.
    #[error("the secret key does not open this database: it was written with another one")]
    WrongKey,
    /// What another node has sealed, or this one long ago, does not open with this secret key.
    #[error("it was sealed with another secret key than this node has")]
    SealedElsewhere,
    /// The database does not answer, or not in time.
    #[error("the database is not available")]
    Unavailable(#[source] sqlx::Error),
    /// A row does not hold what this program writes: it was edited by hand, or by a newer version.
    #[error("the database holds a {what} that cannot be read: {why}")]
    Corrupt {
        /// Which noun.
        what: &'static str,
        /// Why, without the value.
        why: String,
    },
}

impl StoreError {
    /// A row that cannot be read.
    pub(crate) fn corrupt(what: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Corrupt { what, why: why.to_string() }
    }
}

impl From<sqlx::Error> for StoreError {
    /// Sorts out what the database says. Its texts may quote values, so none of them is passed on
    /// but through `source`, which is for the log of the operator of the database.
    fn from(error: sqlx::Error) -> Self {
        let Some(database) = error.as_database_error() else {
            return Self::Unavailable(error);
        };
        if database.is_unique_violation() {
            let named = database.constraint().unwrap_or_else(|| database.message());
            return Self::Duplicate { field: field_of(named) };
        }
        if database.is_foreign_key_violation() {
            return Self::NotFound("parent");
        }
        Self::Unavailable(error)
    }
}

/// The field behind a constraint: `projects_username` in Postgres, and in `SQLite` a message that
/// ends in `projects.username`.
fn field_of(constraint: &str) -> &'static str {
    let fields = ["username", "email", "fingerprint", "endpoint", "name"];
    let found = fields.into_iter().find(|field| constraint.contains(field)).unwrap_or("id");
    if found == "fingerprint" { "endpoint" } else { found }
}
