//! An exchange as a span of OpenTelemetry, in the JSON form of OTLP.

use std::time::Duration;

use model::Exchange;
use rotation::Roster;
use serde_json::{Value, json};

/// `SPAN_KIND_SERVER`.
const SERVER: u8 = 2;

/// The span of an exchange: what was decided, and how it ended.
pub(super) fn of(exchange: &Exchange, roster: &Roster) -> Value {
    let (trace, span) = (rand::random::<u128>().max(1), rand::random::<u64>().max(1));
    let started = exchange.started_at.as_nanosecond();
    let after = |time: Duration| started + i128::try_from(time.as_nanos()).unwrap_or_default();
    let outcome = exchange.blame.map_or("success", |blame| blame.as_str());
    let status = match exchange.blame {
        None => json!({ "code": 1 }),
        Some(blame) => json!({ "code": 2, "message": blame.as_str() }),
    };
    let head = json!({ "timeUnixNano": after(exchange.latency).to_string(), "name": "head" });
    json!({
        "traceId": format!("{trace:032x}"),
        "spanId": format!("{span:016x}"),
        "name": exchange.kind.as_str(),
        "kind": SERVER,
        "startTimeUnixNano": started.to_string(),
        "endTimeUnixNano": after(exchange.duration).to_string(),
        "attributes": attributes(exchange, roster, outcome),
        "events": if exchange.blame.is_none() { vec![head] } else { Vec::new() },
        "status": status,
    })
}

fn attributes(exchange: &Exchange, roster: &Roster, outcome: &str) -> Vec<Value> {
    let project = exchange.project.and_then(|id| roster.project(id));
    let connector =
        exchange.connector.and_then(|id| roster.connectors().find(|connector| connector.id == id));
    let texts = [
        ("octoprox.kind", Some(exchange.kind.to_string())),
        ("octoprox.outcome", Some(outcome.to_owned())),
        ("octoprox.blame", exchange.blame.map(|blame| blame.to_string())),
        ("octoprox.project.id", exchange.project.map(|id| id.to_string())),
        ("octoprox.project.name", project.map(|project| project.spec.name.clone())),
        ("octoprox.strategy", project.map(|project| project.spec.strategy.to_string())),
        ("octoprox.connector.id", exchange.connector.map(|id| id.to_string())),
        ("octoprox.connector.name", connector.map(|connector| connector.spec.name.clone())),
        ("octoprox.exit.id", exchange.proxy.map(|id| id.to_string())),
        ("octoprox.banned_by", exchange.banned_by.as_ref().map(ToString::to_string)),
        ("server.address", exchange.target.as_ref().map(|target| target.host.to_string())),
        ("client.address", Some(exchange.client.to_string())),
        ("error.type", exchange.blame.map(|blame| blame.to_string())),
    ];
    let numbers = [
        ("octoprox.attempts", Some(u64::from(exchange.attempts))),
        ("octoprox.bytes_sent", Some(exchange.bytes_sent)),
        ("octoprox.bytes_received", Some(exchange.bytes_received)),
        ("server.port", exchange.target.as_ref().map(|target| u64::from(target.port))),
        // 0: there was nobody to answer.
        ("http.response.status_code", Some(u64::from(exchange.status)).filter(|code| *code > 0)),
    ];
    let texts = texts.into_iter().filter_map(|(key, value)| Some(text(key, &value?)));
    let numbers = numbers.into_iter().filter_map(|(key, value)| {
        // Numbers of 64 bits are texts in the JSON form.
        Some(json!({ "key": key, "value": { "intValue": value?.to_string() } }))
    });
    texts.chain(numbers).collect()
}

fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// Spans of a node as one message.
pub(super) fn message(instance: &str, spans: &[Value]) -> Value {
    let resource = [
        text("service.name", "octoprox"),
        text("service.version", env!("CARGO_PKG_VERSION")),
        text("service.instance.id", instance),
    ];
    json!({ "resourceSpans": [{
        "resource": { "attributes": resource },
        "scopeSpans": [{ "scope": { "name": "octoprox" }, "spans": spans }],
    }] })
}
