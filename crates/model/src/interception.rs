//! Interception: whose TLS is ended here, as what requests go on, and what is trusted behind it.

use crate::domain::DomainRule;
use crate::words;

words! {
    /// Whether the TLS inside of tunnels is ended here, and who speaks it to the target.
    pub enum Mode {
        /// Tunnels are left alone.
        Off = "off",
        /// It is ended, and this node speaks to the target as itself.
        Plain = "plain",
        /// It is ended, and the target meets the browser that the client's `User-Agent` names.
        MatchUa = "match_ua",
        /// It is ended, and the target meets the browser that the project names, `User-Agent`
        /// included.
        OverrideUa = "override_ua",
    }
}

words! {
    /// As which browser targets are spoken to.
    pub enum Browser {
        /// Chrome.
        Chrome = "chrome",
        /// Firefox.
        Firefox = "firefox",
        /// Safari.
        Safari = "safari",
        /// Edge.
        Edge = "edge",
        /// One of them, by chance for each session.
        Random = "random",
    }
}

words! {
    /// What becomes of a tunnel in which something else than HTTP over TLS is spoken.
    pub enum Unknown {
        /// It goes on as a tunnel.
        Tunnel = "tunnel",
        /// It is closed.
        Refuse = "refuse",
    }
}

/// What a project wants of interception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interception {
    /// Whether, and as whom.
    pub mode: Mode,
    /// The browser of [`Mode::OverrideUa`].
    pub browser: Browser,
    /// What becomes of anything but HTTP over TLS.
    pub unknown: Unknown,
    /// Hosts that are tunnelled all the same: those that want a client's certificate, or pin their
    /// own. Up to 10,000.
    pub bypass: Vec<DomainRule>,
    /// Certificates (PEM) that targets may present besides publicly trusted ones.
    pub extra_roots: Option<String>,
    /// Hosts whose certificates are not verified. Every use is logged. Up to 256.
    pub unverified: Vec<DomainRule>,
}

impl Default for Interception {
    fn default() -> Self {
        Self {
            mode: Mode::Off,
            browser: Browser::Chrome,
            unknown: Unknown::Tunnel,
            bypass: Vec::new(),
            extra_roots: None,
            unverified: Vec::new(),
        }
    }
}
