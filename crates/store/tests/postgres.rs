//! Postgres as operators run it: TLS, sockets, PgBouncer, standbys, servers that hang.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "postgres/server.rs"]
mod server;
#[path = "postgres/tls.rs"]
mod tls;
#[path = "postgres/pooler.rs"]
mod pooler;
#[path = "postgres/faults.rs"]
mod faults;
