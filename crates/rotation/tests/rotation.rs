//! Who gets which exit: strategies, sessions, filters, limits, domain rules, rosters.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "rotation/caps.rs"]
mod caps;
#[path = "rotation/domains.rs"]
mod domains;
#[path = "rotation/explain.rs"]
mod explain;
#[path = "rotation/facts.rs"]
mod facts;
#[path = "rotation/filters.rs"]
mod filters;
#[path = "rotation/limits.rs"]
mod limits;
#[path = "rotation/rosters.rs"]
mod rosters;
#[path = "rotation/sessions.rs"]
mod sessions;
#[path = "rotation/strategies.rs"]
mod strategies;
#[path = "rotation/world.rs"]
mod world;
