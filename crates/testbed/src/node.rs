//! One whole node: the real program, as a child process with a database of its own.
//!
//! What it needs of the program: settings by `OCTOPROX_*`, port 0 for a free one, log lines in
//! JSON, and for each open listener one line with the message `listening` and the fields `listener`
//! (`proxy` or `api`) and `address`.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Child;
use tokio::time::Instant;

use crate::client::Client;
use crate::clock::eventually;
use crate::process::Process;
use crate::tidy;

/// For a node to be ready after its start, on a machine that has other things to do.
const START: Duration = Duration::from_secs(30);

/// The administrator that a node starts with, unless its settings say otherwise.
pub const ADMIN: (&str, &str) = ("admin", "testbed-administrator-password");

/// A running node. It is killed when it is dropped.
pub struct Node {
    /// The process, for signals and its end.
    pub process: Process,
    proxy: SocketAddr,
    api: SocketAddr,
}

// === impl Node ===

impl Node {
    /// Starts a node by itself, with a SQLite database in a folder of its own, and waits until it
    /// is ready. `settings` come on top of that, and win.
    ///
    /// # Errors
    /// When the program is missing, older than its source, or does not come up; with its log.
    pub async fn start(settings: &[(&str, &str)]) -> Result<Self> {
        Self::start_build(&program()?, settings).await
    }

    /// The same with this build of the program.
    ///
    /// # Errors
    /// When it does not come up; with its log.
    pub async fn start_build(program: &Path, settings: &[(&str, &str)]) -> Result<Self> {
        Self::run(program, tempfile::tempdir()?, settings).await
    }

    /// The same with so many open files at most.
    ///
    /// # Errors
    /// As [`Node::start`].
    pub async fn start_with_files(files: u32, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("limited");
        let program = program()?;
        let script = format!("#!/bin/sh\nulimit -n {files}\nexec '{}' \"$@\"\n", program.display());
        std::fs::write(&path, script)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700))?;
        Self::run(&path, folder, settings).await
    }

    /// Ends it, unless it has ended, and starts it again in its folder, with these settings alone.
    ///
    /// # Errors
    /// As [`Node::start`].
    pub async fn restart(self, settings: &[(&str, &str)]) -> Result<Self> {
        Self::run(&program()?, self.process.into_folder().await?, settings).await
    }

    /// Ends it, unless it has ended, and starts it again with the settings it had.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start_again(&mut self) -> Result<()> {
        self.process.run_again().await?;
        (self.proxy, self.api) = come_up(&mut self.process).await?;
        Ok(())
    }

    /// Starts the program once more over the same data, and waits until it has taken the place of
    /// what ran. That is handed out: it ends by itself once its last client has gone.
    ///
    /// # Errors
    /// When the new one does not come up, or not at the same addresses.
    pub async fn replace(&mut self) -> Result<Child> {
        let before = (self.proxy, self.api);
        self.process.set("OCTOPROX_TAKEOVER", "yes");
        self.process.set("OCTOPROX_PROXY_PORT", &self.proxy.port().to_string());
        self.process.set("OCTOPROX_API_PORT", &self.api.port().to_string());
        let old = self.process.run_beside()?;
        let taken = || async {
            let mut log = self.process.log().into_iter();
            log.any(|line| line.contains("took the place")).then_some(())
        };
        let taken = eventually("it has taken over", START, taken).await;
        taken.with_context(|| self.process.log().join("\n"))?;
        (self.proxy, self.api) = come_up(&mut self.process).await?;
        ensure!((self.proxy, self.api) == before, "it listens elsewhere");
        Ok(old)
    }

    async fn run(program: &Path, folder: TempDir, settings: &[(&str, &str)]) -> Result<Self> {
        let given = settings.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let all: Vec<_> = own_settings(folder.path()).into_iter().chain(given).collect();
        let mut process = Process::run(program, "serve", folder, all)?;
        match come_up(&mut process).await {
            Ok((proxy, api)) => Ok(Self { process, proxy, api }),
            Err(why) => {
                let log = process.last_words().await?.join("\n");
                Err(why.context(format!("the node did not come up; its log:\n{log}")))
            }
        }
    }

    /// Where clients send their traffic.
    #[must_use]
    pub fn proxy(&self) -> SocketAddr {
        self.proxy
    }

    /// Where operators call.
    #[must_use]
    pub fn api(&self) -> SocketAddr {
        self.api
    }
}

/// What every node of the testbed is told.
fn own_settings(folder: &Path) -> Vec<(&'static str, String)> {
    let database = format!("sqlite://{}?mode=rwc", folder.join("octoprox.db").display());
    vec![
        ("OCTOPROX_HOST", "127.0.0.1".to_owned()),
        ("OCTOPROX_PROXY_PORT", "0".to_owned()),
        ("OCTOPROX_API_PORT", "0".to_owned()),
        ("OCTOPROX_DATABASE_URL", database),
        ("OCTOPROX_SECRET_KEY", "c0ffee5f".repeat(8)),
        ("OCTOPROX_AUTH_USERNAME", ADMIN.0.to_owned()),
        ("OCTOPROX_AUTH_PASSWORD", ADMIN.1.to_owned()),
        ("OCTOPROX_LOG_FORMAT", "json".to_owned()),
        ("HOME", folder.display().to_string()),
    ]
}

