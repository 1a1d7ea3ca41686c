//! The handle on the database: `Store::open`, and from there reads and changes.

use std::io;
use std::sync::Arc;

use model::{Clock, Revision};
use sqlx::SqlSafeStr;
use tokio::sync::OnceCell;

use crate::arguments::{Argument, arguments};
use crate::change::Change;
use crate::database::{Begin, Database, Row, Transaction};
use crate::error::StoreError;
use crate::fence::{Epoch, Fenced};
use crate::settings::Settings;
use crate::usage::Kept;
use crate::vault::Vault;

const KEY_CHECK: &str = "installation:1:key_check";

/// The database of the installation. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Store {
    /// Empty until the database has been opened; some nodes never do.
    database: Arc<OnceCell<Database>>,
    settings: Arc<Settings>,
    vault: Arc<Vault>,
    clock: Clock,
}

impl Store {
    /// Connects, brings the tables up to date, and makes sure that `vault` opens what they hold.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] for settings that lead nowhere, [`StoreError::WrongKey`], and
    /// [`StoreError::Unavailable`].
    pub async fn open(settings: &Settings, vault: Vault, clock: Clock) -> Result<Self, StoreError> {
        let store = Self::unopened(settings, vault, clock);
        store.connect().await?;
        Ok(store)
    }

    /// A store whose database has not been opened: until [`Store::connect`] succeeds, every call
    /// fails as [`StoreError::Unavailable`].
    #[must_use]
    pub fn unopened(settings: &Settings, vault: Vault, clock: Clock) -> Self {
        let (settings, vault) = (Arc::new(settings.clone()), Arc::new(vault));
        Self { database: Arc::default(), settings, vault, clock }
    }

    /// Does what [`Store::open`] does, unless it has been done. May be called again and again.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub async fn connect(&self) -> Result<(), StoreError> {
        let open = || async {
            let database = Database::open(&self.settings).await?;
            self.check_key(&database).await?;
            Ok(database)
        };
        self.database.get_or_try_init(open).await.map(|_database| ())
    }

    /// A transaction to write in.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn change(&self) -> Result<Change, StoreError> {
        Change::begin(
            self.database()?.begin(Begin::Write).await?,
            Arc::clone(&self.vault),
            &self.clock,
        )
        .await
    }

    /// A transaction for what only the holder of a lease may write.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] when a later epoch has begun, [`StoreError::Unavailable`].
    pub async fn fenced(&self, epoch: &Epoch) -> Result<Fenced, StoreError> {
        Fenced::begin(self, self.database()?.begin(Begin::Fenced).await?, epoch).await
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

    pub(crate) fn usage_kept(&self) -> Kept {
        self.settings.usage_kept
    }

    pub(crate) async fn snapshot(&self) -> Result<Transaction, StoreError> {
        self.database()?.begin(Begin::Snapshot).await
    }

    /// A transaction for rows that no roster is made of, and which therefore takes no revision.
    pub(crate) async fn aside(&self) -> Result<Transaction, StoreError> {
        self.database()?.begin(Begin::Write).await
    }

    pub(crate) async fn fetch<T: Row>(
        &self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
    ) -> Result<Vec<T>, StoreError> {
        self.database()?.fetch(sql, arguments).await
    }

    fn database(&self) -> Result<&Database, StoreError> {
        self.database.get().ok_or_else(|| {
            let unopened = io::Error::new(io::ErrorKind::NotConnected, "it has not been opened");
            StoreError::Unavailable(unopened.into())
        })
    }

    async fn check_key(&self, database: &Database) -> Result<(), StoreError> {
        let mut transaction = database.begin(Begin::Write).await?;
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
