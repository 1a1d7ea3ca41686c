//! Interception by a whole node: clients of every kind browse a site whose TLS is ended on the way.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod intercept {
    mod scene;
    mod curl;
    mod scripts;
    mod chromium;
    mod large;
    mod certificates;
    mod bans;
    mod rewrites;
    mod inspector;
    mod timings;
    mod settings;
    mod kept;
    mod ends;
    mod authority;
}
