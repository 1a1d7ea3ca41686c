//! One line: finds out which of the many ways of writing a proxy it is.
//!
//! Every form is tried on its own and is a reading only if its host and its port are valid. Where
//! two readings remain, the one that the forms promise wins, unless the addresses in the line speak
//! for the other: then the line is refused, because a wrong guess sends a password to a stranger.

use std::borrow::Cow;
use std::net::Ipv6Addr;

use model::Host;
use model::proxy::{Endpoint, Protocol, ProxySpec};
use model::target::BadTarget;

use super::login::{self, Logins};
use super::{Defaults, LINE_BYTES};
use crate::error::LineError;

/// What a line says.
pub(super) struct Found<'a> {
    pub(super) protocol: Option<Protocol>,
    pub(super) host: Host,
    pub(super) port: u16,
    pub(super) login: Option<(Cow<'a, str>, Cow<'a, str>)>,
}

/// As [`super::parse_line`], with the login shared where it is that of the line before.
pub(super) fn parse(
    line: &str,
    defaults: &Defaults,
    logins: &mut Logins,
) -> Result<Option<ProxySpec>, LineError> {
    if line.len() > LINE_BYTES {
        return Err(LineError::TooLong { limit: LINE_BYTES });
    }
    let text = line.strip_prefix('\u{feff}').unwrap_or(line).trim();
    if text.is_empty() || text.starts_with('#') {
        return Ok(None);
    }
    let found = read(text)?;
    let own_login = match &found.login {
        Some((username, password)) => logins.share(username, password)?,
        None => None,
    };
    let endpoint = Endpoint {
        protocol: found.protocol.unwrap_or(defaults.protocol),
        host: found.host,
        port: found.port,
        login: own_login.or_else(|| defaults.login.clone()),
    };
    Ok(Some(ProxySpec {
        endpoint,
        enabled: defaults.enabled,
        tags: defaults.tags.clone(),
        place: defaults.place.clone(),
    }))
}

/// Reads a text without surrounding white space that is neither empty nor a comment.
pub(super) fn read(text: &str) -> Result<Found<'_>, LineError> {
    if let Some(found) = separated(text) {
        return found;
    }
    let text = without_comment(text)?;
    match text.split_once("://") {
        Some((name, rest)) if is_scheme_like(name) => {
            let protocol = scheme(name).ok_or(LineError::UnknownScheme)?;
            Ok(Found { protocol: Some(protocol), ..url(rest)? })
        }
        _ if text.contains('@') => with_at(text),
        _ => colons(text),
    }
}

/// The protocol by which a URL or a column names it.
pub(super) fn scheme(name: &str) -> Option<Protocol> {
    const NAMES: [(&str, Protocol); 6] = [
        ("http", Protocol::Http),
        ("https", Protocol::Https),
        ("socks4", Protocol::Socks4),
        ("socks4a", Protocol::Socks4),
        ("socks5", Protocol::Socks5),
        ("socks5h", Protocol::Socks5),
    ];
    NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, protocol)| *protocol)
}

/// `1*5DIGIT`, 1-65535.
pub(super) fn port(text: &str) -> Result<u16, LineError> {
    let port = if text.len() <= 5 && is_number(text) { text.parse().unwrap_or(0) } else { 0 };
    if port == 0 { Err(LineError::BadPort) } else { Ok(port) }
}

// === Forms with separators ===

/// `[scheme] host port [user pass]`. `None` when the line is of another form: what tells this one is
/// a bare number in second place.
fn separated(text: &str) -> Option<Result<Found<'_>, LineError>> {
    for separator in ['|', ';', ','] {
        if text.contains(separator)
            && let Some(found) = pieces(text.split(separator).map(str::trim))
        {
            return Some(found);
        }
    }
    let has_space = text.contains(char::is_whitespace);
    if has_space { pieces(text.split_whitespace()) } else { None }
}

fn pieces<'a>(parts: impl Iterator<Item = &'a str>) -> Option<Result<Found<'a>, LineError>> {
    let mut parts: Vec<&str> = parts.take(7).collect();
    if parts.len() % 2 == 1 && parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    let (protocol, parts) = match parts.as_slice() {
        [first, address @ ..] if address.len() % 2 == 0 && scheme(first).is_some() => {
            (scheme(first), address)
        }
        all => (None, all),
    };
    let [host, number, login @ ..] = parts else { return None };
    if !is_number(number) || !is_alone(host) {
        return None;
    }
    let login = match login {
        [] => None,
        // Behind white space this may also be a comment.
        [user, _] if user.starts_with('#') => return Some(Err(LineError::Ambiguous)),
        [user, password] => Some((*user, *password)),
        _ => return Some(Err(LineError::BadShape)),
    };
    Some(found(host, number, login).map(|found| Found { protocol, ..found }))
}

/// Whether a text may be a host on its own, without port or login.
fn is_alone(text: &str) -> bool {
    let is_ipv6 = || text.starts_with('[') || text.parse::<Ipv6Addr>().is_ok();
    !text.contains(['@', '/']) && (!text.contains(':') || is_ipv6())
}

// === Forms without ===

fn without_comment(text: &str) -> Result<&str, LineError> {
    match text.split_once(char::is_whitespace) {
        None => Ok(text),
        Some((before, comment)) if comment.trim_start().starts_with('#') => Ok(before),
        Some(_) => Err(LineError::Trailing),
    }
}

fn is_scheme_like(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
}

