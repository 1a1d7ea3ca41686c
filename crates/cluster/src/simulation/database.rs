//! A database that mints epochs and fences writes, and checks that it does.

#[derive(Debug, Clone, Copy)]
pub(super) enum Query {
    Revision,
    /// An epoch for a candidate in a term.
    Mint {
        candidate: u64,
        term: u64,
    },
    /// A write of that candidate.
    Write {
        candidate: u64,
        epoch: u64,
    },
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Row {
    Revision(u64),
    Epoch {
        candidate: u64,
        term: u64,
        epoch: u64,
    },
    Written,
    /// Another epoch has begun.
    Overtaken {
        epoch: u64,
    },
}

pub(super) struct Database {
    pub(super) revision: u64,
    fences: bool,
    /// Who got which epoch; the last one is the present.
    epochs: Vec<u64>,
    /// The epoch of the last write that was accepted.
    written: u64,
}

impl Database {
    pub(super) fn new(fences: bool) -> Self {
        Self { revision: 1, fences, epochs: Vec::new(), written: 0 }
    }

    /// Whether the latest epoch has been of use to anybody.
    pub(super) fn is_written(&self) -> bool {
        self.written == self.epochs.len() as u64
    }

    pub(super) fn run(&mut self, query: Query) -> Result<Row, String> {
        Ok(match query {
            Query::Revision => Row::Revision(self.revision),
            Query::Mint { candidate, term } => {
                self.epochs.push(candidate);
                Row::Epoch { candidate, term, epoch: self.epochs.len() as u64 }
            }
            Query::Write { epoch, .. } if self.fences && epoch != self.epochs.len() as u64 => {
                Row::Overtaken { epoch }
            }
            Query::Write { candidate, epoch } => {
                if epoch < self.written {
                    return Err(format!(
                        "candidate {candidate} wrote in epoch {epoch} after epoch {}",
                        self.written
                    ));
                }
                let place = usize::try_from(epoch).unwrap_or_default().wrapping_sub(1);
                if self.epochs.get(place) != Some(&candidate) {
                    return Err(format!("candidate {candidate} wrote in epoch {epoch} of another"));
                }
                self.written = epoch;
                Row::Written
            }
        })
    }
}
