//! Values that mean nothing and are there so that nobody relies on knowing all (RFC 8701).

/// Whether a cipher, extension, group, version or algorithm is one of the sixteen `0x?A?A`.
pub(crate) fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

/// The others, in order.
pub(crate) fn without(values: &[u16]) -> impl Iterator<Item = u16> {
    values.iter().copied().filter(|value| !is_grease(*value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_values_are_grease() {
        let found: Vec<_> = (0..=u16::MAX).filter(|value| is_grease(*value)).collect();
        assert_eq!(found.len(), 16);
        assert_eq!((found[0], found[1], found[15]), (0x0a0a, 0x1a1a, 0xfafa));
    }
}
