//! The configuration as this node last had it, sealed on its disk.
//!
//! The file is a row of parts: the whole configuration first, and behind it the changes since, each
//! with its length (four bytes) before it. It is replaced as a whole, so that there is always one
//! state of it or the next.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use model::{Configuration, Revision};
use store::{Vault, sealed};

use crate::error::CopyError;

/// Changes behind the whole, before it is written anew.
const MOST_CHANGES: usize = 64;

/// The copy.
#[derive(Debug)]
pub(crate) struct Copy {
    path: PathBuf,
    vault: Vault,
    /// What this run of the node has written; `None`: nothing that changes could be put behind.
    written: Option<Written>,
}

#[derive(Debug, Clone, Copy)]
struct Written {
    revision: Revision,
    changes: usize,
    /// Bytes of the file, and those of the whole at its beginning.
    bytes: usize,
    whole: usize,
}

/// What was found on the disk.
#[derive(Debug)]
pub(crate) struct Found {
    /// The whole, and the changes in their order.
    pub(crate) parts: Vec<Configuration>,
    pub(crate) written_at: Timestamp,
}

impl Copy {
    pub(crate) fn new(path: PathBuf, vault: Vault) -> Self {
        Self { path, vault, written: None }
    }

    /// Reads it; `None`: there is none.
    pub(crate) fn read(&self) -> Result<Option<Found>, CopyError> {
        let file = match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read?,
        };
        let written_at = fs::metadata(&self.path)?.modified()?;
        let written_at = Timestamp::try_from(written_at).unwrap_or(Timestamp::UNIX_EPOCH);
        let (mut parts, mut rest) = (Vec::<Configuration>::new(), &file[..]);
        while !rest.is_empty() {
            let (length, behind) = rest.split_first_chunk().ok_or(CopyError::Torn)?;
            let length = u32::from_be_bytes(*length) as usize;
            let (sealed, behind) = behind.split_at_checked(length).ok_or(CopyError::Torn)?;
            rest = behind;
            let part = sealed::configuration::open(&self.vault, &about(parts.len()), sealed)?;
            if part.since != parts.last().map(|before| before.revision) {
                return Err(CopyError::Torn);
            }
            parts.push(part);
        }
        Ok((!parts.is_empty()).then_some(Found { parts, written_at }))
    }

    /// Whether the next part should be the whole.
    pub(crate) fn wants_all(&self) -> bool {
        self.written.is_none_or(|written| {
            written.changes >= MOST_CHANGES || written.bytes > 2 * written.whole + 65_536
        })
    }

    /// Puts a change behind what is there, or the whole in its place. When it fails, or when it is
    /// a change of something else than is there, the next part should be the whole.
    pub(crate) fn keep(&mut self, configuration: &Configuration) -> Result<(), CopyError> {
        let written = self.written.take();
        let before = match (configuration.since, written) {
            (None, _) => None,
            (Some(since), Some(written)) if written.revision == since => Some(written),
            (Some(_), _) => return Err(CopyError::Behind),
        };
        let mut file = before.map(|_| fs::read(&self.path)).transpose()?.unwrap_or_default();
        if before.is_some_and(|written| written.bytes != file.len()) {
            return Err(CopyError::Behind);
        }
        let changes = before.map_or(0, |written| written.changes + 1);
        let sealed = sealed::configuration::seal(&self.vault, &about(changes), configuration)?;
        let length = u32::try_from(sealed.len()).map_err(CopyError::TooLarge)?;
        file.extend(length.to_be_bytes());
        file.extend(sealed);
        replace(&self.path, &file)?;
        let (bytes, revision) = (file.len(), configuration.revision);
        let whole = before.map_or(bytes, |written| written.whole);
        self.written = Some(Written { revision, changes, bytes, whole });
        Ok(())
    }
}

fn about(part: usize) -> String {
    format!("copy:{part}")
}

/// Writes a file that only the owner may read, beside the one it then replaces.
fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let beside = path.with_extension(format!("{}.new", std::process::id()));
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    let written = file.write_all(content).and_then(|()| file.sync_all());
    let replaced = written.and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        fs::remove_file(&beside).ok();
    }
    replaced?;
    // The name too has to be on the disk.
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
