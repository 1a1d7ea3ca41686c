//! Every statement of the store, on SQLite and on Postgres alike.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "store/world.rs"]
mod world;
#[path = "store/nouns.rs"]
mod nouns;
#[path = "store/people.rs"]
mod people;
#[path = "store/configuration.rs"]
mod configuration;
#[path = "store/usage.rs"]
mod usage;
#[path = "store/thin.rs"]
mod thin;
#[path = "store/fence.rs"]
mod fence;
#[path = "store/safety.rs"]
mod safety;
#[path = "store/sealed.rs"]
mod sealed;
#[path = "store/roots.rs"]
mod roots;
