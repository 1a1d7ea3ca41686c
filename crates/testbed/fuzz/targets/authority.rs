//! Hosts, targets and rules: what is accepted is written back as itself, and an IPv4 address has one
//! spelling only.
#![no_main]

use std::fmt::{Debug, Display};
use std::net::{IpAddr, Ipv4Addr};

use libfuzzer_sys::fuzz_target;
use model::domain::DomainRule;
use model::project::TargetRule;
use model::target::{Host, Target};

fuzz_target!(|text: &str| {
    if let Ok(target) = Target::parse(text) {
        again(&target, Target::parse);
        assert_ne!(target.port, 0);
        has_one_spelling(&target.host, text.rsplit_once(':').map_or(text, |(host, _)| host));
    }
    if let Ok(target) = Target::parse_or(text, 80) {
        again(&target, Target::parse);
    }
    if let Ok(host) = Host::parse(text) {
        again(&host, Host::parse);
        again(&host, Host::parse_typed);
        has_one_spelling(&host, text);
        assert_eq!(Host::parse_typed(text).as_ref(), Ok(&host), "typing it makes no difference");
    }
    if let Ok(host) = Host::parse_typed(text) {
        again(&host, Host::parse);
        is_no_address_in_disguise(&host);
        if text.is_ascii() {
            has_one_spelling(&host, text);
        }
    }
    if let Ok(rule) = text.parse::<DomainRule>() {
        again(&rule, str::parse);
    }
    if let Ok(rule) = text.parse::<TargetRule>() {
        again(&rule, str::parse);
    }
});

/// What is written is read as the same.
fn again<T, E>(first: &T, parse: impl Fn(&str) -> Result<T, E>)
where
    T: Display + Debug + PartialEq,
    E: Debug + PartialEq,
{
    let written = first.to_string();
    assert_eq!(parse(&written).as_ref(), Ok(first), "{written}");
}

fn has_one_spelling(host: &Host, text: &str) {
    if let Host::Ip(IpAddr::V4(address)) = host {
        assert_eq!(address.to_string(), text, "an odd spelling of an address");
    }
    is_no_address_in_disguise(host);
}

/// Neither a browser nor a C library takes the name for an address.
fn is_no_address_in_disguise(host: &Host) {
    let Host::Name(name) = host else { return };
    assert!(!matches!(url::Host::parse(name), Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_))));
    assert_eq!(inet_aton(name), None, "{name}");
    assert!((1..=253).contains(&name.len()) && !name.bytes().any(|byte| byte.is_ascii_uppercase()));
}

/// One to four numbers in C's spelling, of which the last takes what is left of the 32 bits.
fn inet_aton(text: &str) -> Option<Ipv4Addr> {
    let parts: Option<Vec<u64>> = text.split('.').map(number).collect();
    let parts = parts.filter(|parts| parts.len() <= 4)?;
    let (last, first) = parts.split_last()?;
    let left = 8 * (4 - first.len());
    let is_in_range = first.iter().all(|part| *part < 256) && *last < 1 << left;
    let front = first.iter().enumerate().map(|(place, part)| part << (24 - 8 * place)).sum::<u64>();
    is_in_range.then(|| Ipv4Addr::from(u32::try_from(front + last).unwrap_or(u32::MAX)))
}

fn number(text: &str) -> Option<u64> {
    match text.as_bytes() {
        [b'+' | b'-', ..] => None,
        [b'0', b'x' | b'X'] => Some(0),
        [b'0', b'x' | b'X', ..] => u64::from_str_radix(&text[2..], 16).ok(),
        [b'0', _, ..] => u64::from_str_radix(&text[1..], 8).ok(),
        _ => text.parse().ok(),
    }
}
