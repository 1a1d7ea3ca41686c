//! Where Redis is: only the text is looked at here; who connects finds out the rest.

use std::net::Ipv6Addr;

use model::Secret;

use super::mistakes::Noted;
use super::reader::Reader;

/// With whether several hosts may be named.
const SCHEMES: [(&str, bool); 3] =
    [("redis://", false), ("rediss://", false), ("redis+sentinel://", true)];

/// `None`: this node is alone.
pub(super) fn read(reader: &mut Reader) -> Result<Option<Secret>, Noted> {
    let look = |text: &str| {
        let (rest, several) = SCHEMES
            .iter()
            .find_map(|(scheme, several)| Some((text.strip_prefix(scheme)?, *several)))?;
        Some(look(rest, several).map(|()| Secret::from(text)))
    };
    match reader.optional("redis_url", |text, _| look(text))? {
        None => Ok(None),
        Some(Ok(url)) => Ok(Some(url)),
        Some(Err(what)) => Err(reader.wrong("redis_url", what)),
    }
}

/// What is wrong with what stands behind the scheme. No part of it is quoted: any may be a password
/// with a character that ends it too early.
fn look(rest: &str, several: bool) -> Result<(), &'static str> {
    if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("has a blank or a control character in it; write it as %20, ..");
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(end);
    if behind.contains('@') {
        return Err("has an @ behind the host; write / ? # @ of a password as %2F %3F %23 %40");
    }
    let hosts = authority.rsplit_once('@').map_or(authority, |(_, hosts)| hosts);
    if !several && hosts.contains(',') {
        return Err("names several hosts, which only redis+sentinel:// may");
    }
    hosts.split(',').try_for_each(host)
}

fn host(text: &str) -> Result<(), &'static str> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_named_and_a_port_is_one() {
        for good in [
            "redis",
            "redis:6379",
            ":secret@redis:6379/0",
            "user:p%40ss@10.0.0.1:6379/15?protocol=resp3",
            "[::1]:6379",
            "u:a@b@redis",
            "my_redis.internal/",
        ] {
            assert_eq!(look(good, false), Ok(()), "{good}");
            assert_eq!(look(good, true), Ok(()), "{good}");
        }
        assert_eq!(look(":p@one:26379,[::1]:26379,three/mymaster/0", true), Ok(()));
        for (bad, why) in [
            ("", "names no host"),
            (":secret@", "names no host"),
            ("user@:6379", "names no host"),
            ("/0", "names no host"),
            ("[redis]:1", "no IPv6 address"),
            ("::1", "names no host"),
            ("redis:0", "has a port"),
            ("redis:65536", "has a port"),
            ("redis:", "has a port"),
            ("[::1]6379", "has a port"),
            ("re%64is", "neither a name"),
            ("redis 1", "has a blank"),
            ("user:pa/ss@redis", "behind the host"),
            ("one,two", "names several hosts"),
        ] {
            assert!(look(bad, false).unwrap_err().contains(why), "{bad}: {:?}", look(bad, false));
        }
        assert!(look("one,,two", true).is_err());
    }
}
