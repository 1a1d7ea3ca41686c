//! Vendors that write `-key-value` behind the account, each with keys of its own.

use super::{Keys, translate};
use crate::ask::{BadParameter, Wish};

/// One such vendor.
pub(super) struct Vendor {
    keys: Keys,
    /// Words that stand alone, and what they mean.
    flags: &'static [(&'static str, (&'static str, &'static str))],
}

/// `brd-customer-ID-zone-ZONE-country-us-session-abc`: account up to and with the zone. A session
/// there ends after five silent minutes, which is our default too.
pub(super) const BRIGHT_DATA: Vendor = Vendor {
    keys: &[
        ("country", "country"),
        ("state", "state"),
        ("city", "city"),
        ("asn", "asn"),
        ("session", "session"),
    ],
    flags: &[("const", ("lost", "fail"))],
};

/// `customer-USER-cc-US-city-st_petersburg-sessid-abc-sesstime-10`
pub(super) const OXYLABS: Vendor = Vendor {
    keys: &[
        ("cc", "country"),
        ("st", "state"),
        ("city", "city"),
        ("asn", "asn"),
        ("sessid", "session"),
        ("sesstime", "sesstime"),
    ],
    flags: &[("sessid_oneip", ("lost", "fail"))],
};

/// `user-USER-country-us-session-abc-sessionduration-10`
pub(super) const DECODO: Vendor = Vendor {
    keys: &[
        ("country", "country"),
        ("state", "state"),
        ("city", "city"),
        ("asn", "asn"),
        ("session", "session"),
        ("sessionduration", "sessionduration"),
    ],
    flags: &[("session_iplock", ("lost", "fail"))],
};

/// `package-ID-country-us-city-new+york-sessionid-abc-sessionlength-600-idlettl-60`
pub(super) const SOAX: Vendor = Vendor {
    keys: &[
        ("country", "country"),
        ("region", "state"),
        ("city", "city"),
        ("isp", "isp"),
        ("sessionid", "session"),
        ("sessionlength", "sessionlength"),
        ("idlettl", "idle"),
    ],
    flags: &[],
};

pub(super) fn read(vendor: &Vendor, rest: &str, wish: &mut Wish) -> Result<(), BadParameter> {
    let Some(words) = rest.strip_prefix('-') else { return Ok(()) };
    let mut words = words.split('-');
    while let Some(word) = words.next() {
        let word = word.to_ascii_lowercase();
        if let Some((_, (key, value))) = vendor.flags.iter().find(|(flag, _)| *flag == word) {
            wish.set(key, value)?;
            continue;
        }
        let key = translate(vendor.keys, &word).ok_or(BadParameter::Unknown)?;
        let value = words.next().unwrap_or_default();
        match (key, value) {
            // SOAX: a session of no length is none.
            ("sessionlength", "0") => wish.set("rotate", "request")?,
            // SOAX counts seconds here, and writes no unit.
            ("idle", value) => wish.set(key, &format!("{value}s"))?,
            _ => wish.set(key, value)?,
        }
    }
    Ok(())
}
