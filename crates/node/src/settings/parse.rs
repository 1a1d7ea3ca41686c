//! Texts into values: durations, hosts, URLs, log filters.

use std::time::Duration;

use model::proxy::{Endpoint, Protocol};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// `500ms`, `90s`, `10m`, `1h`; a bare number is seconds.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs);
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "" | "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3600),
        _ => None,
    }
}

/// `512MiB`, `4GiB`; a bare number is bytes.
pub(super) fn size(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = match unit {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor).filter(|bytes| *bytes >= 1 << 20)
}

/// Text for names and logins.
pub(super) fn text(text: &str) -> Option<String> {
    let fine = (1..=255).contains(&text.len()) && !text.chars().any(char::is_control);
    fine.then(|| text.to_owned())
}

/// A URL that people reach the API at, without the slash at its end.
pub(super) fn public_url(text: &str) -> Option<String> {
    let url = text.trim_end_matches('/');
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"))?;
    let odd = |c: char| !c.is_ascii_graphic() || matches!(c, '@' | '?' | '#' | '\\');
    let fine = !rest.is_empty() && !rest.starts_with(['/', ':']) && !rest.contains(odd);
    fine.then(|| url.to_owned())
}

/// A URL that another node's API is reached at, without the slash at its end.
pub(super) fn control_url(text: &str) -> Option<String> {
    let url = public_url(text)?;
    let authority = url.split("://").nth(1)?.split('/').next()?;
    model::Target::parse_or(authority, 80).ok()?;
    Some(url)
}

/// Where a collector of traces is, as in a `Host` field, and the path below which it takes them.
pub(super) fn collector(text: &str) -> Option<(Endpoint, String, String)> {
    let url = control_url(text)?;
    let (scheme, rest) = url.split_once("://")?;
    let protocol = if scheme == "https" { Protocol::Https } else { Protocol::Http };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let target = model::Target::parse_or(authority, 4318).ok()?;
    let path = if path.is_empty() { String::new() } else { format!("/{path}") };
    let (authority, path) = (target.to_string(), format!("{path}/v1/traces"));
    let model::Target { host, port } = target;
    Some((Endpoint { protocol, host, port, login: None }, authority, path))
}

/// A name or address as it stands in a Host header, in lower case.
pub(super) fn host(text: &str) -> Option<String> {
    let fine =
        |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    (!text.is_empty() && text.chars().all(fine)).then(|| text.to_ascii_lowercase())
}

/// A level, or filters as `tracing` understands them.
pub(super) fn log_filter(text: &str) -> Option<String> {
    // `tracing` takes a lone word that is no level for a target, and `verbose` would log nothing.
    let is_filter =
        |part: &str| part.contains(['=', '[']) || part.trim().parse::<LevelFilter>().is_ok();
    let fine = text.split(',').all(is_filter) && EnvFilter::try_new(text).is_ok();
    fine.then(|| text.to_owned())
}

/// The parts of a comma-separated list.
pub(super) fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// A network, or one address as a network.
pub(super) fn network(text: &str) -> Option<ipnet::IpNet> {
    let address = || text.parse::<std::net::IpAddr>().ok();
    text.parse().ok().or_else(|| address().map(ipnet::IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_or_are_seconds() {
        let cases = [
            ("500ms", Duration::from_millis(500)),
            ("90s", Duration::from_secs(90)),
            ("90", Duration::from_secs(90)),
            ("10m", Duration::from_mins(10)),
            ("1h", Duration::from_hours(1)),
            ("0", Duration::ZERO),
        ];
        for (text, expected) in cases {
            assert_eq!(duration(text), Some(expected), "{text}");
        }
        for bad in [
            "",
            "s",
            "1.5s",
            "-1s",
            "+1s",
            "1 s",
            "1d",
            "1H",
            "99999999999999999999",
            "5124095576030432h",
        ] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn urls_hosts_and_filters_are_checked() {
        assert_eq!(public_url("https://a.example/x/").as_deref(), Some("https://a.example/x"));
        for bad in [
            "",
            "http://",
            "ftp://a",
            "a.example",
            "http://u:p@a",
            "http://a?b",
            "http:// a",
            "http://:80",
        ] {
            assert_eq!(public_url(bad), None, "{bad}");
        }
        let control = control_url("http://control:8000/");
        assert_eq!(control.as_deref(), Some("http://control:8000"));
        for bad in ["control:8000", "http://127.1:80", "http://control:0", "http://a b"] {
            assert_eq!(control_url(bad), None, "{bad}");
        }
        assert_eq!(host("Proxy.Example:8000").as_deref(), Some("proxy.example:8000"));
        assert_eq!(host("http://a"), None);
        for good in ["info", "WARN", "info,relay=debug", "off,[span]=trace"] {
            assert!(log_filter(good).is_some(), "{good}");
        }
        for bad in ["verbose", "info,relay", "info,relay=loud"] {
            assert_eq!(log_filter(bad), None, "{bad}");
        }
        assert_eq!(items(" a, ,b ").collect::<Vec<_>>(), ["a", "b"]);
    }
}
