//! Nodes of one role each: the real program, told what it is.

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use testbed::client::{Client, login};
use testbed::clock::{SOON, eventually};
use testbed::control::Control;
use testbed::node::{ADMIN, open_listener, program};
use testbed::origin::Origin;
use testbed::process::Process;
use testbed::proxies::Exit;
use testbed::tls::Authority;
use testbed::world::{PASSWORD, lines};
use tokio_util::task::TaskTracker;

pub(crate) const LONG: Duration = Duration::from_secs(30);
pub(crate) const KEY: &str = "c0ffee5fc0ffee5fc0ffee5fc0ffee5fc0ffee5fc0ffee5fc0ffee5fc0ffee5f";
pub(crate) const OTHER_KEY: &str =
    "0ddba11f0ddba11f0ddba11f0ddba11f0ddba11f0ddba11f0ddba11f0ddba11f";

/// A running node.
pub(crate) struct Running {
    pub(crate) process: Process,
    pub(crate) api: SocketAddr,
    /// Requests that it took for the project's, and has to count.
    pub(crate) admitted: AtomicU64,
}

/// Starts a node of this role, and waits until its API listens. It need not be ready.
pub(crate) async fn start(role: &str, settings: &[(&str, &str)]) -> Running {
    start_in(tempfile::tempdir().unwrap(), role, settings).await
}

pub(crate) async fn start_in(folder: TempDir, role: &str, settings: &[(&str, &str)]) -> Running {
    let home = folder.path().display().to_string();
    let own = [
        ("OCTOPROX_HOST", "127.0.0.1"),
        ("OCTOPROX_PROXY_PORT", "0"),
        ("OCTOPROX_API_PORT", "0"),
        ("OCTOPROX_SECRET_KEY", KEY),
        ("OCTOPROX_DRAIN_DELAY", "0s"),
        ("OCTOPROX_USAGE_FLUSH_INTERVAL", "200ms"),
        ("OCTOPROX_LOG_LEVEL", "info,reconcile=debug"),
        ("OCTOPROX_ROLE", role),
        ("HOME", &home),
    ];
    let all = own.iter().chain(settings).map(|(name, value)| (*name, (*value).to_owned()));
    let all: Vec<_> = all.collect();
    let process = Process::run(&program().unwrap(), "serve", folder, all).unwrap();
    let open = || async { open_listener(&process.log(), "api") };
    let Ok(api) = eventually("an open API", LONG, open).await else {
        panic!("{role} did not come up: {:#?}", process.last_words().await.unwrap());
    };
    Running { process, api, admitted: AtomicU64::new(0) }
}

impl Running {
    /// Where it relays, if it does.
    pub(crate) fn proxy(&self) -> Option<SocketAddr> {
        open_listener(&self.process.log(), "proxy")
    }

