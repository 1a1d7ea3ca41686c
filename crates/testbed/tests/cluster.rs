//! Three nodes are one proxy: what clients and operators see of it, and what they do not see when a
//! node dies, hangs or is restarted.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cluster {
    pub(crate) mod scene;
    mod one_proxy;
    mod import;
    mod faults;
    mod outages;
    mod drain;
    mod sessions;
    mod feedback;
    mod facts;
    mod captures;
    mod balancer;
    mod trust;
    mod smoke;
    mod compose;
    mod local;
    mod limits;
    mod caps;
}
