//! Takes numbers and counted bytes off the front of a slice; `None` when there are too few.

/// What has not been taken yet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(crate) fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_be_bytes)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u24(&mut self) -> Option<u32> {
        self.array().map(|[high, middle, low]| u32::from_be_bytes([0, high, middle, low]))
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// A length of one byte, and so many bytes.
    pub(crate) fn counted_u8(&mut self) -> Option<Self> {
        let count = self.u8()?;
        self.take(count.into()).map(Self)
    }

    /// A length of two bytes, and so many bytes.
    pub(crate) fn counted_u16(&mut self) -> Option<Self> {
        let count = self.u16()?;
        self.take(count.into()).map(Self)
    }

    /// All of it as numbers of two bytes.
    pub(crate) fn u16s(self) -> Option<Vec<u16>> {
        let (pairs, rest) = self.0.as_chunks();
        rest.is_empty().then(|| pairs.iter().map(|pair| u16::from_be_bytes(*pair)).collect())
    }
}
