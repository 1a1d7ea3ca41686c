//! Where a request wants to go: a host and a port, in one spelling only.
//!
//! The parser is strict because every later decision (domain rules, the SSRF guard, session keys)
//! is made on what it returns: one name must not have two spellings, and an address must not be
//! able to dress up as a name.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use compact_str::CompactString;

/// A host in canonical form: an IP address, or a lower-case ASCII name without a trailing dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Host {
    /// An IPv4 address, or an IPv6 address that was written in brackets.
    Ip(IpAddr),
    /// A registered name: 1-253 bytes, labels of 1-63 letters, digits, `-` and `_`.
    Name(CompactString),
}

/// A host and a port, as in authority-form (RFC 9112 section 3.2.3).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// Who.
    pub host: Host,
    /// 1-65535.
    pub port: u16,
}

/// Why a text names no host or no port that we are ready to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    /// `host` where `host:port` is needed.
    #[error("the port is missing")]
    NoPort,
    /// Not 1-65535 in plain decimal digits.
    #[error("the port is not a number from 1 to 65535")]
    BadPort,
    /// Empty, too long, or with a byte that no host name has.
    #[error("the host is not a valid name or address")]
    BadHost,
    /// `127.1`, `0x7f000001`, `2130706433`, `017700000001`: spellings that resolvers read as an
    /// IPv4 address although they are none (RFC 6943 section 3.1.1).
    #[error("the host is an IPv4 address in an ambiguous spelling")]
    OddAddress,
}

// === impl Host ===

impl Host {
    /// Parses a host as it stands in a URI: a name, a dotted quad, or an IPv6 address in brackets.
    ///
    /// # Errors
    /// [`BadTarget::BadHost`] and [`BadTarget::OddAddress`].
    pub fn parse(text: &str) -> Result<Self, BadTarget> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or(BadTarget::BadHost)?;
            let address: Ipv6Addr = inner.parse().ok().ok_or(BadTarget::BadHost)?;
            return Ok(Self::Ip(IpAddr::V6(address)));
        }
        if let Some(address) = dotted_quad(text) {
            return Ok(Self::Ip(IpAddr::V4(address)));
        }
        let name = text.strip_suffix('.').unwrap_or(text);
        if looks_numeric(name) {
            return Err(BadTarget::OddAddress);
        }
        if name.len() > 253 || !is_name(name) {
            return Err(BadTarget::BadHost);
        }
        let mut name = CompactString::from(name);
        name.make_ascii_lowercase();
        Ok(Self::Name(name))
    }

    /// Parses a host that a person typed into a form: as [`Host::parse`], but an IPv6 address may
    /// stand without brackets and an international name is turned into its ASCII form (IDNA 2008,
    /// UTS 46).
    ///
    /// # Errors
    /// As [`Host::parse`].
    pub fn parse_typed(text: &str) -> Result<Self, BadTarget> {
        if let Ok(address) = text.parse::<Ipv6Addr>() {
            return Ok(Self::Ip(IpAddr::V6(address)));
        }
        if text.is_ascii() {
            return Self::parse(text);
        }
        let ascii = idna::domain_to_ascii(text).ok().ok_or(BadTarget::BadHost)?;
        Self::parse(&ascii)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
            Self::Ip(IpAddr::V4(address)) => address.fmt(f),
            Self::Name(name) => f.write_str(name),
        }
    }
}

// === impl Target ===

impl Target {
    /// Parses `host:port`. Neither user info nor scheme nor path is accepted.
    ///
    /// # Errors
    /// Any [`BadTarget`].
    pub fn parse(text: &str) -> Result<Self, BadTarget> {
        let (host, port) = split_port(text)?;
        Ok(Self { host: Host::parse(host)?, port: parse_port(port.ok_or(BadTarget::NoPort)?)? })
    }

