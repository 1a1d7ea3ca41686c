//! Three nodes under load, and one fault after another: what `crates/FAULTS.md` promises, measured.
//!
//! Each test is a row of that table and says `row | expected | measured`. `OCTOPROX_CHAOS=long`
//! makes the faults last as long as the table says.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chaos {
    pub(crate) mod scene;
    mod nodes;
    mod leases;
    mod redis;
    mod postgres;
    mod usage;
    mod logins;
}
