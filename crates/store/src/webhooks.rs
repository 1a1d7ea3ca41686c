//! Webhooks: read and write. Their secrets are sealed.

pub mod outbox;

use model::alert::AlertKind;
use model::webhook::WebhookSpec;
use model::{ProjectId, Revision, Secret, Version, Webhook, WebhookId};

use crate::arguments::arguments;
use crate::change::Change;
use crate::database::Transaction;
use crate::error::StoreError;
use crate::page::{Listed, Page};
use crate::store::Store;
use crate::stored::{parse, parse_all, read, texts, write};
use crate::vault::Vault;

type Result<T> = std::result::Result<T, StoreError>;

/// The secret is sealed in the database, and open in what is sealed as a whole.
pub(crate) type Row<S = Vec<u8>> =
    (String, Option<String>, String, String, Option<String>, bool, Option<String>, S, i64, i64);

const FIND: &str = "SELECT id, project_id, name, url, events, enabled, disabled_because, secret, \
     version, revision FROM webhooks WHERE id = $1";

/// Creates a webhook, of a project or of the installation.
///
/// # Errors
/// [`StoreError::NotFound`] of the project.
pub async fn create(
    change: &mut Change,
    project: Option<ProjectId>,
    spec: WebhookSpec,
) -> Result<Webhook> {
    let (id, revision, version) = (WebhookId::new(), change.revision(), Version::FIRST);
    let webhook = Webhook { id, project, version, revision, spec, disabled_because: None };
    insert(change, &webhook).await?;
    Ok(webhook)
}

async fn insert(change: &mut Change, webhook: &Webhook) -> Result<()> {
    let insert = "INSERT INTO webhooks (id, project_id, name, url, events, enabled, \
         disabled_because, secret, version, revision) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let spec = &webhook.spec;
    let secret = change.vault().seal(&context(webhook.id), spec.secret.expose().as_bytes())?;
    let arguments = arguments![
        webhook.id,
        webhook.project,
        spec.name.as_str(),
        spec.url.as_str(),
        events(spec)?,
        spec.enabled,
        webhook.disabled_because.clone(),
        secret,
        webhook.version,
        webhook.revision,
    ];
    change.execute(insert, arguments).await.map(|_rows| ())
}

/// Writes a webhook that is still of `version`. Why it was off is forgotten.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Conflict`].
pub async fn update(
    change: &mut Change,
    current: &Webhook,
    version: Version,
    spec: WebhookSpec,
) -> Result<Webhook> {
    let update = "UPDATE webhooks SET name = $1, url = $2, events = $3, enabled = $4, \
         disabled_because = NULL, secret = $5, version = version + 1, revision = $6 \
         WHERE id = $7 AND version = $8";
    let (id, project, revision) = (current.id, current.project, change.revision());
    let secret = change.vault().seal(&context(id), spec.secret.expose().as_bytes())?;
    let arguments = arguments![
        spec.name.as_str(),
        spec.url.as_str(),
        events(&spec)?,
        spec.enabled,
        secret,
        revision,
        id,
        version,
    ];
    let written = change.execute(update, arguments).await?;
    not_written(change, written, id).await?;
    let version = Version(version.0 + 1);
    Ok(Webhook { id, project, version, revision, spec, disabled_because: None })
}

/// Deletes a webhook that is still of `version`, and what it was still to be told.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::Conflict`].
pub async fn delete(change: &mut Change, id: WebhookId, version: Version) -> Result<()> {
    let delete = "DELETE FROM webhooks WHERE id = $1 AND version = $2";
    let written = change.execute(delete, arguments![id, version]).await?;
    not_written(change, written, id).await
}

async fn not_written(change: &mut Change, written: u64, id: WebhookId) -> Result<()> {
    if written > 0 {
        return Ok(());
    }
    let select = "SELECT version FROM webhooks WHERE id = $1";
    let found = change.fetch(select, arguments![id]).await?;
    Err(Change::not_written("webhook", &found))
}

/// Switches off a webhook whose receiver wants no more.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn disable(change: &mut Change, id: WebhookId, because: &str) -> Result<()> {
    let update = "UPDATE webhooks SET enabled = $1, disabled_because = $2, \
         version = version + 1, revision = $3 WHERE id = $4";
    let revision = change.revision();
    change.execute(update, arguments![false, because, revision, id]).await.map(|_rows| ())
}

