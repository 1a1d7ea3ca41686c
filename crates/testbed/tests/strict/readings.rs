//! How many requests readers that trust different fields see in the same bytes.

/// What a reader goes by to find the end of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// `Content-Length` alone, however it is spelled; lines end with LF.
    Length,
    /// `Transfer-Encoding` alone, if it so much as mentions `chunked`; lines end with LF.
    Coding,
}

/// The request lines that a strict reader sees, and whether the last body is all there.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Strictly {
    pub(crate) requests: Vec<String>,
    pub(crate) whole: bool,
}

/// The request lines that a credulous reader sees, until it sees something that is none.
pub(crate) fn credulously(bytes: &[u8], trust: Trust) -> Vec<String> {
    let (mut rest, mut requests) = (bytes, Vec::new());
    while let Some((line, after)) = lenient_line(rest) {
        if line.is_empty() {
            rest = after;
            continue;
        }
        let is_request = line.split(' ').nth(2).is_some_and(|word| word.starts_with("HTTP/"));
        if !is_request {
            break;
        }
        requests.push(line);
        let (fields, body) = lenient_fields(after);
        rest = match trust {
            Trust::Length => &body[length(&fields).min(body.len())..],
            Trust::Coding if mentions_chunked(&fields) => skip_chunks(body),
            Trust::Coding => body,
        };
    }
    requests
}

fn lenient_line(bytes: &[u8]) -> Option<(String, &[u8])> {
    let at = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = bytes[..at].strip_suffix(b"\r").unwrap_or(&bytes[..at]);
    Some((String::from_utf8_lossy(line).into_owned(), &bytes[at + 1..]))
}

fn lenient_fields(mut bytes: &[u8]) -> (Vec<(String, String)>, &[u8]) {
    let mut fields = Vec::new();
    while let Some((line, after)) = lenient_line(bytes) {
        bytes = after;
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or((&line, ""));
        fields.push((name.trim().to_lowercase(), value.trim().to_lowercase()));
    }
    (fields, bytes)
}

fn length(fields: &[(String, String)]) -> usize {
    let value = fields.iter().rev().find(|(name, _)| name == "content-length");
    let digits = |value: &str| value.chars().filter(char::is_ascii_digit).collect::<String>();
    value.and_then(|(_, value)| digits(value).parse().ok()).unwrap_or(0)
}

fn mentions_chunked(fields: &[(String, String)]) -> bool {
    fields.iter().any(|(name, value)| name == "transfer-encoding" && value.contains("chunked"))
}

/// What stands behind the last chunk; nothing when it is missing.
fn skip_chunks(mut bytes: &[u8]) -> &[u8] {
    while let Some((line, after)) = lenient_line(bytes) {
        let digits: String = line.trim().chars().take_while(char::is_ascii_hexdigit).collect();
        let size = usize::from_str_radix(&digits, 16).unwrap_or(0);
        if size == 0 {
            return lenient_fields(after).1;
        }
        bytes = after.get(size..).and_then(lenient_line).map_or(&[], |(_, next)| next);
    }
    &[]
}

/// Reads as RFC 9112 wants it.
///
/// # Errors
/// Whatever is not to the letter: then the node should never have sent it.
pub(crate) fn strictly(bytes: &[u8]) -> Result<Strictly, String> {
    let (mut rest, mut requests) = (bytes, Vec::new());
    while !rest.is_empty() {
        let Some(end) = rest.windows(4).position(|end| end == b"\r\n\r\n") else {
            return Ok(Strictly { requests, whole: false });
        };
        let head = std::str::from_utf8(&rest[..end]).or(Err("a head that is not UTF-8"))?;
        rest = &rest[end + 4..];
        let mut lines = head.split("\r\n");
        requests.push(request_line(lines.next().unwrap_or_default())?);
        let fields = lines.map(strict_field).collect::<Result<Vec<_>, _>>()?;
        match framed(rest, &fields)? {
            Some(after) => rest = after,
            None => return Ok(Strictly { requests, whole: false }),
        }
    }
    Ok(Strictly { requests, whole: true })
}

fn request_line(line: &str) -> Result<String, String> {
    let words: Vec<_> = line.split(' ').collect();
    let is_plain = line.bytes().all(|byte| (0x20..0x7f).contains(&byte));
    let sound = is_plain && words.len() == 3 && words[2] == "HTTP/1.1" && is_token(words[0]);
    if sound { Ok(line.to_owned()) } else { Err(format!("the request line {line:?}")) }
}

fn is_token(text: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    !text.is_empty() && text.bytes().all(allowed)
}

fn strict_field(line: &str) -> Result<(String, String), String> {
    let (name, value) = line.split_once(": ").ok_or_else(|| format!("the line {line:?}"))?;
    let sound = is_token(name) && !value.chars().any(char::is_control);
    let field = (name.to_ascii_lowercase(), value.to_owned());
    if sound { Ok(field) } else { Err(format!("the field {line:?}")) }
}

/// What stands behind the body; `None` when the body is not all there.
fn framed<'a>(body: &'a [u8], fields: &[(String, String)]) -> Result<Option<&'a [u8]>, String> {
    let all = |wanted: &str| {
        let named = fields.iter().filter(|(name, _)| name == wanted);
        named.map(|(_, value)| value.as_str()).collect::<Vec<_>>()
    };
    if all("host").len() != 1 {
        return Err(format!("Host is there {} times", all("host").len()));
    }
    match (&*all("content-length"), &*all("transfer-encoding")) {
        ([], []) => Ok(Some(body)),
        ([length], []) => {
            let length: usize = length.parse().or(Err(format!("the length {length:?}")))?;
            Ok(body.get(length..))
        }
        ([], ["chunked"]) => chunks(body),
        (lengths, codings) => Err(format!("framed by {lengths:?} and {codings:?}")),
    }
}

fn chunks(mut bytes: &[u8]) -> Result<Option<&[u8]>, String> {
    loop {
        let Some(end) = bytes.windows(2).position(|end| end == b"\r\n") else { return Ok(None) };
        let digits = String::from_utf8_lossy(&bytes[..end]);
        let size = usize::from_str_radix(&digits, 16).or(Err(format!("the chunk {digits:?}")))?;
        let Some(data) = bytes.get(end + 2..end + 4 + size) else { return Ok(None) };
        if !data.ends_with(b"\r\n") {
            return Err("a chunk without its end, or a trailer".to_owned());
        }
        bytes = &bytes[end + 4 + size..];
        if size == 0 {
            return Ok(Some(bytes));
        }
    }
}

#[test]
fn readings_differ_where_they_should() {
    let confused = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 44\r\n\
        Transfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /evil HTTP/1.1\r\nHost: evil.test\r\n\r\n";
    assert_eq!(credulously(confused, Trust::Length), ["POST /a HTTP/1.1"]);
    assert_eq!(credulously(confused, Trust::Coding), ["POST /a HTTP/1.1", "GET /evil HTTP/1.1"]);
    assert!(strictly(confused).unwrap_err().starts_with("framed by"));
    let chunked = b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
        5\r\nhello\r\n0\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n";
    let sound = strictly(chunked).unwrap();
    assert_eq!((sound.requests.len(), sound.whole), (2, true));
    assert_eq!(credulously(chunked, Trust::Coding), sound.requests);
    assert_eq!(credulously(chunked, Trust::Length), ["POST /a HTTP/1.1"]);
    assert!(!strictly(&chunked[..90]).unwrap().whole);
}
