//! The same bytes in pieces, as a network might hand them over.

/// More pieces than this make the work grow faster than what it finds.
const MOST: usize = 1024;

/// One by one (long ones: in 1,024 pieces), in unequal pieces, and in two halves. The pieces follow
/// from the bytes alone, so that a failure can be repeated.
pub fn of(bytes: &[u8]) -> [Vec<&[u8]>; 3] {
    let (left, right) = bytes.split_at(bytes.len() / 2);
    [bytes.chunks(bytes.len() / MOST + 1).collect(), unequal(bytes), vec![left, right]]
}

/// Pieces of 1-17 bytes.
fn unequal(bytes: &[u8]) -> Vec<&[u8]> {
    let mut state = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let (mut rest, mut pieces) = (bytes, Vec::new());
    while !rest.is_empty() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let length = ((state >> 33) % 17 + 1) as usize;
        let (piece, behind) = rest.split_at(length.min(rest.len()));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}
