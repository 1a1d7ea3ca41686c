//! `/api/v1/backup`: everything that operators intend as one file, sealed with a passphrase.
//!
//! The file is a line of JSON that everybody may read, and then what the store has sealed. The line
//! is part of what the seal is about: it cannot be changed either.

use aws_lc_rs::rand;
use axum::Json;
use axum::body::{Body as Bytes, to_bytes};
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cluster::{Op, Signal};
use http::{HeaderMap, StatusCode, header};
use model::Secret;
use serde::{Deserialize, Serialize};
use store::backup::{self, Backup, Restored};
use store::{StoreError, Vault};
use utoipa::{IntoParams, ToSchema};

use crate::acting;
use crate::body::Body;
use crate::caller::Admin;
use crate::commit::commit;
use crate::problem::{Answer, Problem};
use crate::query::Asked;
use crate::state::State;

const FORMAT: &str = "octoprox-backup";
const VERSION: u32 = 1;
/// Characters of a passphrase at least.
const SHORTEST: usize = 8;
/// Bytes of the first line at most.
const LONGEST_HEAD: usize = 1024;
const PASSPHRASE: &str = "backup-passphrase";

/// The line in front.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    format: String,
    version: u32,
    /// The version of the program that wrote it.
    program: String,
    /// RFC 3339.
    created_at: String,
    /// Base64; of the key (Argon2id, 64 MiB, 3 passes, 1 lane).
    salt: String,
}

/// What a backup is to be sealed with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sealing {
    /// 8 characters or more. Without it the file is worth nothing, to anybody.
    #[schema(write_only)]
    passphrase: String,
}

/// How a backup is taken in.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Manner {
    /// Whether only to say what would come of it.
    #[serde(default)]
    dry_run: bool,
}

/// What has come back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Imported {
    /// When the backup was made.
    created_at: String,
    /// Whether nothing has changed, because nothing was to.
    dry_run: bool,
    projects: u64,
    credentials: u64,
    connectors: u64,
    proxies: u64,
    roots: u64,
    users: u64,
    /// Names of users who stay out, because whoever restores it has their name or address.
    users_left_out: Vec<String>,
    /// Names of projects whose password has to be set anew: the backup is from an installation with
    /// another secret key. Until then nobody logs in to them.
    passwords_lost: Vec<String>,
}

/// Downloads everything that operators intend: projects, credentials, connectors, proxies, roots
/// with their keys, users. Not in it: sessions, invitations, API keys, usage, recorded exchanges.
#[utoipa::path(post, path = "/backup/export", tag = "backup", operation_id = "export_backup",
    request_body = Sealing,
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 422, body = Problem)))]
pub(crate) async fn export(
    Shared(state): Shared<State>,
    Admin(user): Admin,
    Body(Sealing { passphrase }): Body<Sealing>,
) -> Answer<Response> {
    let passphrase = long_enough("/passphrase", passphrase)?;
    let mut salt = [0; 16];
    rand::fill(&mut salt).map_err(|_unspecified| broken("There is no randomness to be had."))?;
    let now = state.clock.now();
    let head = Head {
        format: FORMAT.to_owned(),
        version: VERSION,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: now.to_string(),
        salt: STANDARD.encode(salt),
    };
    let head = serde_json::to_string(&head).map_err(|_never| broken("It cannot be written."))?;
    let vault = Vault::new(state.passwords.key(passphrase, salt).await?);
    let backup = backup::read(&state.store).await?;
    let about = head.clone();
    let sealed = aside(move || backup::seal(&vault, &about, &backup)).await??;
    acting::record(&state, ("backup", "exported"), None, None).await?;
    tracing::info!(user = %user.id, "a backup was made");
    let name = format!("attachment; filename=\"octoprox-{}.backup\"", now.strftime("%Y-%m-%d"));
    let fields = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((fields, [head.as_bytes(), b"\n", &sealed].concat()).into_response())
}

/// Puts a backup in the place of all that there is, in one transaction. Whoever does it keeps
/// their account as it is; everybody else has to log in again.
#[utoipa::path(post, path = "/backup/import", tag = "backup", operation_id = "import_backup",
    params(Manner, ("Backup-Passphrase" = String, Header, description = "Base64 of its UTF-8.")),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 200, body = Imported), (status = 413, body = Problem),
        (status = 422, body = Problem)))]
