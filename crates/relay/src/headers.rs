//! Which fields cross a hop, and which are made anew: never copied are framing, hop-by-hop fields,
//! credentials for us, and what would give the client away (RFC 9110 sections 7.6.1 and 11.7).

use bytes::BytesMut;
use http1::{Fields, Framing, HeadWriter, RequestHead, ResponseHead};
use model::rewrite::FieldChange;
use smallvec::SmallVec;

use crate::error::RelayError;

/// What is to be done with one field of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Treatment {
    /// Passed on as it is, in its place and its case.
    Pass,
    /// Left out.
    Drop,
    /// Left out, unless a protocol is being switched.
    Upgrade,
    /// Written anew in its place.
    Host,
    /// Written anew in its place, when the body has a known length.
    Length,
    /// Written anew in its place, when the body comes in chunks.
    Chunked,
}

/// What a forwarded request needs besides the client's fields.
pub(crate) struct RequestParts<'a> {
    /// Written into `Host`.
    pub(crate) authority: &'a str,
    /// How the body is framed on the next hop.
    pub(crate) framing: Framing,
    /// The exit's `Proxy-Authorization`, where it reads requests.
    pub(crate) exit_authorization: Option<&'a str>,
    /// Whether the client asked to switch protocols.
    pub(crate) upgrade: bool,
    /// Whether the connection to the exit ends with this request.
    pub(crate) close: bool,
    /// Whether `Connection` stands where the client has it: browsers are known by such things.
    pub(crate) in_place: bool,
    /// What the project changes.
    pub(crate) changes: Changes<'a>,
}

/// What a project changes in the fields of a message.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Changes<'a> {
    pub(crate) fields: &'a [FieldChange],
    /// Stands in `User-Agent`.
    pub(crate) user_agent: Option<&'a str>,
}

/// What is changed about a field.
enum Change<'a> {
    None,
    Remove,
    Set(&'a str),
}

impl<'a> Changes<'a> {
    fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.user_agent.is_none()
    }

    /// The last change of that name counts; one of `User-Agent` by name is stronger than a list.
    fn of(self, name: &[u8]) -> Change<'a> {
        let is_it = |changed: &str| name.eq_ignore_ascii_case(changed.as_bytes());
        let change = self.fields.iter().rev().find_map(|change| match change {
            FieldChange::Set { name, value } if is_it(name) => Some(Change::Set(value)),
            FieldChange::Remove { name } if is_it(name) => Some(Change::Remove),
            FieldChange::Set { .. } | FieldChange::Remove { .. } => None,
        });
        change.unwrap_or(match self.user_agent {
            Some(agent) if is_it("user-agent") => Change::Set(agent),
            _ => Change::None,
        })
    }

    /// What the field is going to say; of several the first.
    pub(crate) fn value(self, fields: &'a Fields, name: &str) -> Option<&'a [u8]> {
        match self.of(name.as_bytes()) {
            Change::None => fields.get(name),
            Change::Remove => None,
            Change::Set(value) => Some(value.as_bytes()),
        }
    }

    /// Writes what is set and was not there.
    fn write_missing(self, fields: &Fields, writer: &mut HeadWriter<'_>) {
        if self.is_empty() {
            return;
        }
        let set = self.fields.iter().map(|change| match change {
            FieldChange::Set { name, .. } | FieldChange::Remove { name } => name.as_str(),
        });
        let set = set.chain(self.user_agent.map(|_| "User-Agent"));
        let mut seen: SmallVec<[&str; 8]> = SmallVec::new();
        for name in set {
            let is_new = !seen.iter().any(|seen| seen.eq_ignore_ascii_case(name));
            if let Change::Set(value) = self.of(name.as_bytes())
                && is_new
                && fields.get(name).is_none()
            {
                writer.field(name, value.as_bytes());
            }
            seen.push(name);
        }
    }
}

/// Writes a field as the project wants it; whether that was done here. Of several of one name the
/// first is where the new one stands.
fn write_changed(
    changes: Changes<'_>,
    (fields, at): (&Fields, usize),
    name: &[u8],
    writer: &mut HeadWriter<'_>,
) -> bool {
    match changes.of(name) {
        Change::None => false,
        Change::Remove => true,
        Change::Set(value) => {
            let is_first = !fields.iter().take(at).any(|(seen, _)| seen.eq_ignore_ascii_case(name));
            if is_first {
                writer.field(name, value.as_bytes());
            }
            true
        }
    }
}

