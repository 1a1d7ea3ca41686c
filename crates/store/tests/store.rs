//! Every statement of the store, on SQLite and on Postgres alike.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "store/world.rs"]
mod world;
#[path = "store/nouns.rs"]
mod nouns;
#[path = "store/people.rs"]
mod people;
#[path = "store/audit.rs"]
mod audit;
#[path = "store/configuration.rs"]
mod configuration;
#[path = "store/usage.rs"]
mod usage;
#[path = "store/series.rs"]
mod series;
#[path = "store/rent.rs"]
mod rent;
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
#[path = "store/alerts.rs"]
mod alerts;
#[path = "store/backup.rs"]
mod backup;
