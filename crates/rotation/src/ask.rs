//! What one request asks for: project, target, session, place.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use compact_str::CompactString;
use model::ProxyId;
use model::place::{Country, NetworkKind, slug};
use model::policy::{Lost, Rotate};
use model::target::Target;
use smallvec::SmallVec;

use crate::list::Filter;
use crate::roster::ProjectEntry;

/// One request, as far as the choice of an exit is concerned.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Whose it is.
    pub project: Arc<ProjectEntry>,
    /// Where it wants to go.
    pub target: Target,
    /// What it wishes for: mostly what the request before did.
    pub wish: Arc<Wish>,
    /// Where it came from.
    pub client: IpAddr,
}

/// The parameters of a request, from its username and its `Octoprox-*` fields. What is absent is
/// the project's to decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// `session`: 1-64 characters of `[A-Za-z0-9_.~@:]`.
    pub session: Option<CompactString>,
    /// `country`, any of these.
    pub countries: SmallVec<[Country; 2]>,
    /// `state`, as a slug.
    pub state: Option<CompactString>,
    /// `city`, as a slug.
    pub city: Option<CompactString>,
    /// `asn`
    pub asn: Option<u32>,
    /// `isp`, as a slug.
    pub isp: Option<CompactString>,
    /// `type`
    pub kind: Option<NetworkKind>,
    /// `ttl`: how long the session keeps its exit.
    pub ttl: Option<Duration>,
    /// `idle`: how long it may be silent.
    pub idle: Option<Duration>,
    /// `lost`: what it does when the exit is lost.
    pub lost: Option<Lost>,
    /// `rotate`
    pub rotate: Option<Rotate>,
    /// `connector`, by its name as a slug.
    pub connector: Option<CompactString>,
    /// `exit`
    pub exit: Option<ProxyId>,
    /// `tag`, all of these.
    pub tags: SmallVec<[CompactString; 2]>,
    /// `retry`: further exits to try, 0-10.
    pub retry: Option<u8>,
    /// `debug`: the answer tells why the exit was chosen.
    pub debug: bool,
    /// The exit to stay with while it can be used; set by the data plane, by no parameter.
    pub pin: Option<ProxyId>,
}

