//! Secrets in JSON, which may be cut off, stand in a page or be escaped inside of a string.
//!
//! No parser: it would give up where a prefix ends. A name is what stands between two quotation marks
//! when a colon follows, wherever that is; its value goes to where it ends, or to the end.

use super::{REDACTED, is_secret_parameter};

/// A text, without the values of secret members. Texts without any come back as they are.
pub(crate) fn text(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut copied, mut at) = (0, 0);
    let mut opened = None;
    while let Some(quote) = find_quote(bytes, at) {
        at = quote + 1;
        let name = opened.replace(at).map(|open| &text[open..quote]);
        let Some(value) = value_behind(bytes, at) else { continue };
        let level = backslashes(bytes, quote);
        if !name.is_some_and(|name| is_secret_name(name, level)) {
            continue;
        }
        let end = value_end(bytes, value);
        if matches!(&text[value..end], "" | "true" | "false" | "null") {
            continue;
        }
        let mark = format!("{}\"", "\\".repeat(level));
        out.extend([&text[copied..value], &mark, REDACTED, &mark]);
        (copied, at, opened) = (end, end, Some(end));
    }
    out.push_str(&text[copied..]);
    out
}

fn find_quote(bytes: &[u8], from: usize) -> Option<usize> {
    bytes[from..].iter().position(|byte| *byte == b'"').map(|offset| from + offset)
}

/// How many backslashes stand before `at`: none in JSON, one in JSON inside of a JSON string.
fn backslashes(bytes: &[u8], at: usize) -> usize {
    bytes[..at].iter().rev().take_while(|byte| **byte == b'\\').count()
}

/// Where the value begins, if a colon comes next.
fn value_behind(bytes: &[u8], quote: usize) -> Option<usize> {
    let colon = skip_blank(bytes, quote);
    (bytes.get(colon) == Some(&b':')).then(|| skip_blank(bytes, colon + 1))
}

fn skip_blank(bytes: &[u8], from: usize) -> usize {
    let blanks = bytes[from..].iter().take_while(|byte| byte.is_ascii_whitespace());
    from + blanks.count()
}

fn is_secret_name(name: &str, level: usize) -> bool {
    let name = &name[..name.len().saturating_sub(level)];
    if !name.contains('\\') {
        return is_secret_parameter(name);
    }
    let unescaped = serde_json::from_str::<String>(&format!("\"{name}\""));
    is_secret_parameter(unescaped.as_deref().unwrap_or(name))
}

/// Behind the value that begins at `start`.
fn value_end(bytes: &[u8], start: usize) -> usize {
    let escapes = bytes[start..].iter().take_while(|byte| **byte == b'\\').count();
    match bytes.get(start + escapes) {
        Some(b'"') => string_end(bytes, start + escapes),
        Some(b'{' | b'[') => group_end(bytes, start),
        _ => {
            let ends = |byte: &u8| byte.is_ascii_whitespace() || b",}]\\\"<;".contains(byte);
            start + bytes[start..].iter().position(ends).unwrap_or(bytes.len() - start)
        }
    }
}

/// Behind the quotation mark that ends the string that the one at `open` begins: it is escaped as
/// often as that one.
fn string_end(bytes: &[u8], open: usize) -> usize {
    let level = backslashes(bytes, open);
    let mut at = open + 1;
    while let Some(quote) = find_quote(bytes, at) {
        at = quote + 1;
        let inside = backslashes(&bytes[open + 1..], quote - open - 1);
        if inside % (2 * (level + 1)) == level {
            return at;
        }
    }
    bytes.len()
}

/// Behind the bracket that closes the one at `start`.
fn group_end(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth) = (start, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => {
                at = string_end(bytes, at);
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return at;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_with_secret_names_lose_their_values() {
        for (json, expected) in [
            (r#"{"a":1,"password":"x","b":2}"#, r#"{"a":1,"password":"[redacted]","b":2}"#),
            (r#"{"token" : "x\"y", "b":2}"#, r#"{"token" : "[redacted]", "b":2}"#),
            (r#"{"pin":1234}"#, r#"{"pin":"[redacted]"}"#),
            (r#"{"tokens":[{"v":"]x"},2],"b":3}"#, r#"{"tokens":"[redacted]","b":3}"#),
            (r#"{"secret":{"a":{"b":"}"}},"c":1}"#, r#"{"secret":"[redacted]","c":1}"#),
            (r#"{"has_session":true,"token":null}"#, r#"{"has_session":true,"token":null}"#),
            (r#"{"pass\u0077ord":"x"}"#, r#"{"pass\u0077ord":"[redacted]"}"#),
            (r#"{"name":"token","keyword":"x"}"#, r#"{"name":"token","keyword":"x"}"#),
            (r#"{"sid":"a\\","b":"c"}"#, r#"{"sid":"[redacted]","b":"c"}"#),
        ] {
            assert_eq!(text(json), expected);
        }
    }

    #[test]
    fn a_prefix_that_ends_inside_a_secret_keeps_none_of_it() {
        let whole = r#"{"a":"b","api_key":"x-canary","c":{"secret":["x-canary"]}}"#;
        for end in 0..=whole.len() {
            let kept = text(&whole[..end]);
            assert!(!kept.contains("x-"), "{kept}");
        }
    }

    #[test]
    fn json_is_found_in_strings_lines_and_pages() {
        for (json, expected) in [
            (
                r#"{"d":"{\"token\":\"x\",\"q\":1}"}"#,
                r#"{"d":"{\"token\":\"[redacted]\",\"q\":1}"}"#,
            ),
            (r#"{"d":"{\"secret\":{\"k\":\"x\"}}"}"#, r#"{"d":"{\"secret\":\"[redacted]\"}"}"#),
            (
                r#"<a title="5&quot;"><script>s={"sid":"x"}"#,
                r#"<a title="5&quot;"><script>s={"sid":"[redacted]"}"#,
            ),
            (
                "5\" {\"key\":\"x\"}\n{\"key\":\"y\"}",
                "5\" {\"key\":\"[redacted]\"}\n{\"key\":\"[redacted]\"}",
            ),
        ] {
            assert_eq!(text(json), expected);
        }
    }
}
