//! A child process: its log is kept, and it ends when nobody holds it any more.

mod vitals;

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::{NamedTempFile, TempDir};
use tokio::process::{Child, Command};

pub use vitals::raise_file_limit;

/// A running program in a folder of its own. It is killed when it is dropped.
pub struct Process {
    child: Child,
    recipe: Recipe,
    /// A file, and not a pipe that somebody would have to read all the time.
    log: NamedTempFile,
    folder: TempDir,
}

/// How to run a program once more.
struct Recipe {
    program: PathBuf,
    argument: String,
    settings: Vec<(String, String)>,
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
        let settings = settings.into_iter().map(|(name, value)| (name.to_owned(), value));
        let (program, argument) = (program.to_owned(), argument.to_owned());
        let recipe = Recipe { program, argument, settings: settings.collect() };
        let log = tempfile::Builder::new().prefix("testbed-").suffix(".log").tempfile()?;
        Ok(Self { child: recipe.run(folder.path(), &log)?, recipe, log, folder })
    }

    /// Ends it if it still runs, and runs it again as it was run before, with a new log.
    ///
    /// # Errors
    /// When it cannot be ended or run.
    pub async fn run_again(&mut self) -> Result<()> {
        self.kill().await?;
        self.log.as_file().set_len(0)?;
        self.child = self.recipe.run(self.folder.path(), &self.log)?;
        Ok(())
    }

    /// Runs the program once more, beside what runs already and in the same folder, with a new log.
    /// From now on this is the new one; the old one is handed out, and killed when it is dropped.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn run_beside(&mut self) -> Result<Child> {
        let log = tempfile::Builder::new().prefix("testbed-").suffix(".log").tempfile()?;
        let child = self.recipe.run(self.folder.path(), &log)?;
        self.log = log;
        Ok(std::mem::replace(&mut self.child, child))
    }

    /// Goes on with what [`Process::run_beside`] handed out; the log is that of the other one.
    pub fn put_back(&mut self, old: Child) {
        self.child = old;
    }

    /// Sets something in its environment for when it is run again.
    pub fn set(&mut self, name: &str, value: &str) {
        self.recipe.settings.push((name.to_owned(), value.to_owned()));
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
        let written = std::fs::read(self.log.path()).unwrap_or_default();
        String::from_utf8_lossy(&written).lines().map(str::to_owned).collect()
    }

    /// The file of that.
    #[must_use]
    pub fn log_file(&self) -> &Path {
        self.log.path()
    }

    /// Ends it, and returns all that it ever wrote.
    ///
    /// # Errors
    /// When it cannot be ended.
    pub async fn last_words(mut self) -> Result<Vec<String>> {
        self.kill().await?;
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
        self.signal(Signal::TERM)
    }

    /// Lets it do nothing, while its connections stay open (SIGSTOP).
    ///
    /// # Errors
    /// When it has ended already.
    pub fn freeze(&self) -> Result<()> {
        self.signal(Signal::STOP)
    }

    /// Lets it go on after [`Process::freeze`] (SIGCONT).
    ///
    /// # Errors
    /// When it has ended already.
    pub fn thaw(&self) -> Result<()> {
        self.signal(Signal::CONT)
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let id =
            Pid::from_raw(i32::try_from(self.id()?)?).context("no process has the number 0")?;
        Ok(kill_process(id, signal)?)
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

// === impl Recipe ===

impl Recipe {
    fn run(&self, folder: &Path, log: &NamedTempFile) -> Result<Child> {
        // Both outputs append: neither may write over what the other wrote.
        let log = std::fs::File::options().append(true).open(log.path())?;
        Command::new(&self.program)
            .arg(&self.argument)
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("could not run {}", self.program.display()))
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
    async fn a_process_is_run_again_in_its_folder_with_a_new_log() {
        let mut process = shell("echo $WORD\nls ran\necho >ran\nexec sleep 60\n");
        let first = || async { process.folder().join("ran").exists().then(|| process.log()) };
        let log = eventually("the first run", SOON, first).await.unwrap();
        assert!(log[0] == "why" && log[1] != "ran", "{log:?}");
        process.run_again().await.unwrap();
        let second = || async { (process.log() == ["why", "ran"]).then_some(()) };
        eventually("the second run", SOON, second).await.unwrap();
    }

    #[tokio::test]
    async fn a_process_is_frozen_and_thawed() {
        let process = shell("while :; do echo on; sleep 0.01; done\n");
        let state = || {
            let path = format!("/proc/{}/stat", process.id().unwrap());
            let text = std::fs::read_to_string(path).unwrap();
            text.rsplit(") ").next().unwrap().chars().next()
        };
        process.freeze().unwrap();
        let frozen = || async { (state() == Some('T')).then_some(()) };
        eventually("a frozen process", SOON, frozen).await.unwrap();
        process.thaw().unwrap();
        let lines = process.log().len();
        let more = || async { (process.log().len() > lines).then_some(()) };
        eventually("further lines", SOON, more).await.unwrap();
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
