//! Which project a connector belongs to, remembered after it has gone.

use std::collections::HashMap;

use model::{Connector, ConnectorId, ProjectId};
use parking_lot::RwLock;

/// Which project a connector belongs to. Usage of an exit may be written down when the exit and its
/// connector have long left the roster; a connector never changes its project.
#[derive(Debug, Default)]
pub(crate) struct Homes(RwLock<HashMap<ConnectorId, ProjectId>>);

impl Homes {
    pub(crate) fn learn(&self, connectors: &[Connector]) {
        if !connectors.is_empty() {
            let homes = connectors.iter().map(|connector| (connector.id, connector.project));
            self.0.write().extend(homes);
        }
    }

    pub(crate) fn of(&self, connector: ConnectorId) -> Option<ProjectId> {
        self.0.read().get(&connector).copied()
    }
}
