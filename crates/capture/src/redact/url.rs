//! Secrets in URLs and in form contents: user info, and the values of parameters.

use std::borrow::Cow;

use super::{REDACTED, is_secret_parameter};

/// URLs inside of parameters of URLs that are looked into.
const DEPTH: u8 = 3;

/// A text, without what is secret in the URLs that it is or holds.
pub(crate) fn text(text: &str) -> String {
    within(text, DEPTH)
}

fn within(text: &str, depth: u8) -> String {
    let bare = without_user_info(text);
    let Some(query) = bare.find(['?', '#']) else { return bare.into_owned() };
    let (path, query) = bare.split_at(query + 1);
    path.to_owned() + &nested(query, depth)
}

/// The content of a form, without secret values.
pub(crate) fn form(pairs: &str) -> String {
    pairs.split('&').map(|pair| parameter(pair, DEPTH)).collect::<Vec<_>>().join("&")
}

/// A query, and the fragment behind it.
fn nested(pairs: &str, depth: u8) -> String {
    let mut out = String::with_capacity(pairs.len());
    for segment in pairs.split_inclusive(['&', '#']) {
        let pair = segment.trim_end_matches(['&', '#']);
        out.push_str(&parameter(pair, depth));
        out.push_str(&segment[pair.len()..]);
    }
    out
}

/// One pair. Some separate pairs by `;`, and a second `?` may begin anew: from the first secret name
/// on, nothing is kept up to the next `&`, because a value may hold both.
fn parameter(pair: &str, depth: u8) -> Cow<'_, str> {
    let mut start = 0;
    for piece in pair.split_inclusive([';', '?']) {
        if let Some((name, value)) = piece.split_once('=')
            && (is_secret_parameter(&decoded(name)) || hides_one(value, depth))
        {
            return Cow::Owned(format!("{}{name}={REDACTED}", &pair[..start]));
        }
        start += piece.len();
    }
    Cow::Borrowed(pair)
}

/// Whether a value is a URL, or holds one, in which something is secret. What is nested deeper than
/// anybody nests is taken for one.
fn hides_one(value: &str, depth: u8) -> bool {
    if !value.contains(['%', ':']) {
        return false;
    }
    let decoded = decoded(value);
    depth == 0 || within(&decoded, depth - 1) != decoded || super::json::text(&decoded) != decoded
}

/// Leaves out what stands between `//` and `@` of an authority (RFC 3986 section 3.2.1).
fn without_user_info(text: &str) -> Cow<'_, str> {
    if !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    if let Some(after) = text.strip_prefix("//") {
        out.push_str("//");
        rest = skip_user_info(after);
    }
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        rest = skip_user_info(after);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

fn skip_user_info(authority: &str) -> &str {
    let ends = |letter: char| letter.is_whitespace() || "/?#\\\"<>".contains(letter);
    let end = authority.find(ends).unwrap_or(authority.len());
    authority[..end].rfind('@').map_or(authority, |at| &authority[at + 1..])
}

/// With `%XX` as the characters that they stand for; what is no such thing stays.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let hex = |byte: &u8| char::from(*byte).to_digit(16).and_then(|n| u8::try_from(n).ok());
        match (first, after) {
            (b'%', [high, low, behind @ ..]) if hex(high).is_some() && hex(low).is_some() => {
                out.push(hex(high).unwrap_or(0) * 16 + hex(low).unwrap_or(0));
                rest = behind;
            }
            _ => {
                out.push(*first);
                rest = after;
            }
        }
    }
    Cow::Owned(String::from_utf8_lossy(&out).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_parameters_lose_their_values_and_others_stay() {
        for (url, expected) in [
            ("http://a/p?q=shoes&page=2", "http://a/p?q=shoes&page=2"),
            ("http://a/p?token=x&q=1", "http://a/p?token=[redacted]&q=1"),
            ("/p?q=1&API-Key=x#top", "/p?q=1&API-Key=[redacted]#top"),
            ("/cb#access_token=x&state=1", "/cb#access_token=[redacted]&state=1"),
            ("/p?pass%77ord=x", "/p?pass%77ord=[redacted]"),
            ("/p?a=1;sid=x;y&b=2", "/p?a=1;sid=[redacted]&b=2"),
            ("/p?a=1?code=x", "/p?a=1?code=[redacted]"),
            ("/p?token", "/p?token"),
            ("/p?next=https%3A%2F%2Fb%2F%3Fkey%3Dx&q=1", "/p?next=[redacted]&q=1"),
            ("/p?next=https%3A%2F%2Fb%2F%3Fq%3Dx", "/p?next=https%3A%2F%2Fb%2F%3Fq%3Dx"),
            ("/p?d=%7B%22token%22%3A%22x%22%7D", "/p?d=[redacted]"),
            ("<https://a/?sig=x>; rel=next", "<https://a/?sig=[redacted]"),
        ] {
            assert_eq!(text(url), expected, "{url}");
        }
        assert_eq!(form("a=1&password=x#y?z;w&b=2"), "a=1&password=[redacted]&b=2");
    }

    #[test]
    fn user_info_is_left_out_wherever_a_url_stands() {
        for (url, expected) in [
            ("http://user:x@a.example/p@q", "http://a.example/p@q"),
            ("//user:x@a/p", "//a/p"),
            ("/fetch/https://u:x@b/p", "/fetch/https://b/p"),
            ("<ftp://u:x@y@b>", "<ftp://b>"),
            ("/p?u=http%3A%2F%2Fu%3Ax%40b%2F", "/p?u=[redacted]"),
            ("https://a/@name", "https://a/@name"),
            ("mail@example.com", "mail@example.com"),
        ] {
            assert_eq!(text(url), expected, "{url}");
        }
    }
}
