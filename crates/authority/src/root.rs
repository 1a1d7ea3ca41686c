//! Loads the root, or makes it once.

use std::fmt;
use std::sync::{Arc, LazyLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::InconsistentKeys;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::certificate::X509Certificate;
use zeroize::Zeroizing;

use crate::certificate::{Certificate, sha256, single};
use crate::error::{AuthorityError, Result};

/// How far certificates reach into the past, for clients whose clocks are slow. In seconds.
const BACK_DATED: i64 = 3600;
/// Ten years with their leap days, in seconds.
const LIFE: i64 = 3652 * 86_400;
/// 9999-12-31 23:59:59, the last second that a certificate can name (RFC 5280 section 4.1.2.5).
const LAST_SECOND: i64 = 253_402_300_799;
/// `ub-common-name`, in characters.
const LONGEST_NAME: usize = 64;

/// Named wherever TLS is set up, so that nothing depends on what the process has installed.
pub(crate) static PROVIDER: LazyLock<Arc<CryptoProvider>> =
    LazyLock::new(|| Arc::new(aws_lc_rs::default_provider()));

/// The certificate that clients are asked to trust, and its key.
pub struct Root {
    certificate: CertificateDer<'static>,
    key: Zeroizing<KeyPair>,
    key_label: &'static str,
    lifetime: Lifetime,
    digest: [u8; 32],
}

/// From and until when a certificate is valid, in seconds since 1970.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifetime {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

// === impl Root ===

impl Root {
    /// Makes a root that is called `name` (its common name, 1 to 64 characters): P-256, valid for
    /// ten years from `now`.
    ///
    /// # Errors
    /// When the name is too short or too long, or the machine gives no random bytes.
    pub fn generate(name: &str, now: Timestamp) -> Result<Self> {
        let characters = name.chars().count();
        if !(1..=LONGEST_NAME).contains(&characters) {
            return Err(AuthorityError::BadName { found: characters });
        }
        let key = Zeroizing::new(KeyPair::generate().map_err(AuthorityError::KeyGeneration)?);
        let now = now.as_second();
        let mut params = params(Lifetime { from: now - BACK_DATED, until: now + LIFE })?;
        params.distinguished_name = common_name(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&*key).map_err(AuthorityError::Signing)?;
        Self::assemble(certificate.into(), PrivateKeyDer::Pkcs8(key.serialize_der().into()))
    }

    /// Takes a root that exists already. `certificate` holds that one certificate; `key` its key,
    /// unencrypted, as PKCS #8, SEC1 or PKCS #1. Whether it is still valid shows when it signs.
    ///
    /// # Errors
    /// When either cannot be read, they do not belong together, or the certificate may not sign
    /// others.
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self> {
        Self::assemble(single(certificate)?, private_key(key.as_bytes())?)
    }

    /// Makes a root for an installation, whose name tells people how old it is:
    /// `Octoprox CA 2026-03-01T00:00:00Z`.
    ///
    /// # Errors
    /// When the machine gives no random bytes.
    pub fn named_by_date(now: Timestamp) -> Result<Self> {
        let second = Timestamp::from_second(now.as_second()).unwrap_or(now);
        Self::generate(&format!("Octoprox CA {second}"), now)
    }

    /// What its certificate says of itself.
    ///
    /// # Errors
    /// None that it did not have when it was made.
    pub fn certificate(&self) -> Result<Certificate> {
        Certificate::read(self.certificate.clone())
    }

    /// SHA-256 of the certificate's DER.
    pub(crate) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The certificate as PEM text, for people to install.
    #[must_use]
    pub fn certificate_pem(&self) -> String {
        pem("CERTIFICATE", &self.certificate)
    }

    /// The certificate as DER.
    #[must_use]
    pub fn certificate_der(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// The key as PEM text, unencrypted: PKCS #8 when it was generated here, otherwise as it
    /// came. Wiped from memory when dropped.
    #[must_use]
    pub fn key_pem(&self) -> Zeroizing<String> {
        Zeroizing::new(pem(self.key_label, self.key.serialized_der()))
    }

    /// Signs a certificate for `key` as `params` say. The issuer's name and key identifier are put
    /// in here.
    pub(crate) fn sign(
        &self,
        params: &CertificateParams,
        key: &KeyPair,
    ) -> Result<CertificateDer<'static>> {
        // Made anew for each leaf, which costs microseconds: an issuer that owned the key would
        // not wipe it.
        let issuer = Issuer::from_ca_cert_der(&self.certificate, &*self.key)
            .map_err(AuthorityError::Signing)?;
        let signed = params.signed_by(key, &issuer).map_err(AuthorityError::Signing)?;
        Ok(signed.into())
    }

    /// How long a leaf may be valid that is signed at `now` and should last for `life` seconds.
    pub(crate) fn lifetime_of_leaf(&self, now: i64, life: i64) -> Result<Lifetime> {
        if self.lifetime.until <= now {
            return Err(AuthorityError::RootExpired);
        }
        Ok(Lifetime {
            from: (now - BACK_DATED).max(self.lifetime.from),
            until: (now + life).min(self.lifetime.until),
        })
    }

    fn assemble(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> Result<Self> {
        let lifetime = lifetime_of_authority(&certificate)?;
        let Ok(key_pair) = KeyPair::try_from(&key) else {
            return Err(AuthorityError::BadKey);
        };
        let key_label = label(&key)?;
        certified_key(vec![certificate.clone()], key)?;
        let digest = sha256(&certificate);
        let key = Zeroizing::new(key_pair);
        let root = Self { certificate, key, key_label, lifetime, digest };
        root.check_issuer()?;
        Ok(root)
    }

    /// A name with two organisational units, say, would lose one on its way into a leaf.
    fn check_issuer(&self) -> Result<()> {
        let probe = self.sign(&CertificateParams::default(), &self.key)?;
        if parse(&probe)?.issuer().as_raw() == parse(&self.certificate)?.subject().as_raw() {
            Ok(())
        } else {
            Err(AuthorityError::UnsupportedSubject)
        }
    }
}

impl fmt::Debug for Root {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Root").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

// === what leaves and roots have in common ===

/// The beginnings of any certificate: its time, a random serial number, and no name.
pub(crate) fn params(lifetime: Lifetime) -> Result<CertificateParams> {
    // 20 bytes at most, and positive (RFC 5280 section 4.1.2.2).
    let mut serial = [0; 16];
    PROVIDER.secure_random.fill(&mut serial).map_err(|error| AuthorityError::Tls(error.into()))?;
    serial[0] = serial[0] & 0x7f | 0x40;
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let mut params = CertificateParams::default();
    params.not_before = epoch + since_epoch(lifetime.from);
    params.not_after = epoch + since_epoch(lifetime.until);
    params.serial_number = Some(serial.to_vec().into());
    params.distinguished_name = DistinguishedName::new();
    Ok(params)
}

/// A subject of that common name; none when it is too long for one, which a host may be.
pub(crate) fn common_name(name: &str) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    if name.chars().count() <= LONGEST_NAME {
        subject.push(DnType::CommonName, name);
    }
    subject
}

/// All certificates of the PEM text, at least one.
pub(crate) fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        // Without the cause, which may quote a key that stands in the same text.
        _ => Err(AuthorityError::CertificateNotPem),
    }
}

