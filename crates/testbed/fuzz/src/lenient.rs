//! A stream of requests as a forgiving reader takes it: heads by `httparse`, framing by RFC 9112
//! section 6 with every liberty a reader is known to take. It shares no line with `http1`.

use crate::exchange::{End, Reading, Request};

/// More fields than `http1` takes.
const MOST_FIELDS: usize = 256;

pub fn read(bytes: &[u8]) -> Reading {
    let (mut rest, mut requests) = (bytes, Vec::new());
    let end = loop {
        if only_blank_lines(rest) {
            break End::Whole;
        }
        match one(rest) {
            Err(end) => break end,
            Ok((request, goes_on, behind)) => {
                requests.push(request);
                rest = behind;
                if let Some(end) = Reading::behind(rest, goes_on) {
                    break end;
                }
            }
        }
    };
    Reading { requests, end }
}

fn only_blank_lines(bytes: &[u8]) -> bool {
    bytes.chunks(2).all(|line| line == b"\r\n")
}

fn one(bytes: &[u8]) -> Result<(Request, bool, &[u8]), End> {
    let mut fields = [httparse::EMPTY_HEADER; MOST_FIELDS];
    let mut head = httparse::Request::new(&mut fields);
    let mut taste = httparse::ParserConfig::default();
    taste.allow_multiple_spaces_in_request_line_delimiters(true);
    let length = match taste.parse_request(&mut head, bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Err(End::Cut),
        Err(_) => return Err(End::Refused),
    };
    let method = head.method.unwrap_or_default().to_owned();
    let rest = &bytes[length..];
    let framing = if method == "CONNECT" { Framing::Length(0) } else { framing(head.headers)? };
    let (body, rest) = match framing {
        Framing::Length(length) if rest.len() < length => return Err(End::Cut),
        Framing::Length(length) => (rest[..length].to_vec(), &rest[length..]),
        Framing::Chunked => match chunked(rest) {
            Chunks { content, end: ChunksEnd::Behind(place) } => (content, &rest[place..]),
            Chunks { end: ChunksEnd::Cut, .. } => return Err(End::Cut),
            Chunks { end: ChunksEnd::Bad, .. } => return Err(End::Refused),
        },
    };
    let goes_on = method != "CONNECT" && goes_on(head.headers, head.version == Some(1));
    let target = head.path.unwrap_or_default().to_owned();
    Ok((Request { method, target, body }, goes_on, rest))
}

enum Framing {
    Length(usize),
    Chunked,
}

/// RFC 9112 section 6.3: a transfer coding is stronger than a length.
fn framing(fields: &[httparse::Header<'_>]) -> Result<Framing, End> {
    let codings = members(fields, "transfer-encoding");
    if let Some(last) = codings.last() {
        return if last == "chunked" { Ok(Framing::Chunked) } else { Err(End::Refused) };
    }
    let mut lengths = members(fields, "content-length").into_iter().map(|text| {
        let digits = text.strip_prefix('+').unwrap_or(&text);
        digits.parse::<u64>().ok().map(|length| usize::try_from(length).unwrap_or(usize::MAX))
    });
    match lengths.next() {
        None => Ok(Framing::Length(0)),
        Some(first) if lengths.all(|other| other == first) => {
            first.map(Framing::Length).ok_or(End::Refused)
        }
        Some(_) => Err(End::Refused),
    }
}

/// RFC 9112 section 9.3.
fn goes_on(fields: &[httparse::Header<'_>], is_11: bool) -> bool {
    let options = members(fields, "connection");
    let has = |option: &str| options.iter().any(|member| member == option);
    !has("close") && (is_11 || has("keep-alive"))
}

/// The members of all lists under a name, in lower case.
fn members(fields: &[httparse::Header<'_>], name: &str) -> Vec<String> {
    let lines = fields.iter().filter(|field| field.name.eq_ignore_ascii_case(name));
    let members = lines.flat_map(|field| field.value.split(|byte| *byte == b','));
    let texts = members.map(|member| String::from_utf8_lossy(member).trim().to_ascii_lowercase());
    texts.filter(|member| !member.is_empty()).collect()
}

/// A chunked body, as far as it goes.
pub struct Chunks {
    pub content: Vec<u8>,
    pub end: ChunksEnd,
}

/// Where it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChunksEnd {
    /// In front of this place.
    Behind(usize),
    /// Not yet.
    Cut,
    /// In a fault.
    Bad,
}

/// RFC 9112 section 7.1, with bare line feeds, blanks around sizes and any extension.
pub fn chunked(bytes: &[u8]) -> Chunks {
    let (mut content, mut rest) = (Vec::new(), bytes);
    let end = loop {
        let Some((line, behind)) = line(rest) else { break ChunksEnd::Cut };
        let size = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        let Some(size) = hexadecimal(size) else { break ChunksEnd::Bad };
        if size == 0 {
            break trailers(behind)
                .map_or(ChunksEnd::Cut, |behind| ChunksEnd::Behind(bytes.len() - behind.len()));
        }
        let here = usize::try_from(size).unwrap_or(usize::MAX).min(behind.len());
        content.extend_from_slice(&behind[..here]);
        match &behind[here..] {
            [b'\r', b'\n', behind @ ..] | [b'\n', behind @ ..] => rest = behind,
            [] | [b'\r'] => break ChunksEnd::Cut,
            _ => break ChunksEnd::Bad,
        }
    };
    Chunks { content, end }
}

/// A line without its end, and what follows.
fn line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let feed = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = &bytes[..feed];
    Some((line.strip_suffix(b"\r").unwrap_or(line), &bytes[feed + 1..]))
}

fn trailers(mut rest: &[u8]) -> Option<&[u8]> {
    loop {
        let (line, behind) = line(rest)?;
        rest = behind;
        if line.is_empty() {
            return Some(rest);
        }
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(digits).ok()?;
    u64::from_str_radix(digits, 16).ok()
}
