//! Who is worn for a request.

use bytes::{BufMut, Bytes, BytesMut};
use disguise::Field;
use http::HeaderValue;
use http1::Fields;
use model::Interception;
use model::interception::Mode;

/// A browser, and whether requests are to say that they are its.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(super) browser: disguise::Identity,
    /// Whether `User-Agent` and what goes with it are made this browser's.
    dresses: bool,
}

impl Identity {
    pub(super) fn of(
        interception: &Interception,
        claimed: Option<&[u8]>,
        chance: u64,
    ) -> Option<Self> {
        match interception.mode {
            Mode::MatchUa => {
                let claimed = std::str::from_utf8(claimed?).ok()?;
                let browser = disguise::Identity::claimed(claimed)?;
                Some(Self { browser, dresses: false })
            }
            Mode::OverrideUa => {
                let browser = disguise::Identity::newest(interception.browser, chance);
                Some(Self { browser, dresses: true })
            }
            Mode::Off | Mode::Plain => None,
        }
    }

    /// The fields of a request as this browser sends them.
    pub(super) fn fields(
        self,
        fields: &Fields,
        is_http2: bool,
    ) -> Result<Vec<Field>, http::header::InvalidHeaderValue> {
        let mut own = Vec::with_capacity(fields.len() + 4);
        for (name, value) in fields.iter().filter(|(name, _)| is_sent(name, is_http2)) {
            own.push((Bytes::copy_from_slice(name), HeaderValue::from_bytes(value)?));
        }
        let has = |own: &[Field], name: &str| {
            own.iter().any(|(have, _)| have.eq_ignore_ascii_case(name.as_bytes()))
        };
        if !is_http2 && !has(&own, "connection") {
            // As every browser says; behind `Host`, where most do.
            let host = own.iter().position(|(name, _)| name.eq_ignore_ascii_case(b"host"));
            let keep = (Bytes::from_static(b"Connection"), HeaderValue::from_static("keep-alive"));
            own.insert(host.map_or(0, |at| at + 1), keep);
        }
        if self.dresses {
            self.browser.dress(&mut own);
        }
        Ok(own)
    }
}

/// No browser sends `Expect`: it is met by us. In HTTP/1.1 none has `TE`.
fn is_sent(name: &[u8], is_http2: bool) -> bool {
    let is = |other: &[u8]| name.eq_ignore_ascii_case(other);
    !is(b"expect") && (is_http2 || !is(b"te"))
}

/// What is told to a client that waits to be asked for its body.
pub(super) fn go_on(fields: &Fields, out: &mut BytesMut) {
    if fields.get("expect").is_some() {
        out.put_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
    }
}
