//! What a process uses of the machine, as `/proc` tells it; and what this process may use.

use anyhow::{Context, Result};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};

use super::Process;

impl Process {
    /// Memory that it holds now, in bytes (`VmRSS`).
    ///
    /// # Errors
    /// When it has ended already.
    pub fn resident_bytes(&self) -> Result<u64> {
        Ok(self.status("VmRSS:")? * 1024)
    }

    /// Whether the system may put huge pages in the place of its small ones (`THP_enabled`).
    ///
    /// # Errors
    /// When it has ended already.
    pub fn may_have_huge_pages(&self) -> Result<bool> {
        Ok(self.status("THP_enabled:")? != 0)
    }

    /// A number in its status (proc(5)).
    fn status(&self, name: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()?))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.with_context(|| format!("no {name} in the status of the process"))
    }

    /// Takes away what it may have open at once, from now on and for good.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn limit_files(&self, files: u64) -> Result<()> {
        let id =
            Pid::from_raw(i32::try_from(self.id()?)?).context("no process has the number 0")?;
        let limit = Rlimit { current: Some(files), maximum: Some(files) };
        prlimit(Some(id), Resource::Nofile, limit)?;
        Ok(())
    }

    /// Lets it have so many open at once, from now on and until it is let have more. Returns how many
    /// that were.
    ///
    /// # Errors
    /// When the system does not let us.
    pub fn squeeze_files(&self, files: u64) -> Result<u64> {
        let id =
            Pid::from_raw(i32::try_from(self.id()?)?).context("no process has the number 0")?;
        // The hard limit has to be told, and is what this process has itself.
        let maximum = getrlimit(Resource::Nofile).maximum;
        let before = prlimit(Some(id), Resource::Nofile, Rlimit { current: Some(files), maximum })?;
        Ok(before.current.unwrap_or(u64::MAX))
    }

    /// Files and sockets that it has open now.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn open_files(&self) -> Result<usize> {
        Ok(std::fs::read_dir(format!("/proc/{}/fd", self.id()?))?.count())
    }

    /// Sockets that it has open now. Files of a database come and go as its pool pleases.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn open_sockets(&self) -> Result<usize> {
        let all = std::fs::read_dir(format!("/proc/{}/fd", self.id()?))?.filter_map(Result::ok);
        let links = all.filter_map(|file| std::fs::read_link(file.path()).ok());
        Ok(links.filter(|link| link.to_string_lossy().starts_with("socket:")).count())
    }
}

/// Lets this process, and those that it starts from now on, have so many files open at once, or as
/// many as the system allows; returns how many that are.
#[must_use]
pub fn raise_file_limit(files: u64) -> u64 {
    let now = getrlimit(Resource::Nofile);
    let current = now.current.unwrap_or(u64::MAX);
    let maximum = now.maximum.unwrap_or(u64::MAX);
    // First what only a privileged process may do, then what anybody may.
    let wishes = [files, files.min(maximum)].into_iter().filter(|wish| *wish > current);
    for wish in wishes {
        let limit = Rlimit { current: Some(wish), maximum: now.maximum.map(|max| max.max(wish)) };
        if setrlimit(Resource::Nofile, limit).is_ok() {
            return wish;
        }
    }
    current
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::clock::{SOON, eventually};

    #[tokio::test]
    async fn what_a_process_uses_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("script");
        std::fs::write(&script, "exec 7</dev/null 8</dev/null\necho up\nexec sleep 60\n").unwrap();
        let script = script.display().to_string();
        let process = Process::run(Path::new("/bin/sh"), &script, folder, []).unwrap();
        let up = || async { (process.log() == ["up"]).then_some(()) };
        eventually("up", SOON, up).await.unwrap();
        // Three to begin with, and two that it opened.
        assert!(process.open_files().unwrap() >= 5);
        // A program that has only just replaced another one holds next to nothing.
        let holds = || async { (process.resident_bytes().ok()? > 100 * 1024).then_some(()) };
        eventually("memory of its own", SOON, holds).await.unwrap();
    }

    #[test]
    fn what_is_allowed_already_stays() {
        let before = getrlimit(Resource::Nofile);
        assert_eq!(Some(raise_file_limit(64)), before.current);
        assert_eq!(getrlimit(Resource::Nofile), before);
    }
}
