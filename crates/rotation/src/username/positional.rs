//! Vendors whose parameters are known by what they look like, or where they stand.

use crate::ask::{BadParameter, Wish};

/// Webshare: `-us-fr-1234`, `-city_los_angeles`, `-rotate`; a number is a session.
pub(super) fn webshare(rest: &str, wish: &mut Wish) -> Result<(), BadParameter> {
    let Some(words) = rest.strip_prefix('-') else { return Ok(()) };
    for word in words.split('-') {
        match word {
            "rotate" => wish.set("rotate", "request")?,
            number if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
                wish.set("session", number)?;
            }
            word => match word.split_once('_') {
                Some(("city", city)) => wish.set("city", city)?,
                Some(("state", state)) => wish.set("state", state)?,
                Some(_) => return Err(BadParameter::Unknown),
                None => wish.set("country", word)?,
            },
        }
    }
    Ok(())
}

/// NetNut: `-res-us-sid-1234`, `-dc-any`, `-res_sc-us_alabama_birmingham`.
pub(super) fn netnut(rest: &str, wish: &mut Wish) -> Result<(), BadParameter> {
    let Some(words) = rest.strip_prefix('-') else { return Ok(()) };
    let mut words = words.split('-');
    while let Some(word) = words.next() {
        let value = words.next().unwrap_or_default();
        let kind = match word.split('_').next().unwrap_or_default() {
            "sid" => {
                wish.set("session", value)?;
                continue;
            }
            "res" => "residential",
            "dc" => "datacenter",
            "mob" => "mobile",
            "stc" => "isp",
            _ => return Err(BadParameter::Unknown),
        };
        wish.set("type", kind)?;
        place(word.ends_with("_sc"), value, wish)?;
    }
    Ok(())
}

/// `us`, `any`, or `us_alabama_birmingham` where the state and the city are announced.
fn place(is_detailed: bool, value: &str, wish: &mut Wish) -> Result<(), BadParameter> {
    let mut parts = value.splitn(3, '_');
    match parts.next().unwrap_or_default() {
        "any" => return Ok(()),
        country => wish.set("country", country)?,
    }
    match (is_detailed, parts.next(), parts.next()) {
        (_, None, _) => Ok(()),
        (false, Some(_), _) => Err(BadParameter::Unknown),
        (true, Some(state), None) => wish.set("state", state),
        (true, Some(state), Some(city)) => {
            wish.set("state", state)?;
            wish.set("city", city)
        }
    }
}
