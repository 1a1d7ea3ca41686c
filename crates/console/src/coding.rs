//! Which coding of a file a browser gets (RFC 9110 section 12.5.3).

use http::HeaderValue;

/// How a file is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// RFC 7932.
    Brotli,
    /// RFC 1952.
    Gzip,
}

impl Coding {
    /// Its name in fields.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }

    /// What stands behind the name of a file that is compressed so.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::Brotli => ".br",
            Self::Gzip => ".gz",
        }
    }

    /// The smallest that the browser takes and that there is.
    pub(crate) fn chosen(
        accepted: Option<&HeaderValue>,
        is_there: impl Fn(Self) -> bool,
    ) -> Option<Self> {
        let accepted = accepted?.to_str().ok()?;
        let known = [Self::Brotli, Self::Gzip].into_iter();
        known.filter(|coding| takes(accepted, coding.name())).find(|coding| is_there(*coding))
    }
}

/// Whether the field names a coding, and not with the weight 0, which refuses it.
fn takes(accepted: &str, name: &str) -> bool {
    accepted.split(',').any(|item| {
        let (coding, weight) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight.trim().strip_prefix("q=").map_or(Ok(1.0), str::parse::<f32>);
        coding.trim().eq_ignore_ascii_case(name) && weight.is_ok_and(|weight| weight > 0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_that_a_browser_takes_is_chosen() {
        let chosen = |field: &'static str| {
            Coding::chosen(Some(&HeaderValue::from_static(field)), |_coding| true)
        };
        assert_eq!(chosen("gzip, deflate, br, zstd"), Some(Coding::Brotli));
        assert_eq!(chosen("gzip;q=1.0, br;q=0"), Some(Coding::Gzip));
        assert_eq!(chosen("GZIP"), Some(Coding::Gzip));
        for none in ["", "identity", "brotli", "gzip;q=0", "gzip;q=x"] {
            assert_eq!(chosen(none), None, "{none}");
        }
        assert_eq!(Coding::chosen(None, |_coding| true), None);
        let both = HeaderValue::from_static("br, gzip");
        let gzip = Coding::chosen(Some(&both), |coding| coding == Coding::Gzip);
        assert_eq!(gzip, Some(Coding::Gzip), "the other is not there");
    }
}
