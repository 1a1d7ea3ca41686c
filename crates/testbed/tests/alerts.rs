//! What people should know of reaches them: shown by the API, told to receivers, once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod alerts {
    mod caps;
    mod exits;
    mod receivers;
    mod scene;
    mod urls;
}
