//! Which bytes may stand where (RFC 9110 section 5.6.2, RFC 9112 section 3.2).

/// What a byte may be part of; one look-up answers both questions.
static CLASSES: [u8; 256] = classes();

const TOKEN: u8 = 1;
const TARGET: u8 = 2;

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

/// How many bytes in front may be part of a token.
pub(crate) fn token_length(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|byte| CLASSES[usize::from(*byte)] & TOKEN == 0);
    end.unwrap_or(bytes.len())
}

/// Visible ASCII, at least one.
pub(crate) fn is_target(bytes: &[u8]) -> bool {
    !bytes.is_empty() && all(bytes, TARGET)
}

/// Visible bytes, spaces and tabs, obs-text; any number. All are looked at whatever the first ones
/// are, because many can be looked at in one step then.
pub(crate) fn is_value(bytes: &[u8]) -> bool {
    let is_control = |byte: u8| (byte < b' ' && byte != b'\t') || byte == 0x7f;
    !bytes.iter().fold(false, |found, byte| found | is_control(*byte))
}

fn all(bytes: &[u8], class: u8) -> bool {
    bytes.iter().all(|byte| CLASSES[usize::from(*byte)] & class != 0)
}