/// Refuses a `Connection` field that would make a recipient drop a field it must not lose (the
/// abuse of RFC 9110 section 7.6.1 by which a client disarms what a server relies on).
pub(crate) fn check_connection_options(fields: &Fields) -> Result<(), RelayError> {
    const UNTOUCHABLE: [&str; 6] = [
        "host",
        "content-length",
        "transfer-encoding",
        "authorization",
        "cookie",
        "proxy-authorization",
    ];
    let touched = fields
        .connection_tokens()
        .any(|token| UNTOUCHABLE.iter().any(|name| token.eq_ignore_ascii_case(name)));
    if touched {
        return Err(RelayError::BadRequest("Connection lists a field that is not hop-by-hop"));
    }
    Ok(())
}

/// Writes the fields of a request for the next hop, and the empty line.
pub(crate) fn write_request(head: &RequestHead, parts: &RequestParts<'_>, out: &mut BytesMut) {
    let mut writer = HeadWriter::new(out);
    let fields = head.fields();
    let mut host_written = fields.get("host").is_some();
    if !host_written {
        writer.field("Host", parts.authority.as_bytes());
        host_written = true;
    }
    debug_assert!(host_written, "a request without Host must not leave");
    let (lists_any, changes_any) = (lists_any(fields), !parts.changes.is_empty());
    let mut connection = parts.connection(fields);
    for (at, (name, value)) in fields.iter().enumerate() {
        if changes_any && write_changed(parts.changes, (fields, at), name, &mut writer) {
            continue;
        }
        match treatment(name) {
            Treatment::Drop if parts.in_place && name.eq_ignore_ascii_case(b"connection") => {
                connection.take().into_iter().for_each(|value| writer.field(name, value));
            }
            // What HTTP/2 knows of it, which some browsers say with every request.
            Treatment::Drop if parts.in_place && is_trailers(name, value) => {
                writer.field(name, value);
            }
            Treatment::Host => writer.field(name, parts.authority.as_bytes()),
            Treatment::Length | Treatment::Chunked => {
                write_framing(&mut writer, name, parts.framing);
            }
            Treatment::Upgrade if parts.upgrade => writer.field(name, value),
            Treatment::Pass if !lists_any || !listed(fields, name) => writer.field(name, value),
            Treatment::Pass | Treatment::Drop | Treatment::Upgrade => {}
        }
    }
    parts.changes.write_missing(fields, &mut writer);
    if let Some(authorization) = parts.exit_authorization {
        writer.field("Proxy-Authorization", authorization.as_bytes());
    }
    if let Some(value) = connection {
        writer.field("Connection", value);
    }
    writer.end();
}

impl RequestParts<'_> {
    /// What `Connection` says. In its place a browser's own words stay, as far as they only say
    /// what is meant here, too.
    fn connection<'f>(&self, fields: &'f Fields) -> Option<&'f [u8]> {
        let own = fields.get("connection").filter(|_| self.in_place);
        let means =
            |token: &str| fields.connection_tokens().any(|is| is.eq_ignore_ascii_case(token));
        let others = fields.connection_tokens().filter(|token| {
            !token.eq_ignore_ascii_case("keep-alive") && !token.eq_ignore_ascii_case("upgrade")
        });
        let is_plain = others.count() == 0;
        match (self.upgrade, self.close) {
            (true, _) if is_plain && own.is_some() => own,
            (true, _) => Some(b"Upgrade"),
            (false, true) => Some(b"close"),
            (false, false) if is_plain && !means("upgrade") => own,
            (false, false) => None,
        }
    }
}

