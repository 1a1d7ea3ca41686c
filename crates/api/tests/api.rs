//! The router as a client sees it, over a real SQLite database; no socket.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "api/world.rs"]
mod world;
#[path = "api/people.rs"]
mod people;
#[path = "api/nouns.rs"]
mod nouns;
#[path = "api/inside.rs"]
mod inside;
#[path = "api/lists.rs"]
mod lists;
#[path = "api/captures.rs"]
mod captures;
#[path = "api/edges.rs"]
mod edges;
#[path = "api/certificates.rs"]
mod certificates;
#[path = "api/internal.rs"]
mod internal;
