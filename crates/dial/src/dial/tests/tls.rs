//! Exits that are spoken to over TLS, with good certificates and bad ones.

use std::sync::Arc;

use model::connector::{ConnectorKind, ConnectorSpec};
use model::exchange::Blame;
use model::proxy::{Endpoint, Protocol};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{HandshakeKind, ServerConfig};
use rustls_pki_types::PrivateKeyDer;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::exits::{Exit, assert_joined, dialer, how, read, read_head, target, within};
use crate::{DialError, Dialer, How, Stream, TlsTrust, TrustError};

const LOGIN: Option<(&str, &str)> = Some(("vend", "s3cret"));

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn issuer() -> Issuer {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server with a certificate for `names`; `year` is when it expires.
fn server(issuer: &Issuer, names: &[&str], year: i32) -> Arc<ServerConfig> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(year, 1, 1);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![certificate.der().clone()],
            PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Arc::new(config)
}

fn how_trusting(issuer: &Issuer) -> How {
    let mut spec = ConnectorSpec::new("test".to_owned(), ConnectorKind::Static);
    spec.ca_pem = Some(issuer.pem());
    How::new(&spec, Arc::from([])).unwrap()
}

/// Accepts, shakes hands, and answers CONNECT.
async fn play(
    exit: &Exit,
    config: &Arc<ServerConfig>,
) -> std::io::Result<(String, TlsStream<TcpStream>)> {
    let mut session = TlsAcceptor::from(Arc::clone(config)).accept(exit.accept().await).await?;
    let head = read_head(&mut session).await;
    session.write_all(b"HTTP/1.1 200 OK\r\n\r\nfirst").await.unwrap();
    session.flush().await.unwrap();
    Ok((head, session))
}

async fn dial(dialer: &Dialer, how: &How, endpoint: &Endpoint) -> Result<Stream, DialError> {
    dialer.tunnel(endpoint, how, &target("a.test:443")).await
}

