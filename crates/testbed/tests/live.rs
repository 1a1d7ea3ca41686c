//! What people see of requests while they happen and soon after: on one node, and on three.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod live {
    mod alone;
    mod together;
}
