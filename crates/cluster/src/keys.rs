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
/// Channel: letters to all nodes.
pub(crate) const LETTERS: &str = "octoprox:letters";
/// Channel: exits that a host or a session does not want.
pub(crate) const MARKS: &str = "octoprox:marks";
/// Sorted set: the names of nodes by their last heartbeat, so that nobody has to search for
/// [`instance`] among all keys there are.
pub(crate) const INSTANCES: &str = "octoprox:instances";
/// Set: the names of leases that somebody took.
pub(crate) const LEASES: &str = "octoprox:leases";

/// Set: projects with [`live`] numbers.
pub(crate) const LIVE: &str = "octoprox:live";
/// How keys of proxies that rest begin.
pub(crate) const QUARANTINE: &str = "quarantine:";
/// How keys of exits that somebody does not want begin.
pub(crate) const MARK: &str = "mark:";
/// How keys of sessions begin.
pub(crate) const STICKY_KEY: &str = "sticky:";

/// Channel: letters to one node.
pub(crate) fn letters(id: &str) -> String {
    format!("{LETTERS}:{id}")
}

/// A node is alive.
pub(crate) fn instance(id: &str) -> String {
    format!("instance_registry:{id}")
}

/// Whether a node is to be drained.
pub(crate) fn drain(id: &str) -> String {
    format!("drain:{id}")
}

/// Whose turn it is.
pub(crate) fn lease(name: &str) -> String {
    format!("lease:{name}")
}

/// A proxy rests.
pub(crate) fn quarantine(proxy: ProxyId) -> String {
    format!("{QUARANTINE}{proxy}")
}

/// A host or a session (`name`, which says which) does not want an exit.
pub(crate) fn mark(project: ProjectId, exit: ProxyId, name: &str) -> String {
    format!("{MARK}{project}:{exit}:{name}")
}

/// The parts of a [`mark`] key.
pub(crate) fn marked(key: &str) -> Option<(ProjectId, ProxyId, &str)> {
    let (project, rest) = key.strip_prefix(MARK)?.split_once(':')?;
    let (exit, name) = rest.split_once(':')?;
    Some((project.parse().ok()?, exit.parse().ok()?, name))
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