/// A parameter that is not understood. Nothing of what the client sent is in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadParameter {
    /// No such key.
    #[error("an unknown parameter: known are {KEYS}")]
    Unknown,
    /// A key without a value.
    #[error("the parameter {0} has no value")]
    Empty(&'static str),
    /// A value that the key cannot have.
    #[error("the parameter {key} must be {expected}")]
    Malformed {
        /// The key.
        key: &'static str,
        /// What it can have.
        expected: &'static str,
    },
    /// Two different values for what can have one.
    #[error("the parameter {0} is given twice")]
    Conflict(&'static str),
    /// A state or a city without the country it is in.
    #[error("the parameter {0} needs a country beside it")]
    NeedsCountry(&'static str),
}

const KEYS: &str =
    "session country state city asn isp type ttl idle lost rotate connector exit tag retry debug";

const COUNTRY: &str = "a two-letter country code";
const DURATION: &str = "a number with a unit, as in 90s, 10m, 24h";
const NAME: &str = "a name with at least one Latin letter or digit";
const SESSION: &str = "1-64 characters of A-Z a-z 0-9 _ . ~ @ :";
const ROTATE: &str = "request, tunnel, a number of requests, or a time as in 10m";

// === impl Ask ===

impl Ask {
    /// When a new exit is to be chosen.
    #[must_use]
    pub fn rotate(&self) -> Rotate {
        self.wish.rotate.unwrap_or(self.project.brief.rotate)
    }

    /// Whether the request is to have a connection of its own.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        self.rotate() == Rotate::Request
    }
}

// === impl Wish ===

impl Wish {
    /// Sets the parameter `key`, in lower case, to `value`.
    ///
    /// # Errors
    /// Any [`BadParameter`]; the wish is then as it was.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), BadParameter> {
        let (key, reading) = known(key)?;
        if value.is_empty() {
            return Err(BadParameter::Empty(key));
        }
        match key {
            "session" => put(&mut self.session, key, session(value)?),
            "country" => {
                push(&mut self.countries, country(value)?);
                Ok(())
            }
            "state" => put(&mut self.state, key, self::slugged(key, state_of(value))?),
            "city" => put(&mut self.city, key, slugged(key, value)?),
            "isp" => put(&mut self.isp, key, slugged(key, value)?),
            "connector" => put(&mut self.connector, key, slugged(key, value)?),
            "asn" => put(&mut self.asn, key, number(key, value, "a number")?),
            "type" => {
                let kind = value.parse().map_err(|_unknown| BadParameter::Malformed {
                    key,
                    expected: "residential, datacenter, mobile or isp",
                });
                put(&mut self.kind, key, kind?)
            }
            "ttl" => put(&mut self.ttl, key, duration(key, value, reading)?),
            "idle" => put(&mut self.idle, key, duration(key, value, Reading::WithUnit)?),
            "lost" => {
                let lost = value.parse().map_err(|_unknown| BadParameter::Malformed {
                    key,
                    expected: "fail, country or any",
                });
                put(&mut self.lost, key, lost?)
            }
            "rotate" => put(&mut self.rotate, key, rotate(value)?),
            "exit" => put(&mut self.exit, key, number(key, value, "the id of an exit")?),
            "tag" => {
                push(&mut self.tags, tag(value)?);
                Ok(())
            }
            "retry" => {
                let retry: u8 = number(key, value, "a number from 0 to 10")?;
                let retry = Some(retry).filter(|retry| *retry <= 10);
                let expected = "a number from 0 to 10";
                put(&mut self.retry, key, retry.ok_or(BadParameter::Malformed { key, expected })?)
            }
            _ => {
                self.debug = flag(value)?;
                Ok(())
            }
        }
    }

    /// Checks what can only be checked once all parameters are there.
    ///
    /// # Errors
    /// [`BadParameter::NeedsCountry`]: there are a dozen Springfields.
    pub fn check(&self) -> Result<(), BadParameter> {
        match () {
            () if !self.countries.is_empty() => Ok(()),
            () if self.state.is_some() => Err(BadParameter::NeedsCountry("state")),
            () if self.city.is_some() => Err(BadParameter::NeedsCountry("city")),
            () => Ok(()),
        }
    }

    /// Whether any exit satisfies it, which is what most requests wish for.
    pub(crate) fn takes_any(&self) -> bool {
        // Each is named, so that one that comes cannot be forgotten here.
        let Self {
            session: _,
            ttl: _,
            idle: _,
            lost: _,
            rotate: _,
            retry: _,
            debug: _,
            pin: _,
            countries,
            state,
            city,
            asn,
            isp,
            kind,
            connector,
            exit,
            tags,
        } = self;
        countries.is_empty()
            && tags.is_empty()
            && [state, city, isp, connector].iter().all(|name| name.is_none())
            && asn.is_none()
            && kind.is_none()
            && exit.is_none()
    }

    /// Which exits satisfy it.
    pub(crate) fn filter(&self) -> Filter {
        Filter {
            countries: self.countries.clone(),
            state: self.state.clone(),
            city: self.city.clone(),
            asn: self.asn,
            isp: self.isp.clone(),
            kind: self.kind,
            tags: self.tags.clone(),
            exit: self.exit,
        }
    }
}

/// How a bare number is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Not at all.
    WithUnit,
    Minutes,
    Seconds,
}

/// The canonical key, and how it reads a bare number.
fn known(key: &str) -> Result<(&'static str, Reading), BadParameter> {
    let canonical = match key {
        "session" | "sessid" | "sessionid" | "sid" => "session",
        "country" | "cc" | "cr" => "country",
        "state" | "st" => "state",
        "city" => "city",
        "asn" => "asn",
        "isp" => "isp",
        "type" => "type",
        "ttl" | "lifetime" => "ttl",
        "sesstime" | "sessionduration" | "sessttl" => return Ok(("ttl", Reading::Minutes)),
        "sessionlength" => return Ok(("ttl", Reading::Seconds)),
        "idle" | "idlettl" => "idle",
        "lost" => "lost",
        "rotate" => "rotate",
        "connector" => "connector",
        "exit" => "exit",
        "tag" => "tag",
        "retry" => "retry",
        "debug" => "debug",
        _ => return Err(BadParameter::Unknown),
    };
    Ok((canonical, Reading::WithUnit))
}

