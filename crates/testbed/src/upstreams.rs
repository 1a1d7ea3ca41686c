//! Proxies that other people wrote, as exits: each on a loopback address of its own, which is also
//! the one that origins see.

use std::fmt::Write as _;
use std::net::{SocketAddr, SocketAddrV4};
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::loopback;
use crate::process::Process;
use crate::tools::Tool;

/// The account that each of them takes.
pub const USERNAME: &str = "exit-account";
/// Its password.
pub const PASSWORD: &str = "canary-exit-password";

/// For a proxy to be up after its start.
const START: Duration = Duration::from_secs(30);

/// A running proxy. It is killed when it is dropped.
pub struct Upstream {
    /// The process, for its log.
    pub process: Process,
    /// Where it listens, and from where it calls.
    pub address: SocketAddr,
}

/// A proxy that is not running yet: a folder, and an address that nobody else has.
struct Start {
    folder: TempDir,
    address: SocketAddrV4,
}

/// Squid, an HTTP proxy with Basic accounts.
///
/// # Errors
/// When it does not come up; with its log.
pub async fn squid() -> Result<Upstream> {
    let start = Start::new()?;
    let hash = Tool::installed("openssl")?.run(&["passwd", "-apr1", PASSWORD]).await?.fine()?;
    let hash = String::from_utf8(hash)?;
    start.write("passwords", &format!("{USERNAME}:{hash}"))?;
    let (ip, folder) = (start.address.ip(), start.path(""));
    let mut rules = format!("http_port {}\ntcp_outgoing_address {ip}\n", start.address);
    for (setting, file) in [("pid_filename", "pid"), ("cache_log", "log"), ("coredump_dir", "")] {
        writeln!(rules, "{setting} {}", start.path(file))?;
    }
    writeln!(rules, "auth_param basic program {} {folder}passwords", ncsa()?)?;
    rules += "auth_param basic realm squid\n\
              acl known proxy_auth REQUIRED\n\
              http_access allow known\n\
              http_access deny all\n\
              cache deny all\n\
              access_log stdio:/dev/null\n\
              shutdown_lifetime 0 seconds\n\
              visible_hostname squid.test\n";
    start.write("conf", &rules)?;
    // As root it becomes `proxy`, whose folder this has to be then.
    if rustix::process::geteuid().is_root() {
        let owned = Tool::installed("chown")?.run(&["-R", "proxy", &folder]).await?;
        owned.fine()?;
    }
    let name = format!("t{}", start.address.to_string().replace(['.', ':'], "x"));
    start.run("squid", &["-n", &name, "-N", "-f", "conf"]).await
}

/// Tinyproxy, a small HTTP proxy with Basic accounts.
///
/// # Errors
/// When it does not come up; with its log.
pub async fn tinyproxy() -> Result<Upstream> {
    let start = Start::new()?;
    let (ip, port) = (start.address.ip(), start.address.port());
    let rules = format!(
        "Port {port}\nListen {ip}\nBind {ip}\nTimeout 60\nMaxClients 50\nLogLevel Info\n\
         BasicAuth {USERNAME} {PASSWORD}\n"
    );
    start.write("conf", &rules)?;
    start.run("tinyproxy", &["-d", "-c", "conf"]).await
}

/// Microsocks, a SOCKS5 server with one account.
///
/// # Errors
/// When it does not come up; with its log.
pub async fn microsocks() -> Result<Upstream> {
    let start = Start::new()?;
    let (ip, port) = (start.address.ip().to_string(), start.address.port().to_string());
    let account = ["-u", USERNAME, "-P", PASSWORD];
    let arguments = [&["-i", &ip, "-p", &port, "-b", &ip][..], &account].concat();
    start.run("microsocks", &arguments).await
}

/// Dante, a SOCKS4 and SOCKS5 server, open to whoever is on this machine.
///
/// # Errors
/// When it does not come up; with its log.
pub async fn dante() -> Result<Upstream> {
    let start = Start::new()?;
    start.write("conf", &dante_rules(start.address, "none"))?;
    start.run("danted", &["-f", "conf", "-p", "pid"]).await
}

