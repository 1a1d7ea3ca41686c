//! Where an exit is, or should be: country, state, city, network, kind.

use compact_str::CompactString;

use crate::words;

/// An ISO 3166-1 alpha-2 code in upper case; the United Kingdom is `GB`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

/// A text that is no country code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a two-letter country code")]
pub struct BadCountry;

words! {
    /// What kind of network an exit leaves through.
    pub enum NetworkKind {
        /// A household's line.
        Residential = "residential",
        /// A hosting company.
        Datacenter = "datacenter",
        /// A mobile carrier.
        Mobile = "mobile",
        /// Addresses of a consumer provider, hosted in a data centre.
        Isp = "isp",
    }
}

/// What is known of where an exit is. Each absent part is unknown, and an unknown part never
/// satisfies a request that asks for it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Place {
    /// The country.
    pub country: Option<Country>,
    /// The subdivision, as a [`slug`]: `california`, `ca`.
    pub state: Option<CompactString>,
    /// The city, as a [`slug`]: `sanfrancisco`.
    pub city: Option<CompactString>,
    /// The autonomous system's number.
    pub asn: Option<u32>,
    /// The provider of the line, as a [`slug`].
    pub isp: Option<CompactString>,
    /// The kind of network.
    pub kind: Option<NetworkKind>,
}

// === impl Country ===

impl Country {
    /// The two letters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }
}

impl std::str::FromStr for Country {
    type Err = BadCountry;

    /// Any case; `UK`, which is no ISO code but what everybody writes, is `GB`.
    fn from_str(text: &str) -> Result<Self, BadCountry> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => {
                let code = [a.to_ascii_uppercase(), b.to_ascii_uppercase()];
                Ok(Self(if code == *b"UK" { *b"GB" } else { code }))
            }
            _ => Err(BadCountry),
        }
    }
}

impl std::fmt::Display for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::fmt::Debug for Country {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The spelling under which names of states, cities and providers are compared: ASCII letters and
/// digits in lower case, everything else left out, so that `San Francisco`, `san_francisco` and
/// `sanfrancisco` are one. `None` when nothing is left, as for a name in another script.
#[must_use]
pub fn slug(text: &str) -> Option<CompactString> {
    let slug: CompactString =
        text.chars().filter_map(plain_letter).map(|c| c.to_ascii_lowercase()).take(120).collect();
    (!slug.is_empty()).then_some(slug)
}

/// Latin letters lose their marks; what has no plain letter is left out.
fn plain_letter(c: char) -> Option<char> {
    match c {
        c if c.is_ascii_alphanumeric() => Some(c),
        'à'..='å' | 'À'..='Å' | 'ā' | 'Ā' | 'ă' | 'Ă' | 'ą' | 'Ą' => Some('a'),
        'ç' | 'Ç' | 'ć' | 'Ć' | 'č' | 'Č' => Some('c'),
        'ď' | 'Ď' | 'đ' | 'Đ' => Some('d'),
        'è'..='ë' | 'È'..='Ë' | 'ē' | 'Ē' | 'ę' | 'Ę' | 'ě' | 'Ě' => Some('e'),
        'ğ' | 'Ğ' => Some('g'),
        'ì'..='ï' | 'Ì'..='Ï' | 'ı' | 'İ' => Some('i'),
        'ł' | 'Ł' => Some('l'),
        'ñ' | 'Ñ' | 'ń' | 'Ń' | 'ň' | 'Ň' => Some('n'),
        'ò'..='ö' | 'Ò'..='Ö' | 'ø' | 'Ø' | 'ő' | 'Ő' => Some('o'),
        'ř' | 'Ř' => Some('r'),
        'ś' | 'Ś' | 'š' | 'Š' | 'ş' | 'Ş' | 'ș' | 'Ș' => Some('s'),
        'ť' | 'Ť' | 'ț' | 'Ț' => Some('t'),
        'ù'..='ü' | 'Ù'..='Ü' | 'ů' | 'Ů' | 'ű' | 'Ű' => Some('u'),
        'ý' | 'Ý' | 'ÿ' => Some('y'),
        'ź' | 'Ź' | 'ż' | 'Ż' | 'ž' | 'Ž' => Some('z'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_read_in_any_case_and_uk_is_gb() {
        assert_eq!("us".parse::<Country>().unwrap().as_str(), "US");
        assert_eq!("Uk".parse::<Country>().unwrap().as_str(), "GB");
        for bad in ["", "u", "usa", "u1", "é"] {
            assert_eq!(bad.parse::<Country>(), Err(BadCountry), "{bad}");
        }
    }

    #[test]
    fn a_city_has_one_slug() {
        for text in ["São Paulo", "sao_paulo", "SAO-PAULO", "sao+paulo"] {
            assert_eq!(slug(text).unwrap(), "saopaulo", "{text}");
        }
        assert_eq!(slug("東京"), None);
    }
}
