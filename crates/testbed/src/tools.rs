//! Programs that other people wrote: where they are, and what they say when they are run.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::process::Process;
use crate::tidy;

/// For a program to do its work, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(90);

/// Where distributions put programs, servers included.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/// A program, and the environment it is run in; nothing of ours leaks into that.
#[derive(Debug)]
pub struct Tool {
    program: PathBuf,
    settings: Vec<(&'static str, String)>,
}

/// What a program said until its end.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Its standard output.
    pub out: Vec<u8>,
    /// Its standard error.
    pub err: String,
}

// === impl Tool ===

impl Tool {
    /// A program of the distribution.
    ///
    /// # Errors
    /// When it is not there; says how to get it.
    pub fn installed(name: &str) -> Result<Self> {
        let places = PATH.split(':').map(|folder| Path::new(folder).join(name));
        let mut found = places.filter(|place| place.is_file());
        let program = found.next().with_context(|| format!("no {name}: run make deps"))?;
        Ok(Self { program, settings: vec![("PATH", PATH.to_owned())] })
    }

    /// A program of ours.
    #[must_use]
    pub fn ours(program: &str) -> Self {
        Self { program: program.into(), settings: vec![("PATH", PATH.to_owned())] }
    }

    /// Python with the HTTP clients that people use in it.
    ///
    /// # Errors
    /// When it is not there; says how to get it.
    pub fn python() -> Result<Self> {
        let program = clients("venv/bin/python")?;
        let settings = vec![
            ("PATH", PATH.to_owned()),
            ("PYTHONDONTWRITEBYTECODE", "1".to_owned()),
            ("PYTHONUNBUFFERED", "1".to_owned()),
        ];
        Ok(Self { program, settings })
    }

    /// Node with `undici`.
    ///
    /// # Errors
    /// When it is not there; says how to get it.
    pub fn node() -> Result<Self> {
        clients("node_modules/undici")?;
        let modules = clients("node_modules")?;
        let mut node = Self::installed("node")?;
        node.settings.push(("NODE_PATH", modules.display().to_string()));
        Ok(node)
    }

    /// With this in its environment.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.settings.push((name, value));
        self
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// When it cannot be run, or does not end.
    pub async fn run(&self, arguments: &[&str]) -> Result<Said> {
        let home = tempfile::tempdir()?;
        let running = Command::new(&self.program)
            .args(arguments)
            .env_clear()
            .envs(self.settings.iter().map(|(name, value)| (*name, value)))
            .env("HOME", home.path())
            .current_dir(home.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(PATIENCE, running).await;
        let output =
            output.with_context(|| format!("{} does not end", self.program.display()))??;
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        Ok(Said { code: output.status.code(), out: output.stdout, err })
    }

    /// Starts it in `folder`, to run until it is dropped.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn start(&self, folder: TempDir, arguments: &[&str]) -> Result<Process> {
        let program = self.program.display().to_string();
        let words = std::iter::once(program.as_str()).chain(arguments.iter().copied());
        let line: Vec<_> = words.map(quote).collect();
        let script = folder.path().join("start.sh");
        std::fs::write(&script, format!("exec {}\n", line.join(" ")))?;
        let home = folder.path().display().to_string();
        let settings = self.settings.iter().cloned().chain([("HOME", home)]);
        let script = script.display().to_string();
        Process::run(Path::new("/bin/sh"), &script, folder, settings)
    }
}

// === impl Said ===

impl Said {
    /// All that it said, if it ended well.
    ///
    /// # Errors
    /// When it did not; with what it said.
    pub fn fine(self) -> Result<Vec<u8>> {
        let out = String::from_utf8_lossy(&self.out);
        ensure!(self.code == Some(0), "ended with {:?}: {out}\n{}", self.code, self.err);
        Ok(self.out)
    }

    /// The JSON values that it wrote one behind another, if it ended well.
    ///
    /// # Errors
    /// When it did not, or wrote something else.
    pub fn json(self) -> Result<Vec<Value>> {
        let out = self.fine()?;
        let values = serde_json::Deserializer::from_slice(&out).into_iter();
        let read: Result<Vec<Value>, _> = values.collect();
        read.with_context(|| format!("no JSON: {}", String::from_utf8_lossy(&out)))
    }

    /// What it wrote as text, whatever became of it.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }
}

/// A script of `crates/testbed/clients`.
#[must_use]
pub fn script(name: &str) -> String {
    tidy::root().join("crates/testbed/clients").join(name).display().to_string()
}

/// Something that no distribution has, below `target/clients`.
fn clients(path: &str) -> Result<PathBuf> {
    let place = tidy::root().join("target/clients").join(path);
    if !place.exists() {
        bail!("{} is not there: run make deps", place.display());
    }
    Ok(place)
}

fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{SOON, eventually};

    #[tokio::test]
    async fn a_program_is_run_to_its_end_or_started() {
        let shell = Tool::installed("sh").unwrap();
        let said = shell.run(&["-c", "echo '1 [2]'; echo no >&2; exit 3"]).await.unwrap();
        assert_eq!(
            (said.code, said.text().as_str(), said.err.as_str()),
            (Some(3), "1 [2]\n", "no\n")
        );
        assert!(said.fine().unwrap_err().to_string().contains("Some(3): 1 [2]"));
        let json = shell.run(&["-c", "echo '1 [2]'"]).await.unwrap().json().unwrap();
        assert_eq!(json, [serde_json::json!(1), serde_json::json!([2])]);

        let folder = tempfile::tempdir().unwrap();
        let started = shell.start(folder, &["-c", "echo \"it's $0\"", "a 'b'"]).unwrap();
        let said = || async { started.log().pop() };
        assert_eq!(eventually("a line", SOON, said).await.unwrap(), "it's a 'b'");
        assert!(Tool::installed("no-such-program").unwrap_err().to_string().contains("make deps"));
    }
}
