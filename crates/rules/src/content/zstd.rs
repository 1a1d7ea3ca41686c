//! zstd (RFC 8878), block by block: a window is never waited for.

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// The largest window that content in HTTP may need (RFC 9659 section 3).
const MOST_WINDOW: u64 = 8 << 20;

/// A last block without content, and bytes for a checksum that nobody looks at.
const END: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

/// The blocks that are there, of every frame.
pub(super) fn decode(mut raw: &[u8], most: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(MOST_WINDOW);
    while out.len() < most && !raw.is_empty() {
        match decoder.init(&mut raw) {
            Ok(()) => {}
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                raw = usize::try_from(length).ok().and_then(|n| raw.get(n..)).unwrap_or_default();
                continue;
            }
            Err(_broken) => break,
        }
        let up_to = BlockDecodingStrategy::UptoBytes(most - out.len());
        let whole = matches!(decoder.decode_blocks(&mut raw, up_to), Ok(true));
        if !whole {
            // The decoder keeps a window back until its frame ends: here it does.
            raw = &[];
            if decoder.decode_blocks(&END[..], BlockDecodingStrategy::All).is_err() {
                break;
            }
        }
        out.extend(decoder.collect().unwrap_or_default());
    }
    out.truncate(most);
    out
}
