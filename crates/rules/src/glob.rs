//! Patterns with `*` for any characters, in time linear in what they look at.

use memchr::memmem::Finder;

/// Bytes of a pattern.
const MOST: usize = 256;

/// A pattern: literal parts, between which anything stands.
#[derive(Debug)]
pub(crate) struct Glob {
    first: Box<[u8]>,
    middle: Box<[Finder<'static>]>,
    /// `None` without any `*`.
    last: Option<Box<[u8]>>,
}

impl Glob {
    pub(crate) fn compile(pattern: &str) -> Result<Self, String> {
        if !(1..=MOST).contains(&pattern.len()) || pattern.bytes().any(|b| b.is_ascii_control()) {
            return Err(format!("must have 1-{MOST} bytes, none of them a control character"));
        }
        let mut parts = pattern.as_bytes().split(|byte| *byte == b'*');
        let first = parts.next().unwrap_or_default().into();
        let last = parts.next_back().map(Box::from);
        let middle = parts.filter(|part| !part.is_empty());
        Ok(Self {
            first,
            middle: middle.map(|part| Finder::new(part).into_owned()).collect(),
            last,
        })
    }

    /// Each part is taken where it first stands: a later place leaves less room for the others.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let Some(last) = &self.last else { return text == &*self.first };
        let Some(rest) = text.strip_prefix(&*self.first) else { return false };
        let Some(mut rest) = rest.strip_suffix(&**last) else { return false };
        for part in &self.middle {
            let Some(at) = part.find(rest) else { return false };
            rest = &rest[at + part.needle().len()..];
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Glob::compile(pattern).unwrap().matches(text.as_bytes())
    }

    #[test]
    fn a_star_stands_for_any_characters() {
        for (pattern, text, expected) in [
            ("/ads/*", "/ads/", true),
            ("/ads/*", "/ads/x/y.js", true),
            ("/ads/*", "/bads/", false),
            ("*.mp4", "/video/a.mp4", true),
            ("*.mp4", "/video/a.mp4x", false),
            ("/a", "/a", true),
            ("/a", "/ab", false),
            ("*", "", true),
            ("**", "/x", true),
            ("a*a", "a", false),
            ("*ab*ba*", "aba", false),
            ("*ab*ba*", "abba", true),
            ("/*/track/*.gif", "/x/track/y.gif", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        assert!(Glob::compile("").is_err() && Glob::compile(&"a".repeat(257)).is_err());
    }

    #[test]
    fn many_stars_cost_no_more_than_one_look() {
        let pattern = format!("{}b", "a*".repeat(127));
        assert!(!matches(&pattern, &"a".repeat(1 << 20)));
    }

    /// What a pattern means, without any thought of time.
    fn meant(pattern: &[u8], text: &[u8]) -> bool {
        match pattern {
            [] => text.is_empty(),
            [b'*', rest @ ..] => (0..=text.len()).any(|at| meant(rest, &text[at..])),
            [byte, rest @ ..] => text.first() == Some(byte) && meant(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_it_means(pattern in "[ab*]{1,8}", text in "[ab]{0,10}") {
            let expected = meant(pattern.as_bytes(), text.as_bytes());
            prop_assert_eq!(matches(&pattern, &text), expected);
        }
    }
}
