//! What a proxy is, in one word: the same in lists, filters and sums.

use std::collections::HashMap;

use model::proxy::Status;
use model::{Health, ProjectId, ProxyId};

use crate::state::State;

model::words! {
    /// What a proxy is, in one word. The first that is true.
    pub(crate) enum Standing {
        /// Switched off.
        Disabled = "disabled",
        /// It rests: by hand, because of a limit, or because of a verdict.
        Quarantined = "quarantined",
        /// Never tried.
        Unknown = "unknown",
        /// A machine that is still being started.
        Initializing = "initializing",
        /// Works.
        Healthy = "healthy",
        /// Has failed lately.
        Degraded = "degraded",
        /// Has failed too often.
        Unhealthy = "unhealthy",
        /// Gets nothing new.
        Draining = "draining",
        /// About to be gone.
        Terminating = "terminating",
    }
}

impl Standing {
    /// Of a proxy that is on.
    pub(crate) fn of(status: Status, is_resting: bool) -> Self {
        match status {
            _ if is_resting => Self::Quarantined,
            Status::Unknown => Self::Unknown,
            Status::Initializing => Self::Initializing,
            Status::Healthy => Self::Healthy,
            Status::Degraded => Self::Degraded,
            Status::Unhealthy => Self::Unhealthy,
            Status::Draining => Self::Draining,
            Status::Terminating => Self::Terminating,
        }
    }

    /// Of a proxy of which this node knows that, if anything.
    pub(crate) fn of_proxy(enabled: bool, health: Option<&Health>) -> Self {
        match health {
            _ if !enabled => Self::Disabled,
            Some(health) => Self::of(health.status, health.quarantined_for.is_some()),
            None => Self::Unknown,
        }
    }

    /// Of each proxy of a project that is on and that this node has loaded.
    pub(crate) fn of_all(state: &State, project: ProjectId) -> HashMap<ProxyId, Self> {
        let seen = state.live.exits_of(project).into_iter();
        seen.map(|exit| (exit.exit, Self::of(exit.status, exit.is_resting))).collect()
    }
}