pub(crate) async fn import(
    Shared(state): Shared<State>,
    Admin(user): Admin,
    Asked(Manner { dry_run }): Asked<Manner>,
    fields: HeaderMap,
    body: Bytes,
) -> Answer<Json<Imported>> {
    let passphrase = passphrase(&fields)?;
    let most = state.settings.upload_bytes;
    let too_large = |_error| {
        let detail = format!("A backup has at most {most} bytes, and must come whole.");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    };
    let file = to_bytes(body, most).await.map_err(too_large)?;
    let (head, about, sealed) = split(&file)?;
    let vault = Vault::new(state.passwords.key(passphrase, salt(&head)?).await?);
    let (about, sealed) = (about.to_owned(), file.slice_ref(sealed));
    let backup = aside(move || backup::open(&vault, &about, &sealed)).await?.map_err(unreadable)?;
    let mut imported = Imported::of(&head, &backup, dry_run);
    let mut change = state.store.change().await?;
    let restored = backup::restore(&mut change, backup, user.id).await.map_err(contradictory)?;
    imported.tell(restored);
    if !dry_run {
        let of = serde_json::json!({ "restored_from": head.created_at });
        change.note(None::<&()>, Some(&of));
        commit(&state, change, (Signal::ProjectChanged, Op::Updated), None).await?;
        tracing::warn!(user = %user.id, of = %head.created_at, "a backup was restored");
    }
    Ok(Json(imported))
}

impl Imported {
    fn of(head: &Head, backup: &Backup, dry_run: bool) -> Self {
        let configuration = &backup.configuration;
        Self {
            created_at: head.created_at.clone(),
            dry_run,
            projects: configuration.projects.len() as u64,
            credentials: configuration.credentials.len() as u64,
            connectors: configuration.connectors.len() as u64,
            proxies: configuration.proxies.len() as u64,
            roots: configuration.roots.len() as u64,
            users: backup.users.len() as u64,
            users_left_out: Vec::new(),
            passwords_lost: Vec::new(),
        }
    }

    fn tell(&mut self, restored: Restored) {
        self.users -= restored.users_left_out.len() as u64;
        self.users_left_out = restored.users_left_out;
        self.passwords_lost = restored.passwords_lost;
    }
}

/// The line in front, as read and as it is, and what is behind it.
fn split(file: &[u8]) -> Answer<(Head, &str, &[u8])> {
    let foreign = || Problem::mistake("", "is no backup of Octoprox");
    let end = file.iter().take(LONGEST_HEAD).position(|byte| *byte == b'\n');
    let (line, rest) = file.split_at(end.ok_or_else(foreign)?);
    let text = std::str::from_utf8(line).map_err(|_binary| foreign())?;
    let head: Head = serde_json::from_str(text).map_err(|_other| foreign())?;
    if head.format != FORMAT {
        return Err(foreign());
    }
    if head.version != VERSION {
        let why = format!("is of version {}, this node reads version {VERSION}", head.version);
        return Err(Problem::mistake("", why));
    }
    Ok((head, text, &rest[1..]))
}

fn salt(head: &Head) -> Answer<[u8; 16]> {
    let salt = STANDARD.decode(&head.salt).ok().and_then(|salt| salt.try_into().ok());
    salt.ok_or_else(|| Problem::mistake("", "is damaged: its salt cannot be read"))
}

fn passphrase(fields: &HeaderMap) -> Answer<Secret> {
    let wrong = || Problem::mistake("Backup-Passphrase", "must be the base64 of a passphrase");
    let field = fields.get(PASSPHRASE).ok_or_else(wrong)?;
    let bytes = STANDARD.decode(field.as_bytes()).map_err(|_not_base64| wrong())?;
    let text = String::from_utf8(bytes).map_err(|_not_text| wrong())?;
    long_enough("Backup-Passphrase", text)
}

fn long_enough(pointer: &str, passphrase: String) -> Answer<Secret> {
    if passphrase.chars().count() < SHORTEST {
        return Err(Problem::mistake(pointer, format!("must have {SHORTEST} characters or more")));
    }
    Ok(Secret::from(passphrase))
}

fn unreadable(error: StoreError) -> Problem {
    match error {
        StoreError::SealedElsewhere => {
            Problem::mistake("Backup-Passphrase", "is not the one of this backup")
        }
        StoreError::Corrupt { why, .. } => {
            Problem::mistake("", format!("is damaged, or not whole: {why}"))
        }
        other => other.into(),
    }
}

/// Somebody who has the passphrase has edited it.
fn contradictory(error: StoreError) -> Problem {
    match error {
        StoreError::NotFound(what) => {
            Problem::mistake("", format!("contradicts itself: a {what} is missing"))
        }
        StoreError::Duplicate { field } => {
            Problem::mistake("", format!("contradicts itself: a {field} is there twice"))
        }
        other => other.into(),
    }
}

/// Work that takes long, off the threads that answer requests.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
    tokio::task::spawn_blocking(work).await.map_err(|_panic| broken("It went wrong on this node."))
}

fn broken(detail: &str) -> Problem {
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
}
