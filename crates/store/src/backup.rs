//! Everything that operators intend, sealed as one, and put in the place of what there is.
//!
//! Not in it: sessions, invitations and API keys, which end with their accounts, and whatever
//! nodes have seen (usage, recorded exchanges, alerts).

use aws_lc_rs::rand;
use model::login::PasswordDigest;
use model::{Configuration, Project, User, UserId, Webhook};

use crate::arguments::arguments;
use crate::change::Change;
use crate::error::StoreError;
use crate::sealed::configuration as sealed;
use crate::sealed::people::{self, People};
use crate::store::Store;
use crate::stored::key;
use crate::vault::Vault;
use crate::{configuration, connectors, credentials, projects, proxies, roots, users, webhooks};

type Result<T> = std::result::Result<T, StoreError>;

/// The bytes in front that say how long the configuration is.
const LENGTH: usize = 8;

/// Everything that operators intend, at one revision.
#[derive(Debug)]
pub struct Backup {
    /// What rosters are made of.
    pub configuration: Configuration,
    /// Who may change it.
    pub users: Vec<User>,
    /// Who is told of alerts.
    pub webhooks: Vec<Webhook>,
    /// By what the secret key of its installation is known.
    key: Vec<u8>,
}

/// What has come back.
#[derive(Debug, Default)]
pub struct Restored {
    /// Users who are not back, because their name or address is that of whoever is kept.
    pub users_left_out: Vec<String>,
    /// Projects whose password has to be set anew: it was digested with another secret key.
    pub passwords_lost: Vec<String>,
}

/// Reads everything, in one snapshot.
///
/// # Errors
/// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
pub async fn read(store: &Store) -> Result<Backup> {
    let mut snapshot = store.snapshot().await?;
    let configuration = configuration::read(store, &mut snapshot, None).await?;
    let users = users::load(&mut snapshot).await?;
    let webhooks = webhooks::load(store.vault(), &mut snapshot).await?;
    Ok(Backup { configuration, users, webhooks, key: mark(store.vault()) })
}

/// Seals a backup so that it opens with the same key and as being `about` the same only.
///
/// # Errors
/// When there is no randomness to be had.
pub fn seal(vault: &Vault, about: &str, backup: &Backup) -> Result<Vec<u8>> {
    let configuration = sealed::seal(vault, about, &backup.configuration)?;
    let people = people::seal(vault, about, backup.key.clone(), (&backup.users, &backup.webhooks))?;
    let length = (configuration.len() as u64).to_be_bytes();
    Ok([&length[..], &configuration, &people].concat())
}

/// Opens what [`seal`] has sealed about the same.
///
/// # Errors
/// [`StoreError::SealedElsewhere`] for another key, [`StoreError::Corrupt`] for whatever else it
/// may be.
pub fn open(vault: &Vault, about: &str, sealed: &[u8]) -> Result<Backup> {
    let cut = || StoreError::corrupt("backup", "it is too short");
    let (length, rest) = sealed.split_first_chunk::<LENGTH>().ok_or_else(cut)?;
    let length = usize::try_from(u64::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let (configuration, people) = rest.split_at_checked(length).ok_or_else(cut)?;
    let configuration = sealed::open(vault, about, configuration)?;
    let People { key, users, webhooks } = people::open(vault, about, people)?;
    Ok(Backup { configuration, users, webhooks, key })
}

/// Puts a backup in the place of all that there is, but for one user, who stays as they are. Every
/// session but theirs ends.
///
/// # Errors
/// [`StoreError::NotFound`] and [`StoreError::Duplicate`] when the backup contradicts itself,
/// [`StoreError::Unavailable`].
pub async fn restore(change: &mut Change, backup: Backup, keep: UserId) -> Result<Restored> {
    let Backup { configuration, users, webhooks, key } = backup;
    let mut restored = Restored::default();
    clear(change).await?;
    let is_ours = key == mark(change.vault());
    for mut project in configuration.projects {
        if !is_ours {
            forget_password(&mut project)?;
            restored.passwords_lost.push(project.spec.name.clone());
        }
        projects::put_back(change, &project).await?;
    }
    for credential in &configuration.credentials {
        credentials::put_back(change, credential).await?;
    }
    for connector in &configuration.connectors {
        connectors::put_back(change, connector).await?;
    }
    proxies::put_back(change, &configuration.proxies).await?;
    // An installation is never without a root: a node that starts would make one.
    if !configuration.roots.is_empty() {
        roots::put_back(change, &configuration.roots).await?;
    }
    webhooks::put_back(change, webhooks).await?;
    restored.users_left_out = put_back_users(change, users, keep).await?;
    exhume(change).await?;
    Ok(restored)
}

/// Deletes everything, and leaves tombstones for readers that know it.
async fn clear(change: &mut Change) -> Result<()> {
    let bury = "INSERT INTO deletions (kind, id, revision) \
         SELECT 'proxy', id, $1 FROM proxies UNION ALL SELECT 'connector', id, $1 FROM connectors \
         UNION ALL SELECT 'credential', id, $1 FROM credentials \
         UNION ALL SELECT 'project', id, $1 FROM projects";
    change.execute(bury, arguments![change.revision()]).await?;
    for delete in ["DELETE FROM connectors", "DELETE FROM credentials", "DELETE FROM projects"] {
        change.execute(delete, vec![]).await?;
    }
    Ok(())
}

/// Takes away the tombstones of what has come back.
async fn exhume(change: &mut Change) -> Result<()> {
    let exhume = "DELETE FROM deletions WHERE revision = $1 AND ( \
         kind = 'proxy' AND id IN (SELECT id FROM proxies) OR \
         kind = 'connector' AND id IN (SELECT id FROM connectors) OR \
         kind = 'credential' AND id IN (SELECT id FROM credentials) OR \
         kind = 'project' AND id IN (SELECT id FROM projects))";
    change.execute(exhume, arguments![change.revision()]).await.map(|_rows| ())
}

async fn put_back_users(
    change: &mut Change,
    users: Vec<User>,
    keep: UserId,
) -> Result<Vec<String>> {
    let kept = users::keep_only(change, keep).await?;
    let (name, email) = (key(&kept.spec.username), key(&kept.spec.email));
    let mut left_out = Vec::new();
    for user in users.into_iter().filter(|user| user.id != keep) {
        let same_email = !email.is_empty() && key(&user.spec.email) == email;
        if key(&user.spec.username) == name || same_email {
            left_out.push(user.spec.username);
        } else {
            users::put_back(change, &user).await?;
        }
    }
    Ok(left_out)
}

/// Nobody logs in with a digest that nothing has been digested to.
fn forget_password(project: &mut Project) -> Result<()> {
    let mut digest = [0; 32];
    let exhausted = |error| StoreError::Unusable(format!("no randomness: {error}"));
    rand::fill(&mut digest).map_err(exhausted)?;
    project.spec.password = PasswordDigest::from_bytes(digest);
    Ok(())
}

fn mark(vault: &Vault) -> Vec<u8> {
    vault.fingerprint(&["backup"])
}
