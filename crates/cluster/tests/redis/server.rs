//! A private redis-server on an address of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// So long a state may take to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A server, or a sentinel, that ends with the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) folder: TempDir,
    arguments: Vec<String>,
    child: Child,
}

/// Where nobody else listens: the number of this process is in the address. A port that was found
/// free could be taken by the time a server binds it.
pub(crate) fn free_address() -> SocketAddr {
    static TAKEN: AtomicU8 = AtomicU8::new(0);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    let own = Ipv4Addr::new(127, 100 + TAKEN.fetch_add(1, Ordering::Relaxed) % 100, high, low);
    (own, 6_379).into()
}

/// Whether whoever connected from there has not closed that connection (proc(5), `net/tcp`).
pub(crate) fn is_established(from: SocketAddr) -> bool {
    let SocketAddr::V4(from) = from else { panic!("{from}") };
    let shown = format!("{:08X}:{:04X}", u32::from(*from.ip()).swap_bytes(), from.port());
    let sockets = std::fs::read_to_string("/proc/net/tcp").unwrap();
    sockets.lines().any(|line| {
        let mut words = line.split_whitespace().skip(1);
        words.next() == Some(&*shown) && words.nth(1) == Some("01")
    })
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
        Self::start_at(free_address(), arguments).await
    }

    /// The same at this address.
    pub(crate) async fn start_at(address: SocketAddr, arguments: &[&str]) -> Self {
        let port = address.port().to_string();
        let mut all = vec!["--port".to_owned(), port, "--bind".to_owned()];
        all.push(address.ip().to_string());
        all.extend(arguments.iter().map(|&argument| argument.to_owned()));
        Self::launch(address, all).await
    }

    async fn launch(address: SocketAddr, arguments: Vec<String>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let child = spawn(folder.path(), &arguments);
        let server = Self { address, folder, arguments, child };
        server.answers().await;
        server
    }

    /// A sentinel that watches `master` alone and takes it for dead after half a second.
    pub(crate) async fn sentinel(master: SocketAddr) -> Self {
        let (address, folder) = (free_address(), tempfile::tempdir().unwrap());
        let file = folder.path().join("sentinel.conf");
        let text = format!(
            "sentinel monitor mymaster {} {} 1\n\
             sentinel down-after-milliseconds mymaster 500\n\
             sentinel failover-timeout mymaster 5000\n",
            master.ip(),
            master.port(),
        );
        std::fs::write(&file, text).unwrap();
        let arguments = vec![
            file.display().to_string(),
            "--sentinel".to_owned(),
            "--port".to_owned(),
            address.port().to_string(),
            "--bind".to_owned(),
            address.ip().to_string(),
        ];
        let child = spawn(folder.path(), &arguments);
        let server = Self { address, folder, arguments, child };
        server.answers().await;
        server
    }

    async fn answers(&self) {
        until("a server that listens", async || {
            tokio::net::TcpStream::connect(self.address).await.ok()
        })
        .await;
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.address)
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

    /// From where its only listener is connected.
    pub(crate) async fn listener(&self) -> SocketAddr {
        let clients: String = self.ask("CLIENT LIST TYPE pubsub").await;
        let mut words = clients.split(' ');
        let address = words.find_map(|word| word.strip_prefix("addr=")).unwrap();
        address.parse().unwrap()
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
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed")
}
