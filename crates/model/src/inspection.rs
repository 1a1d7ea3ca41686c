//! Inspection: which exchanges are recorded for people to look at.

/// What a project records of its exchanges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inspection {
    /// Of a thousand exchanges, so many are recorded: 0-1000.
    pub permille: u16,
    /// Records kept, the latest ones: 1-10,000.
    pub keep: u32,
    /// Bytes of content kept of each message: 0-65,536.
    pub body_bytes: u32,
}

impl Default for Inspection {
    fn default() -> Self {
        Self { permille: 0, keep: 1000, body_bytes: 0 }
    }
}
