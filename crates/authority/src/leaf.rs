//! Signs a leaf for one host.

use std::net::IpAddr;
use std::sync::Arc;

use jiff::Timestamp;
use rcgen::{ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls_pki_types::{DnsName, PrivateKeyDer};
use zeroize::Zeroizing;

use crate::error::{AuthorityError, Result};
use crate::root::{PROVIDER, Root, common_name, params};

/// How long a leaf is valid, in seconds.
const LIFE: i64 = 30 * 86_400;

/// Tells the time of day.
pub(crate) type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The one key of all leaves.
pub(crate) struct LeafKey {
    pair: Zeroizing<KeyPair>,
    tls: Arc<dyn SigningKey>,
}

/// Signs leaves, all for one key.
pub(crate) struct Signer {
    root: Root,
    key: Arc<LeafKey>,
    clock: Clock,
}

/// A leaf, ready for TLS, and the root behind it.
pub(crate) struct Leaf {
    pub(crate) certified: Arc<CertifiedKey>,
    /// When half of its life is over, in seconds since 1970.
    pub(crate) half_life: i64,
}

// === impl LeafKey ===

impl LeafKey {
    pub(crate) fn generate() -> Result<Self> {
        let pair = Zeroizing::new(KeyPair::generate().map_err(AuthorityError::KeyGeneration)?);
        let tls = PROVIDER
            .key_provider
            .load_private_key(PrivateKeyDer::Pkcs8(pair.serialize_der().into()))
            .map_err(AuthorityError::Tls)?;
        Ok(Self { pair, tls })
    }
}

// === impl Signer ===

impl Signer {
    pub(crate) fn new(root: Root, key: Arc<LeafKey>, clock: Clock) -> Self {
        Self { root, key, clock }
    }

    pub(crate) fn root(&self) -> &Root {
        &self.root
    }

    pub(crate) fn now(&self) -> i64 {
        (self.clock)().as_second()
    }

    /// One certificate for all of `names`, which is named after the first. Some tens of
    /// microseconds of work with a P-256 root, milliseconds with a large RSA root.
    pub(crate) fn sign(&self, names: &[SanType]) -> Result<Leaf> {
        let now = self.now();
        let lifetime = self.root.lifetime_of_leaf(now, LIFE)?;
        let mut params = params(lifetime)?;
        params.distinguished_name = match names.first().ok_or(AuthorityError::NoNames)? {
            SanType::DnsName(name) => common_name(name.as_str()),
            SanType::IpAddress(address) => common_name(&address.to_string()),
            _ => return Err(AuthorityError::BadHost),
        };
        params.subject_alt_names = names.to_vec();
        // Said explicitly, because only then a subject key identifier is written.
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = self.root.sign(&params, &self.key.pair)?;
        let chain = vec![certificate, self.root.certificate_der().clone()];
        let certified = Arc::new(CertifiedKey::new(chain, Arc::clone(&self.key.tls)));
        Ok(Leaf { certified, half_life: now.midpoint(lifetime.until) })
    }
}

/// `host` as it stands in a certificate: an address, or a name in lower case without a final dot.
pub(crate) fn subject(host: &str) -> Result<SanType> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(SanType::IpAddress(address));
    }
    let name = host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase();
    if DnsName::try_from(name.as_str()).is_err() {
        return Err(AuthorityError::BadHost);
    }
    name.try_into().map(SanType::DnsName).map_err(AuthorityError::Signing)
}