#[tokio::test]
async fn a_tunnel_through_a_verified_exit_works_and_its_session_is_resumed() {
    let issuer = issuer();
    let exit = Exit::new(Protocol::Https).await;
    let config = server(&issuer, &["127.0.0.1"], 2100);
    let (dialer, how, endpoint) = (dialer(), how_trusting(&issuer), exit.endpoint(LOGIN));
    for resumed in [HandshakeKind::Full, HandshakeKind::Resumed] {
        let (played, near) =
            within(async { tokio::join!(play(&exit, &config), dial(&dialer, &how, &endpoint)) })
                .await;
        let ((head, mut far), mut near) = (played.unwrap(), near.unwrap());
        assert!(head.contains("Proxy-Authorization: Basic dmVuZDpzM2NyZXQ="), "{head}");
        assert_eq!(far.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert_eq!(within(read(&mut near, 5)).await, b"first");
        assert!(near.as_tcp().is_none() && near.is_tls());
        assert_eq!(near.peer_addr().unwrap(), exit.address());
        within(assert_joined(&mut near, &mut far)).await;
        let kind = far.get_ref().1.handshake_kind();
        match resumed {
            HandshakeKind::Resumed => assert_eq!(kind, Some(HandshakeKind::Resumed)),
            _ => assert_ne!(kind, Some(HandshakeKind::Resumed)),
        }
    }
}

#[tokio::test]
async fn a_named_exit_is_told_its_name_and_verified_by_it() {
    let issuer = issuer();
    let exit = Exit::new(Protocol::Https).await;
    let config = server(&issuer, &["localhost"], 2100);
    let (dialer, how) = (dialer(), how_trusting(&issuer));
    let mut endpoint = exit.endpoint(LOGIN);
    endpoint.host = model::Host::Name("localhost".into());
    let (played, near) =
        within(async { tokio::join!(play(&exit, &config), dial(&dialer, &how, &endpoint)) }).await;
    assert_eq!(played.unwrap().1.get_ref().1.server_name(), Some("localhost"));
    near.unwrap();
}

#[tokio::test]
async fn a_bad_certificate_is_an_error_before_a_byte_of_the_login_is_sent() {
    let (issuer, stranger) = (issuer(), self::issuer());
    let cases = [
        ("unknown issuer", server(&stranger, &["127.0.0.1"], 2100), how_trusting(&issuer)),
        ("not publicly trusted", server(&issuer, &["127.0.0.1"], 2100), how()),
        ("expired", server(&issuer, &["127.0.0.1"], 2001), how_trusting(&issuer)),
        ("other address", server(&issuer, &["127.0.0.2"], 2100), how_trusting(&issuer)),
        ("name instead of address", server(&issuer, &["localhost"], 2100), how_trusting(&issuer)),
    ];
    for (case, config, how) in cases {
        let exit = Exit::new(Protocol::Https).await;
        let (dialer, endpoint) = (dialer(), exit.endpoint(LOGIN));
        let (played, error) =
            within(async { tokio::join!(play(&exit, &config), dial(&dialer, &how, &endpoint)) })
                .await;
        // The handshake ends with the client's Finished, and the login could only come behind it.
        assert!(played.is_err(), "{case}: the exit has finished the handshake");
        let error = error.unwrap_err();
        assert!(matches!(error, DialError::ExitCertificate(_)), "{case}: {error:?}");
        assert_eq!(error.proxy_status_error(), "tls_certificate_error");
        assert_eq!((error.blame(), error.may_try_another()), (Blame::Exit, true));
    }
}

#[tokio::test]
async fn an_exit_that_speaks_no_tls_gets_no_login_either() {
    let exit = Exit::new(Protocol::Https).await;
    let (dialer, how, endpoint) = (dialer(), how(), exit.endpoint(LOGIN));
    let played = async {
        let (mut hello, mut socket) = exit.answer(3, b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        drop(tokio::io::AsyncReadExt::read_to_end(&mut socket, &mut hello).await);
        hello
    };
    let (hello, error) =
        within(async { tokio::join!(played, dial(&dialer, &how, &endpoint)) }).await;
    let error = error.unwrap_err();
    assert!(matches!(error, DialError::ExitTls(_)), "{error:?}");
    assert_eq!(error.proxy_status_error(), "tls_protocol_error");
    assert_eq!(hello[0], 22, "a handshake record");
    assert!(!hello.windows(8).any(|window| window == b"dmVuZDpz"));
}

#[tokio::test]
async fn connect_and_knock_shake_hands_and_send_nothing() {
    let issuer = issuer();
    let exit = Exit::new(Protocol::Https).await;
    let config = server(&issuer, &["127.0.0.1"], 2100);
    let (dialer, how, endpoint) = (dialer(), how_trusting(&issuer), exit.endpoint(LOGIN));
    let accept =
        async || TlsAcceptor::from(Arc::clone(&config)).accept(exit.accept().await).await.unwrap();
    let (mut far, near) =
        within(async { tokio::join!(accept(), dialer.connect(&endpoint, &how)) }).await;
    within(assert_joined(&mut near.unwrap(), &mut far)).await;

    let (_far, knocked) =
        within(async { tokio::join!(accept(), dialer.knock(&endpoint, &how)) }).await;
    knocked.unwrap();
}

#[test]
fn certificates_that_cannot_be_used_are_refused_when_the_connector_is_read() {
    assert!(matches!(TlsTrust::new(Some("")).unwrap_err(), TrustError::Empty));
    assert!(matches!(TlsTrust::new(Some("not PEM at all")).unwrap_err(), TrustError::Empty));
    let cut = "-----BEGIN CERTIFICATE-----\nAAAA\n";
    assert!(matches!(TlsTrust::new(Some(cut)).unwrap_err(), TrustError::NotPem(_)));
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert!(matches!(TlsTrust::new(Some(nonsense)).unwrap_err(), TrustError::BadCertificate(_)));
    assert_eq!(format!("{:?}", TlsTrust::new(None).unwrap()), "TlsTrust");
}
