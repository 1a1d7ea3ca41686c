//! From specs to columns and back: what the nouns have in common.

mod spending;

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;

pub(crate) use spending::{StoredCap, StoredPrices};

/// The text of a JSON column.
pub(crate) fn write(spec: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(spec).map_err(|error| StoreError::corrupt("spec", error))
}

/// Reads a JSON column of a `what`.
pub(crate) fn read<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    // serde's messages may quote the value: say where, not what.
    serde_json::from_str(text).map_err(|error| {
        let place = format!("at column {} of its spec", error.column());
        StoreError::corrupt(what, place)
    })
}

/// Reads a text column of a `what`: an identifier, a word, a rule.
pub(crate) fn parse<T: FromStr>(what: &'static str, text: &str) -> Result<T, StoreError>
where
    T::Err: Display,
{
    text.parse().map_err(|error| StoreError::corrupt(what, error))
}

pub(crate) fn parse_all<T: FromStr>(
    what: &'static str,
    texts: &[String],
) -> Result<Vec<T>, StoreError>
where
    T::Err: Display,
{
    texts.iter().map(|text| parse(what, text)).collect()
}

pub(crate) fn texts<T: Display>(values: &[T]) -> Vec<String> {
    values.iter().map(T::to_string).collect()
}

pub(crate) const fn seconds(time: u64) -> Duration {
    Duration::from_secs(time)
}

/// What names are compared by.
pub(crate) fn key(name: &str) -> String {
    name.to_lowercase()
}

/// The pattern by which a part of a name is looked for with `LIKE .. ESCAPE '\'`.
pub(crate) fn pattern(part: Option<&str>) -> Option<String> {
    let escaped = part?.to_lowercase().replace('\\', r"\\").replace('%', r"\%").replace('_', r"\_");
    Some(format!("%{escaped}%"))
}
