//! The router as a client sees it, over a real SQLite database; no socket.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "api/world.rs"]
mod world;
#[path = "api/people.rs"]
mod people;
#[path = "api/browsers.rs"]
mod browsers;
#[path = "api/nouns.rs"]
mod nouns;
#[path = "api/inside.rs"]
mod inside;
#[path = "api/lists.rs"]
mod lists;
#[path = "api/pool.rs"]
mod pool;
#[path = "api/captures.rs"]
mod captures;
#[path = "api/backtest.rs"]
mod backtest;
#[path = "api/exchanges.rs"]
mod exchanges;
#[path = "api/edges.rs"]
mod edges;
#[path = "api/document.rs"]
mod document;
#[path = "api/certificates.rs"]
mod certificates;
#[path = "api/internal.rs"]
mod internal;
#[path = "api/backup.rs"]
mod backup;
#[path = "api/drain.rs"]
mod drain;
#[path = "api/sessions.rs"]
mod sessions;
#[path = "api/feedback.rs"]
mod feedback;
#[path = "api/audit.rs"]
mod audit;
#[path = "api/grants.rs"]
mod grants;
#[path = "api/alerts.rs"]
mod alerts;