/// Dante with an account. Its accounts are those of the machine, so it is shown others: a wrapper
/// has it read files of ours in their place.
///
/// # Errors
/// When it does not come up; with its log.
pub async fn dante_with_account() -> Result<Upstream> {
    let start = Start::new()?;
    start.write("conf", &dante_rules(start.address, "username"))?;
    let hash = Tool::installed("openssl")?.run(&["passwd", "-6", PASSWORD]).await?.fine()?;
    let hash = String::from_utf8(hash)?;
    let account = |name: &str, id: u32| format!("{name}:x:{id}:{id}:{name}:/:/bin/false\n");
    let accounts = [account("root", 0), account("nobody", 65_534), account(USERNAME, 60_001)];
    start.write("passwd", &accounts.concat())?;
    start.write("group", "root:x:0:\nnogroup:x:65534:\n")?;
    let age = ":19000:0:99999:7:::\n";
    let shadow = format!("root:*{age}nobody:*{age}{USERNAME}:{}{age}", hash.trim());
    start.write("shadow", &shadow)?;
    let files = ["passwd", "group", "shadow"];
    let mut arguments: Vec<_> = files
        .map(|file| format!("NSS_WRAPPER_{}={}", file.to_uppercase(), start.path(file)))
        .into();
    arguments.push("LD_PRELOAD=libnss_wrapper.so".to_owned());
    arguments.extend(["/usr/sbin/danted", "-f", "conf", "-p", "pid"].map(str::to_owned));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    start.run("env", &arguments).await
}

fn dante_rules(address: SocketAddrV4, method: &str) -> String {
    let (ip, port) = (address.ip(), address.port());
    format!(
        "logoutput: stderr\ninternal: {ip} port = {port}\nexternal: {ip}\n\
         clientmethod: none\nsocksmethod: {method}\n\
         client pass {{ from: 127.0.0.0/8 to: 0.0.0.0/0 }}\n\
         socks pass {{ from: 127.0.0.0/8 to: 127.0.0.0/8 }}\n"
    )
}

/// The program that Squid asks about passwords.
fn ncsa() -> Result<&'static str> {
    let places = ["/usr/lib/squid/basic_ncsa_auth", "/usr/lib64/squid/basic_ncsa_auth"];
    let found = places.into_iter().find(|place| std::path::Path::new(place).is_file());
    found.ok_or_else(|| anyhow::anyhow!("no basic_ncsa_auth: run make deps"))
}

// === impl Upstream ===

impl Upstream {
    /// A line of a list to upload, with the account in it.
    #[must_use]
    pub fn line(&self, scheme: &str) -> String {
        self.line_with(scheme, PASSWORD)
    }

    /// The same with another password.
    #[must_use]
    pub fn line_with(&self, scheme: &str, password: &str) -> String {
        format!("{scheme}://{USERNAME}:{password}@{}\n", self.address)
    }

    /// What origins know it by.
    #[must_use]
    pub fn peer(&self) -> String {
        self.address.ip().to_string()
    }
}

// === impl Start ===

impl Start {
    fn new() -> Result<Self> {
        let address = SocketAddrV4::new(loopback::own(), 3_128);
        Ok(Self { folder: tempfile::tempdir()?, address })
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(std::fs::write(self.folder.path().join(name), text)?)
    }

    /// Runs the proxy and waits until it listens.
    async fn run(self, name: &str, arguments: &[&str]) -> Result<Upstream> {
        let address = SocketAddr::V4(self.address);
        let mut process = Tool::installed(name)?.start(self.folder, arguments)?;
        match come_up(&mut process, address).await {
            Ok(()) => Ok(Upstream { process, address }),
            Err(why) => {
                let log = process.last_words().await?.join("\n");
                Err(why.context(format!("{name} did not come up; its log:\n{log}")))
            }
        }
    }
}

async fn come_up(process: &mut Process, address: SocketAddr) -> Result<()> {
    let deadline = Instant::now() + START;
    while Instant::now() < deadline {
        ensure!(process.runs()?, "it ended at once");
        if TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bail!("after {START:?} it does not listen at {address}")
}
