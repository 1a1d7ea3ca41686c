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

impl Filter {
    /// `$1` to `$7` of the statements that filter.
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