/// Waits until both listeners are open and the node says that it is ready. It cannot use
/// `eventually`, because a node that has ended will never be.
async fn come_up(process: &mut Process) -> Result<(SocketAddr, SocketAddr)> {
    let deadline = Instant::now() + START;
    let mut found = None;
    while Instant::now() < deadline {
        ensure!(process.runs()?, "it ended at once");
        found = found.or_else(|| open_listeners(&process.log()));
        if let Some((proxy, api)) = found
            && is_ready(api).await
        {
            return Ok((proxy, api));
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let missing = if found.is_some() { "/ready does not say 200" } else { "no listener is open" };
    bail!("after {START:?} {missing}")
}

fn open_listeners(log: &[String]) -> Option<(SocketAddr, SocketAddr)> {
    Some((open_listener(log, "proxy")?, open_listener(log, "api")?))
}

/// Where the listener of this name is open, as the log says.
#[must_use]
pub fn open_listener(log: &[String], name: &str) -> Option<SocketAddr> {
    let mut open = log.iter().filter_map(|line| listening(line));
    open.find(|(listener, _)| listener == name).map(|(_, at)| at)
}

async fn is_ready(api: SocketAddr) -> bool {
    let Ok(mut client) = Client::connect(api).await else { return false };
    let answer = client.ask("GET", "/ready", "Connection: close\r\n").await;
    answer.is_ok_and(|answer| answer.status() == 200)
}

/// The listener that a log line says is open.
fn listening(line: &str) -> Option<(String, SocketAddr)> {
    let line: Value = serde_json::from_str(line).ok()?;
    let fields = line.get("fields").unwrap_or(&line);
    let text = |name: &str| fields.get(name)?.as_str().map(str::to_owned);
    (text("message")? == "listening").then_some(())?;
    Some((text("listener")?, text("address")?.parse().ok()?))
}

/// The program, which lies where this one does, or beside the folder of this test.
///
/// # Errors
/// When it is missing, or older than its source.
pub fn program() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().context("a program lies in a folder")?;
    let folder = folder.parent().filter(|_| folder.ends_with("deps")).unwrap_or(folder);
    fresh(folder.join("octoprox"))
}

/// A build of the program that is there.
///
/// # Errors
/// When it is missing, or older than its source.
pub fn fresh(program: PathBuf) -> Result<PathBuf> {
    let advice = "build it first: cargo build -p node (make test does)";
    let Ok(built) = program.metadata().and_then(|file| file.modified()) else {
        bail!("{} is not there; {advice}", program.display());
    };
    if let Some((path, _)) = newest_source().filter(|(_, changed)| *changed > built) {
        bail!("{} is older than {}; {advice}", program.display(), path.display());
    }
    Ok(program)
}

/// The source of the program that was changed last.
fn newest_source() -> Option<(PathBuf, SystemTime)> {
    let sources = tidy::files("crates").into_iter().filter(|file| {
        let of_tests = file.path.starts_with("crates/testbed/") || file.path.contains("/tests");
        file.is_rust() && !of_tests && !file.path.contains("/benches/")
    });
    let dated = sources.filter_map(|file| {
        let path = tidy::root().join(file.path);
        let changed = path.metadata().and_then(|file| file.modified()).ok()?;
        Some((path, changed))
    });
    dated.max_by_key(|(_, changed)| *changed)
}

/// Every log line that has one of these texts in it: for secrets that must not be there.
///
/// # Errors
/// Names the lines.
pub fn never_logged(log: &[String], secrets: &[&str]) -> Result<()> {
    let tells = |line: &&String| secrets.iter().any(|secret| line.contains(secret));
    let lines: Vec<_> = log.iter().filter(tells).collect();
    ensure!(lines.is_empty(), "the log tells secrets: {lines:#?}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_node_that_ends_at_once_shows_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("program");
        std::fs::write(&path, "#!/bin/sh\necho $WORD\nexec >&- 2>&-\nread x\nexit 64\n").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o700)).unwrap();
        let failed = Node::run(&path, folder, &[("WORD", "because")]).await.err().unwrap();
        let text = format!("{failed:#}");
        assert!(text.contains("its log:\nbecause") && text.contains("ended at once"), "{text}");
    }

    #[test]
    fn listeners_are_read_from_the_log() {
        let line = |name, at| {
            format!(
                r#"{{"fields":{{"message":"listening","listener":"{name}","address":"{at}"}}}}"#
            )
        };
        let log = ["{".to_owned(), line("proxy", "127.0.0.1:8"), line("api", "[::1]:9")];
        let expected = ("127.0.0.1:8".parse().unwrap(), "[::1]:9".parse().unwrap());
        assert_eq!(open_listeners(&log), Some(expected));
        assert_eq!(open_listeners(&log[..2]), None);
        let flat = r#"{"message":"listening","listener":"proxy","address":"[::1]:9"}"#;
        assert_eq!(listening(flat).unwrap().0, "proxy");
        assert_eq!(listening(r#"{"message":"started","listener":"api"}"#), None);
    }

    #[test]
    fn a_secret_in_the_log_is_found() {
        let log = ["all is well".to_owned(), "password=hunter2".to_owned()];
        assert!(never_logged(&log, &["hunter3"]).is_ok());
        assert!(never_logged(&log, &["hunter2"]).is_err());
    }
}
