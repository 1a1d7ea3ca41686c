//! What a client presents to be let in: a username and a password, and whose they may be.

use std::iter;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use http1::HeadError;
use model::policy::Dialect;
use rotation::{ProjectEntry, Roster};

use crate::error::RelayError;

/// An account and a password have 255 bytes each: there is room for many parameters. Without a
/// limit, the search for the account in a username of nothing but hyphens would take a second.
const LONGEST: usize = 2_048;

/// The username and the password that a client sent.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Presented {
    pub(crate) username: String,
    pub(crate) password: String,
}

/// Basic credentials (RFC 7617): the scheme in any case, one space or more, base64, and the first
/// colon between the two. What is not that is no login; what is too long is an error.
pub(crate) fn basic(value: &[u8]) -> Result<Option<Presented>, RelayError> {
    if value.len() > LONGEST {
        return Err(RelayError::Head(HeadError::TooLarge));
    }
    Ok(decode(value))
}

fn decode(value: &[u8]) -> Option<Presented> {
    let (scheme, encoded) = value.split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let decoded = BASE64.decode(encoded.trim_ascii()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    if decoded.chars().any(char::is_control) {
        return None;
    }
    let (username, password) = decoded.split_once(':')?;
    Some(Presented { username: username.to_owned(), password: password.to_owned() })
}

/// The project whose account is the longest that the username begins with, whatever is wrong with
/// the parameters behind it.
pub(crate) fn owner<'a>(roster: &'a Roster, username: &str) -> Option<&'a ProjectEntry> {
    let ends = username.match_indices(['-', '_']).map(|(at, _)| at).rev();
    iter::once(username.len())
        .chain(ends)
        .find_map(|at| roster.account(&username[..at]))
        .map(|project| &**project)
}

impl Presented {
    /// What the password may be where clients write like this: those of one vendor write parameters
    /// behind it.
    pub(crate) fn passwords(&self, dialect: Dialect) -> impl Iterator<Item = &str> {
        let ends = self.password.match_indices('_').map(|(at, _)| at);
        let ends = ends.filter(move |_| dialect == Dialect::IpRoyal);
        iter::once(self.password.len()).chain(ends).map(|at| &self.password[..at])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_split_at_the_first_colon() {
        let login = basic(b"bAsIc  ZGVtbzpwYXNzOndvcmQ=").unwrap().unwrap();
        assert_eq!((login.username.as_str(), login.password.as_str()), ("demo", "pass:word"));
    }

    #[test]
    fn what_is_not_basic_is_no_login() {
        // Another scheme, no base64, no colon, not UTF-8, a line break inside.
        for value in
            ["Bearer abc", "Basic ***", "Basic ZGVtbw==", "Basic /w==", "Basic YTpiDQo=", ""]
        {
            assert!(basic(value.as_bytes()).unwrap().is_none(), "{value}");
        }
    }

    #[test]
    fn a_password_may_have_parameters_behind_it_where_a_vendor_has_it_so() {
        let login = Presented { username: "a".to_owned(), password: "p_w_x-y".to_owned() };
        let passwords = |dialect| login.passwords(dialect).collect::<Vec<_>>();
        assert_eq!(passwords(Dialect::IpRoyal), ["p_w_x-y", "p", "p_w"]);
        assert_eq!(passwords(Dialect::Native), ["p_w_x-y"]);
    }
}
