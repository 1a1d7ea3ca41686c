//! Targets that meet a browser instead of us: which one, and a connection on which it seems to be.
//!
//! Without the feature `disguise` there is no such thing, and nothing of it is built: what stands
//! in for it can have no value.

#[cfg(feature = "disguise")]
mod identity;
#[cfg(feature = "disguise")]
mod open;
#[cfg(feature = "disguise")]
mod stream;
#[cfg(feature = "disguise")]
mod upload;
#[cfg(feature = "disguise")]
mod received;
#[cfg(not(feature = "disguise"))]
mod nobody;

use model::Interception;
use model::interception::Mode;
use model::project::ProjectSpec;

use crate::error::RelayError;
use crate::request::Plain;

#[cfg(feature = "disguise")]
pub(crate) use {
    identity::Identity,
    open::{Opened, Wardrobes, open},
    stream::Stream,
};

#[cfg(not(feature = "disguise"))]
pub(crate) use nobody::{Identity, Opened, Stream, Wardrobes, open};

/// Whether targets can be spoken to as browsers do: whether this was built with the feature
/// `disguise`.
pub const WEARS: bool = cfg!(feature = "disguise");

/// Whether the project wants targets to meet a browser.
pub(crate) fn is_wanted(interception: &Interception) -> bool {
    matches!(interception.mode, Mode::MatchUa | Mode::OverrideUa)
}

/// Refuses what this node cannot do: targets must not meet us where a browser was promised.
pub(crate) fn check(interception: &Interception) -> Result<(), RelayError> {
    let cannot = is_wanted(interception) && !WEARS;
    if cannot { Err(RelayError::NoDisguise) } else { Ok(()) }
}

/// Who the target of a request meets; `None`: us.
///
/// `claimed` is the `User-Agent` that the target is going to read: what it says and who it meets
/// have to be the same. `random` browsers are one for each session, else for each client
/// connection, by its number.
pub(crate) fn chosen(
    spec: &ProjectSpec,
    plain: &Plain,
    claimed: Option<&[u8]>,
    (session, number): (Option<&str>, u64),
) -> Result<Option<Identity>, RelayError> {
    let interception = &spec.interception;
    if plain.secure.is_none() || !is_wanted(interception) {
        return Ok(None);
    }
    check(interception)?;
    Ok(Identity::of(interception, claimed, session.map_or(number, chance)))
}

/// A number that depends on nothing but the session's name, so that every node has the same
/// (FNV-1a, and the finaliser of `SplitMix64`).
fn chance(session: &str) -> u64 {
    let hash = session.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}
