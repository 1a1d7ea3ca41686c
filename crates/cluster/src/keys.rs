//! Every key and channel, in one place. Operators search for them, so they stay as they are.

/// Channel: something changed.
pub(crate) const EVENTS: &str = "octoprox:events";
/// Channel: a node came or went of its own accord.
pub(crate) const MEMBERS: &str = "octoprox:members";
/// Channel: sessions that were bound.
pub(crate) const STICKY: &str = "octoprox:sticky";
/// Sorted set: the names of nodes by their last heartbeat, so that nobody has to search for
/// [`instance`] among all keys there are.
pub(crate) const INSTANCES: &str = "octoprox:instances";
/// Set: the names of leases that somebody took.
pub(crate) const LEASES: &str = "octoprox:leases";

/// A node is alive.
pub(crate) fn instance(id: &str) -> String {
    format!("instance_registry:{id}")
}

/// Whose turn it is.
pub(crate) fn lease(name: &str) -> String {
    format!("lease:{name}")
}
