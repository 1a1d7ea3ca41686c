//! As much of RFC 6455 as an echo needs: the handshake's digest, and frames one at a time.

use anyhow::{Result, ensure};
use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::wire::Reader;

/// In place of a length: two bytes of length follow.
const MEDIUM: u8 = 0x7e;
/// In place of a length: eight bytes of length follow.
const LONG: u8 = 0x7f;

/// One frame, unmasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// 1 text, 2 binary, 8 close, 9 ping, 10 pong.
    pub opcode: u8,
    /// What it carries.
    pub payload: Bytes,
}

/// What answers a `Sec-WebSocket-Key` (section 4.2.2).
#[must_use]
pub fn accept(key: &str) -> String {
    let salted = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    STANDARD.encode(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, salted.as_bytes()))
}

/// A whole frame as bytes (section 5.2). Clients mask, servers do not.
#[must_use]
pub fn frame(opcode: u8, payload: &[u8], mask: Option<[u8; 4]>) -> Vec<u8> {
    let mut bytes = vec![0x80 | opcode];
    let masked = if mask.is_some() { 0x80 } else { 0 };
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(short @ ..126), _) => bytes.push(masked | short),
        (_, Ok(medium)) => {
            bytes.push(masked | MEDIUM);
            bytes.extend(medium.to_be_bytes());
        }
        _ => {
            bytes.push(masked | LONG);
            bytes.extend((payload.len() as u64).to_be_bytes());
        }
    }
    bytes.extend(mask.iter().flatten());
    let mask = mask.unwrap_or_default();
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// Reads one frame.
///
/// # Errors
/// When the stream ends, or a frame is a part of a message.
pub async fn read(reader: &mut Reader) -> Result<Frame> {
    let start = reader.exactly(2).await?;
    ensure!(start[0] & 0xf0 == 0x80, "not one whole message: {start:?}");
    let length = match start[1] & 0x7f {
        MEDIUM => u64::from(u16::from_be_bytes(reader.exactly(2).await?[..].try_into()?)),
        LONG => u64::from_be_bytes(reader.exactly(8).await?[..].try_into()?),
        short => u64::from(short),
    };
    let mask: [u8; 4] = match start[1] & 0x80 {
        0 => [0; 4],
        _ => reader.exactly(4).await?[..].try_into()?,
    };
    let payload = reader.exactly(usize::try_from(length)?).await?;
    let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    Ok(Frame { opcode: start[0] & 0xf, payload: payload.collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Wire;

    #[test]
    fn the_example_of_the_rfc_is_answered_as_it_says() {
        assert_eq!(accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let hello = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        assert_eq!(frame(1, b"Hello", Some([0x37, 0xfa, 0x21, 0x3d])), hello);
    }

    #[tokio::test]
    async fn a_frame_of_any_length_is_read_back() {
        for length in [0, 125, 126, 65_535, 65_536] {
            let payload = crate::wire::body::pattern(0, length);
            let (there, here) = tokio::io::duplex(1 << 18);
            let (mut there, mut here) = (Wire::new(Box::new(there)), Wire::new(Box::new(here)));
            there.send(frame(2, &payload, Some([1, 2, 3, 4]))).await.unwrap();
            there.send(frame(9, &payload, None)).await.unwrap();
            let frames =
                (read(&mut here.reader).await.unwrap(), read(&mut here.reader).await.unwrap());
            let expected = |opcode| Frame { opcode, payload: payload.clone().into() };
            assert_eq!(frames, (expected(2), expected(9)));
        }
    }
}
