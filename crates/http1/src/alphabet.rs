//! Which bytes may stand where (RFC 9110 section 5.6.2, RFC 9112 section 3.2).

/// What a byte may be part of; one look-up answers all three questions.
static CLASSES: [u8; 256] = classes();

const TOKEN: u8 = 1;
const TARGET: u8 = 2;
const VALUE: u8 = 4;

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "the loop stops at 255")]
        let b = byte as u8;
        let mut class = 0;
        if b.is_ascii_alphanumeric() || is_token_mark(b) {
            class |= TOKEN;
        }
        if b.is_ascii_graphic() {
            class |= TARGET;
        }
        if b == b'\t' || b == b' ' || b.is_ascii_graphic() || b >= 0x80 {
            class |= VALUE;
        }
        table[byte] = class;
        byte += 1;
    }
    table
}

const fn is_token_mark(b: u8) -> bool {
    matches!(
        b,
        b'!' | b'#'
            | b'$'
            | b'%'
            | b'&'
            | b'\''
            | b'*'
            | b'+'
            | b'-'
            | b'.'
            | b'^'
            | b'_'
            | b'`'
            | b'|'
            | b'~'
    )
}

/// `1*tchar`.
pub(crate) fn is_token(bytes: &[u8]) -> bool {
    !bytes.is_empty() && all(bytes, TOKEN)
}

/// Visible ASCII, at least one.
pub(crate) fn is_target(bytes: &[u8]) -> bool {
    !bytes.is_empty() && all(bytes, TARGET)
}

/// Visible bytes, spaces and tabs, obs-text; any number.
pub(crate) fn is_value(bytes: &[u8]) -> bool {
    all(bytes, VALUE)
}

fn all(bytes: &[u8], class: u8) -> bool {
    bytes.iter().all(|byte| CLASSES[usize::from(*byte)] & class != 0)
}
