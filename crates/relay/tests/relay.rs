//! The data plane from outside: raw bytes in, raw bytes at the exits and the origin.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "relay/world.rs"]
mod world;
#[path = "relay/exits.rs"]
mod exits;
#[path = "relay/origin.rs"]
mod origin;
#[path = "relay/tunnels.rs"]
mod tunnels;
#[path = "relay/plain.rs"]
mod plain;
#[path = "relay/refusals.rs"]
mod refusals;
#[path = "relay/failover.rs"]
mod failover;
#[path = "relay/unruly.rs"]
mod unruly;
#[path = "relay/records.rs"]
mod records;
#[path = "relay/announced.rs"]
mod announced;
#[path = "relay/socks.rs"]
mod socks;
#[path = "relay/overload.rs"]
mod overload;
#[path = "relay/site.rs"]
mod site;
#[path = "relay/secure.rs"]
mod secure;
#[path = "relay/intercepted.rs"]
mod intercepted;
#[path = "relay/judged.rs"]
mod judged;
#[path = "relay/wire.rs"]
mod wire;
#[path = "relay/conformance.rs"]
mod conformance;
#[path = "relay/floods.rs"]
mod floods;
#[path = "relay/rogue.rs"]
mod rogue;
#[path = "relay/targets.rs"]
mod targets;
#[path = "relay/streams.rs"]
mod streams;
#[path = "relay/costs.rs"]
mod costs;
#[cfg(feature = "disguise")]
#[path = "relay/worn.rs"]
mod worn;
#[cfg(not(feature = "disguise"))]
#[path = "relay/unworn.rs"]
mod unworn;
