//! One entry as named cells, be it a CSV row or a JSON object.

use std::borrow::Cow;
use std::str::FromStr;

use compact_str::CompactString;
use model::Place;
use model::place::{self, Country, NetworkKind};
use model::proxy::{Endpoint, ProxySpec};
use model::target::BadTarget;
use model::{Host, words};

use super::line::{self, Found};
use super::{Defaults, Logins};
use crate::error::LineError;

/// The most tags of one proxy, and the longest tag in bytes.
const TAGS: usize = 32;
const TAG_BYTES: usize = 64;

words! {
    /// What a cell is about, by the first of the column's names.
    pub(super) enum Column {
        /// A host, or a whole line form.
        Host = "host",
        /// The port, unless the host's cell has it.
        Port = "port",
        /// A scheme.
        Protocol = "protocol",
        /// The login's first part.
        Username = "username",
        /// The login's second part.
        Password = "password",
        /// A two-letter code.
        Country = "country",
        /// A subdivision.
        State = "state",
        /// A city.
        City = "city",
        /// `AS64500` or `64500`.
        Asn = "asn",
        /// The provider of the line.
        Isp = "isp",
        /// `residential`, `datacenter`, `mobile`, `isp`.
        Network = "network",
        /// Labels.
        Tags = "tags",
        /// `true`, `yes`, `on`, `1` or the opposite.
        Enabled = "enabled",
    }
}

impl Column {
    /// The column of a name in a header, in any case; white space, `_` and `-` do not count.
    pub(super) fn named(name: &str) -> Option<Self> {
        let is_filler = |c: char| c.is_whitespace() || c == '_' || c == '-';
        let mut name: CompactString = name.chars().filter(|c| !is_filler(*c)).take(20).collect();
        name.make_ascii_lowercase();
        match name.as_str() {
            "ip" | "address" | "proxy" | "url" | "ipaddress" | "hostname" => Some(Self::Host),
            "type" | "scheme" => Some(Self::Protocol),
            "user" | "login" => Some(Self::Username),
            "pass" => Some(Self::Password),
            "cc" | "countrycode" => Some(Self::Country),
            "kind" => Some(Self::Network),
            first => Self::from_str(first).ok(),
        }
    }

    fn refused(self) -> LineError {
        LineError::BadColumn { column: self.as_str() }
    }
}

/// The cells of one entry; what it does not have is blank.
pub(super) struct Cells<'a>([Cow<'a, str>; Column::ALL.len()]);

impl<'a> Cells<'a> {
    pub(super) fn blank() -> Self {
        Self([const { Cow::Borrowed("") }; Column::ALL.len()])
    }

    /// Of two columns with one meaning (`ip` and `url`), the first that is not blank counts.
    pub(super) fn set(&mut self, column: Column, text: Cow<'a, str>) {
        let cell = &mut self.0[column as usize];
        if cell.trim().is_empty() {
            *cell = text;
        }
    }

    fn get(&self, column: Column) -> Option<&str> {
        let text = self.0[column as usize].trim();
        (!text.is_empty()).then_some(text)
    }

    /// The proxy of these cells; `None` when all are blank.
    pub(super) fn spec(
        &self,
        defaults: &Defaults,
        logins: &mut Logins,
    ) -> Result<Option<ProxySpec>, LineError> {
        if Column::ALL.iter().all(|column| self.get(*column).is_none()) {
            return Ok(None);
        }
        let found = self.found()?;
        let protocol = match self.get(Column::Protocol) {
            Some(name) => Some(line::scheme(name).ok_or(LineError::UnknownScheme)?),
            None => found.protocol,
        };
        // A password is the one thing that may begin or end with a space.
        let password = &*self.0[Column::Password as usize];
        let login = match (self.get(Column::Username), &found.login) {
            (Some(username), _) => logins.share(username, password)?,
            (None, Some((username, own))) if password.is_empty() => logins.share(username, own)?,
            (None, Some((username, _))) => logins.share(username, password)?,
            (None, None) => logins.share("", password)?,
        };
        let endpoint = Endpoint {
            protocol: protocol.unwrap_or(defaults.protocol),
            host: found.host,
            port: found.port,
            login: login.or_else(|| defaults.login.clone()),
        };
        let (enabled, tags) = (self.enabled(defaults)?, self.tags(defaults)?);
        Ok(Some(ProxySpec { endpoint, enabled, tags, place: self.place(&defaults.place)? }))
    }

    /// A host beside a port, or a whole line form.
    fn found(&self) -> Result<Found<'_>, LineError> {
        let text = self.get(Column::Host).ok_or(BadTarget::BadHost)?;
        let Some(number) = self.get(Column::Port) else { return line::read(text) };
        let port = line::port(number)?;
        let why = match Host::parse_typed(text) {
            Ok(host) => return Ok(Found { protocol: None, host, port, login: None }),
            Err(why) => why,
        };
        let found = line::read(text).ok().ok_or(why)?;
        // `http://192.0.2.1:8080` beside `8080` says it twice, beside `3128` it says two things.
        if found.port == port { Ok(found) } else { Err(Column::Port.refused()) }
    }

    fn enabled(&self, defaults: &Defaults) -> Result<bool, LineError> {
        let Some(text) = self.get(Column::Enabled) else { return Ok(defaults.enabled) };
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Ok(true),
            "false" | "no" | "off" | "0" => Ok(false),
            _ => Err(Column::Enabled.refused()),
        }
    }

    fn tags(&self, defaults: &Defaults) -> Result<Vec<CompactString>, LineError> {
        let mut tags = defaults.tags.clone();
        let Some(text) = self.get(Column::Tags) else { return Ok(tags) };
        let is_separator = |c: char| c.is_whitespace() || matches!(c, '|' | ',' | ';');
        for word in text.split(is_separator).filter(|word| !word.is_empty()) {
            let tag = CompactString::from(word.to_ascii_lowercase());
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'.';
            if tag.len() > TAG_BYTES || !tag.bytes().all(is_plain) {
                return Err(Column::Tags.refused());
            }
            if !tags.contains(&tag) {
                tags.push(tag);
            }
            if tags.len() > TAGS {
                return Err(Column::Tags.refused());
            }
        }
        Ok(tags)
    }

    fn place(&self, defaults: &Place) -> Result<Place, LineError> {
        let mut place = defaults.clone();
        if let Some(text) = self.get(Column::Country) {
            place.country = Some(text.parse::<Country>()?);
        }
        // A name in a script that has no slug is unknown; it is not the default.
        if let Some(text) = self.get(Column::State) {
            place.state = place::slug(text);
        }
        if let Some(text) = self.get(Column::City) {
            place.city = place::slug(text);
        }
        if let Some(text) = self.get(Column::Isp) {
            place.isp = place::slug(text);
        }
        if let Some(text) = self.get(Column::Asn) {
            place.asn = Some(asn(text).ok_or(Column::Asn.refused())?);
        }
        if let Some(text) = self.get(Column::Network) {
            let kind = text.to_ascii_lowercase().parse::<NetworkKind>();
            place.kind = Some(kind.ok().ok_or(Column::Network.refused())?);
        }
        Ok(place)
    }
}

/// `AS64500` or `64500`.
fn asn(text: &str) -> Option<u32> {
    let number = match text.split_at_checked(2) {
        Some((prefix, number)) if prefix.eq_ignore_ascii_case("as") => number,
        _ => text,
    };
    if number.starts_with('+') { None } else { number.parse().ok() }
}
