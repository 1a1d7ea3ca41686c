//! Proxies that other people wrote carry what a node gives them.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod exits {
    mod logins;
}
