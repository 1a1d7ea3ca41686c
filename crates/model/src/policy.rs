//! How a project rotates: strategy, stickiness, rotation; what a connector limits.

use std::num::NonZeroU32;
use std::time::Duration;

use crate::words;

words! {
    /// How an exit is chosen among those that are eligible.
    pub enum Strategy {
        /// Smooth weighted turns.
        RoundRobin = "round_robin",
        /// The fewest requests in flight now.
        LeastUsed = "least_used",
        /// Weighted chance.
        Random = "random",
        /// The same session, the same exit; without a session, the same client address.
        Sticky = "sticky",
        /// Recent success and latency.
        HealthBased = "health_based",
    }
}

words! {
    /// What a session does when the exit it is bound to can no longer be used.
    pub enum Lost {
        /// The request fails; the session keeps its exit.
        Fail = "fail",
        /// The session moves to another exit of the same country.
        Country = "country",
        /// The session moves to any exit that the request allows.
        Any = "any",
    }
}

/// When a new exit is chosen, and a new connection to it opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Rotate {
    /// Every request chooses; connections to exits are kept and shared. The default.
    #[default]
    Auto,
    /// Every request chooses, and opens a connection of its own that nobody uses again.
    Request,
    /// Every client connection chooses once.
    Tunnel,
    /// The same exit for this many requests of one login, then the next.
    Requests(NonZeroU32),
    /// The same exit for this long for one login, then the next.
    Every(Duration),
}

/// How long a session keeps its exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionPolicy {
    /// From the session's first request; `None` is without end.
    pub ttl: Option<Duration>,
    /// From its latest request: sliding.
    pub idle: Duration,
    /// What happens when the exit is lost.
    pub lost: Lost,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self { ttl: None, idle: Duration::from_mins(5), lost: Lost::Any }
    }
}

/// At most so many requests through one exit in any window, counted when they start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests a window.
    pub max_requests: NonZeroU32,
    /// 1 s - 1 day.
    pub window: Duration,
    /// How long an exit that reached the limit rests, chosen at random between the two; `None`:
    /// until the window has moved on.
    pub quarantine: Option<(Duration, Duration)>,
    /// Whether a session waits for its resting exit (429) instead of moving to another.
    pub sticky_quarantine: bool,
}

/// A text that is no [`Rotate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be auto, request, tunnel, a number of requests, or a time as in 90s or 10m")]
pub struct BadRotate;

impl std::fmt::Display for Rotate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Request => f.write_str("request"),
            Self::Tunnel => f.write_str("tunnel"),
            Self::Requests(count) => count.fmt(f),
            Self::Every(time) => write!(f, "{}s", time.as_secs()),
        }
    }
}

impl std::str::FromStr for Rotate {
    type Err = BadRotate;

    /// Reads what `Display` writes, and times in `s`, `m`, `h` and `d` up to thirty days.
    fn from_str(text: &str) -> Result<Self, BadRotate> {
        match text {
            "auto" => return Ok(Self::Auto),
            "request" => return Ok(Self::Request),
            "tunnel" => return Ok(Self::Tunnel),
            _ => {}
        }
        if !text.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(BadRotate);
        }
        if let Ok(count) = text.parse() {
            return Ok(Self::Requests(count));
        }
        let unit = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
        let unit =
            unit.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
        let time =
            unit.and_then(|(number, seconds)| number.parse::<u64>().ok()?.checked_mul(*seconds));
        let time = time.filter(|time| (1..=30 * 86_400).contains(time)).ok_or(BadRotate)?;
        Ok(Self::Every(Duration::from_secs(time)))
    }
}

words! {
    /// The grammar in which a project's clients write parameters into the username.
    pub enum Dialect {
        /// Ours: `account-session-abc-country-us`.
        Native = "native",
        /// Bright Data: `brd-customer-ID-zone-ZONE-country-us-session-abc`.
        BrightData = "brightdata",
        /// Oxylabs: `customer-USER-cc-US-sessid-abc-sesstime-10`.
        Oxylabs = "oxylabs",
        /// Decodo: `user-USER-country-us-session-abc-sessionduration-10`.
        Decodo = "decodo",
        /// IPRoyal: parameters in the password, `pass_country-us_session-abcdefgh_lifetime-10m`.
        IpRoyal = "iproyal",
        /// Webshare: positional, `user-us-1234`, `user-rotate`.
        Webshare = "webshare",
        /// NetNut: `user-res-us-sid-1234`.
        NetNut = "netnut",
        /// SOAX: `package-ID-country-us-sessionid-abc-sessionlength-600`.
        Soax = "soax",
        /// DataImpulse: `login__cr.us;city.newark;sessid.x;sessttl.60`.
        DataImpulse = "dataimpulse",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rotation_is_read_as_it_is_written() {
        for text in ["auto", "request", "tunnel", "10", "600s"] {
            assert_eq!(text.parse::<Rotate>().unwrap().to_string(), text);
        }
        assert_eq!("10m".parse(), Ok(Rotate::Every(Duration::from_mins(10))));
        for text in ["", "0", "+3", "-1", "m", "0s", "31d", "99999999999999999999m", "10 m"] {
            assert_eq!(text.parse::<Rotate>(), Err(BadRotate), "{text}");
        }
    }
}
