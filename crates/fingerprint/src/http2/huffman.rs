//! The Huffman code of HPACK (RFC 7541 section 5.2 and appendix B), decoded.
//!
//! The code is canonical: how long each symbol's code is says what it is.

const LONGEST: usize = 30;

/// How many bits the code of each symbol has. The last is no byte, and must not occur.
#[rustfmt::skip]
const LENGTHS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28,
    28, 28, 28, 28, 28, 28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5,
    5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6,
    6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22, 22, 23, 22,
    23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22,
    21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20,
    22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19,
    21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22,
    22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, 30,
];

const CODES: Codes = Codes::new();

/// The codes of one length are consecutive numbers, in the order of their symbols.
struct Codes {
    /// Symbols by the length of their code, then by value.
    symbols: [usize; 257],
    /// For each length: its first code, and where its symbols start; one more for the end.
    first: [u32; LONGEST + 2],
    start: [usize; LONGEST + 2],
}

impl Codes {
    const fn new() -> Self {
        let mut codes =
            Self { symbols: [0; 257], first: [0; LONGEST + 2], start: [0; LONGEST + 2] };
        let (mut code, mut place, mut step) = (0, 0, 0);
        // Every length, and for each of them every symbol.
        while step < (LONGEST + 1) * LENGTHS.len() {
            let (length, symbol) = (step / LENGTHS.len(), step % LENGTHS.len());
            if symbol == 0 {
                code <<= 1;
                codes.first[length] = code;
                codes.start[length] = place;
            }
            if LENGTHS[symbol] as usize == length {
                codes.symbols[place] = symbol;
                place += 1;
                code += 1;
            }
            step += 1;
        }
        codes.start[LONGEST + 1] = place;
        codes
    }

    /// The symbol that has this code of so many bits.
    fn symbol(&self, code: u32, length: usize) -> Option<usize> {
        let place = self.start[length] + code.checked_sub(self.first[length])? as usize;
        self.symbols.get(place).copied().filter(|_| place < self.start[length + 1])
    }
}

/// `None`: the padding is not the beginning of the last symbol, or that symbol occurs.
pub(super) fn decode(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(bytes.len() * 8 / 5);
    let (mut code, mut length) = (0, 0);
    let bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1));
    for bit in bits {
        code = code << 1 | u32::from(bit);
        length += 1;
        if let Some(symbol) = CODES.symbol(code, length) {
            text.push(u8::try_from(symbol).ok()?);
            (code, length) = (0, 0);
        } else if length == LONGEST {
            return None;
        }
    }
    let is_padding = length < 8 && code + 1 == 1 << length;
    is_padding.then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_of_the_rfc_are_decoded() {
        let www = [0xf1, 0xe3, 0xc2, 0xe5, 0xf2, 0x3a, 0x6b, 0xa0, 0xab, 0x90, 0xf4, 0xff];
        assert_eq!(decode(&www).unwrap(), b"www.example.com");
        assert_eq!(decode(&[0xa8, 0xeb, 0x10, 0x64, 0x9c, 0xbf]).unwrap(), b"no-cache");
        let key = [0x25, 0xa8, 0x49, 0xe9, 0x5b, 0xa9, 0x7d, 0x7f];
        assert_eq!(decode(&key).unwrap(), b"custom-key");
        assert_eq!(decode(&[]).unwrap(), b"");
    }

    #[test]
    fn wrong_padding_is_refused() {
        // `0`, then zeroes; `0`, then ones for more than seven bits; the last symbol itself.
        assert_eq!(decode(&[0]), None);
        assert_eq!(decode(&[0x07, 0xff]), None);
        assert_eq!(decode(&[0xff; 4]), None);
    }
}