    pub(crate) async fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut client = Client::connect(self.api).await.ok()?;
        let answer = client.ask("GET", path, "Connection: close\r\n").await.ok()?;
        Some((answer.status(), answer.text()))
    }

    pub(crate) async fn health(&self) -> Value {
        let (_, text) = self.get("/health").await.unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    pub(crate) async fn is_ready(&self) -> bool {
        self.get("/ready").await.is_some_and(|(status, _)| status == 200)
    }

    pub(crate) async fn until_ready(&self) {
        let ready = || async { self.is_ready().await.then_some(()) };
        let came = eventually("ready", LONG, ready).await.is_ok();
        assert!(came, "it did not get ready: {:#?}", self.process.log());
    }

    /// Waits until its health has this value there.
    pub(crate) async fn until_health(&self, pointer: &str, value: &str) {
        let says = || async {
            let health = self.health().await;
            (health.pointer(pointer)? == value).then_some(())
        };
        let came = eventually("health", LONG, says).await.is_ok();
        let health = self.health().await;
        assert!(came, "{pointer} is not {value}: {health} {:#?}", self.process.log());
    }

    /// Waits until a log line has this in it.
    pub(crate) async fn until_says(&self, text: &str) {
        let says =
            || async { self.process.log().iter().any(|line| line.contains(text)).then_some(()) };
        let came = eventually("a log line", LONG, says).await.is_ok();
        assert!(came, "nothing says {text:?}: {:#?}", self.process.log());
    }

    /// The status of a request that it relays; 0: there was none.
    pub(crate) async fn relays(&self, origin: &Origin, account: &str, password: &str) -> u16 {
        let Some(proxy) = self.proxy() else { return 0 };
        let Ok(mut client) = Client::connect(proxy).await else { return 0 };
        let answer = client.ask("GET", &origin.url("/echo"), &login(account, password)).await;
        let status = answer.map_or(0, |answer| answer.status());
        if !matches!(status, 0 | 407) {
            self.admitted.fetch_add(1, Ordering::Relaxed);
        }
        status
    }

    /// Waits until a request is answered like that.
    pub(crate) async fn until_relays(&self, origin: &Origin, status: u16, within: Duration) {
        let relayed =
            || async { (self.relays(origin, "shop", PASSWORD).await == status).then_some(()) };
        if eventually("an answer", within, relayed).await.is_err() {
            let last = self.relays(origin, "shop", PASSWORD).await;
            panic!("{last}, not {status}: {:#?}", self.process.log());
        }
    }

    pub(crate) fn admitted(&self) -> u64 {
        self.admitted.load(Ordering::Relaxed)
    }

    pub(crate) async fn terminate(&mut self) {
        self.process.terminate().unwrap();
        assert_eq!(self.process.ended(SOON).await.unwrap().code(), Some(0));
    }

    pub(crate) fn copy(&self) -> PathBuf {
        self.process.folder().join("data/roster.sealed")
    }
}

/// Speaks TLS before a node, as a balancer does.
pub(crate) async fn secured(authority: &Authority, node: SocketAddr) -> (SocketAddr, TaskTracker) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, acceptor) =
        (listener.local_addr().unwrap(), authority.server(&["127.0.0.1"]).unwrap());
    let tracker = TaskTracker::new();
    let tasks = tracker.clone();
    tracker.spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tasks.spawn(async move {
                let mut there = tokio::net::TcpStream::connect(node).await.ok()?;
                let mut here = acceptor.accept(socket).await.ok()?;
                tokio::io::copy_bidirectional(&mut here, &mut there).await.ok()
            });
        }
    });
    (address, tracker)
}

/// A port that is free now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) async fn administrator(node: &Running) -> Control {
    Control::login(node.api, ADMIN).await.unwrap()
}

/// Project `shop` over an exit; its path.
pub(crate) async fn shop(control: &Control, exit: &Exit) -> String {
    let body = json!({
        "name": "shop", "username": "shop", "password": PASSWORD,
        "allow_targets": ["127.0.0.0/8"], "connect_ports": [],
    });
    let project = control.post("/api/v1/projects", &body).await.unwrap();
    let path = format!("/api/v1/projects/{}", project["id"].as_str().unwrap());
    let connectors = format!("{path}/connectors");
    let connector = control.post(&connectors, &json!({ "name": "list" })).await.unwrap();
    let id = connector["id"].as_str().unwrap();
    let upload = format!("{path}/proxies/upload?connector_id={id}");
    control.upload(&upload, &lines(&[exit])).await.unwrap();
    path
}

/// How many requests the API says there were.
pub(crate) async fn counted(control: &Control, project: &str) -> Option<u64> {
    let usage = control.get(&format!("{project}/usage")).await.ok()?;
    usage["items"][0]["requests"].as_u64()
}

/// Waits until the API has counted so many, and no more.
pub(crate) async fn until_counted(control: &Control, project: &str, requests: u64) {
    let all = || async { (counted(control, project).await? >= requests).then_some(()) };
    let reached = eventually("the usage", LONG, all).await;
    let found = counted(control, project).await;
    assert!(reached.is_ok() && found == Some(requests), "{found:?}, not {requests}");
}
