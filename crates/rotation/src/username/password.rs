//! IPRoyal, whose parameters stand behind the password:
//! `pass_country-us_session-abcdefgh_lifetime-10m`.

use super::{Keys, translate};
use crate::ask::{BadParameter, Wish};

const KEYS: Keys = &[
    ("country", "country"),
    ("state", "state"),
    ("city", "city"),
    ("isp", "isp"),
    ("session", "session"),
    ("lifetime", "ttl"),
];

/// The password without its parameters. A password may have underscores of its own: parameters
/// begin at the first word that is one of the vendor's keys.
pub(super) fn read<'a>(password: &'a str, wish: &mut Wish) -> Result<&'a str, BadParameter> {
    let begins = |at: usize| {
        let word = &password[at + 1..];
        let key = word.split('-').next().unwrap_or_default();
        word.contains('-') && translate(KEYS, key).is_some()
    };
    let first = password.match_indices('_').map(|(at, _)| at).find(|at| begins(*at));
    let Some(first) = first else { return Ok(password) };
    for parameter in password[first + 1..].split('_') {
        let (key, value) = parameter.split_once('-').ok_or(BadParameter::Unknown)?;
        let key = translate(KEYS, key).ok_or(BadParameter::Unknown)?;
        for value in value.split(',') {
            wish.set(key, value)?;
        }
    }
    Ok(&password[..first])
}
