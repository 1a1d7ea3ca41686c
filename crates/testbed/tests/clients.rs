//! The clients that people use, against a whole node: bodies, rotation, and a wrong password.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod clients {
    mod scene;
    mod curl;
    mod curl_proxies;
    mod curl_uploads;
    mod scripts;
    mod wget;
    mod chromium;
}
