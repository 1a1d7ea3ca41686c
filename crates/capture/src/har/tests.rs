//! An archive has what HAR 1.2 says that it must have, and says what the record does.

use model::ProjectId;
use serde_json::{Value, json};

use super::{END, begin, entry};
use crate::canaries::{full, plain};
use std::time::Duration;

use crate::record::{Record, Timings};

fn archive(records: &[Record]) -> Value {
    let entries = records.iter().map(entry);
    let text = begin("1.2.3") + &entries.collect::<Vec<_>>().join(",") + END;
    serde_json::from_str(&text).unwrap()
}

/// What must be there, and of which type: `s`tring, `n`umber, `a`rray, `o`bject.
const REQUIRED: &[(&str, char)] = &[
    ("/startedDateTime", 's'),
    ("/time", 'n'),
    ("/request/method", 's'),
    ("/request/url", 's'),
    ("/request/httpVersion", 's'),
    ("/request/cookies", 'a'),
    ("/request/headers", 'a'),
    ("/request/queryString", 'a'),
    ("/request/headersSize", 'n'),
    ("/request/bodySize", 'n'),
    ("/response/status", 'n'),
    ("/response/statusText", 's'),
    ("/response/httpVersion", 's'),
    ("/response/cookies", 'a'),
    ("/response/headers", 'a'),
    ("/response/content", 'o'),
    ("/response/content/size", 'n'),
    ("/response/content/mimeType", 's'),
    ("/response/redirectURL", 's'),
    ("/response/headersSize", 'n'),
    ("/response/bodySize", 'n'),
    ("/cache", 'o'),
    ("/timings", 'o'),
    ("/timings/send", 'n'),
    ("/timings/wait", 'n'),
    ("/timings/receive", 'n'),
];

/// Members that HAR 1.2 knows; what is added begins with an underscore.
const KNOWN: &[(&str, &[&str])] = &[
    (
        "",
        &[
            "pageref",
            "startedDateTime",
            "time",
            "request",
            "response",
            "cache",
            "timings",
            "serverIPAddress",
            "connection",
            "comment",
        ],
    ),
    (
        "/request",
        &[
            "method",
            "url",
            "httpVersion",
            "cookies",
            "headers",
            "queryString",
            "postData",
            "headersSize",
            "bodySize",
            "comment",
        ],
    ),
    ("/request/postData", &["mimeType", "params", "text", "comment"]),
    (
        "/response",
        &[
            "status",
            "statusText",
            "httpVersion",
            "cookies",
            "headers",
            "content",
            "redirectURL",
            "headersSize",
            "bodySize",
            "comment",
        ],
    ),
    ("/response/content", &["size", "compression", "mimeType", "text", "encoding", "comment"]),
    ("/timings", &["blocked", "dns", "connect", "send", "wait", "receive", "ssl", "comment"]),
];

fn check(entry: &Value) {
    for (place, kind) in REQUIRED {
        let fits = entry.pointer(place).is_some_and(|value| match kind {
            's' => value.is_string(),
            'n' => value.is_number(),
            'a' => value.is_array(),
            _ => value.is_object(),
        });
        assert!(fits, "{place} must be of kind {kind}: {entry:#}");
    }
    for (place, known) in KNOWN {
        let object = entry.pointer(place).and_then(Value::as_object);
        for name in object.into_iter().flat_map(|object| object.keys()) {
            assert!(name.starts_with('_') || known.contains(&name.as_str()), "{place}/{name}");
        }
    }
    let pairs = ["/request/headers", "/response/headers", "/request/queryString"];
    for pair in pairs.iter().flat_map(|place| entry.pointer(place).unwrap().as_array().unwrap()) {
        assert!(pair["name"].is_string() && pair["value"].is_string(), "{pair}");
    }
    for stage in ["send", "wait", "receive"] {
        assert!(entry["timings"][stage].as_f64().unwrap() >= 0.0, "{stage}");
    }
    let started = entry["startedDateTime"].as_str().unwrap();
    assert!(started.parse::<jiff::Timestamp>().is_ok(), "{started}");
}

#[test]
fn an_archive_has_what_har_1_2_requires() {
    let project = ProjectId::new();
    let mut refused = plain(project, "http://a.example/", 502);
    refused.response = None;
    let archive =
        archive(&[full(project), plain(project, "http://a.example/?a=1&b", 200), refused]);
    assert_eq!(archive["log"]["version"], "1.2");
    assert_eq!(archive["log"]["creator"], json!({"name": "Octoprox", "version": "1.2.3"}));
    let entries = archive["log"]["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    entries.iter().for_each(check);
    let query = json!([{"name": "a", "value": "1"}, {"name": "b", "value": ""}]);
    assert_eq!(entries[1]["request"]["queryString"], query);
    assert_eq!(entries[1]["response"]["content"]["text"], "hello");
    assert_eq!(entries[2]["response"]["status"], 502);
    assert_eq!(super::begin("1\"").matches("\\\"").count(), 1, "quoted as JSON");
}

#[test]
fn an_entry_says_what_the_record_does() {
    let record = full(ProjectId::new());
    let archive = archive(std::slice::from_ref(&record));
    let entry = &archive["log"]["entries"][0];
    assert_eq!(entry["startedDateTime"], "2027-01-15T08:00:00.123Z");
    assert_eq!(entry["time"], 100.0);
    assert_eq!(
        entry["timings"],
        json!({"blocked": 4.0, "dns": -1, "connect": 26.0, "ssl": 20.0, "send": 1.0,
            "wait": 39.0, "receive": 30.0})
    );
    assert_eq!(
        (&entry["request"]["httpVersion"], &entry["response"]["httpVersion"]),
        (&json!("h2"), &json!("http/1.1"))
    );
    let ours = &entry["_octoprox"];
    assert_eq!(ours["exit"], record.exit.unwrap().to_string());
    assert_eq!(
        (&ours["session"], &ours["attempts"], &ours["rule"]),
        (&json!("s1"), &json!(2), &json!("captcha"))
    );
    assert_eq!(ours["client_tls"], json!({"ja3": "client", "ja4": "client"}));
    assert_eq!(entry["request"]["postData"]["mimeType"], "application/x-www-form-urlencoded");
}

#[test]
fn what_does_not_apply_is_minus_one_and_the_rest_adds_up() {
    let at = |time: u64| Some(Duration::from_millis(time));
    let none = Timings::default();
    let kept = Timings { begun: at(2), sent: at(3), first_byte: at(8), total: at(9), ..none };
    let silent = Timings { begun: at(2), connected: at(4), exit: at(5), total: at(9), ..none };
    for (timings, expected) in [
        (none, [-1.0, -1.0, -1.0, 0.0, 0.0, 0.0]),
        (kept, [2.0, -1.0, -1.0, 1.0, 5.0, 1.0]),
        (silent, [2.0, 3.0, -1.0, 0.0, 4.0, 0.0]),
        (Timings { total: at(9), ..none }, [-1.0, -1.0, -1.0, 0.0, 9.0, 0.0]),
    ] {
        let (time, apart) = super::timings(&timings);
        let names = ["blocked", "connect", "ssl", "send", "wait", "receive"];
        let apart = names.map(|name| apart[name].as_f64().unwrap());
        for (name, (seen, wanted)) in names.iter().zip(apart.iter().zip(expected)) {
            assert!((seen - wanted).abs() < 1e-9, "{name} {seen} {wanted}");
        }
        // TLS is part of connecting.
        let sum: f64 = [0, 1, 3, 4, 5].map(|n| apart[n].max(0.0)).iter().sum();
        assert!((sum - time).abs() < 1e-9, "{sum} {time}");
    }
}
