//! A transaction that carries the next revision.

use std::sync::Arc;

use jiff::Timestamp;
use model::{Clock, Revision, Version};
use sqlx::SqlSafeStr;

use crate::arguments::{Argument, arguments};
use crate::database::{Row, Transaction};
use crate::error::StoreError;
use crate::vault::Vault;

/// A transaction that carries the next revision. Dropped, it changes nothing.
#[must_use = "a change that is not committed changes nothing"]
pub struct Change {
    transaction: Transaction,
    vault: Arc<Vault>,
    revision: Revision,
    now: Timestamp,
}

impl Change {
    /// Takes the next revision. The row it is taken from stays locked until the end, so changes
    /// follow one another, and a revision that can be read has no earlier one still to come.
    pub(crate) async fn begin(
        mut transaction: Transaction,
        vault: Arc<Vault>,
        clock: &Clock,
    ) -> Result<Self, StoreError> {
        let update = "UPDATE installation SET revision = revision + 1 RETURNING revision";
        let rows = transaction.fetch::<(i64,)>(update, vec![]).await?;
        let (revision,) =
            rows.first().ok_or_else(|| StoreError::corrupt("installation", "its row is gone"))?;
        let revision = Revision(revision.cast_unsigned());
        Ok(Self { transaction, vault, revision, now: clock.now() })
    }

    /// The revision that this change will be.
    #[must_use]
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    /// Makes it true.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; then nothing has changed, or the connection was lost at the
    /// very moment and it is for a reader to find out.
    pub async fn commit(self) -> Result<Revision, StoreError> {
        self.transaction.commit().await?;
        Ok(self.revision)
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.vault
    }

    pub(crate) const fn now(&self) -> Timestamp {
        self.now
    }

    pub(crate) async fn execute(
        &mut self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
    ) -> Result<u64, StoreError> {
        self.transaction.execute(sql, arguments).await
    }

    pub(crate) async fn fetch<T: Row>(
        &mut self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
    ) -> Result<Vec<T>, StoreError> {
        self.transaction.fetch(sql, arguments).await
    }

    /// Why a row that was to be of `version` was not written: it is gone, or was written meanwhile.
    /// `found` is its version now.
    pub(crate) fn not_written(what: &'static str, found: &[(i64,)]) -> StoreError {
        match found.first() {
            None => StoreError::NotFound(what),
            Some((current,)) => StoreError::Conflict { current: Version(current.cast_unsigned()) },
        }
    }

    /// Leaves a tombstone for readers that were away.
    pub(crate) async fn bury(&mut self, kind: &'static str, id: String) -> Result<(), StoreError> {
        let insert = "INSERT INTO deletions (kind, id, revision) VALUES ($1, $2, $3)";
        let revision = self.revision;
        self.execute(insert, arguments![kind, id, revision]).await.map(|_rows| ())
    }
}
