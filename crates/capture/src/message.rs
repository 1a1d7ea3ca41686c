//! Requests and responses as they were on the wire, without what is secret.

use compact_str::CompactString;
use http1::{RequestHead, ResponseHead};
use model::{Target, words};

use crate::content::{Content, Described, Prefix};
use crate::redact::{self, REDACTED, cookie, json, url};

words! {
    /// What a URL begins with.
    pub enum Scheme {
        /// Plain HTTP.
        Http = "http",
        /// HTTP over TLS that is ended here.
        Https = "https",
        /// A tunnel: what goes through it is not seen.
        Tunnel = "tunnel",
    }
}

/// A field of a message: name as sent, value without what is secret.
pub type FieldLine = (CompactString, String);

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    method: CompactString,
    url: String,
    version: CompactString,
    fields: Vec<FieldLine>,
    content: Content,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    status: u16,
    reason: String,
    version: CompactString,
    fields: Vec<FieldLine>,
    content: Content,
}

// === impl Request ===

impl Request {
    /// A request that was read as HTTP/1.1; `prefix` is the beginning of its content.
    #[must_use]
    pub fn of(head: &RequestHead, to: (Scheme, &Target), prefix: Prefix<'_>) -> Self {
        let first = (head.method(), head.target(), version(head.version()));
        Self::made_of(first, to, head.fields().iter(), prefix)
    }

    /// A request from its method, its target (in whatever form, RFC 9112 section 3.2) and its version
    /// as HAR writes it (`HTTP/1.1`, `h2`), where it goes to, its fields and the beginning of its
    /// content. For those that were never text.
    #[must_use]
    pub fn made_of<'a>(
        (method, target, version): (&str, &str, &str),
        (scheme, to): (Scheme, &Target),
        fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
        prefix: Prefix<'_>,
    ) -> Self {
        let (fields, described) = keep_fields(fields);
        Self {
            method: method.into(),
            url: full_url(scheme, to, target),
            version: version.into(),
            fields,
            content: Content::of(described, prefix),
        }
    }

    /// A tunnel that was not asked for by HTTP.
    #[must_use]
    pub fn tunnel(to: &Target) -> Self {
        let first = ("CONNECT", "", "");
        Self::made_of(first, (Scheme::Tunnel, to), std::iter::empty(), Prefix::default())
    }

    /// The method, as sent.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The whole URL; `tunnel://host:port` for a tunnel.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `HTTP/1.1`, `HTTP/1.0`, `h2`; empty where none was spoken.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The fields, in their order.
    #[must_use]
    pub fn fields(&self) -> &[FieldLine] {
        &self.fields
    }

    /// The beginning of the content.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    pub(crate) fn weight(&self) -> usize {
        self.url.len() + weight(&self.fields) + self.content.weight()
    }
}

// === impl Response ===

impl Response {
    /// An answer that was read as HTTP/1.1; `prefix` is the beginning of its content.
    #[must_use]
    pub fn of(head: &ResponseHead, prefix: Prefix<'_>) -> Self {
        let first = (head.status(), head.reason(), version(head.version()));
        Self::made_of(first, head.fields().iter(), prefix)
    }

    /// An answer from its status, its reason phrase and its version, its fields and the beginning of
    /// its content. For those that were never text.
    #[must_use]
    pub fn made_of<'a>(
        (status, reason, version): (u16, &[u8], &str),
        fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
        prefix: Prefix<'_>,
    ) -> Self {
        let (fields, described) = keep_fields(fields);
        Self {
            status,
            reason: String::from_utf8_lossy(reason).into_owned(),
            version: version.into(),
            fields,
            content: Content::of(described, prefix),
        }
    }

    /// 100-999.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The reason phrase, as sent.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// `HTTP/1.1`, `HTTP/1.0`, `h2`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The fields, in their order.
    #[must_use]
    pub fn fields(&self) -> &[FieldLine] {
        &self.fields
    }

    /// The beginning of the content.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    pub(crate) fn weight(&self) -> usize {
        self.reason.len() + weight(&self.fields) + self.content.weight()
    }
}

fn weight(fields: &[FieldLine]) -> usize {
    let of_one = |(name, value): &FieldLine| size_of::<FieldLine>() + name.len() + value.len();
    fields.iter().map(of_one).sum()
}

