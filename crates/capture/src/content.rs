//! The beginning of a message's content, as far as it may be kept.

use model::words;

use crate::redact::{json, url};

/// Bytes of content kept of a message, whatever a caller offers.
const MOST: usize = 64 * 1024;

/// What came of a message's content.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prefix<'a> {
    /// The beginning: at most 65,536 bytes of it are looked at and kept.
    pub bytes: &'a [u8],
    /// Bytes of the whole, as they were sent.
    pub size: u64,
    /// Whether there is more than `bytes`.
    pub is_cut: bool,
    /// Whether the content codings (gzip ..) have been taken off `bytes`.
    pub is_decoded: bool,
}

words! {
    /// Why content is not kept.
    pub enum Withheld {
        /// It is under a content coding, and nobody has decoded it.
        Coded = "coded",
        /// It is made of parts, any of which may be secret.
        Multipart = "multipart",
        /// It says that it is text, and cannot be read as such.
        Unreadable = "unreadable",
    }
}

/// The beginning of a message's content, without what is secret.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Content {
    bytes: Box<[u8]>,
    media_type: String,
    size: u64,
    is_truncated: bool,
    withheld: Option<Withheld>,
}

/// What the fields of a message say of its content.
#[derive(Debug, Default)]
pub(crate) struct Described {
    /// `Content-Type`.
    pub(crate) media_type: String,
    /// Whether there is a `Content-Encoding` other than `identity`.
    pub(crate) is_coded: bool,
}

impl Content {
    pub(crate) fn of(described: Described, prefix: Prefix<'_>) -> Self {
        let kept = &prefix.bytes[..prefix.bytes.len().min(MOST)];
        let is_cut = prefix.is_cut || kept.len() < prefix.bytes.len();
        let read = match kept {
            [] => Ok(Vec::new()),
            _ if described.is_coded && !prefix.is_decoded => Err(Withheld::Coded),
            kept => read(&described.media_type.to_ascii_lowercase(), kept, is_cut),
        };
        let withheld = read.as_ref().err().copied();
        let bytes = read.unwrap_or_default().into_boxed_slice();
        let is_truncated = is_cut || withheld.is_some();
        let Described { media_type, .. } = described;
        Self { bytes, media_type, size: prefix.size, is_truncated, withheld }
    }

    /// What is kept of it.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// What is kept of it, where that is text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.bytes).ok()?;
        (!text.contains('\0')).then_some(text)
    }

    /// `Content-Type`; empty without one.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// Bytes of the whole, as they were sent.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Whether there was more than is kept.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.is_truncated
    }

    /// Why nothing is kept, although there was something.
    #[must_use]
    pub fn withheld(&self) -> Option<Withheld> {
        self.withheld
    }

    pub(crate) fn weight(&self) -> usize {
        self.bytes.len() + self.media_type.len()
    }
}

fn read(media_type: &str, bytes: &[u8], is_cut: bool) -> Result<Vec<u8>, Withheld> {
    if media_type.starts_with("multipart/") {
        return Err(Withheld::Multipart);
    }
    let text = match text(bytes, is_cut) {
        Some(text) => text.to_owned(),
        None if !claims_text(media_type) => return Ok(bytes.to_vec()),
        // Zeros: another encoding, in which no name would be recognised.
        None if bytes.contains(&0) => return Err(Withheld::Unreadable),
        None => String::from_utf8_lossy(bytes).into_owned(),
    };
    let is_form = media_type.starts_with("application/x-www-form-urlencoded");
    let text = if is_form || looks_like_form(&text) { url::form(&text) } else { text };
    Ok(json::text(&text).into_bytes())
}

/// UTF-8 without zeros, whose last character may be cut off.
fn text(bytes: &[u8], is_cut: bool) -> Option<&str> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) if is_cut && error.error_len().is_none() => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    (!text.contains('\0')).then_some(text)
}

fn claims_text(media_type: &str) -> bool {
    const TEXTS: [&str; 5] = ["text/", "json", "xml", "javascript", "form-urlencoded"];
    TEXTS.iter().any(|part| media_type.contains(part))
}

/// Whether a text may be `name=value` pairs, whatever its type says.
fn looks_like_form(text: &str) -> bool {
    let name = text.split(['=', '&']).next().unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.%+[]:$".contains(&byte);
    name.len() < text.len() && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(media_type: &str, bytes: &[u8]) -> Content {
        let described = Described { media_type: media_type.to_owned(), is_coded: false };
        let size = bytes.len() as u64;
        Content::of(described, Prefix { bytes, size, is_cut: false, is_decoded: false })
    }

    #[test]
    fn forms_and_json_are_recognised_whatever_their_type_says() {
        for (media_type, sent, expected) in [
            ("application/x-www-form-urlencoded", "a=1&pwd=x", "a=1&pwd=[redacted]"),
            ("", "a=1&pwd=x", "a=1&pwd=[redacted]"),
            ("application/json", r#"{"pwd":"x"}"#, r#"{"pwd":"[redacted]"}"#),
            ("text/plain", r#"{"pwd":"x"}"#, r#"{"pwd":"[redacted]"}"#),
            ("text/html", "<a href='?token=x'>a = b</a>", "<a href='?token=x'>a = b</a>"),
        ] {
            let content = kept(media_type, sent.as_bytes());
            assert_eq!(content.text(), Some(expected), "{media_type}");
            assert_eq!((content.size(), content.is_truncated()), (sent.len() as u64, false));
        }
    }

    #[test]
    fn what_cannot_be_looked_into_is_not_kept() {
        let coded = Described { media_type: "text/html".to_owned(), is_coded: true };
        let prefix = Prefix { bytes: b"\x1f\x8bx", size: 9, is_cut: true, is_decoded: false };
        let content = Content::of(coded, prefix);
        assert_eq!(content.withheld(), Some(Withheld::Coded));
        assert_eq!((content.bytes(), content.size(), content.is_truncated()), (&b""[..], 9, true));
        let utf16 = b"{\0\"\0k\0e\0y\0\"\0:\x001\0\x80\0";
        for (media_type, sent, withheld) in [
            ("multipart/form-data; boundary=x", &b"--x"[..], Some(Withheld::Multipart)),
            ("application/json", utf16, Some(Withheld::Unreadable)),
            ("image/png", b"\x89PNG\0", None),
            ("text/html; charset=iso-8859-1", b"caf\xe9", None),
        ] {
            assert_eq!(kept(media_type, sent).withheld(), withheld, "{media_type}");
        }
        assert_eq!(kept("text/html", b"caf\xe9").text(), Some("caf\u{fffd}"));
        assert_eq!(kept("image/png", b"\x89PNG").bytes(), b"\x89PNG");
    }

    #[test]
    fn content_is_cut_between_characters_where_it_is_longer_than_its_limit() {
        let long = "\u{e9}".repeat(MOST);
        let described = || Described { media_type: "text/plain".to_owned(), is_coded: false };
        let prefix = Prefix { bytes: &long.as_bytes()[..MOST + 2], ..Prefix::default() };
        let content = Content::of(described(), prefix);
        assert_eq!((content.text().map(str::len), content.is_truncated()), (Some(MOST), true));
        let cut = Prefix {
            bytes: "a\u{e9}".as_bytes().split_last().unwrap().1,
            is_cut: true,
            ..Prefix::default()
        };
        assert_eq!(Content::of(described(), cut).text(), Some("a"));
    }
}
