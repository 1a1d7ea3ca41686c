//! What these tests have in common: a node between raw bytes of a client and an origin.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use bytes::Bytes;
use serde_json::{Value, json};
use testbed::client::{Client, login};
use testbed::clock::{SOON, eventually};
use testbed::origin::Origin;
use testbed::proxies::{Exit, Setup};
use testbed::wire::{Head, Wire};
use testbed::world::{PASSWORD, Project, World};
use tokio::net::TcpSocket;

use model::proxy::Protocol;

use crate::readings::{Strictly, Trust, credulously, strictly};

/// A node, a project, and one exit, through which the origin hears every byte that the node sends.
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) origin: Origin,
    pub(crate) exit: Exit,
    pub(crate) project: Project,
}

/// Everything that a client was sent on one connection, up to its end.
pub(crate) struct Said {
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// How it ended, if not in good order.
    pub(crate) broke: Option<String>,
}

/// What an origin heard since a moment.
pub(crate) struct Heard {
    /// Connections.
    pub(crate) connections: usize,
    /// What the strict reader made of them, joined.
    pub(crate) requests: Vec<String>,
    /// Whether all of them came whole.
    pub(crate) whole: bool,
    /// Their bytes.
    pub(crate) text: String,
}

impl Stage {
    /// A stage whose exit passes on bytes as they are (SOCKS5), a connection for each request.
    pub(crate) async fn set() -> Self {
        Self::with(Setup::new(Protocol::Socks5), json!({ "rotate": "request" })).await
    }

    /// A stage with an exit of another kind, and another project.
    pub(crate) async fn with(setup: Setup, changes: Value) -> Self {
        let origin = Origin::start().await.unwrap();
        let exit = setup.leading_to(&origin).start().await.unwrap();
        let world = World::start(&[]).await.unwrap();
        let mut settings = json!({ "hedge": false });
        settings.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let project = world.project_over("shop", settings, &[&exit]).await.unwrap();
        Self { world, origin, exit, project }
    }

    /// A stage whose exit is known to the node by this beginning of a line: protocol and login.
    pub(crate) async fn set_over(setup: Setup, beginning: &str) -> Self {
        let origin = Origin::start().await.unwrap();
        let exit = setup.leading_to(&origin).start().await.unwrap();
        let world = World::start(&[]).await.unwrap();
        let list = format!("{beginning}{}\n", exit.address());
        let settings = json!({ "hedge": false, "rotate": "request" });
        let project = world.project_with("shop", settings, &list).await.unwrap();
        Self { world, origin, exit, project }
    }

    /// The login line of the project.
    pub(crate) fn login(&self) -> String {
        login(&self.project.username, PASSWORD)
    }

    /// A good request for a path, with more fields, each ended by CRLF.
    pub(crate) fn get(&self, path: &str, fields: &str) -> String {
        let login = self.login();
        let line = format!("GET http://target.test{path} HTTP/1.1");
        format!("{line}\r\nHost: target.test\r\n{login}{fields}\r\n")
    }

    /// A POST to `/echo` with these fields and this body, which may be framed as one likes.
    pub(crate) fn post(&self, fields: &str, body: &str) -> String {
        let line = "POST http://target.test/echo HTTP/1.1";
        format!("{line}\r\nHost: target.test\r\n{}{fields}\r\n{body}", self.login())
    }

    /// What stands behind every attack: a request that must never be served.
    pub(crate) fn evil(&self) -> String {
        self.get("/evil", "")
    }

    /// Sends bytes, and reads until the node closes.
    pub(crate) async fn say(&self, bytes: impl AsRef<[u8]> + Send) -> Said {
        let mut client = self.world.client().await.unwrap();
        client.send(bytes).await.unwrap();
        Said::by(&mut client).await
    }

    /// The same from one of the addresses of this machine.
    pub(crate) async fn say_from(&self, from: [u8; 4], bytes: impl AsRef<[u8]> + Send) -> Said {
        let mut client = client_from(self.world.node.proxy(), from).await;
        client.send(bytes).await.unwrap();
        Said::by(&mut client).await
    }

    /// How much the origin has heard already.
    pub(crate) fn mark(&self) -> usize {
        self.origin.connection_count()
    }

