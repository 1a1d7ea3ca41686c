//! What a root of interception looks like to a client, and how one comes to be.

pub(crate) mod endpoints;
pub(crate) mod downloads;
mod profile;

use authority::{AuthorityError, Certificate, Root};
use jiff::{SignedDuration, Timestamp};
use model::{Revision, RootCertificate, Secret};
use serde::{Deserialize, Serialize};
use store::StoreError;
use store::roots::Shown;
use utoipa::ToSchema;

use crate::check::{Check, DAY};
use crate::problem::{Answer, Problem};

/// Characters of a certificate or a key: several times what any has.
const LONGEST: usize = 64 * 1024;

/// A new root. Without certificate and key, one is made up. Not `Debug`: it holds a key.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewRoot {
    /// One certificate in PEM that may sign others.
    certificate_pem: Option<String>,
    /// Write-only. Its key in PEM, not encrypted: PKCS #8, SEC1 or PKCS #1.
    #[schema(write_only)]
    key_pem: Option<String>,
    /// For how long the root before goes on to sign, while clients learn to trust the new one:
    /// 0-31,536,000 seconds.
    #[serde(default = "week")]
    overlap_seconds: u64,
}

fn week() -> u64 {
    7 * DAY
}

/// A root of interception, without its key.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RootView {
    /// SHA-256 of the certificate's DER, 64 hexadecimal digits.
    fingerprint: String,
    subject: String,
    not_before: String,
    not_after: String,
    /// From then on it signs, until the next one does.
    signs_from: String,
    /// Whether it is the one that signs now.
    signs_now: bool,
    revision: u64,
}

impl RootView {
    fn new(root: &Shown, signs_now: bool) -> Answer<Self> {
        let certificate = read(root)?;
        Ok(Self {
            fingerprint: root.fingerprint.clone(),
            subject: certificate.subject().to_owned(),
            not_before: certificate.not_before().to_string(),
            not_after: certificate.not_after().to_string(),
            signs_from: root.signs_from.to_string(),
            signs_now,
            revision: root.revision.0,
        })
    }
}

/// The certificate of a root that is in the database.
fn read(root: &Shown) -> Answer<Certificate> {
    Certificate::from_pem(&root.certificate_pem).map_err(|error| broken(&error))
}

fn broken(error: &AuthorityError) -> Problem {
    Problem::from(StoreError::Unusable(format!("a root: {error}")))
}

impl NewRoot {
    fn root(self, now: Timestamp) -> Answer<RootCertificate> {
        let mut check = Check::default();
        let overlap = check.seconds("overlap_seconds", self.overlap_seconds, (0, 365 * DAY));
        let signs_from = SignedDuration::try_from(overlap).ok().and_then(|overlap| {
            // Milliseconds are what the database keeps.
            Timestamp::from_millisecond(now.as_millisecond()).ok()?.checked_add(overlap).ok()
        });
        let signs_from = signs_from.unwrap_or(now);
        let key_pem = self.key_pem.map(Secret::from);
        let root = match (&self.certificate_pem, &key_pem) {
            (None, None) => Some(Root::named_by_date(now).map_err(|error| broken(&error))?),
            (Some(certificate), Some(key)) => brought(&mut check, (certificate, key), signs_from),
            (Some(_), None) => {
                check.fail("key_pem", "must be given with certificate_pem");
                None
            }
            (None, Some(_)) => {
                check.fail("certificate_pem", "must be given with key_pem");
                None
            }
        };
        let root = root.map(|root| stored(&root, signs_from)).transpose();
        let root = check.done(root)?.map_err(|error| broken(&error))?;
        // There is none only where something was wrong, and then this is not reached.
        root.ok_or_else(|| broken(&AuthorityError::NoRoot))
    }
}

/// A root that somebody brings, which must be good for the time in which it is to sign.
fn brought(
    check: &mut Check,
    (certificate_pem, key_pem): (&str, &Secret),
    signs_from: Timestamp,
) -> Option<Root> {
    check.text("certificate_pem", certificate_pem, LONGEST);
    check.text("key_pem", key_pem.expose(), LONGEST);
    let made = Root::from_pem(certificate_pem, key_pem.expose());
    match made.and_then(|root| Ok((root.certificate()?, root))) {
        Ok((certificate, root)) => {
            if certificate.not_before() > signs_from || certificate.not_after() <= signs_from {
                let detail = "must be valid when it begins to sign";
                check.fail("certificate_pem", detail);
            }
            Some(root)
        }
        Err(error) => {
            let (field, detail) = mistake(&error);
            check.fail(field, detail);
            None
        }
    }
}

/// What is wrong with which field.
fn mistake(error: &AuthorityError) -> (&'static str, String) {
    let (field, detail) = match error {
        AuthorityError::KeyNotPem => ("key_pem", "must be a private key in PEM, not encrypted"),
        AuthorityError::BadKey => ("key_pem", "must be an ECDSA, RSA or Ed25519 key"),
        AuthorityError::KeyMismatch => ("key_pem", "must be the key of certificate_pem"),
        AuthorityError::CertificateNotPem => ("certificate_pem", "must be a certificate in PEM"),
        AuthorityError::NotSingle { found } => {
            return ("certificate_pem", format!("must be one certificate, not {found}"));
        }
        AuthorityError::NotAnAuthority => {
            ("certificate_pem", "must be allowed to sign others (CA:TRUE, keyCertSign)")
        }
        AuthorityError::UnsupportedSubject => {
            ("certificate_pem", "must have a subject without repeated or unusual parts")
        }
        _ => ("certificate_pem", "must be an X.509 certificate that can sign"),
    };
    (field, detail.to_owned())
}

/// A root as the database keeps it.
pub(crate) fn stored(
    root: &Root,
    signs_from: Timestamp,
) -> Result<RootCertificate, AuthorityError> {
    Ok(RootCertificate {
        fingerprint: root.certificate()?.fingerprint(),
        certificate_pem: root.certificate_pem(),
        key_pem: Secret::from(root.key_pem().as_str()),
        signs_from,
        revision: Revision::default(),
    })
}