/// The webhook, if there is one, its secret opened.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn find(store: &Store, id: WebhookId) -> Result<Option<Webhook>> {
    let rows = store.fetch::<Row>(FIND, arguments![id]).await?;
    rows.into_iter().next().map(|row| open(store.vault(), row)).transpose()
}

/// Webhooks in the order of their creation: all of them, or those of these projects.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn list(store: &Store, of: Option<&[ProjectId]>, page: &Page) -> Result<Listed<Webhook>> {
    let count = "SELECT COUNT(*) FROM webhooks \
         WHERE ($1 IS NULL OR (project_id IS NOT NULL AND $1 LIKE '%' || project_id || '%'))";
    let select = "SELECT id, project_id, name, url, events, enabled, disabled_because, secret, \
         version, revision FROM webhooks \
         WHERE ($1 IS NULL OR (project_id IS NOT NULL AND $1 LIKE '%' || project_id || '%')) \
         AND id > $2 ORDER BY id LIMIT $3";
    let of = of.map(|ids| texts(ids).join(","));
    let total = store.fetch(count, arguments![of.clone()]).await?;
    let rows = store.fetch::<Row>(select, arguments![of, page.after(), page.fetch_limit()]).await?;
    page.listed(rows, &total, |row| {
        open(store.vault(), row).map(|webhook| (webhook.id.uuid(), webhook))
    })
}

/// All webhooks, for a backup.
pub(crate) async fn load(vault: &Vault, snapshot: &mut Transaction) -> Result<Vec<Webhook>> {
    let select = "SELECT id, project_id, name, url, events, enabled, disabled_because, secret, \
         version, revision FROM webhooks ORDER BY id";
    let rows = snapshot.fetch::<Row>(select, vec![]).await?;
    rows.into_iter().map(|row| open(vault, row)).collect()
}

/// Has these webhooks and no others, under the identifiers that they had.
pub(crate) async fn put_back(change: &mut Change, webhooks: Vec<Webhook>) -> Result<()> {
    change.execute("DELETE FROM webhooks", vec![]).await?;
    for mut webhook in webhooks {
        (webhook.version, webhook.revision) = (change.fresh_version(), change.revision());
        insert(change, &webhook).await?;
    }
    Ok(())
}

fn open(vault: &Vault, row: Row) -> Result<Webhook> {
    let (id, project, name, url, events, enabled, because, sealed, version, revision) = row;
    let secret = vault.open(&context(parse("webhook", &id)?), &sealed)?;
    let secret = secret.expose().to_owned();
    read_open((id, project, name, url, events, enabled, because, secret, version, revision))
}

pub(crate) fn read_open(row: Row<String>) -> Result<Webhook> {
    let (id, project, name, url, events, enabled, disabled_because, secret, version, revision) =
        row;
    let project = project.as_deref().map(|id| parse("webhook", id)).transpose()?;
    let events = events.as_deref().map(kinds).transpose()?;
    let spec = WebhookSpec { name, url, events, enabled, secret: Secret::from(secret) };
    Ok(Webhook {
        id: parse("webhook", &id)?,
        project,
        version: Version(version.cast_unsigned()),
        revision: Revision(revision.cast_unsigned()),
        spec,
        disabled_because,
    })
}

/// The row of a webhook with its secret as it is, for a place that is sealed as a whole.
pub(crate) fn write_open(webhook: &Webhook) -> Result<Row<String>> {
    let spec = &webhook.spec;
    Ok((
        webhook.id.to_string(),
        webhook.project.map(|id| id.to_string()),
        spec.name.clone(),
        spec.url.clone(),
        events(spec)?,
        spec.enabled,
        webhook.disabled_because.clone(),
        spec.secret.expose().to_owned(),
        webhook.version.0.cast_signed(),
        webhook.revision.0.cast_signed(),
    ))
}

fn kinds(text: &str) -> Result<Vec<AlertKind>> {
    parse_all("webhook", &read::<Vec<String>>("webhook", text)?)
}

fn events(spec: &WebhookSpec) -> Result<Option<String>> {
    spec.events.as_ref().map(|kinds| write(&texts(kinds))).transpose()
}

fn context(id: WebhookId) -> String {
    format!("webhooks:{id}:secret")
}
