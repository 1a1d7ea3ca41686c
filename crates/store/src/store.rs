//! The handle on the database: `Store::open`, and from there reads and changes.

use std::sync::Arc;

use model::{Clock, Revision};

use crate::arguments::{Argument, arguments};
use crate::change::Change;
use crate::database::{Database, Row, Transaction};
use crate::error::StoreError;
use crate::fence::{Epoch, Fenced};
use crate::settings::Settings;
use crate::usage::Kept;
use crate::vault::Vault;

const KEY_CHECK: &str = "installation:1:key_check";

/// The database of the installation. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
    vault: Arc<Vault>,
    clock: Clock,
    usage_kept: Kept,
}

impl Store {
    /// Connects, brings the tables up to date, and makes sure that `vault` opens what they hold.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] for settings that lead nowhere, [`StoreError::WrongKey`], and
    /// [`StoreError::Unavailable`].
    pub async fn open(settings: &Settings, vault: Vault, clock: Clock) -> Result<Self, StoreError> {
        let database = Database::open(settings).await?;
        let store =
            Self { database, vault: Arc::new(vault), clock, usage_kept: settings.usage_kept };
        store.check_key().await?;
        Ok(store)
    }

    /// A transaction to write in.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn change(&self) -> Result<Change, StoreError> {
        Change::begin(self.database.write().await?, Arc::clone(&self.vault), &self.clock).await
    }

    /// A transaction for what only the holder of a lease may write.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when a later epoch has begun, [`StoreError::Unavailable`].
    pub async fn fenced(&self, epoch: &Epoch) -> Result<Fenced, StoreError> {
        Fenced::begin(self, self.aside().await?, epoch).await
    }

    /// The revision of the latest change.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn revision(&self) -> Result<Revision, StoreError> {
        let rows = self.fetch::<(i64,)>("SELECT revision FROM installation", vec![]).await?;
        rows.first().map(|(revision,)| Revision(revision.cast_unsigned())).ok_or_else(no_row)
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.revision().await.map(|_revision| ())
    }

    /// What secrets are sealed with.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.vault
    }

    /// What time it is.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    pub(crate) fn shared_vault(&self) -> Arc<Vault> {
        Arc::clone(&self.vault)
    }

    pub(crate) const fn usage_kept(&self) -> Kept {
        self.usage_kept
    }

    pub(crate) async fn snapshot(&self) -> Result<Transaction, StoreError> {
        self.database.snapshot().await
    }

    /// A transaction for rows that no roster is made of, and which therefore takes no revision.
    pub(crate) async fn aside(&self) -> Result<Transaction, StoreError> {
        self.database.write().await
    }

    pub(crate) async fn fetch<T: Row>(
        &self,
        sql: &'static str,
        arguments: Vec<Argument>,
    ) -> Result<Vec<T>, StoreError> {
        self.database.fetch(sql, arguments).await
    }

    async fn check_key(&self) -> Result<(), StoreError> {
        let mut transaction = self.aside().await?;
        let select = "SELECT key_check FROM installation";
        let rows = transaction.fetch::<(Option<Vec<u8>>,)>(select, vec![]).await?;
        let (known,) = rows.into_iter().next().ok_or_else(no_row)?;
        if let Some(sealed) = known {
            let opened = self.vault.open(KEY_CHECK, &sealed);
            return opened.map(|_text| ()).map_err(|_wrong| StoreError::WrongKey);
        }
        let sealed = self.vault.seal(KEY_CHECK, b"octoprox")?;
        let update = "UPDATE installation SET key_check = $1 WHERE key_check IS NULL";
        transaction.execute(update, arguments![sealed]).await?;
        transaction.commit().await
    }
}

fn no_row() -> StoreError {
    StoreError::corrupt("installation", "its row is gone")
}
