//! The fields of a request: their order and case, and what each version of HTTP makes of them.

use bytes::Bytes;
use http::Uri;
use http::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use wreq_proto::ext::OnPreserveHeaderCallback;

use crate::DisguiseError;

/// A field as it came: its name in its own case, and its value.
pub type Field = (Bytes, HeaderValue);

/// A request without its body.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: http::Method,
    /// The target in absolute form.
    pub uri: http::Uri,
    /// All fields, in order. What frames the body is in here, or is added.
    pub fields: Vec<Field>,
}

/// Fields that speak of one connection: HTTP/2 has no place for them (RFC 9113 section 8.2.2).
/// `host` is `:authority` there.
const OF_A_CONNECTION: [&str; 6] =
    ["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "host"];

/// As they go into HTTP/2. `HeaderMap` keeps the order of what is only added.
pub(crate) fn http2(fields: &[Field]) -> Result<HeaderMap, DisguiseError> {
    let mut map = HeaderMap::with_capacity(fields.len());
    for (name, value) in fields {
        let name = HeaderName::from_bytes(name).map_err(DisguiseError::Field)?;
        let is_trailers = value.as_bytes().eq_ignore_ascii_case(b"trailers");
        if !OF_A_CONNECTION.contains(&name.as_str()) && (name != "te" || is_trailers) {
            map.append(name, value.clone());
        }
    }
    Ok(map)
}

/// As they go into HTTP/1.1: with `Host`, first where there was none.
pub(crate) fn http1(fields: &[Field], uri: &Uri) -> Result<(HeaderMap, Spelling), DisguiseError> {
    let mut map = HeaderMap::with_capacity(fields.len() + 1);
    let mut spelling = Vec::with_capacity(fields.len() + 1);
    for (raw, value) in fields {
        let name = HeaderName::from_bytes(raw).map_err(DisguiseError::Field)?;
        spelling.push((spell(raw), name.clone()));
        map.append(name, value.clone());
    }
    let host = uri.authority().and_then(|host| HeaderValue::from_str(host.as_str()).ok());
    if let Some(host) = host.filter(|_| !map.contains_key(HOST)) {
        map.append(HOST, host);
        spelling.insert(0, (Bytes::from_static(b"Host"), HOST));
    }
    Ok((map, Spelling(spelling)))
}

/// A name in the case in which browsers write it in HTTP/1.1. One with capitals is somebody's
/// choice and stays.
fn spell(name: &Bytes) -> Bytes {
    let is_plain = !name.iter().any(u8::is_ascii_uppercase);
    match name.as_ref() {
        _ if !is_plain || name.starts_with(b"sec-ch-") => name.clone(),
        b"dnt" | b"te" => name.to_ascii_uppercase().into(),
        _ => {
            let mut before = b'-';
            let capital = |byte: &u8| {
                let start = std::mem::replace(&mut before, *byte) == b'-';
                if start { byte.to_ascii_uppercase() } else { *byte }
            };
            name.iter().map(capital).collect()
        }
    }
}

/// Names as they are written, in the order in which they are written.
pub(crate) struct Spelling(Vec<(Bytes, HeaderName)>);

impl OnPreserveHeaderCallback for Spelling {
    fn call(&self, _: &mut HeaderMap) {}

    fn call_visit(
        &self,
        headers: &mut HeaderMap,
        write: &mut dyn FnMut(&dyn AsRef<[u8]>, &HeaderValue),
    ) {
        for (at, (raw, name)) in self.0.iter().enumerate() {
            // Which of the values under that name: as many came before as were named before.
            let before = self.0[..at].iter().filter(|(_, other)| other == name).count();
            if let Some(value) = headers.get_all(name).iter().nth(before) {
                write(raw, value);
            }
        }
        // What HTTP itself has added to frame the body.
        for (name, value) in headers.iter() {
            if !self.0.iter().any(|(_, known)| known == name) {
                write(&spell(&Bytes::copy_from_slice(name.as_ref())), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(list: &[(&'static str, &'static str)]) -> Vec<Field> {
        let field = |(name, value): &(&'static str, &'static str)| {
            (Bytes::from_static(name.as_bytes()), HeaderValue::from_static(value))
        };
        list.iter().map(field).collect()
    }

    fn written(list: &[(&'static str, &'static str)], added: &str) -> String {
        let (mut map, spelling) =
            http1(&fields(list), &Uri::from_static("https://a.test:8443/")).unwrap();
        if !added.is_empty() {
            map.append("content-length", added.parse().unwrap());
        }
        let mut lines = Vec::new();
        spelling.call_visit(&mut map, &mut |name, value| {
            let name = String::from_utf8_lossy(name.as_ref()).into_owned();
            lines.push(format!("{name}: {}\n", value.to_str().unwrap()));
        });
        lines.concat()
    }

    #[test]
    fn order_case_and_repetition_are_kept() {
        let list = [("X-a", "1"), ("hOST", "b.test"), ("x-A", "2"), ("B", "3"), ("X-a", "4")];
        assert_eq!(written(&list, ""), "X-a: 1\nhOST: b.test\nx-A: 2\nB: 3\nX-a: 4\n");
    }

    #[test]
    fn names_without_capitals_are_written_as_browsers_do() {
        let list = [("sec-ch-ua", "1"), ("user-agent", "2"), ("te", "3"), ("sec-fetch-site", "4")];
        assert_eq!(
            written(&list, "5"),
            "Host: a.test:8443\nsec-ch-ua: 1\nUser-Agent: 2\nTE: 3\nSec-Fetch-Site: 4\n\
             Content-Length: 5\n"
        );
    }

    #[test]
    fn what_speaks_of_a_connection_does_not_go_into_http2() {
        let list = [
            ("Host", "x"),
            ("Connection", "te"),
            ("TE", "gzip"),
            ("te", "trailers"),
            ("Cookie", "a"),
            ("A", "1"),
            ("cookie", "b"),
            ("Upgrade", "h2c"),
        ];
        let map = http2(&fields(&list)).unwrap();
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        let names: Vec<_> = map.iter().map(|(name, value)| (name.as_str(), text(value))).collect();
        let all = [("te", "trailers"), ("cookie", "a"), ("cookie", "b"), ("a", "1")];
        assert_eq!(names, all.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        assert!(matches!(http2(&fields(&[("a b", "1")])), Err(DisguiseError::Field(_))));
    }
}
