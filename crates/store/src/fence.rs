//! Epochs: a holder that has been replaced, and does not know it, cannot write.

use std::sync::Arc;

use jiff::Timestamp;
use model::Clock;
use sqlx::SqlSafeStr;

use crate::arguments::{Argument, arguments};
use crate::change::Change;
use crate::database::{Row, Transaction};
use crate::error::StoreError;
use crate::store::Store;
use crate::usage::Kept;
use crate::vault::Vault;

/// What a holder was given when it was elected. Only [`mint`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Epoch {
    name: Arc<str>,
    number: u64,
}

impl Epoch {
    /// What its holder was elected for.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Which holder it is, counted from 1.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }
}

/// The latest holder of a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenure {
    /// Of which lease.
    pub name: String,
    /// Which holder it is, counted from 1.
    pub epoch: u64,
    /// The node.
    pub holder: String,
    /// Since when.
    pub taken_at: Timestamp,
}

/// Begins the epoch of a holder that has just been elected. From now on nothing is written under
/// an earlier epoch of this name; what is being written under one is waited for.
///
/// # Errors
/// [`StoreError::Unavailable`]; then nobody knows whether the epoch has begun, and another is to be
/// minted.
pub async fn mint(store: &Store, name: &str, holder: &str) -> Result<Epoch, StoreError> {
    let mint = "INSERT INTO lease (name, epoch, holder, taken_at) VALUES ($1, 1, $2, $3) \
         ON CONFLICT (name) DO UPDATE SET epoch = lease.epoch + 1, holder = excluded.holder, \
         taken_at = excluded.taken_at RETURNING epoch";
    let mut transaction = store.aside().await?;
    let arguments = arguments![name, holder, store.clock().now()];
    let rows = transaction.fetch::<(i64,)>(mint, arguments).await?;
    let (number,) = rows.first().ok_or_else(|| StoreError::corrupt("lease", "it has no epoch"))?;
    transaction.commit().await?;
    Ok(Epoch { name: name.into(), number: number.cast_unsigned() })
}

/// The latest holder of every lease there has been, by name.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
pub async fn epochs(store: &Store) -> Result<Vec<Tenure>, StoreError> {
    let select = "SELECT name, epoch, holder, taken_at FROM lease ORDER BY name";
    let rows = store.fetch::<(String, i64, String, i64)>(select, vec![]).await?;
    let read = |(name, epoch, holder, taken_at): (String, i64, String, i64)| {
        let taken_at = Timestamp::from_millisecond(taken_at)
            .map_err(|error| StoreError::corrupt("lease", error))?;
        Ok(Tenure { name, epoch: epoch.cast_unsigned(), holder, taken_at })
    };
    rows.into_iter().map(read).collect()
}

/// A transaction of whoever holds a lease: what only one node may write is written in one of these.
/// Dropped, it changes nothing.
#[must_use = "what is not committed changes nothing"]
pub struct Fenced {
    transaction: Transaction,
    vault: Arc<Vault>,
    clock: Clock,
    usage_kept: Kept,
}

impl Fenced {
    /// Makes sure that no later epoch has begun, and that none begins before the end: the row is
    /// locked, by a write, because that is the one way to lock a row that both databases have.
    pub(crate) async fn begin(
        store: &Store,
        mut transaction: Transaction,
        epoch: &Epoch,
    ) -> Result<Self, StoreError> {
        let lock = "UPDATE lease SET epoch = epoch WHERE name = $1 AND epoch = $2";
        let arguments = arguments![epoch.name(), epoch.number];
        if transaction.execute(lock, arguments).await? == 0 {
            return Err(StoreError::Fenced);
        }
        let (vault, clock) = (store.shared_vault(), store.clock().clone());
        Ok(Self { transaction, vault, clock, usage_kept: store.usage_kept() })
    }

    /// The same transaction, carrying the next revision: for a holder that writes configuration.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn change(self) -> Result<Change, StoreError> {
        Change::begin(self.transaction, self.vault, &self.clock).await
    }

    /// Makes it true.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; then it may be true or not.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.transaction.commit().await
    }

    pub(crate) const fn usage_kept(&self) -> Kept {
        self.usage_kept
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) const fn transaction(&mut self) -> &mut Transaction {
        &mut self.transaction
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
}
