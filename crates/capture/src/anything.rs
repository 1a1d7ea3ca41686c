//! Redaction of whatever may come: no secret stays, the rest does, and nothing panics.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::redact::{REDACTED, cookie, is_secret_parameter, json, url};

const SECRET: [&str; 5] = ["token", "API-Key", "client_secret", "pass\\word", "session id"];

fn names() -> impl Strategy<Value = String> {
    prop_oneof!["[a-d]{1,3}", "[a-d\\\\\"\u{e9} :,{}]{0,6}"]
}

/// Harmless values, in which nothing looks like a secret member.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z \\\\\"\u{e9}{}\\[\\],]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((names(), inner), 0..4).prop_map(|members| members.into_iter().collect()),
        ]
    })
}

/// The canary somewhere inside of a value, so that all of it has to go.
fn secrets() -> impl Strategy<Value = Value> {
    (values(), 0..4).prop_map(|(value, shape)| match shape {
        0 => Value::from("canary"),
        1 => Value::from(format!("\\\"{value}canary\\")),
        2 => Value::from(vec![value, Value::from("]canary")]),
        _ => Value::from_iter([("}a".to_owned(), value), ("b".to_owned(), "canary".into())]),
    })
}

fn documents() -> impl Strategy<Value = Value> {
    let members = (vec((names(), values()), 0..3), vec((0..SECRET.len(), secrets()), 1..3));
    (members, names(), any::<bool>()).prop_map(|((plain, secret), name, is_deep)| {
        let mut object: Map<_, _> = plain.into_iter().collect();
        object.extend(secret.into_iter().map(|(n, value)| (SECRET[n].to_owned(), value)));
        let object = Value::from(object);
        if is_deep { Value::from_iter([(name, object)]) } else { object }
    })
}

/// What a parser would do, which needs the whole of a document.
fn redacted(value: Value) -> Value {
    let member = |(name, value): (String, Value)| match value {
        Value::Null | Value::Bool(_) => (name, value),
        _ if is_secret_parameter(&name) => (name, REDACTED.into()),
        value => (name, redacted(value)),
    };
    match value {
        Value::Object(members) => members.into_iter().map(member).collect(),
        Value::Array(items) => items.into_iter().map(redacted).collect(),
        value => value,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_document_keeps_all_but_its_secrets(document in documents(), is_pretty: bool) {
        let text = if is_pretty { format!("{document:#}") } else { document.to_string() };
        let kept = json::text(&text);
        prop_assert!(!kept.contains("canary"), "{text} {kept}");
        prop_assert_eq!(serde_json::from_str::<Value>(&kept).ok(), Some(redacted(document)));
    }

    #[test]
    fn no_document_inside_of_a_string_keeps_a_secret(document in documents()) {
        let outer = Value::from_iter([("d", document.to_string())]).to_string();
        let kept = json::text(&outer);
        prop_assert!(!kept.contains("canary"), "{outer} {kept}");
    }

    #[test]
    fn no_prefix_keeps_a_secret(document in documents(), share in 0.0..1.0) {
        let text = document.to_string();
        #[expect(clippy::cast_precision_loss, clippy::cast_sign_loss,
            clippy::cast_possible_truncation, reason = "a place in a short text")]
        let end = text.floor_char_boundary((text.len() as f64 * share) as usize);
        let kept = json::text(&text[..end]);
        prop_assert!(!kept.contains("canary"), "{text} {kept}");
    }

    #[test]
    fn nothing_panics_and_what_is_done_is_done(text in "(?s)[\u{0}-\u{ff}]*|[\\\\\":{}a\\[\\]=&;?#%@/k-oy]{0,40}") {
        for redact in [json::text, url::text, url::form, cookie::sent, cookie::set] {
            let once = redact(&text);
            prop_assert_eq!(redact(&once), once.clone(), "{}", text);
        }
    }
}
