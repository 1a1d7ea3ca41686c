//! Who changed what, and when: written in the transaction of the change, or by itself where nothing
//! that is configured changes.

mod differences;

use std::net::IpAddr;

use jiff::Timestamp;
use model::{ProjectId, Revision, words};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::arguments::{Argument, arguments};
use crate::error::StoreError;
use crate::fence::Fenced;
use crate::page::{Listed, Page};
use crate::store::Store;
use crate::stored::{parse, read, write};

pub use differences::differences;

words! {
    /// What kind of caller it was.
    pub enum ActorKind {
        /// A person who had logged in.
        User = "user",
        /// A program with a key.
        ApiKey = "api_key",
        /// A node by itself: its settings, a task.
        Node = "node",
        /// Somebody who had not logged in.
        Nobody = "nobody",
    }
}

/// Who did it, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// What kind of caller.
    pub kind: ActorKind,
    /// Which one.
    pub id: Option<Uuid>,
    /// What they were called then.
    pub name: String,
    /// Where the request came from.
    pub address: Option<IpAddr>,
    /// What the request is called in the log.
    pub request_id: Option<String>,
}

impl Default for Actor {
    /// A node by itself.
    fn default() -> Self {
        let (kind, name) = (ActorKind::Node, String::new());
        Self { kind, id: None, name, address: None, request_id: None }
    }
}

/// One field that is not what it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// Its name; those of an object in it follow behind dots.
    pub field: String,
    /// What it was; `null`: nothing, or secret.
    pub before: Value,
    /// What it is; `null`: nothing, or secret.
    pub after: Value,
    /// True: that it changed is all that is known.
    pub is_secret: bool,
}

/// What was done, by whom, to what.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Who did it.
    pub actor: Actor,
    /// To what kind of thing: `project`, `user`, `session`, ..
    pub noun: String,
    /// What: `added`, `updated`, `removed`, or a word of that noun.
    pub op: String,
    /// To which one; `None`: many at once.
    pub entity: Option<String>,
    /// What that was called.
    pub name: Option<String>,
    /// The project that it belongs to.
    pub project: Option<ProjectId>,
    /// What became of its fields.
    pub changes: Vec<Difference>,
}

impl Default for Entry {
    /// What a change leaves that nobody said anything about.
    fn default() -> Self {
        Self {
            actor: Actor::default(),
            noun: "configuration".to_owned(),
            op: "updated".to_owned(),
            entity: None,
            name: None,
            project: None,
            changes: Vec::new(),
        }
    }
}

/// An entry as it was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// Its identifier, in the order of time.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// The change that it is about.
    pub revision: Option<Revision>,
    /// What it says.
    pub entry: Entry,
}

/// Which entries are wanted; what is `None` narrows nothing down.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// The identifier or the name of who did it.
    pub actor: Option<String>,
    /// What kind of thing.
    pub noun: Option<String>,
    /// Which one.
    pub entity: Option<String>,
    /// Of which project.
    pub project: Option<ProjectId>,
    /// From then on.
    pub from: Option<Timestamp>,
    /// Until before then.
    pub until: Option<Timestamp>,
}

pub(crate) const INSERT: &str = "INSERT INTO audit (id, at, revision, actor_kind, actor_id, \
     actor_name, address, request_id, noun, op, entity_id, entity_name, project_id, changes) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

/// What [`INSERT`] takes.
pub(crate) fn row(
    entry: Entry,
    at: Timestamp,
    revision: Option<Revision>,
) -> Result<Vec<Argument>, StoreError> {
    let (actor, changes) = (entry.actor, write(&entry.changes)?);
    Ok(arguments![
        Uuid::now_v7().to_string(),
        at,
        revision.map(|revision| revision.0.cast_signed()),
        actor.kind.as_str(),
        actor.id.map(|id| id.to_string()),
        actor.name,
        actor.address.map(|address| address.to_string()),
        actor.request_id,
        entry.noun,
        entry.op,
        entry.entity,
        entry.name,
        entry.project,
        changes,
    ])
}

/// Writes what was done to something that no roster is made of.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn record(store: &Store, entry: Entry) -> Result<(), StoreError> {
    let mut transaction = store.aside().await?;
    transaction.execute(INSERT, row(entry, store.clock().now(), None)?).await?;
    transaction.commit().await
}

type Row = (
    String,
    i64,
    Option<i64>,
    String,
    Option<String>,
    String,
    Option<String>,
    Option<String>,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    String,
);

/// Entries, the newest first.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
pub async fn list(
    store: &Store,
    filter: &Filter,
    page: &Page,
) -> Result<Listed<Recorded>, StoreError> {
    let mut arguments = conditions(filter);
    let total = store.fetch(COUNT, arguments.clone()).await?;
    // Identifiers are compared as text; `g` comes behind all of them.
    let before = page.after.map_or_else(|| "g".to_owned(), |id| id.to_string());
    arguments.extend(arguments![before, page.fetch_limit()]);
    let rows = store.fetch(LIST, arguments).await?;
    page.listed(rows, &total, |row| read_row(row).map(|read| (read.id, read)))
}

macro_rules! with_conditions {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " FROM audit WHERE ($1 IS NULL OR actor_id = $1 OR actor_name = $1) \
             AND ($2 IS NULL OR noun = $2) AND ($3 IS NULL OR entity_id = $3) \
             AND ($4 IS NULL OR project_id = $4) AND ($5 IS NULL OR at >= $5) \
             AND ($6 IS NULL OR at < $6)",
            $after
        )
    };
}

const COUNT: &str = with_conditions!("SELECT COUNT(*)", "");
const LIST: &str = with_conditions!(
    "SELECT id, at, revision, actor_kind, actor_id, actor_name, address, request_id, noun, op, \
     entity_id, entity_name, project_id, changes",
    " AND id < $7 ORDER BY id DESC LIMIT $8"
);

fn conditions(filter: &Filter) -> Vec<Argument> {
    let at = |at: Option<Timestamp>| at.map(Timestamp::as_millisecond);
    let Filter { actor, noun, entity, project, from, until } = filter.clone();
    arguments![actor, noun, entity, project, at(from), at(until)]
}

/// Deletes entries that are older, `rows` of them at most, and says how many it deleted.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn forget(fenced: &mut Fenced, before: Timestamp, rows: u32) -> Result<u64, StoreError> {
    let delete = "DELETE FROM audit WHERE id IN \
         (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)";
    fenced.execute(delete, arguments![before, i64::from(rows)]).await
}

fn read_row(row: Row) -> Result<Recorded, StoreError> {
    let actor = Actor {
        kind: parse("audit entry", &row.3)?,
        id: row.4.as_deref().map(|id| parse("audit entry", id)).transpose()?,
        name: row.5,
        address: row.6.as_deref().map(|address| parse("audit entry", address)).transpose()?,
        request_id: row.7,
    };
    let entry = Entry {
        actor,
        noun: row.8,
        op: row.9,
        entity: row.10,
        name: row.11,
        project: row.12.as_deref().map(|id| parse("audit entry", id)).transpose()?,
        changes: read("audit entry", &row.13)?,
    };
    let at = Timestamp::from_millisecond(row.1)
        .map_err(|error| StoreError::corrupt("audit entry", error))?;
    let revision = row.2.map(|revision| Revision(revision.cast_unsigned()));
    Ok(Recorded { id: parse("audit entry", &row.0)?, at, revision, entry })
}
