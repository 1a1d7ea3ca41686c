//! The roots of interception: what clients have to trust.

use jiff::Timestamp;

use crate::revision::Revision;
use crate::secret::Secret;

/// A root certificate of this installation, with its key.
#[derive(Debug, Clone)]
pub struct RootCertificate {
    /// SHA-256 of the certificate's DER, 64 hexadecimal digits: its name everywhere.
    pub fingerprint: String,
    /// The certificate, as PEM.
    pub certificate_pem: String,
    /// Its key, unencrypted, as PEM.
    pub key_pem: Secret,
    /// From then on it signs, until the next one does: the time before is for clients to learn to
    /// trust it.
    pub signs_from: Timestamp,
    /// The change that wrote it.
    pub revision: Revision,
}

/// Which root signs at `now`, of roots that stand in the order in which they begin to: the last that
/// has begun, or the first when none has, because somebody must. `None`: there is no root.
pub fn signing(begins: impl IntoIterator<Item = Timestamp>, now: Timestamp) -> Option<usize> {
    let mut found = None;
    for (at, begin) in begins.into_iter().enumerate() {
        if at == 0 || begin <= now {
            found = Some(at);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_that_has_begun_signs() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let signing = |begins: &[i64], now| signing(begins.iter().map(|begin| at(*begin)), at(now));
        assert_eq!(signing(&[], 5), None);
        assert_eq!(signing(&[9], 5), Some(0));
        assert_eq!(signing(&[1, 5, 6], 5), Some(1));
        assert_eq!(signing(&[1, 5, 5, 6], 5), Some(2));
        assert_eq!(signing(&[1, 5, 6], 60), Some(2));
    }
}