/// Writes the fields of a response for the client, without the empty line. `announced` is how the
/// body is framed for the client; a length that only describes what HEAD or 304 leave out stays.
pub(crate) fn write_response(
    head: &ResponseHead,
    announced: Framing,
    (upgrade, changes): (bool, Changes<'_>),
    writer: &mut HeadWriter<'_>,
) {
    let fields = head.fields();
    // What is informational, and 204, has no content to describe (RFC 9110 section 8.6).
    let has_content = head.status() >= 200 && head.status() != 204;
    let describes_content = has_content && announced == Framing::None;
    let (lists_any, changes_any) = (lists_any(fields), !changes.is_empty());
    for (at, (name, value)) in fields.iter().enumerate() {
        if changes_any && write_changed(changes, (fields, at), name, writer) {
            continue;
        }
        match treatment(name) {
            Treatment::Length if describes_content => writer.field(name, value),
            Treatment::Length | Treatment::Chunked => write_framing(writer, name, announced),
            Treatment::Upgrade if upgrade => writer.field(name, value),
            Treatment::Pass | Treatment::Host if !lists_any || !listed(fields, name) => {
                writer.field(name, value);
            }
            Treatment::Pass | Treatment::Host | Treatment::Drop | Treatment::Upgrade => {}
        }
    }
    changes.write_missing(fields, writer);
    if upgrade {
        writer.field("Connection", b"Upgrade");
    }
}

/// Writes the one framing field that belongs to `framing`, in the place of the field `name`.
fn write_framing(writer: &mut HeadWriter<'_>, name: &[u8], framing: Framing) {
    match framing {
        Framing::Length(length) if is_length(name) => {
            writer.field(name, decimal(length, &mut [0; 20]));
        }
        Framing::Chunked if !is_length(name) => writer.field(name, b"chunked"),
        _ => {}
    }
}

fn is_trailers(name: &[u8], value: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"te") && value.eq_ignore_ascii_case(b"trailers")
}

fn is_length(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"content-length")
}

/// The decimal digits of `number`.
pub(crate) fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut start = digits.len();
    loop {
        start -= 1;
        digits[start] = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        if number == 0 {
            return &digits[start..];
        }
    }
}

/// Whether `Connection` names any field. Most often it is not even there.
fn lists_any(fields: &Fields) -> bool {
    fields.connection_tokens().next().is_some()
}

/// Whether `Connection` names the field, which makes it hop-by-hop.
fn listed(fields: &Fields, name: &[u8]) -> bool {
    fields.connection_tokens().any(|token| token.as_bytes().eq_ignore_ascii_case(name))
}

/// Looks the name up by its length first: most names differ there from all that matter.
fn treatment(name: &[u8]) -> Treatment {
    let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
    match name.len() {
        2 if is("te") => Treatment::Drop,
        3 if is("via") => Treatment::Drop,
        4 if is("host") => Treatment::Host,
        7 if is("upgrade") => Treatment::Upgrade,
        7 if is("trailer") => Treatment::Drop,
        9 if is("forwarded") => Treatment::Drop,
        10 if is("connection") || is("keep-alive") => Treatment::Drop,
        14 if is("content-length") => Treatment::Length,
        15 if is("x-forwarded-for") => Treatment::Drop,
        16 if is("proxy-connection") => Treatment::Drop,
        17 if is("transfer-encoding") => Treatment::Chunked,
        18 if is("proxy-authenticate") => Treatment::Drop,
        19 if is("proxy-authorization") => Treatment::Drop,
        25 if is("proxy-authentication-info") => Treatment::Drop,
        _ if is_ours(name) => Treatment::Drop,
        _ => Treatment::Pass,
    }
}

/// Whether the field is addressed to us: `Octoprox-*`.
fn is_ours(name: &[u8]) -> bool {
    parameter(name).is_some()
}

/// The parameter that a field `Octoprox-KEY` sets.
pub(crate) fn parameter(name: &[u8]) -> Option<&str> {
    let (prefix, key) = name.split_at_checked(9)?;
    let is_ours = prefix.eq_ignore_ascii_case(b"octoprox-");
    is_ours.then(|| std::str::from_utf8(key).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_decimal() {
        for number in [0, 7, 10, 4096, u64::MAX] {
            assert_eq!(decimal(number, &mut [0; 20]), number.to_string().as_bytes());
        }
    }

    #[test]
    fn our_fields_are_known_in_any_case() {
        assert_eq!(parameter(b"octoprox-Country"), Some("Country"));
        assert_eq!(parameter(b"Octopro"), None);
        assert_eq!(treatment(b"TE"), Treatment::Drop);
        assert_eq!(treatment(b"X-Forwarded-Host"), Treatment::Pass);
    }
}