    /// Parses `host` or `host:port`, as in the authority of an `http://` URI.
    ///
    /// # Errors
    /// Any [`BadTarget`] but `NoPort`.
    pub fn parse_or(text: &str, default_port: u16) -> Result<Self, BadTarget> {
        let (host, port) = split_port(text)?;
        let port = port.map_or(Ok(default_port), parse_port)?;
        Ok(Self { host: Host::parse(host)?, port })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Splits at the colon that introduces a port, which in an IPv6 address comes after the bracket.
fn split_port(text: &str) -> Result<(&str, Option<&str>), BadTarget> {
    let after_host = match text.strip_prefix('[') {
        Some(inner) => inner.find(']').ok_or(BadTarget::BadHost)? + 2,
        None => text.bytes().position(|byte| byte == b':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(after_host);
    match rest.strip_prefix(':') {
        Some(port) => Ok((host, Some(port))),
        None if rest.is_empty() => Ok((host, None)),
        None => Err(BadTarget::BadHost),
    }
}

/// `1*5DIGIT`, 1-65535; no sign, no space, at most one spelling of each number.
fn parse_port(text: &str) -> Result<u16, BadTarget> {
    let digits = !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    let port = if digits { text.parse().unwrap_or(0) } else { 0 };
    if port == 0 { Err(BadTarget::BadPort) } else { Ok(port) }
}

/// Four decimal octets without leading zeros: the only IPv4 spelling we read.
fn dotted_quad(text: &str) -> Option<Ipv4Addr> {
    if !text.as_bytes().first()?.is_ascii_digit() {
        return None;
    }
    text.parse().ok()
}

/// Whether some resolver would take the name for an IPv4 address: its last label is a decimal,
/// octal or hexadecimal number (the "ends in a number" rule of the WHATWG URL standard).
fn looks_numeric(name: &str) -> bool {
    let last = name.as_bytes().rsplit(|byte| *byte == b'.').next();
    match last.unwrap_or_default() {
        [] => false,
        [b'0', b'x' | b'X', hex @ ..] => hex.iter().all(u8::is_ascii_hexdigit),
        digits => digits.iter().all(u8::is_ascii_digit),
    }
}

/// Labels of 1-63 letters, digits, `-` and `_`, with dots between them: every request names a host, so
/// it is gone through once.
fn is_name(name: &str) -> bool {
    let mut label = 0;
    for byte in name.bytes() {
        label = match byte {
            b'.' if label == 0 => return false,
            b'.' => 0,
            b'-' | b'_' => label + 1,
            letter if letter.is_ascii_alphanumeric() => label + 1,
            _ => return false,
        };
        if label > 63 {
            return false;
        }
    }
    label > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_has_one_spelling() {
        for text in ["Example.COM:443", "example.com.:443", "example.com:443"] {
            assert_eq!(Target::parse(text).unwrap().to_string(), "example.com:443", "{text}");
        }
        assert_eq!(Target::parse("[2001:DB8::1]:80").unwrap().to_string(), "[2001:db8::1]:80");
        assert_eq!(Target::parse_or("example.com", 80).unwrap().port, 80);
        assert_eq!(
            Host::parse_typed("bücher.example").unwrap().to_string(),
            "xn--bcher-kva.example"
        );
        assert_eq!(Host::parse_typed("::1").unwrap().to_string(), "[::1]");
    }

    #[test]
    fn what_is_not_a_target_is_refused() {
        use BadTarget::{BadHost, BadPort, NoPort, OddAddress};
        for (text, why) in [
            ("example.com", NoPort),
            ("example.com:", BadPort),
            ("example.com:0", BadPort),
            ("example.com:65536", BadPort),
            ("example.com:+80", BadPort),
            ("example.com:http", BadPort),
            ("example.com:000080", BadPort),
            (":443", BadHost),
            ("", BadHost),
            ("user@example.com:443", BadHost),
            ("http://example.com:443", BadPort),
            ("example.com:443/", BadPort),
            ("exa mple.com:443", BadHost),
            ("example..com:443", BadHost),
            (".example.com:443", BadHost),
            ("example.com..:443", BadHost),
            ("[::1:443", BadHost),
            ("[::1]443", BadHost),
            ("[example.com]:443", BadHost),
            ("::1:443", BadHost),
            ("127.1:80", OddAddress),
            ("2130706433:80", OddAddress),
            ("0x7f000001:80", OddAddress),
            ("017700000001:80", OddAddress),
            ("127.0.0.01:80", OddAddress),
            ("1.2.3.4.5:80", OddAddress),
            ("256.1.1.1:80", OddAddress),
            ("127.0.0.1.:80", OddAddress),
            ("bücher.example:80", BadHost),
        ] {
            assert_eq!(Target::parse(text), Err(why), "{text}");
        }
    }

    #[test]
    fn labels_and_names_have_their_longest() {
        let (label, labels) = ("a".repeat(63), ["a"; 127].join("."));
        for (name, is_good) in [
            (format!("{label}.example"), true),
            (format!("{label}a.example"), false),
            (format!("example.{label}"), true),
            (format!("example.{label}a"), false),
            (labels.clone(), true),
            (format!("{labels}b"), false),
        ] {
            assert_eq!(Host::parse(&name).is_ok(), is_good, "{name}");
        }
    }
}