/// Whether `key` is a parameter; such words end the account in a username.
pub(crate) fn is_key(key: &str) -> bool {
    known(key).is_ok()
}

fn put<T: PartialEq>(
    slot: &mut Option<T>,
    key: &'static str,
    value: T,
) -> Result<(), BadParameter> {
    match slot {
        Some(old) if *old != value => Err(BadParameter::Conflict(key)),
        _ => {
            *slot = Some(value);
            Ok(())
        }
    }
}

fn push<A: smallvec::Array<Item: Ord>>(slot: &mut SmallVec<A>, value: A::Item) {
    if let Err(place) = slot.binary_search(&value) {
        slot.insert(place, value);
    }
}

fn session(value: &str) -> Result<CompactString, BadParameter> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_.~@:".contains(&b);
    let is_good = value.len() <= 64 && value.bytes().all(is_plain);
    is_good
        .then(|| value.into())
        .ok_or(BadParameter::Malformed { key: "session", expected: SESSION })
}

fn country(value: &str) -> Result<Country, BadParameter> {
    value.parse().map_err(|_bad| BadParameter::Malformed { key: "country", expected: COUNTRY })
}

/// `us_new_york` says the country once more, as some vendors want it.
fn state_of(value: &str) -> &str {
    match value.split_once('_') {
        Some((country, state)) if country.len() == 2 && !state.is_empty() => state,
        _ => value,
    }
}

fn slugged(key: &'static str, value: &str) -> Result<CompactString, BadParameter> {
    slug(value).ok_or(BadParameter::Malformed { key, expected: NAME })
}

fn tag(value: &str) -> Result<CompactString, BadParameter> {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"_.".contains(&b);
    let is_good = value.len() <= 64 && value.bytes().all(is_plain);
    is_good
        .then(|| value.to_ascii_lowercase().into())
        .ok_or(BadParameter::Malformed { key: "tag", expected: "1-64 characters of a-z 0-9 _ ." })
}

fn number<T: std::str::FromStr>(
    key: &'static str,
    value: &str,
    expected: &'static str,
) -> Result<T, BadParameter> {
    let is_signed = value.starts_with(['+', '-']);
    value.parse().ok().filter(|_| !is_signed).ok_or(BadParameter::Malformed { key, expected })
}

fn flag(value: &str) -> Result<bool, BadParameter> {
    match value {
        "1" | "true" | "on" => Ok(true),
        "0" | "false" | "off" => Ok(false),
        _ => Err(BadParameter::Malformed { key: "debug", expected: "on or off" }),
    }
}

fn duration(key: &'static str, value: &str, reading: Reading) -> Result<Duration, BadParameter> {
    let digits = value.len() - value.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = value.split_at(digits);
    let factor = match (unit, reading) {
        ("s", _) | ("", Reading::Seconds) => 1,
        ("m", _) | ("", Reading::Minutes) => 60,
        ("h", _) => 3600,
        ("d", _) => 86_400,
        _ => 0,
    };
    let seconds = number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor));
    let seconds = seconds.filter(|seconds| (1..=30 * 86_400).contains(seconds));
    let expected = DURATION;
    seconds.map(Duration::from_secs).ok_or(BadParameter::Malformed { key, expected })
}

fn rotate(value: &str) -> Result<Rotate, BadParameter> {
    match value {
        "request" => return Ok(Rotate::Request),
        "tunnel" => return Ok(Rotate::Tunnel),
        _ => {}
    }
    if let Ok(count) = value.parse::<NonZeroU32>()
        && !value.starts_with('+')
    {
        return Ok(Rotate::Requests(count));
    }
    duration("rotate", value, Reading::WithUnit)
        .map(Rotate::Every)
        .map_err(|_bad| BadParameter::Malformed { key: "rotate", expected: ROTATE })
}
