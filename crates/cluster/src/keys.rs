//! Every key and channel, in one place. Operators search for them, so they stay as they are.

use model::{ProjectId, ProxyId};

/// Channel: something changed.
pub(crate) const EVENTS: &str = "octoprox:events";
/// Channel: a node came or went of its own accord.
pub(crate) const MEMBERS: &str = "octoprox:members";
/// Channel: sessions that were bound.
pub(crate) const STICKY: &str = "octoprox:sticky";
/// Channel: proxies that work, or do not, as one node found out.
pub(crate) const HEALTH: &str = "octoprox:health";
/// Sorted set: the names of nodes by their last heartbeat, so that nobody has to search for
/// [`instance`] among all keys there are.
pub(crate) const INSTANCES: &str = "octoprox:instances";
/// Set: the names of leases that somebody took.
pub(crate) const LEASES: &str = "octoprox:leases";

/// Set: projects with [`live`] numbers.
pub(crate) const LIVE: &str = "octoprox:live";
/// How keys of proxies that rest begin.
pub(crate) const QUARANTINE: &str = "quarantine:";
/// How keys of sessions begin.
pub(crate) const STICKY_KEY: &str = "sticky:";

/// A node is alive.
pub(crate) fn instance(id: &str) -> String {
    format!("instance_registry:{id}")
}

/// Whose turn it is.
pub(crate) fn lease(name: &str) -> String {
    format!("lease:{name}")
}

/// A proxy rests.
pub(crate) fn quarantine(proxy: ProxyId) -> String {
    format!("{QUARANTINE}{proxy}")
}

/// A session is bound.
pub(crate) fn sticky(project: ProjectId, session: &str) -> String {
    format!("{STICKY_KEY}{project}:{session}")
}

/// The project and the session of a [`sticky`] key.
pub(crate) fn session(key: &str) -> Option<(ProjectId, &str)> {
    let (project, session) = key.strip_prefix(STICKY_KEY)?.split_once(':')?;
    Some((project.parse().ok()?, session))
}

/// What went through a proxy lately.
pub(crate) fn rate_limit(proxy: ProxyId) -> String {
    format!("ratelimit:{proxy}")
}

/// What went through a project since some node began to count.
pub(crate) fn live(project: ProjectId) -> String {
    format!("metrics:live:{project}")
}
