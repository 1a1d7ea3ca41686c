//! The proxies that are measured, each over the same three exits and with the same account.

mod g3proxy;
mod posing;

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;
use testbed::clock::eventually;
use testbed::loopback;
use testbed::node::Node;
use testbed::process::Process;
use testbed::tools::Tool;
use testbed::world::{PASSWORD, World};
use tokio::net::TcpStream;

use crate::backend::{Backend, LOGIN};
use crate::plan::Plan;

const START: Duration = Duration::from_secs(30);
/// For a node whose clients have gone to end.
const END: Duration = Duration::from_secs(30);
/// The account of the clients. Its password is [`PASSWORD`].
pub(crate) const USERNAME: &str = "bench";

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// No proxy: what the clients and exits themselves can do.
    Direct,
    Octoprox,
    /// Another build of the node.
    Before,
    HaproxyHttp,
    HaproxySplice,
    Squid,
    Tinyproxy,
    /// Which Debian has no package of.
    G3proxy,
    /// Those that look into tunnels and do nothing else here.
    SquidBump,
    Mitmproxy,
}

/// A proxy that runs.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    running: Running,
}

/// What ends when it is dropped.
enum Running {
    Nothing,
    /// And the folder with its root.
    Node {
        world: Box<World>,
        _root: TempDir,
    },
    Other(Box<Process>),
}

/// Starts them, on the core that this thread is on.
pub(crate) async fn start(kinds: &[Kind], plan: &Plan, backend: &Backend) -> Result<Vec<Peer>> {
    let mut peers = Vec::new();
    for kind in kinds {
        let started = match kind {
            Kind::Direct => Ok((backend.exits[0], Running::Nothing)),
            Kind::Octoprox => octoprox(&plan.node, backend).await,
            Kind::Before => {
                octoprox(plan.before.as_deref().context("before=PATH is missing")?, backend).await
            }
            Kind::HaproxyHttp => haproxy(backend, "").await,
            Kind::HaproxySplice => {
                haproxy(backend, "  option splice-request\n  option splice-response\n").await
            }
            Kind::Squid => squid(backend).await,
            Kind::Tinyproxy => tinyproxy(backend).await,
            Kind::G3proxy => {
                let program = plan.g3proxy.as_deref().context("g3proxy=PATH is missing")?;
                g3proxy::start(program, backend).await
            }
            Kind::SquidBump => posing::squid(backend).await,
            Kind::Mitmproxy => posing::mitmproxy(backend).await,
        };
        let (address, running) =
            started.with_context(|| format!("cannot start {}", kind.name()))?;
        peers.push(Peer { name: kind.name(), kind: *kind, address, running });
    }
    Ok(peers)
}

/// A node as its users run it: an account, a limit for every exit, usage written to its database.
async fn octoprox(program: &Path, backend: &Backend) -> Result<(SocketAddr, Running)> {
    let root = posing::root(backend)?;
    let path = |name: &str| root.path().join(name).display().to_string();
    let (certificate, key) = (path(posing::CERTIFICATE), path(posing::KEY));
    // As many cores as it may run on is not what it would find out by itself here.
    let settings = [
        ("OCTOPROX_THREADS", "1"),
        ("OCTOPROX_CA_CERTIFICATE_FILE", &certificate),
        ("OCTOPROX_CA_KEY_FILE", &key),
    ];
    let world = World::over(Node::start_build(program, &settings).await?).await?;
    account(&world, backend, (USERNAME, json!({}))).await?;
    world.in_force().await?;
    Ok((world.node.proxy(), Running::Node { world: Box::new(world), _root: root }))
}

/// Makes an account over the exits, with a limit for each.
pub(crate) async fn account(
    world: &World,
    backend: &Backend,
    (name, changes): (&str, Value),
) -> Result<()> {
    let project = world.control.project(name, changes).await?;
    let limit = json!({
        "rate_limit": { "max_requests": 1_000_000_000, "window_seconds": 3_600 },
        "max_in_flight": 1_000_000,
    });
    let connector = world.connector(&project, "exits", limit).await?;
    let report = world.upload(&project, &connector, &backend.list()).await?;
    ensure!(report["created"] == backend.exits.len(), "{report}");
    Ok(())
}

async fn haproxy(backend: &Backend, options: &str) -> Result<(SocketAddr, Running)> {
    let address = own();
    let login = STANDARD.encode(format!("{}:{}", LOGIN.0, LOGIN.1));
    let mut rules = format!(
        "global\n  nbthread 1\n  maxconn 9000\n  maxpipes 500\n\
         defaults\n  mode http\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n  \
         timeout tunnel 1h\n  option http-use-proxy-header\n{options}\
         userlist clients\n  user {USERNAME} insecure-password {PASSWORD}\n\
         frontend proxy\n  bind {address}\n  \
         http-request auth unless {{ http_auth(clients) }}\n  \
         http-request set-header Proxy-Authorization \"Basic {login}\"\n  default_backend exits\n\
         backend exits\n  balance roundrobin\n  http-reuse always\n"
    );
    for (number, exit) in backend.exits.iter().enumerate() {
        writeln!(rules, "  server exit{number} {exit}")?;
    }
    run("haproxy", &["-db", "-f", "conf"], &rules, address).await
}

async fn squid(backend: &Backend) -> Result<(SocketAddr, Running)> {
    let (address, folder) = (own(), tempfile::tempdir()?);
    let rules = squid_rules(backend, &folder, &format!("http_port {address}\n")).await?;
    run_squid(folder, &rules, address).await
}