fn version(version: http1::Version) -> &'static str {
    match version {
        http1::Version::Http10 => "HTTP/1.0",
        http1::Version::Http11 => "HTTP/1.1",
    }
}

/// The URL from where the request really goes to: what the client writes before the path may hold a
/// login.
fn full_url(scheme: Scheme, to: &Target, target: &str) -> String {
    let authority = match (scheme, to.port) {
        (Scheme::Http, 80) | (Scheme::Https, 443) => to.host.to_string(),
        _ => to.to_string(),
    };
    if scheme == Scheme::Tunnel {
        return format!("{scheme}://{authority}");
    }
    let path = match target.split_once("://") {
        Some((before, rest)) if !before.contains(['/', '?']) => {
            rest.find(['/', '?', '#']).map_or("", |start| &rest[start..])
        }
        _ => target,
    };
    let slash = if path.starts_with('/') { "" } else { "/" };
    url::text(&format!("{scheme}://{authority}{slash}{path}"))
}

fn keep_fields<'a>(
    fields: impl Iterator<Item = (&'a [u8], &'a [u8])>,
) -> (Vec<FieldLine>, Described) {
    let mut described = Described::default();
    let mut kept = Vec::new();
    for (name, value) in fields {
        let name = CompactString::from_utf8_lossy(name);
        let value = String::from_utf8_lossy(value);
        if name.get(..9).is_some_and(|start| start.eq_ignore_ascii_case("octoprox-")) {
            continue;
        }
        let value = keep_value(&name, &value);
        if name.eq_ignore_ascii_case("content-type") && described.media_type.is_empty() {
            described.media_type.clone_from(&value);
        }
        let codes = |coding: &str| !matches!(coding.trim(), "" | "identity" | "Identity");
        described.is_coded |=
            name.eq_ignore_ascii_case("content-encoding") && value.split(',').any(codes);
        kept.push((name, value));
    }
    (kept, described)
}

fn keep_value(name: &str, value: &str) -> String {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    match () {
        () if is("cookie") || is("cookie2") => cookie::sent(value),
        () if is("set-cookie") || is("set-cookie2") => cookie::set(value),
        () if redact::is_secret_field(name) => REDACTED.to_owned(),
        () => json::text(&url::text(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_begins_with_where_the_request_goes_to() {
        let to = |text: &str| Target::parse(text).unwrap();
        for (scheme, target, path, url) in [
            (Scheme::Http, "a.example:80", "http://u:x@a.example/p?q", "http://a.example/p?q"),
            (Scheme::Http, "a.example:8080", "http://a.example:8080", "http://a.example:8080/"),
            (Scheme::Http, "a.example:80", "http://u:x@a.example?q", "http://a.example/?q"),
            (
                Scheme::Https,
                "[2001:db8::1]:443",
                "/p?key=x",
                "https://[2001:db8::1]/p?key=[redacted]",
            ),
            (Scheme::Https, "a.example:443", "/get/http://b/", "https://a.example/get/http://b/"),
            (Scheme::Https, "a.example:443", "*", "https://a.example/*"),
            (Scheme::Tunnel, "a.example:443", "a.example:443", "tunnel://a.example:443"),
        ] {
            assert_eq!(full_url(scheme, &to(target), path), url);
        }
    }

    #[test]
    fn fields_keep_order_and_case_and_lose_what_is_ours_or_secret() {
        let lines: [(&[u8], &[u8]); 7] = [
            (b"Host", b"a.example"),
            (b"OCTOPROX-Session", b"canary"),
            (b"COOKIE", b"a=canary"),
            (b"Authorization", b"Basic canary"),
            (b"Referer", b"https://u:canary@b/?token=canary"),
            (b"X-Data", b"{\"secret\":\"canary\"}"),
            (b"x-odd", b"\xff"),
        ];
        let (kept, _) = keep_fields(lines.into_iter());
        let kept: Vec<_> = kept.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            kept,
            [
                "Host: a.example",
                "COOKIE: a=[redacted]",
                "Authorization: [redacted]",
                "Referer: https://b/?token=[redacted]",
                "X-Data: {\"secret\":\"[redacted]\"}",
                "x-odd: \u{fffd}",
            ]
        );
    }
}
