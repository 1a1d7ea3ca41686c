//! Cookies without their values (RFC 6265 sections 4.1 and 4.2).

use super::REDACTED;

/// Attributes of `Set-Cookie` whose values say nothing about whoever has the cookie.
const ATTRIBUTES: &[&str] = &[
    "expires",
    "max-age",
    "domain",
    "path",
    "secure",
    "httponly",
    "samesite",
    "partitioned",
    "priority",
];

/// `Cookie`: the names.
pub(crate) fn sent(value: &str) -> String {
    value.split(';').map(bare).collect::<Vec<_>>().join("; ")
}

/// `Set-Cookie`: the name, and the attributes that are known to be such.
pub(crate) fn set(value: &str) -> String {
    let mut pieces = value.split(';');
    let cookie = pieces.next().map(bare).unwrap_or_default();
    let attributes = pieces.map(|piece| {
        let name = piece.split('=').next().unwrap_or_default().trim();
        let is_known = ATTRIBUTES.iter().any(|known| known.eq_ignore_ascii_case(name));
        if is_known { piece.trim().to_owned() } else { REDACTED.to_owned() }
    });
    std::iter::once(cookie).chain(attributes).collect::<Vec<_>>().join("; ")
}

/// A cookie without a name is all value.
fn bare(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _value)) => format!("{}={REDACTED}", name.trim()),
        None if pair.trim().is_empty() => String::new(),
        None => REDACTED.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_keep_their_names_and_attributes() {
        assert_eq!(sent("a=x; b=y=z;c"), "a=[redacted]; b=[redacted]; [redacted]");
        assert_eq!(
            set("sid=x; Path=/; HttpOnly; Max-Age=60; odd=x"),
            "sid=[redacted]; Path=/; HttpOnly; Max-Age=60; [redacted]"
        );
        assert_eq!(set("a=\"x;y\"; Secure"), "a=[redacted]; [redacted]; Secure");
        assert_eq!((sent(""), set("x")), (String::new(), REDACTED.to_owned()));
    }
}
