//! One node at a time: whether it is this one, and in which epoch.

/// The right to do what only one node may do at a time. It is given back when dropped.
#[derive(Debug)]
pub struct Lease {
    name: String,
    hold: Hold,
}

#[derive(Debug)]
enum Hold {
    /// There is nobody to share with.
    Alone,
}

// === impl Lease ===

impl Lease {
    pub(crate) fn alone(name: &str) -> Self {
        Self { name: name.to_owned(), hold: Hold::Alone }
    }

    /// What it is the right to do.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether this node has it now. Somebody else may have it a moment later: what is written under
    /// it is to be fenced by [`Lease::epoch`].
    #[must_use]
    pub fn is_held(&self) -> bool {
        match self.hold {
            Hold::Alone => true,
        }
    }

    /// Which holder this is, counted from 1: each new one has a higher number than all before it. A
    /// node that is alone is the first, and stays it.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        match self.hold {
            Hold::Alone => 1,
        }
    }
}
