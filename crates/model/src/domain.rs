//! A rule about target names: an exact name, a suffix, or a wildcard.

use std::fmt;
use std::str::FromStr;

use compact_str::CompactString;

use crate::target::{BadTarget, Host};

/// Which targets a domain rule speaks of.
///
/// | written | matches |
/// |---|---|
/// | `example.com` | `example.com` and every name below it |
/// | `*.example.com` | every name below `example.com`, not the name itself |
/// | `=example.com` | `example.com` alone |
/// | `*` | everything |
/// | `192.0.2.7`, `2001:db8::7` | that address |
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum DomainRule {
    /// Everything.
    Any,
    /// The host alone.
    Exact(Host),
    /// The name and what is below it.
    Suffix(CompactString),
    /// What is below the name.
    Below(CompactString),
}

impl DomainRule {
    /// Whether the rule speaks of `host`.
    #[must_use]
    pub fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Exact(exact), host) => exact == host,
            (Self::Suffix(suffix), Host::Name(name)) => name == suffix || is_below(name, suffix),
            (Self::Below(suffix), Host::Name(name)) => is_below(name, suffix),
            (Self::Suffix(_) | Self::Below(_), Host::Ip(_)) => false,
        }
    }
}

fn is_below(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
}

impl FromStr for DomainRule {
    type Err = BadTarget;

    fn from_str(text: &str) -> Result<Self, BadTarget> {
        if text == "*" {
            return Ok(Self::Any);
        }
        if let Some(exact) = text.strip_prefix('=') {
            return Host::parse_typed(exact).map(Self::Exact);
        }
        let (below, name) = match text.strip_prefix("*.") {
            Some(name) => (true, name),
            None => (false, text.strip_prefix('.').unwrap_or(text)),
        };
        match (Host::parse_typed(name)?, below) {
            (Host::Name(name), true) => Ok(Self::Below(name)),
            (Host::Name(name), false) => Ok(Self::Suffix(name)),
            (ip @ Host::Ip(_), false) => Ok(Self::Exact(ip)),
            (Host::Ip(_), true) => Err(BadTarget::BadHost),
        }
    }
}

impl fmt::Display for DomainRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Exact(Host::Ip(address)) => address.fmt(f),
            Self::Exact(Host::Name(name)) => write!(f, "={name}"),
            Self::Suffix(name) => f.write_str(name),
            Self::Below(name) => write!(f, "*.{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(rule: &str, host: &str) -> bool {
        rule.parse::<DomainRule>().unwrap().matches(&Host::parse(host).unwrap())
    }

    #[test]
    fn rules_match_what_the_table_says() {
        assert!(matches("example.com", "example.com"));
        assert!(matches("Example.com", "a.b.example.com"));
        assert!(!matches("example.com", "badexample.com"));
        assert!(!matches("*.example.com", "example.com"));
        assert!(matches("*.example.com", "www.example.com"));
        assert!(matches("=example.com", "example.com"));
        assert!(!matches("=example.com", "www.example.com"));
        assert!(matches("*", "192.0.2.7"));
        assert!(matches("2001:db8::7", "[2001:db8::7]"));
        assert!(!matches("example.com", "192.0.2.7"));
    }

    #[test]
    fn a_rule_is_written_back_as_it_was_read() {
        for text in ["example.com", "*.example.com", "=example.com", "*", "192.0.2.7"] {
            assert_eq!(text.parse::<DomainRule>().unwrap().to_string(), text);
        }
        assert!("exa mple.com".parse::<DomainRule>().is_err());
        assert!("".parse::<DomainRule>().is_err());
    }
}
