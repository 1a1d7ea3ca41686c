//! Which proxies of a project are wanted.

use compact_str::CompactString;
use model::place::Country;
use model::proxy::Protocol;
use model::{ConnectorId, ProjectId};

use crate::arguments::{Argument, arguments};
use crate::stored::pattern;

/// Which proxies of a project are wanted: those that fit every part that is there.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Of this connector.
    pub connector: Option<ConnectorId>,
    /// Spoken to in this protocol.
    pub protocol: Option<Protocol>,
    /// In this country.
    pub country: Option<Country>,
    /// With this tag.
    pub tag: Option<CompactString>,
    /// Switched on, or off.
    pub enabled: Option<bool>,
    /// Part of the host.
    pub search: Option<String>,
}

/// The proxies `p`, with their connectors `c`, that a filter lets through: [`Filter::arguments`] are
/// `$1` to `$7`.
pub(super) const FILTERED: &str = "FROM proxies p JOIN connectors c ON c.id = p.connector_id \
     WHERE c.project_id = $1 AND ($2 IS NULL OR p.connector_id = $2) \
     AND ($3 IS NULL OR p.protocol = $3) AND ($4 IS NULL OR p.country = $4) \
     AND ($5 IS NULL OR p.tags LIKE $5 ESCAPE '\\') \
     AND ($6 IS NULL OR CASE WHEN p.enabled THEN 1 ELSE 0 END = $6) \
     AND ($7 IS NULL OR p.host LIKE $7 ESCAPE '\\')";

impl Filter {
    /// What [`FILTERED`] asks for.
    pub(super) fn arguments(&self, project: ProjectId) -> Vec<Argument> {
        // Tags are kept as a JSON array of texts.
        let tag = self.tag.as_ref().map(|tag| format!("\"{tag}\""));
        arguments![
            project,
            self.connector,
            self.protocol.map(|protocol| protocol.to_string()),
            self.country.map(|country| country.to_string()),
            pattern(tag.as_deref()),
            self.enabled,
            pattern(self.search.as_deref()),
        ]
    }
}
