//! What a project records of its exchanges, as a client sees it.

use model::Inspection;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::check::Check;

/// Which exchanges are recorded for people to look at.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct InspectionSettings {
    /// Of a thousand exchanges, so many are recorded: 0-1000. Default: 0.
    permille: u16,
    /// Records kept, the latest ones: 1-10,000. Default: 1000.
    keep: u32,
    /// Bytes of content kept of each message: 0-65,536. Default: 0.
    body_bytes: u32,
}

impl Default for InspectionSettings {
    fn default() -> Self {
        Self::from(Inspection::default())
    }
}

impl From<Inspection> for InspectionSettings {
    fn from(Inspection { permille, keep, body_bytes }: Inspection) -> Self {
        Self { permille, keep, body_bytes }
    }
}

impl InspectionSettings {
    /// Checks every field.
    pub(super) fn checked(self, check: &mut Check) -> Inspection {
        let Self { permille, keep, body_bytes } = self;
        check.range("inspection/permille", permille, (0, 1000));
        check.range("inspection/keep", keep, (1, 10_000));
        check.range("inspection/body_bytes", body_bytes, (0, 65_536));
        Inspection { permille, keep, body_bytes }
    }
}
