//! A private redis-server on a free port.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// So long a state may take to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A server, or a sentinel, that ends with the test.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) folder: TempDir,
    arguments: Vec<String>,
    child: Child,
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Waits for a state, by asking for it again and again.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < end, "{what} has not come about");
        sleep(Duration::from_millis(10)).await;
    }
}

// === impl Server ===

impl Server {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With further arguments.
    pub(crate) async fn start_with(arguments: &[&str]) -> Self {
        let port = free_port();
        let mut all = vec!["--port".to_owned(), port.to_string()];
        all.extend(arguments.iter().map(|&argument| argument.to_owned()));
        Self::launch(port, all).await
    }

    async fn launch(port: u16, arguments: Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = spawn(folder.path(), &arguments);
        let server = Self { port, folder, arguments, child };
        server.answers().await;
        server
    }

    /// A sentinel that watches `master` alone and takes it for dead after half a second.
    pub(crate) async fn sentinel(master: u16) -> Self {
        let (port, folder) = (free_port(), tempfile::tempdir().unwrap());
        let file = folder.path().join("sentinel.conf");
        let text = format!(
            "sentinel monitor mymaster 127.0.0.1 {master} 1\n\
             sentinel down-after-milliseconds mymaster 500\n\
             sentinel failover-timeout mymaster 5000\n"
        );
        std::fs::write(&file, text).unwrap();
        let arguments = vec![
            file.display().to_string(),
            "--sentinel".to_owned(),
            "--port".to_owned(),
            port.to_string(),
        ];
        let child = spawn(folder.path(), &arguments);
        let server = Self { port, folder, arguments, child };
        server.answers().await;
        server
    }

    async fn answers(&self) {
        until("a server that listens", async || {
            tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.ok()
        })
        .await;
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A connection to look at what nodes have done.
    pub(crate) async fn connect(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url()).unwrap();
        until("a connection", async || client.get_multiplexed_async_connection().await.ok()).await
    }

    /// Asks one thing, its words divided by blanks.
    pub(crate) async fn ask<T: redis::FromRedisValue>(&self, words: &str) -> T {
        let mut words = words.split(' ');
        let mut asking = redis::cmd(words.next().unwrap());
        words.for_each(|word| {
            asking.arg(word);
        });
        asking.query_async(&mut self.connect().await).await.unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again where it was, empty.
    pub(crate) async fn start_again(&mut self) {
        self.child = spawn(self.folder.path(), &self.arguments);
        self.answers().await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn spawn(folder: &Path, arguments: &[String]) -> Child {
    Command::new("redis-server")
        .args(arguments)
        .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed")
}
