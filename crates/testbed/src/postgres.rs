//! A Postgres server of one's own: real, empty, gone when dropped.

use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::clock::eventually;

/// A server that listens on a Unix socket in a folder of its own, and nowhere else.
pub struct Postgres {
    server: Child,
    folder: TempDir,
    owner: Option<(u32, u32)>,
}

impl Postgres {
    /// Makes a cluster and starts the server, which refuses to run as root: then it is run as
    /// `postgres`.
    ///
    /// # Errors
    /// When Debian's `postgresql` is not installed, or does not come up.
    pub async fn start() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("pg").tempdir()?;
        let owner = account("postgres").filter(|_| rustix::process::geteuid().is_root());
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let data = folder.path().join("data");
        let mut initdb = program("initdb", owner)?;
        initdb.arg("-D").arg(&data);
        initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]);
        done("initdb", initdb).await?;
        let postgres = Self { server: serve(folder.path(), owner)?, folder, owner };
        postgres.accepts().await?;
        Ok(postgres)
    }

    /// Ends the server and every connection to it at once; its files stay.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn stop(&mut self) -> Result<()> {
        let id = Pid::from_raw(i32::try_from(self.server.id())?).context("no number")?;
        // An immediate shutdown: the server takes its children with it.
        kill_process(id, Signal::QUIT)?;
        self.server.wait()?;
        Ok(())
    }

    /// Starts the server again after [`Postgres::stop`].
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start_again(&mut self) -> Result<()> {
        self.server = serve(self.folder.path(), self.owner)?;
        self.accepts().await
    }

    /// Sends a signal to the server and to every process that serves a connection: `STOP` makes it
    /// hang with all its connections open, until `CONT`.
    ///
    /// # Errors
    /// When it has ended already.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        let server = i32::try_from(self.server.id())?;
        let children = std::fs::read_to_string(format!("/proc/{server}/task/{server}/children"))?;
        let children = children.split_whitespace().filter_map(|id| id.parse().ok());
        // The server first, so that it makes no further ones.
        for id in std::iter::once(server).chain(children).filter_map(Pid::from_raw) {
            // One that served a connection may have ended since.
            let _gone = kill_process(id, signal);
        }
        Ok(())
    }

    /// A server that follows this one, to be promoted in its place.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn standby(&self) -> Result<Self> {
        let (folder, owner) = (tempfile::Builder::new().prefix("pg").tempdir()?, self.owner);
        if let Some((user, group)) = owner {
            chown(folder.path(), Some(user), Some(group))?;
        }
        let mut copy = program("pg_basebackup", owner)?;
        copy.arg("-D").arg(folder.path().join("data")).arg("-h").arg(self.folder.path());
        copy.args(["-U", "postgres", "-R", "-X", "stream", "-c", "fast"]);
        done("pg_basebackup", copy).await?;
        let standby = Self { server: serve(folder.path(), owner)?, folder, owner };
        standby.accepts().await?;
        Ok(standby)
    }

    /// Makes a standby the one that writes.
    ///
    /// # Errors
    /// When it is none.
    pub async fn promote(&self) -> Result<()> {
        let mut promote = program("pg_ctl", self.owner)?;
        promote.args(["promote", "-w", "-D"]).arg(self.folder.path().join("data"));
        done("pg_ctl promote", promote).await
    }

    async fn accepts(&self) -> Result<()> {
        eventually("postgres accepts connections", Duration::from_secs(30), || async {
            let mut ask = program("pg_isready", self.owner).ok()?;
            ask.args(["-q", "-U", "postgres", "-h"]).arg(self.folder.path());
            done("pg_isready", ask).await.ok()
        })
        .await
    }

    /// Where its files are.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The socket that it listens on.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.folder.path().join(".s.PGSQL.5432")
    }

    /// Where its one database is.
    #[must_use]
    pub fn url(&self) -> String {
        let folder = self.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}/postgres")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // The folder goes with it, so nothing is worth an orderly end.
        let _gone = self.server.kill();
        let _reaped = self.server.wait();
    }
}

/// Runs a program of Postgres to its end.
async fn done(name: &str, command: Command) -> Result<()> {
    let done = tokio::process::Command::from(command).output().await?;
    ensure!(done.status.success(), "{name}: {}", String::from_utf8_lossy(&done.stderr));
    Ok(())
}

fn serve(folder: &Path, owner: Option<(u32, u32)>) -> Result<Child> {
    let mut server = program("postgres", owner)?;
    server.arg("-D").arg(folder.join("data")).arg("-k").arg(folder);
    for setting in ["listen_addresses=", "fsync=off", "full_page_writes=off"] {
        server.arg("-c").arg(setting);
    }
    server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    server.spawn().context("could not run postgres")
}

/// A program of the newest Postgres of this machine, to be run as `owner`.
fn program(name: &str, owner: Option<(u32, u32)>) -> Result<Command> {
    use std::os::unix::process::CommandExt;

    let mut command = Command::new(newest()?.join(name));
    command.current_dir("/").env_clear().env("PATH", "/usr/bin:/bin");
    if let Some((user, group)) = owner {
        command.uid(user).gid(group);
    }
    Ok(command)
}

fn newest() -> Result<PathBuf> {
    let Ok(versions) = std::fs::read_dir("/usr/lib/postgresql") else {
        bail!("postgresql is not installed: run make deps");
    };
    let folders = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    let complete = folders.filter(|folder| folder.join("initdb").exists());
    let number = |folder: &PathBuf| {
        let version = folder.parent().and_then(Path::file_name)?;
        version.to_str()?.parse::<u32>().ok()
    };
    complete.max_by_key(number).context("postgresql is not installed: run make deps")
}

/// User and group of an account of this machine.
fn account(name: &str) -> Option<(u32, u32)> {
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    let fields = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = fields.into_iter().find(|fields| fields.first() == Some(&name))?;
    Some((found.get(2)?.parse().ok()?, found.get(3)?.parse().ok()?))
}
