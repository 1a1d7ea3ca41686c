//! The tasks on a real database and real sockets: configuration, probes, usage, the end.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "reconcile/world.rs"]
mod world;
#[path = "reconcile/exits.rs"]
mod exits;
#[path = "reconcile/roster.rs"]
mod roster;
#[path = "reconcile/digest.rs"]
mod digest;
#[path = "reconcile/deletions.rs"]
mod deletions;
#[path = "reconcile/probes.rs"]
mod probes;
#[path = "reconcile/redis.rs"]
mod redis;
#[path = "reconcile/facts.rs"]
mod facts;
#[path = "reconcile/usage.rs"]
mod usage;
#[path = "reconcile/caps.rs"]
mod caps;
#[path = "reconcile/ending.rs"]
mod ending;
