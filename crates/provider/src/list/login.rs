//! Logins: what one may be, how a URL writes it, and one allocation for a run of equal ones.

use std::borrow::Cow;
use std::sync::Arc;

use model::proxy::Login;

use crate::error::LineError;

/// The longest username and the longest password, in bytes (RFC 1929 section 2).
const PART_BYTES: usize = 255;

/// Remembers the login of the entry before, which most lists repeat on every line.
#[derive(Default)]
pub(super) struct Logins {
    last: Option<Arc<Login>>,
}

impl Logins {
    /// The login of these two parts; `None` when both are empty, as in `host:port::`.
    pub(super) fn share(
        &mut self,
        username: &str,
        password: &str,
    ) -> Result<Option<Arc<Login>>, LineError> {
        if username.is_empty() && password.is_empty() {
            return Ok(None);
        }
        if let Some(last) = &self.last
            && last.username == username
            && last.password.expose() == password
        {
            return Ok(Some(Arc::clone(last)));
        }
        if username.is_empty() || !is_carriable(username) || !is_carriable(password) {
            return Err(LineError::BadLogin);
        }
        let login = Arc::new(Login { username: username.to_owned(), password: password.into() });
        self.last = Some(Arc::clone(&login));
        Ok(Some(login))
    }
}

fn is_carriable(part: &str) -> bool {
    part.len() <= PART_BYTES && !part.chars().any(char::is_control)
}

/// Decodes a part of a URL's user info (RFC 3986 section 2.1). A plus is a plus.
pub(super) fn decode(text: &str) -> Result<Cow<'_, str>, LineError> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, tail @ ..] = tail else { return Err(LineError::BadPercent) };
        bytes.push(hex(*high)? << 4 | hex(*low)?);
        rest = tail;
    }
    String::from_utf8(bytes).map(Cow::Owned).ok().ok_or(LineError::BadPercent)
}

fn hex(digit: u8) -> Result<u8, LineError> {
    let value = char::from(digit).to_digit(16).ok_or(LineError::BadPercent)?;
    Ok(u8::try_from(value).unwrap_or_default())
}
