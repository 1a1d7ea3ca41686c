//! Records as an HTTP archive: HAR 1.2, as `DevTools` and mitmproxy read it.
//!
//! An archive is written in pieces: [`begin`], an [`entry`] for each record with commas between them,
//! [`END`].

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::content::Content;
use crate::message::{FieldLine, Request, Response};
use crate::record::{Fingerprints, Record, Timings};

/// What stands behind the last entry.
pub const END: &str = "]}}\n";

/// What stands before the first entry; `version` is that of the program.
#[must_use]
pub fn begin(version: &str) -> String {
    let creator = json!({"name": "Octoprox", "version": version});
    format!("{{\"log\":{{\"version\":\"1.2\",\"creator\":{creator},\"entries\":[")
}

/// A record as an entry.
#[must_use]
pub fn entry(record: &Record) -> String {
    let (time, timings) = timings(&record.timings);
    let entry = json!({
        "startedDateTime": milliseconds_of(record.started_at),
        "time": time,
        "request": request(record),
        "response": response(record),
        "cache": {},
        "timings": timings,
        "_octoprox": ours(record),
    });
    entry.to_string()
}

/// To the millisecond, which every reader understands.
fn milliseconds_of(at: Timestamp) -> String {
    format!("{at:.3}")
}

fn request(record: &Record) -> Value {
    let request = &record.request;
    let spoken = record.protocols.client.as_deref();
    let mut value = json!({
        "method": request.method(),
        "url": request.url(),
        "httpVersion": spoken.unwrap_or(request.version()),
        "cookies": [],
        "headers": headers(request.fields()),
        "queryString": query(request),
        "headersSize": -1,
        "bodySize": request.content().size(),
    });
    if request.content().size() > 0 {
        value["postData"] = posted(request.content());
    }
    value
}

fn headers(fields: &[FieldLine]) -> Value {
    fields.iter().map(|(name, value)| json!({"name": name.as_str(), "value": value})).collect()
}

fn query(request: &Request) -> Value {
    let query = request.url().split('#').next().and_then(|url| url.split_once('?'));
    let pairs = query.map_or("", |(_, query)| query).split('&').filter(|pair| !pair.is_empty());
    let view = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        json!({"name": name, "value": value})
    };
    pairs.map(view).collect()
}

/// HAR knows no encoding of what is posted: ours has an underscore, as additions must.
fn posted(content: &Content) -> Value {
    let mut value = json!({"mimeType": content.media_type(), "params": []});
    let encoding = written(content, &mut value);
    if let Some(encoding) = encoding {
        value["_encoding"] = encoding.into();
    }
    value
}

/// Puts in the text of a content, and what more there is to say: how it is encoded.
fn written(content: &Content, value: &mut Value) -> Option<&'static str> {
    if content.is_truncated() {
        value["_truncated"] = true.into();
    }
    if let Some(why) = content.withheld() {
        value["comment"] = format!("not kept: {why}").into();
    }
    let text = content.text();
    value["text"] = text.map_or_else(|| STANDARD.encode(content.bytes()), str::to_owned).into();
    text.is_none().then_some("base64")
}

/// An answer that is not the target's has nothing but its status.
fn response(record: &Record) -> Value {
    let seen = record.response.as_ref();
    let fields = seen.map_or(&[][..], Response::fields);
    let spoken = record.protocols.target.as_deref();
    let location = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
    json!({
        "status": seen.map_or(record.status, Response::status),
        "statusText": seen.map_or("", Response::reason),
        "httpVersion": spoken.or(seen.map(Response::version)).unwrap_or_default(),
        "cookies": [],
        "headers": headers(fields),
        "content": seen.map_or_else(nothing, |seen| answered(seen.content())),
        "redirectURL": location.map_or("", |(_, value)| value),
        "headersSize": -1,
        "bodySize": seen.map_or(0, |seen| seen.content().size()),
    })
}

fn nothing() -> Value {
    json!({"size": 0, "mimeType": ""})
}

fn answered(content: &Content) -> Value {
    let known = if content.is_truncated() { content.size() } else { content.bytes().len() as u64 };
    let mut value = json!({"size": known, "mimeType": content.media_type()});
    if let Some(encoding) = written(content, &mut value) {
        value["encoding"] = encoding.into();
    }
    value
}

/// Milliseconds: all together, and apart. Ours are from the beginning, those of HAR are from one
/// event to the next, add up, and are -1 where they do not apply: `blocked` lasts until the exit got
/// its turn, `connect` until it, and TLS with the target, were ready, of which `ssl` is the latter.
/// What was kept ready took no time. What ended without an answer was waited for to the end.
fn timings(timings: &Timings) -> (f64, Value) {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
    let mut last = Duration::ZERO;
    let mut stage = |event: Option<Duration>| {
        let from = last;
        last = event.unwrap_or(last).max(last);
        milliseconds(last.saturating_sub(from))
    };
    let ready = timings.tls.or(timings.exit);
    let blocked = timings.begun.map_or(-1.0, |begun| stage(Some(begun)));
    let connect = ready.map_or(-1.0, |ready| stage(Some(ready)));
    let ssl = timings.tls.zip(timings.exit).map(|(tls, exit)| tls.saturating_sub(exit));
    let send = stage(timings.sent);
    let wait = stage(timings.first_byte.or(timings.total));
    let receive = stage(timings.total);
    let value = json!({
        "blocked": blocked,
        "dns": -1,
        "connect": connect,
        "ssl": ssl.map_or(-1.0, milliseconds),
        "send": send,
        "wait": wait,
        "receive": receive,
    });
    (milliseconds(last), value)
}

/// What HAR has no word for.
fn ours(record: &Record) -> Value {
    let mut ours = Map::new();
    let mut put = |name: &str, value: Option<Value>| {
        ours.extend(value.map(|value| (name.to_owned(), value)));
    };
    put("id", Some(record.id.into()));
    put("kind", Some(record.kind.as_str().into()));
    put("target", Some(record.target.to_string().into()));
    put("attempts", Some(record.attempts.into()));
    put("exit", record.exit.map(|id| id.to_string().into()));
    put("session", record.session.as_deref().map(Value::from));
    put("blame", record.blame.map(|blame| blame.as_str().into()));
    put("rule", record.banned_by.as_deref().map(Value::from));
    let tags = record.tags.iter().map(|tag| Value::from(tag.as_str()));
    put("tags", (!record.tags.is_empty()).then(|| tags.collect()));
    put("client_tls", record.client_tls.as_ref().map(hello));
    put("sent_tls", record.sent_tls.as_ref().map(hello));
    put("sent_http2", record.sent_http2.as_deref().map(Value::from));
    Value::Object(ours)
}

fn hello(hello: &Fingerprints) -> Value {
    json!({"ja3": hello.ja3, "ja4": hello.ja4})
}

#[cfg(test)]
mod tests;
