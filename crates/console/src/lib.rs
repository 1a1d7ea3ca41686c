#![doc = include_str!("../README.md")]

mod coding;
mod files;

use std::borrow::Cow;

use http::{HeaderValue, Method, Response, StatusCode, header};

use crate::coding::Coding;
use crate::files::File;

/// Pages of ours load nothing from elsewhere, run no inline script and stand in nobody's frame.
/// Styles may be inline: components put their sizes and the theme there.
const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";

/// What a browser asks for.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// `GET` or `HEAD`; what else, the caller refuses.
    pub method: &'a Method,
    /// The path, without its query.
    pub path: &'a str,
    /// The field `Accept-Encoding`.
    pub accept_encoding: Option<&'a HeaderValue>,
    /// The field `If-None-Match`.
    pub if_none_match: Option<&'a HeaderValue>,
}

/// The answer: the file of this path, else the console's page; 404 for a file that would have been
/// kept for ever.
#[must_use]
pub fn answer(asked: Asked<'_>) -> Response<Cow<'static, [u8]>> {
    let name = asked.path.trim_start_matches('/');
    let is_asset = name.starts_with("assets/");
    let found = files::find(name).map(|file| (name, file));
    match found.or_else(|| Some((files::PAGE, files::find(files::PAGE)?))) {
        Some((name, file)) if !is_asset || name != files::PAGE => sent(asked, name, file),
        Some(_) => plain(StatusCode::NOT_FOUND, "There is no such file.\n".as_bytes()),
        None if is_asset => plain(StatusCode::NOT_FOUND, "There is no such file.\n".as_bytes()),
        None => unbuilt(),
    }
}

/// Whether `make web` has been run.
#[must_use]
pub fn is_built() -> bool {
    files::find(files::PAGE).is_some()
}

fn sent(asked: Asked<'_>, name: &str, file: File) -> Response<Cow<'static, [u8]>> {
    let coding = Coding::chosen(asked.accept_encoding, |coding| files::has(name, coding));
    let file = coding.and_then(|coding| files::coded(name, coding)).unwrap_or(file);
    let tag = file.tag;
    // What has the digest of its content in its name never changes.
    let keep = if name.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = Response::new(Cow::Borrowed(&[][..]));
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(files::kind(name)));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    fields.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    if let Some(coding) = coding {
        fields.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    }
    let known = asked.if_none_match.and_then(|field| field.to_str().ok());
    let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim() == tag));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        fields.insert(header::ETAG, tag);
    }
    if is_known {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else if asked.method != Method::HEAD {
        *response.body_mut() = file.content;
    }
    response
}

fn plain(status: StatusCode, text: &'static [u8]) -> Response<Cow<'static, [u8]>> {
    let mut response = Response::new(Cow::Borrowed(text));
    *response.status_mut() = status;
    let kind = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn unbuilt() -> Response<Cow<'static, [u8]>> {
    let mut response = plain(StatusCode::OK, include_bytes!("unbuilt.html"));
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests;
