//! `Revision`: the number of the configuration a node has loaded; `Version`: that of one row.

/// The number of a whole configuration. Every committed change takes the next one, so revisions
/// only grow, on every node and for ever.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Revision(pub u64);

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// How often one row has been written: the `ETag` of the API. A write names the version it read
/// and is refused when somebody else wrote in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Version(pub u64);

impl Version {
    /// The version of a row that has just been created.
    pub const FIRST: Self = Self(1);
}

impl std::fmt::Display for Version {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}
