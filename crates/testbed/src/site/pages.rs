//! What the site shows under which path: the table is in the README.

use std::io::Write;
use std::ops::Range;

use anyhow::Result;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use super::{Received, State, Visit, pieces};
use crate::wire::body::pattern;

/// What a page without another purpose says.
const GOOD: &str = "a good page\n";
/// What somebody is shown who is not wanted.
const RIDDLE: &str = "<html><title>One more step</title><p>Please solve the captcha</p></html>\n";
/// Bytes of what is sent coded.
const CODED: usize = 100_000;
const TAG: &str = "\"v1\"";

/// An answer.
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) fields: Vec<(&'static str, String)>,
    pub(super) content: Content,
}

/// What follows its head.
pub(super) enum Content {
    Whole(Bytes),
    /// A part of the large body, whose length is told.
    Large(Range<u64>),
    /// The same without telling.
    Stream(u64),
    /// With a trailer behind it.
    Trailed(&'static str),
    /// Two events; the second when this name is released.
    Events(String),
}

/// Where an answer is written to, whatever the protocol.
pub(super) trait Sink {
    async fn send(&mut self, data: Bytes) -> Result<()>;
    async fn end(&mut self, trailers: &[(&'static str, &str)]) -> Result<()>;
}

impl Page {
    fn new(status: u16, kind: &str, content: impl Into<Bytes>) -> Self {
        let fields = vec![("content-type", kind.to_owned())];
        Self { status, fields, content: Content::Whole(content.into()) }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// How many bytes follow; `None` when that is not told.
    pub(super) fn length(&self) -> Option<u64> {
        match &self.content {
            Content::Whole(bytes) => Some(bytes.len() as u64),
            Content::Large(range) => Some(range.end - range.start),
            Content::Stream(_) | Content::Trailed(_) | Content::Events(_) => None,
        }
    }

    /// Whether nothing may follow the head, whatever the method.
    pub(super) fn is_bare(&self) -> bool {
        matches!(self.status, 204 | 304)
    }
}

impl Content {
    /// Writes all of it.
    pub(super) async fn write(self, sink: &mut impl Sink, state: &State) -> Result<()> {
        match self {
            Self::Whole(bytes) => {
                if !bytes.is_empty() {
                    sink.send(bytes).await?;
                }
            }
            Self::Large(range) => large(sink, range).await?,
            Self::Stream(length) => large(sink, 0..length).await?,
            Self::Trailed(text) => {
                sink.send(Bytes::from(text)).await?;
                return sink.end(&[("x-trailer", "here")]).await;
            }
            Self::Events(name) => {
                sink.send(Bytes::from("data: 1\n\n")).await?;
                state.released(&name).await;
                sink.send(Bytes::from("data: 2\n\n")).await?;
            }
        }
        sink.end(&[]).await
    }
}

async fn large(sink: &mut impl Sink, range: Range<u64>) -> Result<()> {
    for piece in pieces(range) {
        sink.send(piece).await?;
    }
    Ok(())
}

/// The status that is answered before the body of the request is there.
pub(super) fn early(visit: &Visit) -> Option<u16> {
    visit.path.strip_prefix("/early/")?.parse().ok()
}

/// The answer to a request that has come with all of its body.
pub(super) fn page(visit: &Visit, received: &Received, state: &State) -> Result<Page> {
    let host = visit.host.split(':').next().unwrap_or_default();
    if state.bans == Some(host) {
        return Ok(Page::new(200, "text/html", gzip(RIDDLE)?).with("content-encoding", "gzip"));
    }
    let path = visit.path.split('?').next().unwrap_or_default();
    let parts: Vec<_> = path.split('/').skip(1).collect();
    Ok(match parts.as_slice() {
        [""] => asset(""),
        ["page", file] => asset(file),
        ["good" | "ads", ..] => Page::new(200, "text/plain", GOOD),
        ["echo"] => Page::new(200, "application/json", echo(visit, received)),
        ["bytes", length] => bytes(visit, length.parse()?),
        ["stream", length] => {
            let kind = "application/octet-stream";
            Page { content: Content::Stream(length.parse()?), ..Page::new(200, kind, "") }
        }
        ["etag"] => tagged(visit),
        ["gzip"] => coded("gzip", gzip(pattern(0, CODED))?),
        ["br"] => coded("br", brotli(&pattern(0, CODED))?),
        ["trailers"] => {
            let page = Page::new(200, "text/plain", "").with("trailer", "x-trailer");
            Page { content: Content::Trailed("hello"), ..page }
        }
        ["events", name] => {
            let page = Page::new(200, "text/event-stream", "").with("cache-control", "no-store");
            Page { content: Content::Events((*name).to_owned()), ..page }
        }
        ["release", name] => {
            state.release(name);
            Page::new(200, "text/plain", "released\n")
        }
        ["kind", kind, of_it] => Page::new(200, &format!("{kind}/{of_it}"), GOOD),
        ["cookie"] => Page::new(200, "text/plain", GOOD)
            .with("set-cookie", "token=canary-cookie-of-the-site; Secure; HttpOnly")
            .with("x-powered-by", "testbed"),
        ["redirect"] => Page::new(302, "text/plain", "").with("location", "/echo"),
        ["status", status] => Page::new(status.parse()?, "text/plain", ""),
        ["report"] => Page::new(204, "text/plain", ""),
        _ => Page::new(404, "text/plain", "no such page\n"),
    })
}

fn asset(file: &str) -> Page {
    let (kind, text) = match file {
        "" => ("text/html", include_str!("../../clients/site/index.html")),
        "code.js" => ("text/javascript", include_str!("../../clients/site/code.js")),
        "style.css" => ("text/css", include_str!("../../clients/page/style.css")),
        "image.svg" => ("image/svg+xml", include_str!("../../clients/page/image.svg")),
        _ => return Page::new(404, "text/plain", "no such file\n"),
    };
    Page::new(200, kind, text).with("cache-control", "no-store")
}

/// What arrived, as JSON.
fn echo(visit: &Visit, received: &Received) -> String {
    json!({
        "method": visit.method,
        "host": visit.host,
        "path": visit.path,
        "protocol": visit.protocol,
        "certified": visit.certified,
        "fields": visit.fields,
        "body": { "bytes": received.bytes, "sha256": received.sha256 },
        "trailers": received.trailers,
        "peer": visit.peer.to_string(),
    })
    .to_string()
}

/// All of the large body, or the part that was asked for (RFC 9110 section 14.2).
fn bytes(visit: &Visit, length: u64) -> Page {
    let kind = "application/octet-stream";
    let page = Page::new(200, kind, "").with("accept-ranges", "bytes");
    let Some(range) = visit.get("range") else {
        return Page { content: Content::Large(0..length), ..page };
    };
    let Some(range) = part(range, length) else {
        return Page { status: 416, ..page.with("content-range", format!("bytes */{length}")) };
    };
    let told = format!("bytes {}-{}/{length}", range.start, range.end - 1);
    Page { status: 206, content: Content::Large(range), ..page.with("content-range", told) }
}

fn part(range: &str, length: u64) -> Option<Range<u64>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let (start, end) = match (first.parse::<u64>().ok(), last.parse::<u64>().ok()) {
        (Some(first), Some(last)) => (first, length.min(last + 1)),
        (Some(first), None) => (first, length),
        (None, Some(suffix)) => (length.saturating_sub(suffix), length),
        (None, None) => return None,
    };
    (start < end).then_some(start..end)
}

fn tagged(visit: &Visit) -> Page {
    let is_known = visit.get("if-none-match").is_some_and(|tag| tag == TAG);
    let page = if is_known {
        Page { status: 304, fields: Vec::new(), content: Content::Whole(Bytes::new()) }
    } else {
        Page::new(200, "text/plain", GOOD)
    };
    page.with("etag", TAG).with("cache-control", "no-cache")
}

fn coded(coding: &str, content: Vec<u8>) -> Page {
    let page = Page::new(200, "application/octet-stream", content);
    page.with("content-encoding", coding).with("vary", "accept-encoding")
}

fn gzip(content: impl AsRef<[u8]>) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content.as_ref())?;
    Ok(encoder.finish()?)
}

fn brotli(mut content: &[u8]) -> Result<Vec<u8>> {
    let (mut coded, params) = (Vec::new(), brotli::enc::BrotliEncoderParams::default());
    brotli::BrotliCompress(&mut content, &mut coded, &params)?;
    Ok(coded)
}
