//! DataImpulse: `login__cr.us,de;city.newark;sessid.x;sessttl.60`.

use super::{Keys, translate};
use crate::ask::{BadParameter, Wish};

const KEYS: Keys = &[
    ("cr", "country"),
    ("state", "state"),
    ("city", "city"),
    ("asn", "asn"),
    ("sessid", "session"),
    ("sessttl", "sessttl"),
];

pub(super) fn read(rest: &str, wish: &mut Wish) -> Result<(), BadParameter> {
    let Some(parameters) = rest.strip_prefix("__") else { return Ok(()) };
    for parameter in parameters.split(';') {
        let (key, value) = parameter.split_once('.').ok_or(BadParameter::Unknown)?;
        let key = translate(KEYS, key).ok_or(BadParameter::Unknown)?;
        for value in value.split(',') {
            wish.set(key, value)?;
        }
    }
    Ok(())
}
