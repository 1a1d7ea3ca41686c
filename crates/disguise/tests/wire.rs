//! What targets get to see, on the wire.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "wire/looks.rs"]
mod looks;
#[path = "wire/exchange.rs"]
mod exchange;
#[path = "wire/trust.rs"]
mod trust;

use bytes::Bytes;
use disguise::{
    Connection, Disguise, DisguiseError, Identity, Outgoing, Protocols, Request, Roots, Target,
};
use http::header::HeaderValue;
use http_body_util::{BodyExt, Empty, Full};
use testbed::mirror::Mirror;
use testbed::tls::Authority;
use tokio::net::TcpStream;
use tokio_util::task::TaskTracker;

/// A mirror, and somebody who trusts it and nobody else.
struct Scene {
    mirror: Mirror,
    disguise: Disguise,
    tracker: TaskTracker,
}

impl Scene {
    async fn new(protocols: &[&str]) -> Self {
        let authority = Authority::new().unwrap();
        let mirror = Mirror::start(&authority, protocols).await.unwrap();
        let disguise = trusting(&authority);
        Self { mirror, disguise, tracker: TaskTracker::new() }
    }

    async fn both() -> Self {
        Self::new(&["h2", "http/1.1"]).await
    }

    async fn stream(&self) -> TcpStream {
        TcpStream::connect(self.mirror.address()).await.unwrap()
    }

    async fn connect(&self, target: Target<'_>) -> Result<Connection, DisguiseError> {
        self.disguise.connect(self.stream().await, target, &self.tracker).await
    }

    async fn connect_as(&self, identity: Identity) -> Connection {
        self.connect(target(identity)).await.unwrap()
    }

    /// What the mirror says to one request.
    async fn look(&self, identity: Identity) -> serde_json::Value {
        let mut connection = self.connect_as(identity).await;
        ask(&mut connection, get("/look", &[])).await
    }
}

fn trusting(authority: &Authority) -> Disguise {
    let mut roots = Roots::none().unwrap();
    roots.add_pem(&authority.pem()).unwrap();
    Disguise::new(roots)
}

fn target(identity: Identity) -> Target<'static> {
    Target { host: "www.target.test", identity, protocols: Protocols::All, verify: true }
}

fn get(path: &str, fields: &[(&'static str, &'static str)]) -> Request {
    let field = |(name, value): &(&'static str, &'static str)| {
        (Bytes::from_static(name.as_bytes()), HeaderValue::from_static(value))
    };
    let uri = format!("https://www.target.test{path}").parse().unwrap();
    Request { method: http::Method::GET, uri, fields: fields.iter().map(field).collect() }
}

fn post(path: &str, fields: &[(&'static str, &'static str)]) -> Request {
    Request { method: http::Method::POST, ..get(path, fields) }
}

fn empty() -> Outgoing {
    Empty::new().map_err(|never| match never {}).boxed_unsync()
}

fn full(text: &'static str) -> Outgoing {
    Full::new(Bytes::from_static(text.as_bytes())).map_err(|never| match never {}).boxed_unsync()
}

async fn ask(connection: &mut Connection, request: Request) -> serde_json::Value {
    connection.ready().await.unwrap();
    let answer = connection.send(request, empty()).await.unwrap();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap()
}
