//! Names and values of fields that people write down.

/// Bytes of a field's name.
const MOST_NAME: usize = 128;

/// Bytes of a field's value.
const MOST_VALUE: usize = 4096;

/// Fields that frame a message, are meant for one hop, or are ours (RFC 9110 section 7.6.1).
const KEPT: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// What the names of such fields begin with.
const KEPT_PREFIXES: &[&str] = &["octoprox-", "proxy-"];

/// A token (RFC 9110 section 5.6.2).
pub(crate) fn name(name: &str) -> Result<(), String> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if (1..=MOST_NAME).contains(&name.len()) && name.bytes().all(is_token) {
        return Ok(());
    }
    Err(format!("must be the name of a field, of 1-{MOST_NAME} characters"))
}

/// The name of a field that may be changed.
pub(crate) fn changeable(text: &str) -> Result<(), String> {
    name(text)?;
    let lower = text.to_ascii_lowercase();
    let kept =
        KEPT.contains(&&*lower) || KEPT_PREFIXES.iter().any(|prefix| lower.starts_with(prefix));
    if kept {
        return Err("cannot be changed: it frames messages, belongs to one hop, or is ours".into());
    }
    Ok(())
}

/// Whether a value has nothing in it that could end its line.
pub(crate) fn sendable(value: &str) -> bool {
    !value.bytes().any(|byte| (byte < b' ' && byte != b'\t') || byte == 0x7f)
}

/// A field value (RFC 9110 section 5.5), without white space around it.
pub(crate) fn value(value: &str) -> Result<(), String> {
    if value.len() > MOST_VALUE {
        return Err(format!("must have at most {MOST_VALUE} bytes"));
    }
    if !sendable(value) || value.trim_matches([' ', '\t']) != value {
        return Err("must not have control characters, or white space around it".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_frames_a_message_belongs_to_a_hop_or_is_ours_cannot_be_changed() {
        for kept in
            ["Host", "content-LENGTH", "TE", "Proxy-Authorization", "octoprox-exit", "Upgrade"]
        {
            assert!(changeable(kept).unwrap_err().contains("cannot"), "{kept}");
        }
        for bad in ["", "a b", "a:", "a\r\n", "ä", ":path"] {
            assert!(changeable(bad).unwrap_err().contains("name of a field"), "{bad}");
        }
        for good in ["Accept-Language", "X-Proxy", "Cookie", "DNT", "User-Agent"] {
            assert_eq!(changeable(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_value_cannot_end_its_line() {
        for bad in ["a\r\nb: c", "a\n", "a\0b", " a", "a\t", "\u{7f}"] {
            assert!(value(bad).is_err(), "{bad:?}");
        }
        assert!(value(&"a".repeat(4097)).is_err());
        for good in ["", "a\tb c", "São Paulo", "\"quoted\", list"] {
            assert_eq!(value(good), Ok(()), "{good}");
        }
    }
}
