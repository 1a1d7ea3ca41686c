//! A string that no log line, error or debug print can show.

use zeroize::Zeroizing;

/// A secret in memory. It has no `Display`, its `Debug` shows nothing, and its bytes are wiped when
/// it is dropped. The one way to the text is [`Secret::expose`], which is easy to search for.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Secret(Zeroizing<Box<str>>);

impl Secret {
    /// The text itself. Whoever calls this must neither log nor return it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing to hide.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text.into_boxed_str()))
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.into()))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_debug_print_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::from("hunter2")), "[redacted]");
    }
}
