//! A source of proxies: provider, credential, routing, limits.

use std::net::IpAddr;

use crate::domain::DomainRule;
use crate::id::{ConnectorId, CredentialId, ProjectId};
use crate::place::Country;
use crate::policy::RateLimit;
use crate::revision::{Revision, Version};
use crate::spending::{Cap, Prices};
use crate::words;

words! {
    /// Where a connector's proxies come from.
    pub enum ConnectorKind {
        /// A list that operators keep: typed in, uploaded, sent through the API.
        Static = "static",
        /// This node itself: it dials targets without a proxy, through the SSRF guard.
        Direct = "direct",
    }
}

words! {
    /// Who turns a target's name into an address.
    pub enum ResolveAt {
        /// The exit; the name never meets our resolver.
        Exit = "exit",
        /// This node, which then asks the exit for the address.
        Node = "node",
    }
}

/// A source of proxies.
#[derive(Debug, Clone)]
pub struct Connector {
    /// Its identifier.
    pub id: ConnectorId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// How often it has been written.
    pub version: Version,
    /// The change that wrote it last.
    pub revision: Revision,
    /// What an operator decided.
    pub spec: ConnectorSpec,
}

/// What an operator decides about a connector. [`ConnectorSpec::new`] has the defaults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectorSpec {
    /// 1-255 characters, unique in the project whatever the case.
    pub name: String,
    /// Where its proxies come from.
    pub kind: ConnectorKind,
    /// The account its proxies log in with, when they have no login of their own.
    pub credential: Option<CredentialId>,
    /// A connector that is off is chosen for nothing.
    pub enabled: bool,
    /// Its share of the requests among connectors of its tier: 1-100.
    pub weight: u8,
    /// Its tier: 0 first; a later tier is chosen only when no earlier one has an eligible exit.
    pub priority: u8,
    /// Targets it may be used for; empty: all.
    pub domain_allow: Vec<DomainRule>,
    /// Targets it may not be used for; stronger than the list above.
    pub domain_deny: Vec<DomainRule>,
    /// The countries that its proxies of unknown country count as being in.
    pub countries: Vec<Country>,
    /// At most so many requests through one of its exits.
    pub rate_limit: Option<RateLimit>,
    /// At most so many requests in flight through one of its exits.
    pub max_in_flight: Option<u32>,
    /// Who resolves target names.
    pub resolve: ResolveAt,
    /// Certificates (PEM) that an `https` exit may present besides publicly trusted ones.
    pub ca_pem: Option<String>,
    /// `direct` only: the local address to dial from.
    pub source_address: Option<IpAddr>,
    /// What its probes ask for, instead of the project's.
    pub health_check_url: Option<String>,
    /// What its traffic costs.
    pub prices: Prices,
    /// How much traffic it may have; up to 8.
    pub caps: Vec<Cap>,
}

impl ConnectorSpec {
    /// A connector with every default.
    #[must_use]
    pub fn new(name: String, kind: ConnectorKind) -> Self {
        Self {
            name,
            kind,
            credential: None,
            enabled: true,
            weight: 1,
            priority: 0,
            domain_allow: Vec::new(),
            domain_deny: Vec::new(),
            countries: Vec::new(),
            rate_limit: None,
            max_in_flight: None,
            resolve: ResolveAt::Exit,
            ca_pem: None,
            source_address: None,
            health_check_url: None,
            prices: Prices::default(),
            caps: Vec::new(),
        }
    }
}
