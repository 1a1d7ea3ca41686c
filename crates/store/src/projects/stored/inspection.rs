//! Inspection as it is stored.

use model::Inspection;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(super) struct StoredInspection {
    permille: u16,
    keep: u32,
    body_bytes: u32,
}

impl Default for StoredInspection {
    fn default() -> Self {
        Self::from(Inspection::default())
    }
}

impl From<Inspection> for StoredInspection {
    fn from(Inspection { permille, keep, body_bytes }: Inspection) -> Self {
        Self { permille, keep, body_bytes }
    }
}

impl StoredInspection {
    pub(super) fn complete(self) -> Inspection {
        let Self { permille, keep, body_bytes } = self;
        Inspection { permille, keep, body_bytes }
    }
}