/// What follows `://`.
fn url(rest: &str) -> Result<Found<'_>, LineError> {
    let Some((userinfo, address)) = rest.rsplit_once('@') else { return url_without_at(rest) };
    let address = address.strip_suffix('/').unwrap_or(address);
    if address.contains(['/', '?', '#']) {
        return Err(LineError::UrlPath);
    }
    let (host, number) = exact_address(address)?;
    let (username, password) = userinfo.split_once(':').unwrap_or((userinfo, ""));
    let login = (login::decode(username)?, login::decode(password)?);
    Ok(Found { login: Some(login), ..found(host, number, None)? })
}

fn url_without_at(rest: &str) -> Result<Found<'_>, LineError> {
    if let Some(address) = rest.strip_suffix('/')
        && let Ok(found) = address_alone(address)
    {
        return Ok(found);
    }
    // A slash may also be part of a password, as in `http://host:80:user:a/b`.
    colons(rest)
        .map_err(|why| if rest.contains(['/', '?', '#']) { LineError::UrlPath } else { why })
}

/// `user[:pass]@host:port`; where that is impossible, `host:port@user:pass` or
/// `host:port:user:p@ss`.
fn with_at(text: &str) -> Result<Found<'_>, LineError> {
    let swapped = text.split_once('@').and_then(|(address, login)| {
        let login = login.split_once(':')?;
        Some(Found { login: Some(borrowed(login)), ..address_alone(address).ok()? })
    });
    let host_first = host_first(text).ok().filter(|found| found.login.is_some());
    let promised = login_at_host(text);
    match (promised, swapped, host_first) {
        (Ok(promised), None, None) => Ok(promised),
        // A host that is an address speaks against the promised reading.
        (Ok(promised), Some(other), _) if !is_ip(&other) => Ok(promised),
        (Ok(promised), None, Some(other)) if is_ip(&promised) && !is_ip(&other) => Ok(promised),
        (Ok(_), _, _) => Err(LineError::Ambiguous),
        (Err(_), Some(other), _) | (Err(_), None, Some(other)) => Ok(other),
        (Err(why), None, None) => Err(why),
    }
}

fn login_at_host(text: &str) -> Result<Found<'_>, LineError> {
    let (login, address) = text.rsplit_once('@').ok_or(LineError::BadShape)?;
    let login = login.split_once(':').unwrap_or((login, ""));
    Ok(Found { login: Some(borrowed(login)), ..address_alone(address)? })
}

/// `host:port[:user:pass]`; where that is impossible, `user:pass:host:port`.
fn colons(text: &str) -> Result<Found<'_>, LineError> {
    if text.parse::<Ipv6Addr>().is_ok() {
        return Err(LineError::Unbracketed);
    }
    let promised = host_first(text);
    let Some(other) = login_first(text) else { return promised };
    let first = text.split(':').next().unwrap_or(text);
    match promised {
        Ok(promised) if is_address(&other.host) && !is_address(&promised.host) => {
            Err(LineError::Ambiguous)
        }
        Ok(promised) => Ok(promised),
        // `192.0.2.1:99999:user:1234` has a wrong port; it is no proxy called `user`.
        Err(why) if Host::parse_typed(first).is_ok_and(|host| is_address(&host)) => {
            if is_address(&other.host) { Ok(other) } else { Err(why) }
        }
        Err(_) => Ok(other),
    }
}

/// `host:port[:user:pass]`, the password being all the rest.
fn host_first(text: &str) -> Result<Found<'_>, LineError> {
    let (host, after) = split_host(text)?;
    let mut fields = after.splitn(3, ':');
    let number = fields.next().unwrap_or_default();
    match (fields.next(), fields.next()) {
        (Some(username), Some(password)) => found(host, number, Some((username, password))),
        (None, _) => found(host, number, None),
        (Some(_), None) => Err(LineError::BadShape),
    }
}

/// `user:pass:host:port`, without colons in the password.
fn login_first(text: &str) -> Option<Found<'_>> {
    let (username, rest) = text.split_once(':')?;
    let (password, address) = rest.split_once(':')?;
    Some(Found { login: Some(borrowed((username, password))), ..address_alone(address).ok()? })
}

// === Parts ===

fn address_alone(text: &str) -> Result<Found<'_>, LineError> {
    let (host, number) = exact_address(text)?;
    found(host, number, None)
}

/// `host:port` and nothing else.
fn exact_address(text: &str) -> Result<(&str, &str), LineError> {
    if text.parse::<Ipv6Addr>().is_ok() {
        return Err(LineError::Unbracketed);
    }
    split_host(text)
}

/// Splits behind the host; the rest begins with the port.
fn split_host(text: &str) -> Result<(&str, &str), LineError> {
    let host_bytes = match text.strip_prefix('[') {
        Some(inner) => inner.find(']').ok_or(BadTarget::BadHost)? + 2,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(host_bytes);
    match rest.strip_prefix(':') {
        Some(after) => Ok((host, after)),
        None if rest.is_empty() => {
            Host::parse_typed(host)?;
            Err(BadTarget::NoPort.into())
        }
        None => Err(BadTarget::BadHost.into()),
    }
}

fn found<'a>(
    host: &'a str,
    number: &'a str,
    login: Option<(&'a str, &'a str)>,
) -> Result<Found<'a>, LineError> {
    let host = Host::parse_typed(host)?;
    Ok(Found { protocol: None, host, port: port(number)?, login: login.map(borrowed) })
}

fn borrowed<'a>((username, password): (&'a str, &'a str)) -> (Cow<'a, str>, Cow<'a, str>) {
    (Cow::Borrowed(username), Cow::Borrowed(password))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn is_ip(found: &Found<'_>) -> bool {
    matches!(found.host, Host::Ip(_))
}

/// Whether a host looks like one, and not like somebody's name.
fn is_address(host: &Host) -> bool {
    match host {
        Host::Ip(_) => true,
        Host::Name(name) => name.contains('.'),
    }
}

#[cfg(test)]
mod tests;
