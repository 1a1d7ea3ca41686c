//! A child process: its log is kept, and it ends when nobody holds it any more.

mod vitals;

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use parking_lot::Mutex;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio_util::task::TaskTracker;

pub use vitals::raise_file_limit;

/// A running program in a folder of its own. It is killed when it is dropped.
pub struct Process {
    child: Child,
    log: Arc<Mutex<Vec<String>>>,
    readers: TaskTracker,
    folder: TempDir,
}

impl Process {
    /// Runs `program` in `folder` with these settings in its environment and nothing else.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn run<'a>(
        program: &Path,
        argument: &str,
        folder: TempDir,
        settings: impl IntoIterator<Item = (&'a str, String)>,
    ) -> Result<Self> {
        let mut child = Command::new(program)
            .arg(argument)
            .env_clear()
            .envs(settings)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("could not run {}", program.display()))?;
        let log = Arc::default();
        let readers = TaskTracker::new();
        if let (Some(out), Some(err)) = (child.stdout.take(), child.stderr.take()) {
            readers.spawn(keep(out, Arc::clone(&log)));
            readers.spawn(keep(err, Arc::clone(&log)));
        }
        Ok(Self { child, log, readers, folder })
    }

    /// Its number, while it runs.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn id(&self) -> Result<u32> {
        self.child.id().context("the process has ended already")
    }

    /// Where it runs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Ends it if it still runs, and hands out its folder with all that is in it.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub async fn into_folder(mut self) -> Result<TempDir> {
        // Whether it has ended by itself does not matter here.
        let _ended = self.child.start_kill();
        self.child.wait().await?;
        Ok(self.folder)
    }

    /// What it has written so far to either output, line by line.
    #[must_use]
    pub fn log(&self) -> Vec<String> {
        self.log.lock().clone()
    }

    /// Ends it, and returns all that it ever wrote.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub async fn last_words(mut self) -> Result<Vec<String>> {
        self.kill().await?;
        self.readers.close();
        self.readers.wait().await;
        Ok(self.log())
    }

    /// Whether it runs.
    ///
    /// # Errors
    /// When that cannot be found out.
    pub fn runs(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Asks it to end as an operating system does (SIGTERM).
    ///
    /// # Errors
    /// When it has ended already.
    pub fn terminate(&self) -> Result<()> {
        let id =
            Pid::from_raw(i32::try_from(self.id()?)?).context("no process has the number 0")?;
        Ok(kill_process(id, Signal::TERM)?)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When it is still running after `within`.
    pub async fn ended(&mut self, within: Duration) -> Result<ExitStatus> {
        let ended = tokio::time::timeout(within, self.child.wait()).await;
        Ok(ended.with_context(|| format!("it still runs after {within:?}"))??)
    }

    /// Ends it without asking (SIGKILL).
    ///
    /// # Errors
    /// When it cannot be ended.
    pub async fn kill(&mut self) -> Result<()> {
        Ok(self.child.kill().await?)
    }
}

async fn keep(stream: impl AsyncRead + Unpin, log: Arc<Mutex<Vec<String>>>) {
    let mut lines = BufReader::new(stream).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        log.lock().push(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{SOON, eventually};

    fn shell(script: &str) -> Process {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("script");
        std::fs::write(&path, script).unwrap();
        let settings = [("WORD", "why".to_owned())];
        Process::run(Path::new("/bin/sh"), &path.display().to_string(), folder, settings).unwrap()
    }

    #[tokio::test]
    async fn a_process_is_asked_to_end_and_its_log_is_kept() {
        let script = "trap 'exit 7' TERM\necho up\nwhile :; do sleep 0.05; done\n";
        let mut process = shell(script);
        let up = || async { (process.log() == ["up"]).then_some(()) };
        eventually("up", SOON, up).await.unwrap();
        assert!(process.runs().unwrap());
        process.terminate().unwrap();
        assert_eq!(process.ended(SOON).await.unwrap().code(), Some(7));
        assert!(!process.runs().unwrap() && process.terminate().is_err());
    }

    #[tokio::test]
    async fn a_process_sees_its_settings_only_and_ends_when_dropped() {
        let process = shell("echo $WORD $HOME $$ >&2\nexec sleep 60\n");
        let told = || async { process.log().pop() };
        let line = eventually("a line", SOON, told).await.unwrap();
        let (word, id) = line.split_once(' ').unwrap();
        assert_eq!(word, "why");
        let id: i32 = id.trim().parse().unwrap();
        drop(process);
        let gone = || async {
            let id = Pid::from_raw(id).unwrap();
            rustix::process::test_kill_process(id).is_err().then_some(())
        };
        eventually("the end of the process", SOON, gone).await.unwrap();
    }
}
