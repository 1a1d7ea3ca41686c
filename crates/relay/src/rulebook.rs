//! The ban rules and rewrites of each project, compiled once for each version of it.

use std::sync::Arc;

use model::ProjectId;
use rotation::ProjectEntry;
use rules::{Bans, Rewriting};

use crate::compiled::Compiled;

/// What a project has said about messages.
#[derive(Debug, Default)]
pub(crate) struct Rulebook {
    pub(crate) bans: Bans,
    pub(crate) rewriting: Rewriting,
}

/// The rulebooks of one core.
#[derive(Default)]
pub(crate) struct Rulebooks {
    /// Of projects that have said nothing.
    empty: Arc<Rulebook>,
    known: Compiled<ProjectId, ProjectEntry, Arc<Rulebook>>,
}

// === impl Rulebooks ===

impl Rulebooks {
    pub(crate) fn of(&self, project: &Arc<ProjectEntry>) -> Arc<Rulebook> {
        let spec = &project.spec;
        if spec.bans.is_empty() && spec.rewrites.is_empty() {
            return Arc::clone(&self.empty);
        }
        self.known.of(project.id, project, || Arc::new(compile(project)))
    }
}

/// Rules were checked before they were stored. Should one be no rule all the same, none of its kind
/// counts: requests go on, and the log says why.
fn compile(project: &ProjectEntry) -> Rulebook {
    let id = project.id;
    let bans = Bans::compile(&project.spec.bans).unwrap_or_else(|error| {
        tracing::error!(project.id = %id, %error, "ban rules cannot be used");
        Bans::default()
    });
    let rewriting = Rewriting::compile(&project.spec.rewrites).unwrap_or_else(|error| {
        tracing::error!(project.id = %id, %error, "rewrites cannot be used");
        Rewriting::default()
    });
    Rulebook { bans, rewriting }
}