/// Everything but the port: a login is asked for, nothing is stored, and the exits take turns.
async fn squid_rules(backend: &Backend, folder: &TempDir, port: &str) -> Result<String> {
    let hash = Tool::installed("openssl")?.run(&["passwd", "-apr1", PASSWORD]).await?.fine()?;
    let hash = String::from_utf8(hash)?;
    std::fs::write(folder.path().join("passwords"), format!("{USERNAME}:{hash}"))?;
    let path = folder.path().display();
    let mut rules = format!(
        "{port}pid_filename {path}/pid\ncache_log {path}/log\ncoredump_dir {path}\n\
         auth_param basic program /usr/lib/squid/basic_ncsa_auth {path}/passwords\n\
         auth_param basic credentialsttl 2 hours\nacl known proxy_auth REQUIRED\n\
         http_access allow known\nhttp_access deny all\ncache deny all\naccess_log none\n\
         never_direct allow all\nshutdown_lifetime 0 seconds\nvisible_hostname squid.test\n\
         via off\nforwarded_for delete\nnonhierarchical_direct off\n"
    );
    for (number, exit) in backend.exits.iter().enumerate() {
        writeln!(
            rules,
            "cache_peer {} parent {} 0 no-query no-digest no-netdb-exchange round-robin \
             login={}:{} name=exit{number}",
            exit.ip(),
            exit.port(),
            LOGIN.0,
            LOGIN.1
        )?;
    }
    Ok(rules)
}

async fn run_squid(
    folder: TempDir,
    rules: &str,
    address: SocketAddr,
) -> Result<(SocketAddr, Running)> {
    // As root it becomes `proxy`, whose folder this has to be then.
    if rustix::process::geteuid().is_root() {
        let path = folder.path().display().to_string();
        Tool::installed("chown")?.run(&["-R", "proxy", &path]).await?.fine()?;
    }
    let name = format!("b{}", address.to_string().replace(['.', ':'], "x"));
    let squid = Tool::installed("squid")?;
    run_in(folder, &squid, (&["-n", &name, "-N", "-f", "conf"], rules), address).await
}

/// One exit only: it has no way to go round.
async fn tinyproxy(backend: &Backend) -> Result<(SocketAddr, Running)> {
    let address = own();
    let rules = format!(
        "Port {}\nListen {}\nTimeout 3600\nMaxClients 9000\nLogLevel Critical\n\
         BasicAuth {USERNAME} {PASSWORD}\nDisableViaHeader Yes\nUpstream http {}:{}@{}\n",
        address.port(),
        address.ip(),
        LOGIN.0,
        LOGIN.1,
        backend.exits[0]
    );
    run("tinyproxy", &["-d", "-c", "conf"], &rules, address).await
}

async fn run(
    program: &str,
    arguments: &[&str],
    rules: &str,
    address: SocketAddr,
) -> Result<(SocketAddr, Running)> {
    run_in(tempfile::tempdir()?, &Tool::installed(program)?, (arguments, rules), address).await
}

async fn run_in(
    folder: TempDir,
    program: &Tool,
    (arguments, rules): (&[&str], &str),
    address: SocketAddr,
) -> Result<(SocketAddr, Running)> {
    std::fs::write(folder.path().join("conf"), rules)?;
    let process = program.start(folder, arguments)?;
    let up = || async { TcpStream::connect(address).await.ok() };
    let up = eventually("the proxy listens", START, up).await;
    up.with_context(|| process.log().join("\n"))?;
    Ok((address, Running::Other(Box::new(process))))
}

fn own() -> SocketAddr {
    SocketAddr::from((loopback::own(), 3_128))
}

// === impl Kind ===

impl Kind {
    pub(crate) const ALL: [Self; 10] = [
        Self::Direct,
        Self::Octoprox,
        Self::Before,
        Self::HaproxyHttp,
        Self::HaproxySplice,
        Self::Squid,
        Self::Tinyproxy,
        Self::G3proxy,
        Self::SquidBump,
        Self::Mitmproxy,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Octoprox => "octoprox",
            Self::Before => "octoprox-before",
            Self::HaproxyHttp => "haproxy-http",
            Self::HaproxySplice => "haproxy-splice",
            Self::Squid => "squid",
            Self::Tinyproxy => "tinyproxy",
            Self::G3proxy => "g3proxy",
            Self::SquidBump => "squid-bump",
            Self::Mitmproxy => "mitmproxy",
        }
    }

    /// Whether it is one of ours.
    pub(crate) fn is_node(self) -> bool {
        matches!(self, Self::Octoprox | Self::Before)
    }
}

// === impl Peer ===

impl Peer {
    /// The node and its administrator, where it is one.
    pub(crate) fn world(&self) -> Option<&World> {
        match &self.running {
            Running::Node { world, .. } => Some(world),
            _ => None,
        }
    }

    /// The process that does the work; `None` where there is none.
    pub(crate) fn process(&self) -> Result<Option<u32>> {
        match &self.running {
            Running::Nothing => Ok(None),
            Running::Node { world, .. } => world.node.process.id().map(Some),
            Running::Other(process) => process.id().map(Some),
        }
    }

    /// Ends it; a node is asked to, because one that counts for a trained build writes its counts then.
    pub(crate) async fn end(self) -> Result<()> {
        let Running::Node { mut world, _root } = self.running else { return Ok(()) };
        let process = &mut world.node.process;
        process.terminate()?;
        process.ended(END).await.with_context(|| format!("{} does not end", self.name)).map(drop)
    }
}
