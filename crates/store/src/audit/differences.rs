//! What is different between two pictures of the same thing, field by field.

use serde_json::{Map, Value};

use super::Difference;

/// Fields whose values are secret wherever they stand, should a picture have them all the same.
const SECRET: &[&str] = &["password", "secret", "token", "key", "key_pem", "authorization"];
/// Of the value of one field, as JSON. What is longer is only told to have changed.
const LONGEST: usize = 4096;
/// What stands for a value that is kept from the log.
const HIDDEN: &str = "(hidden)";

/// Fields that are not the same, by the names they have in JSON; `null` is a thing that is not there.
#[must_use]
pub fn differences(before: &Value, after: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", before, after, &mut found);
    found
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    let empty = Map::new();
    // A thing that comes or goes is compared with one that has no fields.
    let (old, new) = match (before, after) {
        (Value::Object(old), Value::Object(new)) => (old, new),
        (Value::Object(old), Value::Null) => (old, &empty),
        (Value::Null, Value::Object(new)) => (&empty, new),
        _ => return found.push(difference(path, before, after)),
    };
    let added = new.keys().filter(|name| !old.contains_key(*name));
    for name in old.keys().chain(added) {
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        let part = |object: &Map<String, Value>| object.get(name).cloned().unwrap_or_default();
        compare(&path, &part(old), &part(new), found);
    }
}

fn difference(path: &str, before: &Value, after: &Value) -> Difference {
    let name = path.rsplit('.').next().unwrap_or(path);
    let (shown_before, shown_after) = (shown(before), shown(after));
    let length = |value: &Value| value.to_string().len();
    let is_secret = SECRET.contains(&name)
        || shown_before == shown_after
        || length(&shown_before).max(length(&shown_after)) > LONGEST;
    let field = path.to_owned();
    if is_secret {
        return Difference { field, before: Value::Null, after: Value::Null, is_secret };
    }
    Difference { field, before: shown_before, after: shown_after, is_secret }
}

/// A value whose secrets are hidden. The value of a header may be one: it is wherever a header is
/// set for targets.
fn shown(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(shown).collect()),
        Value::Object(fields) => {
            let show = |(name, value): (&String, &Value)| {
                let is_secret = SECRET.contains(&name.as_str()) || name == "value";
                (name.clone(), if is_secret { Value::from(HIDDEN) } else { shown(value) })
            };
            Value::Object(fields.iter().map(show).collect())
        }
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(before: &Value, after: &Value) -> Value {
        serde_json::to_value(differences(before, after)).unwrap()
    }

    #[test]
    fn only_what_is_not_the_same_is_told_field_by_field() {
        let before = json!({"name": "a", "retries": 3, "session": {"idle": 1, "lost": "any"}});
        let after = json!({"name": "a", "retries": 4, "session": {"idle": 2, "lost": "any"}});
        let expected = json!([
            {"field": "retries", "before": 3, "after": 4, "is_secret": false},
            {"field": "session.idle", "before": 1, "after": 2, "is_secret": false},
        ]);
        assert_eq!(found(&before, &after), expected);
        assert_eq!(found(&before, &before), json!([]));
        let gone = found(&json!({"name": "a"}), &Value::Null);
        assert_eq!(gone[0]["before"], "a");
        assert_eq!(found(&Value::Null, &json!({"name": "a"}))[0]["after"], "a");
    }

    #[test]
    fn what_may_be_secret_is_told_to_have_changed_and_no_more() {
        let one = json!({"password": "canary-1", "set": [{"name": "X", "value": "canary-2"}]});
        let two = json!({"password": "canary-3", "set": [{"name": "X", "value": "canary-4"}]});
        let told = found(&one, &two);
        assert!(!told.to_string().contains("canary"), "{told}");
        assert_eq!(
            (told[0]["is_secret"].clone(), told[1]["is_secret"].clone()),
            (true.into(), true.into())
        );
        let added =
            json!({"set": [{"name": "X", "value": "canary"}, {"name": "Y", "value": "canary"}]});
        let told = found(&one, &added);
        assert!(
            told.to_string().contains("\"Y\"") && !told.to_string().contains("canary"),
            "{told}"
        );
        let long = found(&json!({"list": []}), &json!({"list": ["x".repeat(LONGEST)]}));
        assert_eq!(long[0]["is_secret"], true);
    }
}
