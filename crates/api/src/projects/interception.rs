//! What a project says of interception, as a client sees it.

use model::Interception;
use model::interception::{Browser, Mode, Unknown};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::texts;
use crate::check::Check;

/// Characters of the certificates.
const MOST_ROOTS: usize = 1 << 18;

/// Whether the TLS inside of tunnels is ended here, and what goes on behind it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct InterceptionSettings {
    /// `off`: tunnels are left alone. `plain`: their TLS is ended here. `match_ua`: and the target
    /// meets the browser that the client's `User-Agent` names. `override_ua`: and the target meets
    /// the browser that is named here; both are refused where the node was built without browsers.
    /// Default: `off`.
    mode: String,
    /// The browser of `override_ua`: `chrome`, `firefox`, `safari`, `edge`, or `random`, which is
    /// one of them for each session. Default: `chrome`.
    browser: String,
    /// What becomes of a tunnel with something else than HTTP over TLS in it: `tunnel` lets it
    /// through, `refuse` closes it. Default: `tunnel`.
    unknown: String,
    /// Targets that are tunnelled all the same, written as in `domain_allow`. Up to 10,000.
    bypass: Vec<String>,
    /// Certificates (PEM) that targets may present besides publicly trusted ones. Up to 262,144
    /// characters.
    extra_roots: Option<String>,
    /// Targets whose certificates are not verified, written as in `domain_allow`. Up to 256. Every
    /// use is logged.
    unverified: Vec<String>,
}

impl Default for InterceptionSettings {
    fn default() -> Self {
        Self::from(Interception::default())
    }
}

impl From<Interception> for InterceptionSettings {
    fn from(interception: Interception) -> Self {
        Self {
            mode: interception.mode.to_string(),
            browser: interception.browser.to_string(),
            unknown: interception.unknown.to_string(),
            bypass: texts(&interception.bypass),
            extra_roots: interception.extra_roots,
            unverified: texts(&interception.unverified),
        }
    }
}

impl InterceptionSettings {
    /// Checks every field. `browsers` says whether this build has any.
    pub(super) fn checked(self, browsers: bool, check: &mut Check) -> Interception {
        if let Some(why) = self.extra_roots.as_deref().and_then(no_roots) {
            check.fail("interception/extra_roots", why);
        }
        let mode = check.parse("interception/mode", &self.mode).unwrap_or(Mode::Off);
        if matches!(mode, Mode::MatchUa | Mode::OverrideUa) && !browsers {
            check.fail("interception/mode", "this build has no browser identities");
        }
        Interception {
            mode,
            browser: check.parse("interception/browser", &self.browser).unwrap_or(Browser::Chrome),
            unknown: check.parse("interception/unknown", &self.unknown).unwrap_or(Unknown::Tunnel),
            bypass: check.parse_all("interception/bypass", &self.bypass, 10_000),
            extra_roots: self.extra_roots,
            unverified: check.parse_all("interception/unverified", &self.unverified, 256),
        }
    }
}

/// Why a text holds no certificates. A key is refused, because every viewer would see it.
fn no_roots(pem: &str) -> Option<&'static str> {
    if pem.len() > MOST_ROOTS {
        return Some("must have at most 262144 characters");
    }
    if pem.contains("PRIVATE KEY-----") {
        return Some("must hold certificates alone: take the private key out");
    }
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    let some = certificates.is_ok_and(|found| !found.is_empty());
    (!some).then_some("must hold certificates in PEM form")
}
