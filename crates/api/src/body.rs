//! JSON bodies, read strictly, and merge patches over them.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use http::{StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::{Answer, Problem};

/// A JSON body. Unknown fields are mistakes; so is what is not `application/json`.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Answer<Self> {
        let value: Value = {
            let bytes = json_bytes(request, state).await?;
            serde_json::from_slice(&bytes).map_err(|error| not_json(&error))?
        };
        read(value).map(Self)
    }
}

async fn json_bytes<S: Send + Sync>(request: Request, state: &S) -> Answer<Bytes> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/json")
        && !kind.eq_ignore_ascii_case("application/merge-patch+json")
    {
        let detail = "Send JSON, with Content-Type: application/json.";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
    }
    Bytes::from_request(request, state)
        .await
        .map_err(|rejection| Problem::new(rejection.status(), "The body is too large, or cut off."))
}

/// serde's message may quote the body, which may hold a password: only the place is told.
fn not_json(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    Problem::bad_request(format!("The body is not JSON: line {line}, column {column}."))
}

/// Reads a value, and says where it is wrong.
pub(crate) fn read<T: DeserializeOwned>(value: Value) -> Answer<T> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        let pointer = if path == "." { String::new() } else { path };
        let pointer = format!("/{}", pointer.replace(['.', '['], "/").replace(']', ""));
        Problem::mistake(pointer, safe(&error.into_inner().to_string()))
    })
}

/// What serde says, without the value that it quotes: it may be a password in the wrong place.
fn safe(message: &str) -> String {
    let Some(rest) =
        message.strip_prefix("invalid type: ").or(message.strip_prefix("invalid value: "))
    else {
        return message.to_owned();
    };
    match rest.rsplit_once(", expected ") {
        Some((_found, expected)) => format!("must be {expected}"),
        None => "is of the wrong type".to_owned(),
    }
}

/// A switch that a body does not mention is on.
pub(crate) fn yes() -> bool {
    true
}

/// Applies `patch` to what `current` shows (RFC 7396) and reads the outcome.
pub(crate) fn patched<T: Serialize + DeserializeOwned>(current: &T, patch: Value) -> Answer<T> {
    if !patch.is_object() {
        return Err(Problem::bad_request("A patch is a JSON object."));
    }
    let mut value = serde_json::to_value(current).map_err(|error| not_json(&error))?;
    merge(&mut value, patch);
    read(value)
}

fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Some(fields) = target.as_object_mut() else { return };
    for (name, value) in patch {
        if value.is_null() {
            // Null takes a field away; read strictly, a field that must be there is then missed.
            fields.remove(&name);
        } else {
            merge(fields.entry(name).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patches_merge_as_in_the_appendix_of_rfc_7396() {
        let cases = [
            (json!({"a":"b"}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":"b"}), json!({"b":"c"}), json!({"a":"b","b":"c"})),
            (json!({"a":"b"}), json!({"a":null}), json!({})),
            (json!({"a":["b"]}), json!({"a":"c"}), json!({"a":"c"})),
            (json!({"a":{"b":"c"}}), json!({"a":{"b":"d","c":null}}), json!({"a":{"b":"d"}})),
            (json!({"a":[{"b":"c"}]}), json!({"a":[1]}), json!({"a":[1]})),
            (json!({}), json!({"a":{"bb":{"ccc":null}}}), json!({"a":{"bb":{}}})),
        ];
        for (mut target, patch, expected) in cases {
            merge(&mut target, patch);
            assert_eq!(target, expected);
        }
    }

    #[test]
    fn a_mistake_is_named_by_place_and_its_value_is_not_repeated() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Shape {
            #[serde(rename = "list")]
            _list: Vec<u8>,
        }
        let problem = read::<Shape>(json!({"list": [1, "hunter2"]})).unwrap_err();
        assert_eq!(problem.errors[0].pointer, "/list/1");
        assert_eq!(problem.errors[0].detail, "must be u8");
        let problem = read::<Shape>(json!({"lost": []})).unwrap_err();
        assert!(problem.errors[0].detail.contains("unknown field `lost`"));
    }
}
