//! The files of the operator's own root, and who may read its key.

use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// PEM files; both could be opened when the settings were read.
#[derive(Debug, Clone)]
pub(crate) struct CaFiles {
    pub(crate) certificate: PathBuf,
    /// To be opened with [`open_for_owner`].
    pub(crate) key: PathBuf,
}

/// Opens the key of a root, unless somebody else could: it belongs to the user of this program, and
/// neither group nor others may do anything with it. Whoever has it can pose as any site to every
/// client of the installation.
pub(crate) fn open_for_owner(path: &Path) -> io::Result<File> {
    let named = |why: String| format!("ca key too open: {} {why}", path.display());
    let file = File::open(path)
        .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))?;
    // Of what has been opened, not of what has that name by now.
    let found = file.metadata()?;
    let (mode, owner) = (found.mode() & 0o777, found.uid());
    let me = rustix::process::geteuid().as_raw();
    let why = if mode & 0o077 != 0 {
        named(format!("may be used by others (mode {mode:03o}); chmod 600 it"))
    } else if owner != me {
        named(format!("belongs to user {owner}, and this program runs as user {me}; chown it"))
    } else {
        return Ok(file);
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, why))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown};

    use super::*;

    #[test]
    fn a_key_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.key");
        assert!(open_for_owner(&path).unwrap_err().to_string().contains("ca.key"));
        std::fs::write(&path, "canary").unwrap();
        for (mode, fine) in
            [(0o600, true), (0o400, true), (0o640, false), (0o604, false), (0o610, false)]
        {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            let opened = open_for_owner(&path);
            assert_eq!(opened.is_ok(), fine, "{mode:o}");
            let told = opened.err().map(|error| error.to_string()).unwrap_or_default();
            assert!(fine || told.starts_with("ca key too open: "), "{told}");
            assert!(fine || told.contains("ca.key") && !told.contains("canary"), "{told}");
        }
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        // Only root may give a file away, and may read it all the same.
        if chown(&path, Some(12_345), None).is_ok() {
            let told = open_for_owner(&path).unwrap_err().to_string();
            assert!(told.starts_with("ca key too open: ") && told.contains("12345"), "{told}");
        }
    }
}
