//! Hosts and their ports, as they stand in an address.

use std::net::Ipv6Addr;

use crate::error::{ClusterError, Result};

/// Looks at one host. No part of it is quoted: any may be of a password with a character in it that
/// ends it too early.
pub(super) fn check(text: &str) -> Result<()> {
    look(text).map_err(ClusterError::BadUrl)
}

fn look(text: &str) -> Result<(), &'static str> {
    let (name, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) if address.parse::<Ipv6Addr>().is_ok() => ("", port),
        Some(_) => return Err("has no IPv6 address between its brackets"),
        None => match text.split_at(text.find(':').unwrap_or(text.len())) {
            ("", _) => return Err("names no host"),
            named => named,
        },
    };
    if !name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')) {
        return Err("has a host that is neither a name nor an address");
    }
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port != 0);
    match port.strip_prefix(':') {
        None if port.is_empty() => Ok(()),
        Some(port) if is_port(port) => Ok(()),
        _ => Err("has a port that is no number from 1 to 65535"),
    }
}
