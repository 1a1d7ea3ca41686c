//! Roots of interception: read, added, deleted; never changed.

use jiff::Timestamp;
use model::authority::signing;
use model::{Revision, RootCertificate, Secret};

use crate::arguments::arguments;
use crate::change::Change;
use crate::database::Transaction;
use crate::error::StoreError;
use crate::store::Store;
use crate::vault::Vault;

type Result<T> = std::result::Result<T, StoreError>;

/// Roots at most: every node holds all of them.
pub const MOST: usize = 16;

/// Fingerprint, certificate, key (sealed in the database), from when it signs, revision.
pub(crate) type Row<K = Vec<u8>> = (String, String, K, i64, i64);

/// A root as everybody may see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// SHA-256 of the certificate's DER, 64 hexadecimal digits.
    pub fingerprint: String,
    /// The certificate, as PEM.
    pub certificate_pem: String,
    /// From then on it signs, until the next one does.
    pub signs_from: Timestamp,
    /// The change that wrote it.
    pub revision: Revision,
}

/// Adds `candidate` if there is no root at all: however many nodes try at once, one of them does.
/// True: this one did.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn add_first(store: &Store, candidate: RootCertificate) -> Result<bool> {
    let any = "SELECT 1 FROM roots LIMIT 1";
    // Most starts are not the first, and need not wait for changes under way.
    if !store.fetch::<(i32,)>(any, vec![]).await?.is_empty() {
        return Ok(false);
    }
    let mut change = store.change().await?;
    // The change has a lock that every other one waits for: nothing is added after this look.
    if !change.fetch::<(i32,)>(any, vec![]).await?.is_empty() {
        return Ok(false);
    }
    add(&mut change, candidate).await?;
    change.commit().await.map(|_revision| true)
}

/// Adds a root. Its revision will be that of the change, whatever it says.
///
/// # Errors
/// [`StoreError::Duplicate`] of `certificate_pem`, [`StoreError::Invalid`] when there are [`MOST`]
/// already.
pub async fn add(change: &mut Change, root: RootCertificate) -> Result<RootCertificate> {
    let revision = change.revision();
    let RootCertificate { fingerprint, certificate_pem, key_pem, signs_from, .. } = &root;
    let sealed = change.vault().seal(&context(fingerprint), key_pem.expose().as_bytes())?;
    let insert = "INSERT INTO roots (fingerprint, certificate, private_key, signs_from, revision) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let (name, certificate) = (fingerprint.clone(), certificate_pem.clone());
    let arguments = arguments![name, certificate, sealed, *signs_from, revision];
    if change.execute(insert, arguments).await? == 0 {
        return Err(StoreError::Duplicate { field: "certificate_pem" });
    }
    if begins(change).await?.len() > MOST {
        let why = "are too many: delete one that is no longer needed";
        return Err(StoreError::Invalid { field: "roots", why });
    }
    touch(change).await?;
    Ok(RootCertificate { revision, ..root })
}

/// Deletes a root that does not sign now.
///
/// # Errors
/// [`StoreError::NotFound`], [`StoreError::InUse`] for the one that signs.
pub async fn delete(change: &mut Change, fingerprint: &str) -> Result<()> {
    let roots = begins(change).await?;
    let at = roots.iter().position(|(name, _)| name == fingerprint);
    let at = at.ok_or(StoreError::NotFound("root"))?;
    if signing(roots.iter().map(|(_, begin)| *begin), change.now()) == Some(at) {
        return Err(StoreError::InUse { by: "client" });
    }
    change.execute("DELETE FROM roots WHERE fingerprint = $1", arguments![fingerprint]).await?;
    touch(change).await
}

/// Has these roots and no others.
pub(crate) async fn put_back(change: &mut Change, roots: &[RootCertificate]) -> Result<()> {
    change.execute("DELETE FROM roots", vec![]).await?;
    for root in roots {
        add(change, root.clone()).await?;
    }
    Ok(())
}

/// All roots, in the order in which they begin to sign, without their keys.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn list(store: &Store) -> Result<Vec<Shown>> {
    let select = "SELECT fingerprint, certificate, signs_from, revision FROM roots \
         ORDER BY signs_from, revision, fingerprint";
    let rows = store.fetch::<(String, String, i64, i64)>(select, vec![]).await?;
    let shown = |(fingerprint, certificate_pem, signs_from, revision): (_, _, _, i64)| {
        let revision = Revision(revision.cast_unsigned());
        Ok(Shown { fingerprint, certificate_pem, signs_from: time(signs_from)?, revision })
    };
    rows.into_iter().map(shown).collect()
}

/// All roots, in the order in which they begin to sign.
pub(crate) async fn load(
    vault: &Vault,
    snapshot: &mut Transaction,
) -> Result<Vec<RootCertificate>> {
    let select = "SELECT fingerprint, certificate, private_key, signs_from, revision FROM roots \
         ORDER BY signs_from, revision, fingerprint";
    let rows = snapshot.fetch::<Row>(select, vec![]).await?;
    let open = |row: Row| {
        let (fingerprint, certificate, sealed, signs_from, revision) = row;
        let key = vault.open(&context(&fingerprint), &sealed)?;
        read((fingerprint, certificate, key, signs_from, revision))
    };
    rows.into_iter().map(open).collect()
}

/// The row of a root with its key as it is, for a place that is sealed as a whole.
pub(crate) fn write_open(root: &RootCertificate) -> Row<String> {
    let RootCertificate { fingerprint, certificate_pem, key_pem, signs_from, revision } = root;
    (
        fingerprint.clone(),
        certificate_pem.clone(),
        key_pem.expose().to_owned(),
        signs_from.as_millisecond(),
        revision.0.cast_signed(),
    )
}

pub(crate) fn read_open(row: Row<String>) -> Result<RootCertificate> {
    let (fingerprint, certificate, key, signs_from, revision) = row;
    read((fingerprint, certificate, Secret::from(key), signs_from, revision))
}

fn read(row: Row<Secret>) -> Result<RootCertificate> {
    let (fingerprint, certificate_pem, key_pem, signs_from, revision) = row;
    let (signs_from, revision) = (time(signs_from)?, Revision(revision.cast_unsigned()));
    Ok(RootCertificate { fingerprint, certificate_pem, key_pem, signs_from, revision })
}

fn time(millisecond: i64) -> Result<Timestamp> {
    Timestamp::from_millisecond(millisecond).map_err(|error| StoreError::corrupt("root", error))
}

/// Fingerprints and beginnings, in their order.
async fn begins(change: &mut Change) -> Result<Vec<(String, Timestamp)>> {
    let select = "SELECT fingerprint, signs_from FROM roots \
         ORDER BY signs_from, revision, fingerprint";
    let rows = change.fetch::<(String, i64)>(select, vec![]).await?;
    rows.into_iter().map(|(name, begin)| Ok((name, time(begin)?))).collect()
}

/// Readers that were away read all roots anew: they are few.
async fn touch(change: &mut Change) -> Result<()> {
    let revision = change.revision();
    let update = "UPDATE installation SET roots_revision = $1";
    change.execute(update, arguments![revision]).await.map(|_rows| ())
}

fn context(fingerprint: &str) -> String {
    format!("roots:{fingerprint}:private_key")
}
