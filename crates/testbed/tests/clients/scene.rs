//! What every client meets: a node with two exits, and origins of both kinds behind it.

use std::collections::BTreeSet;

use model::proxy::Protocol;
use serde_json::{Value, json};
use tempfile::TempDir;
use testbed::origin::Origin;
use testbed::proxies::{Exit, Setup};
use testbed::tls::Authority;
use testbed::world::{Project, World};

/// A node, a project `shop` over an HTTP and a SOCKS5 exit, and where they lead to.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) project: Project,
    pub(super) plain: Origin,
    pub(super) tls: Origin,
    exits: Vec<Exit>,
    folder: TempDir,
}

impl Scene {
    /// One whose clients have to log in.
    pub(super) async fn start() -> Self {
        Self::with(json!({})).await
    }

    /// One with these fields of the project.
    pub(super) async fn with(project: Value) -> Self {
        Self::make(project, false).await
    }

    /// The same, with a proxy that also speaks TLS, by the authority of the origin.
    pub(super) async fn behind_tls(project: Value) -> Self {
        Self::make(project, true).await
    }

    /// Nothing is hedged: on a busy machine that takes the exits out of turn. Nothing leaves this
    /// machine: browsers call home of their own accord.
    async fn make(mut project: Value, tls: bool) -> Self {
        project["hedge"] = json!(false);
        project["domain_allow"] = json!(["127.0.0.1", "localhost"]);
        let authority = Authority::new().unwrap();
        let plain = Origin::start().await.unwrap();
        let origin = Origin::start_tls(&authority).await.unwrap();
        let exits = vec![
            Setup::new(Protocol::Http).start().await.unwrap(),
            Setup::new(Protocol::Socks5).start().await.unwrap(),
        ];
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = authority.leaf_pem(&["localhost", "127.0.0.1"]).unwrap();
        write(&folder, "ca.pem", authority.pem());
        let (certificate, key) =
            (write(&folder, "cert.pem", certificate), write(&folder, "key.pem", key));
        let settings =
            [("OCTOPROX_TLS_CERT_FILE", &*certificate), ("OCTOPROX_TLS_KEY_FILE", &*key)];
        let world = World::start(if tls { &settings } else { &[] }).await.unwrap();
        let both: Vec<_> = exits.iter().collect();
        let project = world.project_over("shop", project, &both).await.unwrap();
        Self { world, project, plain, tls: origin, exits, folder }
    }

    /// A file with the authority that everything is signed by.
    pub(super) fn ca(&self) -> String {
        self.folder.path().join("ca.pem").display().to_string()
    }

    /// A file with this in it.
    pub(super) fn file(&self, name: &str, bytes: &[u8]) -> String {
        write(&self.folder, name, bytes)
    }

    /// The proxy's URL with the right login.
    pub(super) fn proxy(&self, scheme: &str) -> String {
        self.world.proxy_url(scheme, &self.project, "")
    }

    /// The proxy's URL with a wrong password.
    pub(super) fn wrong(&self, scheme: &str) -> String {
        format!("{scheme}://shop:wrong@{}", self.world.node.proxy())
    }

    /// Panics unless these answers of `/echo` came through both exits in turn.
    #[track_caller]
    pub(super) fn rotated(&self, echoes: &[Value]) {
        let peers: Vec<_> = echoes.iter().map(|echo| echo["peer"].as_str().unwrap()).collect();
        assert!(peers.len() >= 4, "{peers:?}");
        for pair in peers.windows(2) {
            assert_ne!(pair[0], pair[1], "{peers:?}");
        }
        let sources = self.exits.iter().map(|exit| exit.source().to_string());
        let peers: BTreeSet<_> = peers.into_iter().map(str::to_owned).collect();
        assert_eq!(peers, sources.collect());
    }

    /// Panics if an origin was told about the login or the node. What a client says inside of TLS
    /// is its own affair: wget sends `Proxy-Connection` there.
    #[track_caller]
    pub(super) fn nothing_leaked(&self) {
        let requests = [self.plain.requests(), self.tls.requests()].concat();
        assert!(!requests.is_empty());
        for request in requests {
            let head = String::from_utf8_lossy(&request.head.raw).to_lowercase();
            let told = head.contains("proxy-auth") || head.contains("octoprox");
            assert!(!told && !head.contains("forwarded") && !head.contains("via:"), "{head}");
        }
        for request in self.plain.requests() {
            assert_eq!(request.head.get("proxy-connection"), None, "{:?}", request.head);
        }
    }
}

fn write(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path.display().to_string()
}