/// The first private key of the PEM text.
pub(crate) fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>> {
    PrivateKeyDer::from_pem_slice(pem).ok().ok_or(AuthorityError::KeyNotPem)
}

/// The certificates and the key, which is the first one's.
pub(crate) fn certified_key(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey> {
    let Ok(key) = PROVIDER.key_provider.load_private_key(key) else {
        return Err(AuthorityError::BadKey);
    };
    let certified = CertifiedKey::new(chain, key);
    match certified.keys_match() {
        Ok(()) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
            Err(AuthorityError::KeyMismatch)
        }
        Err(error) => Err(AuthorityError::Tls(error)),
    }
}

fn lifetime_of_authority(der: &CertificateDer<'_>) -> Result<Lifetime> {
    let certificate = parse(der)?;
    let usage = certificate
        .key_usage()
        .map_err(|error| AuthorityError::BadCertificate(x509_parser::nom::Err::Failure(error)))?;
    if !certificate.is_ca() || usage.is_some_and(|usage| !usage.value.key_cert_sign()) {
        return Err(AuthorityError::NotAnAuthority);
    }
    let validity = certificate.validity();
    Ok(Lifetime { from: validity.not_before.timestamp(), until: validity.not_after.timestamp() })
}

pub(crate) fn parse<'a>(der: &'a CertificateDer<'_>) -> Result<X509Certificate<'a>> {
    let (_, certificate) =
        x509_parser::parse_x509_certificate(der).map_err(AuthorityError::BadCertificate)?;
    Ok(certificate)
}

/// How PEM calls a key of that form (RFC 7468 section 10, RFC 5915 section 4).
fn label(key: &PrivateKeyDer<'_>) -> Result<&'static str> {
    match key {
        PrivateKeyDer::Pkcs8(_) => Ok("PRIVATE KEY"),
        PrivateKeyDer::Sec1(_) => Ok("EC PRIVATE KEY"),
        PrivateKeyDer::Pkcs1(_) => Ok("RSA PRIVATE KEY"),
        _ => Err(AuthorityError::BadKey),
    }
}

fn since_epoch(second: i64) -> std::time::Duration {
    std::time::Duration::from_secs(second.clamp(0, LAST_SECOND).unsigned_abs())
}

/// PEM (RFC 7468). The text does not move while it grows, so no copy of a key is left behind.
fn pem(label: &str, der: &[u8]) -> String {
    let mut text = String::with_capacity(der.len() * 3 / 2 + 2 * label.len() + 64);
    for part in ["-----BEGIN ", label, "-----\n"] {
        text.push_str(part);
    }
    for line in der.chunks(48) {
        STANDARD.encode_string(line, &mut text);
        text.push('\n');
    }
    for part in ["-----END ", label, "-----\n"] {
        text.push_str(part);
    }
    text
}
