//! A Postgres server of one's own, on a port of its own, with settings, standbys and signals.

use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use model::Clock;
use rustix::process::{Pid, Signal, kill_process};
use store::{Settings, Store, StoreError, Vault};
use tempfile::TempDir;
use testbed::clock::eventually;

/// A program that runs as `postgres` when we are root, in a folder that is gone when it is dropped.
pub(crate) struct Server {
    child: Child,
    folder: TempDir,
    pub(crate) port: u16,
}

impl Server {
    /// A fresh server, with lines for `pg_hba.conf` and settings.
    pub(crate) async fn start(hba: &str, settings: &[&str]) -> Self {
        let folder = folder();
        let data = folder.path().join("data");
        let initdb = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"];
        succeed(program("initdb").arg("-D").arg(&data).args(initdb));
        write(&data.join("pg_hba.conf"), hba);
        Self::serve(folder, settings).await
    }

    /// A standby of `self`, once it is ready to take over.
    pub(crate) async fn standby(&self) -> Self {
        let folder = folder();
        let data = folder.path().join("data");
        let url = format!("host={} port={} user=postgres", self.socket(), self.port);
        let copy = ["-R", "-X", "stream", "-c", "fast", "-d", &url];
        succeed(program("pg_basebackup").arg("-D").arg(&data).args(copy));
        Self::serve(folder, &[]).await
    }

    async fn serve(folder: TempDir, settings: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = program("postgres");
        server.arg("-D").arg(folder.path().join("data")).arg("-k").arg(folder.path());
        server.arg("-p").arg(port.to_string());
        for setting in ["fsync=off", "full_page_writes=off"].iter().chain(settings) {
            server.arg("-c").arg(setting);
        }
        let child = quiet(&mut server).spawn().unwrap();
        let server = Self { child, folder, port };
        eventually("postgres answers", Duration::from_secs(30), || async {
            program("pg_isready")
                .args(server.reach())
                .output()
                .unwrap()
                .status
                .success()
                .then_some(())
        })
        .await
        .unwrap();
        server
    }

    /// PgBouncer in front of `self`, with two connections to it, each transaction on any of them.
    pub(crate) async fn pooler(&self) -> Self {
        let folder = folder();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let path = folder.path().join("pgbouncer.ini");
        let users = folder.path().join("users.txt");
        write(&users, "\"postgres\" \"\"\n");
        let (socket, users) = (self.socket(), users.display());
        let text = format!(
            "[databases]\npostgres = host={socket} port={} dbname=postgres\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = trust\n\
             auth_file = {users}\npool_mode = transaction\ndefault_pool_size = 2\n",
            self.port
        );
        write(&path, &text);
        let mut pgbouncer = Command::new("/usr/sbin/pgbouncer");
        let child = quiet(as_postgres(&mut pgbouncer).arg(&path)).spawn().unwrap();
        let pooler = Self { child, folder, port };
        eventually("pgbouncer accepts", Duration::from_secs(10), || async {
            tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok().map(drop)
        })
        .await
        .unwrap();
        pooler
    }

    pub(crate) fn socket(&self) -> String {
        self.folder.path().display().to_string()
    }

    fn reach(&self) -> [String; 6] {
        let port = self.port.to_string();
        ["-h", &self.socket(), "-p", &port, "-U", "postgres"].map(str::to_owned)
    }

    pub(crate) fn sql(&self, sql: &str) -> String {
        let psql = ["-d", "postgres", "-v", "ON_ERROR_STOP=1", "-Atqc", sql];
        succeed(program("psql").args(self.reach()).args(psql))
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    pub(crate) fn promote(&self) {
        self.sql("SELECT pg_promote(true, 30)");
    }

    /// Sends a signal to the server and every process of it.
    pub(crate) fn signal(&self, signal: Signal) {
        let mine = i32::try_from(self.child.id()).unwrap();
        // Fails when there are none.
        let ps = Command::new("ps").args(["-o", "pid=", "--ppid", &mine.to_string()]).output();
        let list = String::from_utf8(ps.unwrap().stdout).unwrap();
        let children = list.split_whitespace().map(|id| id.parse().unwrap());
        for id in std::iter::once(mine).chain(children) {
            // One of them may have ended since.
            let _gone = kill_process(Pid::from_raw(id).unwrap(), signal);
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
        let _reaped = self.child.wait();
    }
}

/// A folder for certificates and data, the server's.
pub(crate) fn folder() -> TempDir {
    let folder = tempfile::Builder::new().prefix("pg").tempdir().unwrap();
    give(folder.path());
    folder
}

/// Makes `path` the server's own.
pub(crate) fn give(path: &Path) {
    let owner = succeed(Command::new("id").args(["-u", "postgres"])).trim().parse().unwrap();
    if rustix::process::geteuid().is_root() {
        chown(path, Some(owner), None).unwrap();
    }
    let mode = if path.is_dir() { 0o755 } else { 0o600 };
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    give(path);
}

fn program(name: &str) -> Command {
    let versions = std::fs::read_dir("/usr/lib/postgresql").unwrap();
    let folders = versions.map(|entry| entry.unwrap().path().join("bin"));
    let newest: PathBuf = folders.filter(|bin| bin.join("initdb").exists()).max().unwrap();
    let mut command = Command::new(newest.join(name));
    as_postgres(&mut command);
    command
}

fn as_postgres(command: &mut Command) -> &mut Command {
    command.current_dir("/").env_clear().env("PATH", "/usr/bin:/bin");
    if rustix::process::geteuid().is_root() {
        let id = |of| succeed(Command::new("id").args([of, "postgres"])).trim().parse().unwrap();
        command.uid(id("-u")).gid(id("-g"));
    }
    command
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

pub(crate) fn succeed(command: &mut Command) -> String {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

pub(crate) async fn open(url: &str) -> Result<Store, StoreError> {
    Store::open(&Settings::new(url), Vault::new([7; 32]), Clock::system()).await
}

/// What went wrong, with everything behind it.
pub(crate) fn told(error: &StoreError) -> String {
    let mut text = error.to_string();
    let mut next = std::error::Error::source(error);
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}
