//! Puts a handshake message together from the records that it was cut into.

use crate::cursor::Cursor;
use crate::{LIMIT, NotTls, Read};

const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
/// Type and length of a handshake message.
const MESSAGE_HEAD: usize = 4;

/// The body of the `ClientHello`.
pub(super) fn message(bytes: &[u8]) -> Result<Read<Vec<u8>>, NotTls> {
    let seen = &bytes[..bytes.len().min(LIMIT)];
    let mut wanted = None;
    let mut head = Vec::with_capacity(MESSAGE_HEAD);
    let mut have = 0;
    for fragment in Fragments(Cursor(seen)) {
        let fragment = fragment?;
        have += fragment.len();
        head.extend(fragment.iter().take(MESSAGE_HEAD - head.len()));
        wanted = wanted.or(length(&head)?);
        if let Some(wanted) = wanted.filter(|wanted| have >= MESSAGE_HEAD + wanted) {
            return Ok(Read::Whole(join(seen, wanted)));
        }
    }
    if bytes.len() >= LIMIT {
        return Err(NotTls::TooLarge);
    }
    Ok(Read::NeedsMore)
}

/// How long the message says it is, once that is there.
fn length(head: &[u8]) -> Result<Option<usize>, NotTls> {
    let mut head = Cursor(head);
    if head.u8().is_some_and(|kind| kind != CLIENT_HELLO) {
        return Err(NotTls::NotClientHello);
    }
    let length = head.u24().and_then(|length| usize::try_from(length).ok());
    match length {
        Some(length) if length > LIMIT => Err(NotTls::TooLarge),
        length => Ok(length),
    }
}

fn join(bytes: &[u8], length: usize) -> Vec<u8> {
    let mut message = Vec::with_capacity(MESSAGE_HEAD + length);
    for fragment in Fragments(Cursor(bytes)).map_while(Result::ok) {
        message.extend_from_slice(fragment);
        if message.len() >= MESSAGE_HEAD + length {
            break;
        }
    }
    message.drain(..MESSAGE_HEAD);
    message.truncate(length);
    message
}

/// What is inside of one record after another. The last may be a part: the rest has not come yet.
struct Fragments<'a>(Cursor<'a>);

impl<'a> Iterator for Fragments<'a> {
    type Item = Result<&'a [u8], NotTls>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.u8()? != HANDSHAKE {
            return Some(Err(NotTls::NotHandshake));
        }
        if self.0.u8()? != 3 {
            return Some(Err(NotTls::RecordVersion));
        }
        self.0.u8()?;
        let length = usize::from(self.0.u16()?);
        if !(1..=1 << 14).contains(&length) {
            return Some(Err(NotTls::RecordLength));
        }
        let come = length.min(self.0.0.len());
        self.0.take(come).map(Ok)
    }
}
