//! Heads of HTTP/2 as heads of HTTP/1.1, and back (RFC 9113 sections 8.2 and 8.3).

use std::io;

use bytes::{BufMut, BytesMut};
use http::header::{CONTENT_LENGTH, COOKIE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, Uri};
use http1::{Fields, Framing, HeadWriter, RequestHead, ResponseHead};

/// Writes the head of a request that came over HTTP/2. `:authority` is the host, whatever `Host`
/// says; crumbs of `Cookie` are one again; a body whose length is not known comes in chunks.
pub(super) fn write_request(request: &Request<()>, has_body: bool, out: &mut BytesMut) {
    let (uri, fields) = (request.uri(), request.headers());
    let mut writer = HeadWriter::new(out);
    let path = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    writer.request_line(request.method().as_str(), &[path]);
    match uri.authority() {
        Some(authority) => writer.field("host", authority.as_str().as_bytes()),
        // All of them: more than one is refused behind here, and must be seen for that.
        None => fields.get_all(HOST).iter().for_each(|host| writer.field("host", host.as_bytes())),
    }
    for (name, value) in fields {
        if *name != HOST && *name != COOKIE {
            writer.field(name.as_str(), value.as_bytes());
        }
    }
    let crumbs: Vec<&[u8]> = fields.get_all(COOKIE).iter().map(HeaderValue::as_bytes).collect();
    if !crumbs.is_empty() {
        writer.field("cookie", &crumbs.join(&b"; "[..]));
    }
    if has_body && !fields.contains_key(CONTENT_LENGTH) {
        writer.field("transfer-encoding", b"chunked");
    }
    writer.end();
}

/// Writes the head of an answer that came over HTTP/2.
pub(crate) fn write_response(answer: &Response<()>, body: Body, out: &mut BytesMut) {
    let mut writer = HeadWriter::new(out);
    let status = answer.status();
    writer.status_line(status.as_u16(), b"");
    for (name, value) in answer.headers() {
        writer.field(name.as_str(), value.as_bytes());
    }
    let is_bare = status.is_informational() || status.as_u16() == 204 || status.as_u16() == 304;
    if !is_bare && !answer.headers().contains_key(CONTENT_LENGTH) {
        match body {
            Body::Streams => writer.field("transfer-encoding", b"chunked"),
            Body::Empty => writer.field("content-length", b"0"),
            Body::OfHead => {}
        }
    }
    writer.end();
}

/// What follows the head of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    Streams,
    Empty,
    /// Nothing, whatever the head says: the request was a HEAD.
    OfHead,
}

/// The request for a target that speaks HTTP/2. `te` says whether trailers are welcome.
pub(super) fn request(head: &RequestHead) -> io::Result<Request<()>> {
    let host = head.fields().get("host").ok_or_else(malformed)?;
    let path = match head.target() {
        "*" => "/",
        path => path,
    };
    let uri = Uri::builder().scheme("https").authority(host).path_and_query(path);
    let mut request = Request::new(());
    *request.method_mut() = head.method().parse().map_err(io::Error::other)?;
    *request.uri_mut() = uri.build().map_err(io::Error::other)?;
    *request.version_mut() = http::Version::HTTP_2;
    let fields = request.headers_mut();
    copy(head.fields(), fields)?;
    fields.remove(HOST);
    let is_grpc = fields
        .get("content-type")
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"));
    if is_grpc {
        fields.insert("te", HeaderValue::from_static("trailers"));
    }
    Ok(request)
}

/// The answer for a client that speaks HTTP/2.
pub(super) fn response(head: &ResponseHead) -> io::Result<Response<()>> {
    let mut answer = Response::new(());
    *answer.status_mut() = head.status().try_into().map_err(io::Error::other)?;
    copy(head.fields(), answer.headers_mut())?;
    Ok(answer)
}

/// Trailers that may follow a body.
pub(crate) fn trailers(fields: &Fields) -> io::Result<HeaderMap> {
    let mut trailers = HeaderMap::with_capacity(fields.len());
    copy(fields, &mut trailers)?;
    trailers.remove(CONTENT_LENGTH);
    trailers.remove(HOST);
    Ok(trailers)
}

/// Writes trailers as HTTP/1.1 has them, behind the last chunk.
pub(crate) fn write_trailers(trailers: &HeaderMap, out: &mut BytesMut) {
    out.put_slice(b"0\r\n");
    let mut writer = HeadWriter::new(out);
    for (name, value) in trailers {
        writer.field(name.as_str(), value.as_bytes());
    }
    writer.end();
}

/// Copies fields that mean something beyond a connection of HTTP/1.1 (RFC 9113 section 8.2.2).
fn copy(from: &Fields, to: &mut HeaderMap) -> io::Result<()> {
    for (name, value) in from.iter() {
        let name = HeaderName::from_bytes(name).map_err(io::Error::other)?;
        let is_hops = matches!(
            name.as_str(),
            "connection"
                | "transfer-encoding"
                | "keep-alive"
                | "proxy-connection"
                | "upgrade"
                | "te"
        );
        if !is_hops {
            to.append(name, HeaderValue::from_bytes(value).map_err(io::Error::other)?);
        }
    }
    Ok(())
}

/// How the body behind this head is framed.
pub(super) fn framing(head: &RequestHead) -> io::Result<Framing> {
    head.framing().map_err(io::Error::other)
}

fn malformed() -> io::Error {
    io::ErrorKind::InvalidData.into()
}
