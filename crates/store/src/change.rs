//! A transaction that carries the next revision.

use std::sync::Arc;

use jiff::Timestamp;
use model::{Clock, Revision, Version};
use serde::Serialize;
use serde_json::Value;
use sqlx::SqlSafeStr;

use crate::arguments::{Argument, arguments};
use crate::audit::{self, Actor, Difference, Entry};
use crate::database::{Row, Transaction};
use crate::error::StoreError;
use crate::vault::Vault;

/// A transaction that carries the next revision, and leaves an entry in the audit log. Dropped, it
/// changes nothing.
#[must_use = "a change that is not committed changes nothing"]
pub struct Change {
    transaction: Transaction,
    vault: Arc<Vault>,
    revision: Revision,
    now: Timestamp,
    entry: Entry,
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
        let entry = Entry::default();
        Ok(Self { transaction, vault, revision, now: clock.now(), entry })
    }

    /// The revision that this change will be.
    #[must_use]
    pub const fn revision(&self) -> Revision {
        self.revision
    }

    /// Who makes it. Unless that is said, the node does by itself.
    pub fn by(&mut self, actor: Actor) {
        self.entry.actor = actor;
    }

    /// What it is about, for the audit log: the noun, what becomes of it, and which one it is.
    pub fn about(&mut self, noun: &str, op: &str, entity: Option<String>) {
        (self.entry.noun, self.entry.op) = (noun.to_owned(), op.to_owned());
        self.entry.entity = entity.or(self.entry.entity.take());
    }

    /// The project that what it is about belongs to, as far as it is known here.
    pub fn within(&mut self, project: Option<model::ProjectId>) {
        self.entry.project = project.or(self.entry.project);
    }

    /// What its fields were and are, for the audit log: what is secret must not be in there.
    pub fn note<B: Serialize, A: Serialize>(&mut self, before: Option<&B>, after: Option<&A>) {
        // What cannot be shown as JSON leaves an entry without fields.
        let (before, after) = (value(before), value(after));
        let named = [&after, &before].into_iter().find_map(name);
        self.entry.name = named.or(self.entry.name.take());
        self.entry.changes.extend(audit::differences(&before, &after));
    }

    /// A secret field has another value.
    pub fn note_secret(&mut self, field: &str) {
        let (field, before, after) = (field.to_owned(), Value::Null, Value::Null);
        self.entry.changes.push(Difference { field, before, after, is_secret: true });
    }

    /// Makes it true, with its entry in the audit log.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; then nothing has changed, or the connection was lost at the
    /// very moment and it is for a reader to find out.
    pub async fn commit(mut self) -> Result<Revision, StoreError> {
        let row = audit::row(self.entry, self.now, Some(self.revision))?;
        self.transaction.execute(audit::INSERT, row).await?;
        self.transaction.commit().await?;
        Ok(self.revision)
    }

    /// A version that no row has had: none is written more often than there are revisions.
    pub(crate) const fn fresh_version(&self) -> Version {
        Version(self.revision.0)
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

fn value(shown: Option<&impl Serialize>) -> Value {
    serde_json::to_value(shown).unwrap_or_default()
}

/// What something is called, as the API shows it.
fn name(shown: &Value) -> Option<String> {
    let fields = ["name", "username", "host", "fingerprint"];
    fields.iter().find_map(|field| shown.get(field)?.as_str()).map(str::to_owned)
}