    /// What the origin heard since then, once nothing is under way any more. All readers agree on
    /// it: in each connection they see the same one request, or none.
    pub(crate) async fn heard_since(&self, mark: usize, case: &str) -> Heard {
        let settled = || async {
            let connections = self.origin.connections();
            let silent = connections.iter().all(|connection| !connection.open);
            let all = self.exit.tunnels() == connections.len() as u64;
            (silent && all && self.exit.open() == 0).then_some(connections)
        };
        let connections = eventually("every connection is over", SOON, settled).await.unwrap();
        let mut heard =
            Heard { connections: 0, requests: Vec::new(), whole: true, text: String::new() };
        for connection in &connections[mark..] {
            let bytes = &connection.heard.bytes;
            let Strictly { requests, whole } =
                strictly(bytes).unwrap_or_else(|why| panic!("{case}: the origin heard {why}"));
            assert!(requests.len() <= 1, "{case}: the origin heard {requests:?}");
            for trust in [Trust::Length, Trust::Coding] {
                let seen = credulously(bytes, trust);
                assert_eq!(seen, requests, "{case}: {trust:?} reads something else");
            }
            heard.connections += 1;
            heard.whole &= whole;
            heard.requests.extend(requests);
            heard.text += &String::from_utf8_lossy(bytes);
        }
        heard
    }

    /// Sends each attack, which ends with a request that must not be served: each is refused with
    /// its status, and the origin hears nothing at all.
    pub(crate) async fn all_refused(&self, cases: &[(String, u16)]) {
        for (attack, status) in cases {
            let case = attack.chars().take(400).collect::<String>();
            let mark = self.mark();
            self.say(attack).await.refusal(*status, "http_request_", &case);
            let heard = self.heard_since(mark, &case).await;
            assert_eq!(heard.connections, 0, "{case:?}: the origin heard {}", heard.text);
        }
    }
}

/// A client whose source is one of the addresses of this machine.
pub(crate) async fn client_from(proxy: SocketAddr, from: [u8; 4]) -> Client {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::from(from)), 0)).unwrap();
    Client::over(Wire::new(Box::new(socket.connect(proxy).await.unwrap())))
}

impl Said {
    /// Reads until the node closes, in whatever way, or stays silent for too long.
    pub(crate) async fn by(client: &mut Client) -> Self {
        let mut bytes = Vec::new();
        loop {
            match client.wire.reader.some().await {
                Ok(more) if more.is_empty() => return Self { bytes, broke: None },
                Ok(more) => bytes.extend_from_slice(&more),
                Err(why) => return Self { bytes, broke: Some(format!("{why:#}")) },
            }
        }
    }

    /// Everything as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The one head, and what stands behind it.
    pub(crate) fn parts(&self, case: &str) -> (Head, &[u8]) {
        let end = self.bytes.windows(4).position(|end| end == b"\r\n\r\n");
        let end = end.unwrap_or_else(|| panic!("{case:?}: no answer but {:?}", self.text())) + 4;
        (Head::read(Bytes::copy_from_slice(&self.bytes[..end])), &self.bytes[end..])
    }

    /// Checks that this is one answer of the node's own and nothing else: the status, that it ends
    /// the connection, an error type of RFC 9209 that begins with `error`, and one sentence.
    pub(crate) fn refusal(&self, status: u16, error: &str, case: &str) -> Head {
        let (head, body) = self.parts(case);
        assert_eq!(self.broke, None, "{case:?}: {}", self.text());
        assert_eq!(head.status(), status, "{case:?}: {}", self.text());
        assert_eq!(head.get("connection"), Some("close"), "{case:?}");
        assert_eq!(head.get("content-type"), Some("text/plain"), "{case:?}");
        let proxy_status = head.get("proxy-status").unwrap_or_default();
        let expected = format!("octoprox; error={error}");
        assert!(proxy_status.starts_with(&expected), "{case:?}: {proxy_status}");
        let length = head.get("content-length").map(str::to_owned);
        assert_eq!(length, Some(body.len().to_string()), "{case:?}: {}", self.text());
        let sentence = String::from_utf8_lossy(body);
        assert!(sentence.len() > 10 && sentence.lines().count() == 1, "{case:?}: {sentence}");
        head
    }

    /// The statuses of all answers, informational ones included.
    pub(crate) fn statuses(&self) -> Vec<u16> {
        let text = self.text();
        let heads = text.match_indices("HTTP/1.1 ");
        heads.filter_map(|(at, _)| text[at + 9..].get(..3)?.parse().ok()).collect()
    }
}
