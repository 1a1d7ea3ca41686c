//! A client that speaks TLS inside of a tunnel.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use futures_util::future::try_join_all;
use h2::client::SendRequest;
use http::Request;
use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::crypto::aws_lc_rs::{default_provider, kx_group};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use testbed::tls::Authority;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::super::login;
use crate::connection::{Connection, Room};

/// Who asks whom, and how TLS is spoken with whoever poses as the target.
pub(super) struct Client {
    pub(super) proxy: SocketAddr,
    pub(super) account: String,
    pub(super) config: Arc<ClientConfig>,
}

/// Believes `authority` alone, begins each session anew, and offers the one key exchange
/// that all of the proxies know: what a session costs must not depend on what they agree on.
pub(super) fn config(authority: &Authority, http2: bool) -> Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(authority.pem().as_bytes())?)?;
    let provider = CryptoProvider { kx_groups: vec![kx_group::X25519], ..default_provider() };
    let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    config.alpn_protocols = vec![if http2 { b"h2".to_vec() } else { b"http/1.1".to_vec() }];
    Ok(Arc::new(config))
}

/// What is asked inside.
pub(super) fn request(host: &str) -> String {
    format!(
        "GET /page HTTP/1.1\r\nHost: {host}\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n\
         Accept-Encoding: gzip, deflate\r\n\r\n"
    )
}

// === impl Client ===

impl Client {
    /// A tunnel to `host` with TLS in it.
    pub(super) async fn open(
        &self,
        host: &str,
        room: &mut Room,
    ) -> Result<Connection<TlsStream<TcpStream>>> {
        let login = login(&self.account);
        let connect = format!(
            "CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\
             Proxy-Authorization: Basic {login}\r\n\r\n"
        );
        let mut connection = Connection::open(self.proxy).await?;
        connection.open_with(connect.as_bytes(), room).await?;
        let name = ServerName::try_from(host.to_owned())?;
        let connector = TlsConnector::from(Arc::clone(&self.config));
        let session = connector.connect(name, connection.stream).await;
        Ok(Connection { stream: session.with_context(|| format!("no TLS as {host}"))? })
    }
}

/// So many requests at once on one connection of HTTP/2.
pub(super) async fn share(
    (client, host): (Client, String),
    streams: usize,
    done: Arc<AtomicU64>,
) -> Result<()> {
    let session = client.open(&host, &mut [0; _]).await?.stream;
    let (requests, connection) = h2::client::handshake(session).await?;
    let request = Request::get(format!("https://{host}/page"))
        .header("user-agent", "bench/1.0")
        .header("accept", "*/*")
        .header("accept-encoding", "gzip, deflate")
        .body(())?;
    let asking = try_join_all((0..streams).map(|_| ask(requests.clone(), &request, &done)));
    let driving = async {
        connection.await?;
        bail!("the connection was closed")
    };
    tokio::try_join!(driving, asking).map(|((), _)| ())
}

async fn ask(
    mut requests: SendRequest<Bytes>,
    request: &Request<()>,
    done: &AtomicU64,
) -> Result<()> {
    loop {
        requests = requests.ready().await?;
        let (answer, _) = requests.send_request(request.clone(), true)?;
        let (head, mut body) = answer.await?.into_parts();
        ensure!(head.status == 200, "{}", head.status);
        while let Some(data) = body.data().await {
            body.flow_control().release_capacity(data?.len())?;
        }
        done.fetch_add(1, Ordering::Relaxed);
    }
}
