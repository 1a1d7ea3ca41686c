//! What clients make of the certificates, and what is refused.

mod turns;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use rcgen::{CertificateParams, DnType, IsCa, KeyPair};
use rustls::client::ClientConnection;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::time_provider::TimeProvider;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};

use crate::root::PROVIDER;
use crate::{Authority, AuthorityError, Root, server_config_from_pem};

/// 2026-03-01 00:00:00.
const START: i64 = 1_772_323_200;
const DAY: i64 = 86_400;

/// A clock that all parties of a test share.
#[derive(Debug, Clone)]
struct Hand(Arc<AtomicI64>);

impl Hand {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(START)))
    }

    fn set(&self, second: i64) {
        self.0.store(second, Ordering::Relaxed);
    }

    fn clock(&self) -> impl Fn() -> Timestamp + Send + Sync + 'static {
        let hand = self.clone();
        move || Timestamp::from_second(hand.0.load(Ordering::Relaxed)).unwrap()
    }
}

impl TimeProvider for Hand {
    fn current_time(&self) -> Option<UnixTime> {
        let second = self.0.load(Ordering::Relaxed).unsigned_abs();
        Some(UnixTime::since_unix_epoch(std::time::Duration::from_secs(second)))
    }
}

fn start() -> Timestamp {
    Timestamp::from_second(START).unwrap()
}

fn root() -> Root {
    Root::generate("Octoprox test root", start()).unwrap()
}

fn authority(hand: &Hand) -> Authority {
    Authority::new(root(), hand.clock()).unwrap()
}

fn parse(der: &[u8]) -> X509Certificate<'_> {
    x509_parser::parse_x509_certificate(der).unwrap().1
}

fn client(trusted: &CertificateDer<'static>, hand: &Hand) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config =
        ClientConfig::builder_with_details(Arc::clone(&PROVIDER), Arc::new(hand.clone()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    config
}

fn serving(certified: &CertifiedKey) -> Arc<ServerConfig> {
    let config = ServerConfig::builder_with_provider(Arc::clone(&PROVIDER))
        .with_protocol_versions(&[&TLS12, &TLS13])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified.clone())));
    Arc::new(config)
}

/// A whole handshake in memory, and the client's view of it.
fn shake_hands(
    server: &Arc<ServerConfig>,
    client: &ClientConfig,
    name: &str,
) -> Result<ClientConnection, rustls::Error> {
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let mut client = ClientConnection::new(Arc::new(client.clone()), name)?;
    let mut server = ServerConnection::new(Arc::clone(server))?;
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut wire.as_slice()).unwrap();
        server.process_new_packets()?;
        wire.clear();
        while server.wants_write() {
            server.write_tls(&mut wire).unwrap();
        }
        let mut unread = wire.as_slice();
        while !unread.is_empty() {
            client.read_tls(&mut unread).unwrap();
            client.process_new_packets()?;
        }
    }
    Ok(client)
}

fn refused_certificate(result: &Result<ClientConnection, rustls::Error>) -> bool {
    matches!(result, Err(rustls::Error::InvalidCertificate(_)))
}

#[tokio::test]
async fn a_client_that_trusts_the_root_accepts_names_and_addresses() {
    let hand = Hand::new();
    let authority = authority(&hand);
    let trusting = client(authority.root().certificate_der(), &hand);
    let long = format!("{0}.{0}.{0}.example", "a".repeat(50));
    for host in ["www.example.com", "under_score.example", &long, "127.0.0.1", "::1"] {
        let leaf = authority.leaf(host).await.unwrap();
        shake_hands(&serving(&leaf), &trusting, host).unwrap();
        let other = if host == "127.0.0.1" { "127.0.0.2" } else { "example.com" };
        assert!(refused_certificate(&shake_hands(&serving(&leaf), &trusting, other)), "{host}");
    }
    let stranger = client(root().certificate_der(), &hand);
    let leaf = authority.leaf("www.example.com").await.unwrap();
    assert!(refused_certificate(&shake_hands(&serving(&leaf), &stranger, "www.example.com")));
}

#[tokio::test]
async fn a_client_of_either_version_of_tls_is_served() {
    let hand = Hand::new();
    let authority = authority(&hand);
    let leaf = authority.leaf("a.example").await.unwrap();
    for version in [&TLS12, &TLS13] {
        let mut roots = RootCertStore::empty();
        roots.add(authority.root().certificate_der().clone()).unwrap();
        let only =
            ClientConfig::builder_with_details(Arc::clone(&PROVIDER), Arc::new(hand.clone()))
                .with_protocol_versions(&[version])
                .unwrap()
                .with_root_certificates(roots)
                .with_no_client_auth();
        let connection = shake_hands(&serving(&leaf), &only, "a.example").unwrap();
        assert_eq!(connection.protocol_version(), Some(version.version));
    }
}

#[test]
fn a_root_is_what_clients_expect_of_one() {
    let root = root();
    let certificate = parse(root.certificate_der());
    assert_eq!(certificate.subject().to_string(), "CN=Octoprox test root");
    assert_eq!(certificate.subject(), certificate.issuer());
    assert_eq!(certificate.validity().not_before.timestamp(), START - 3600);
    assert_eq!(certificate.validity().not_after.to_string(), "Feb 29 00:00:00 2036 +00:00");
    let constraints = certificate.basic_constraints().unwrap().unwrap();
    assert!(constraints.critical && constraints.value.ca);
    assert_eq!(constraints.value.path_len_constraint, Some(0));
    let usage = certificate.key_usage().unwrap().unwrap();
    assert!(usage.critical);
    assert_eq!(usage.value.flags, 0b110_0000);
    assert!(key_identifier(&certificate).is_some());
}

fn key_identifier<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0),
        _ => None,
    })
}

fn issuers_key_identifier<'a>(certificate: &'a X509Certificate<'_>) -> Option<&'a [u8]> {
    certificate.iter_extensions().find_map(|extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(identifier) => {
            identifier.key_identifier.as_ref().map(|identifier| identifier.0)
        }
        _ => None,
    })
}

#[tokio::test]
async fn a_leaf_says_whose_it_is_and_what_for() {
    let authority = authority(&Hand::new());
    let signed = authority.leaf("WWW.Example.com.").await.unwrap();
    assert_eq!(signed.cert.len(), 2);
    assert_eq!(&signed.cert[1], authority.root().certificate_der());
    let (leaf, root) = (parse(&signed.cert[0]), parse(&signed.cert[1]));

    let names = &leaf.subject_alternative_name().unwrap().unwrap().value.general_names;
    assert_eq!(names, &[GeneralName::DNSName("www.example.com")]);
    assert_eq!(leaf.subject().to_string(), "CN=www.example.com");
    assert_eq!(leaf.issuer(), root.subject());
    assert!(!leaf.is_ca());
    assert_eq!(leaf.key_usage().unwrap().unwrap().value.flags, 1);
    let purposes = leaf.extended_key_usage().unwrap().unwrap().value;
    assert!(purposes.server_auth && !purposes.client_auth && !purposes.any);
    assert_eq!(leaf.validity().not_before.timestamp(), START - 3600);
    assert_eq!(leaf.validity().not_after.timestamp(), START + 30 * DAY);
    assert!(key_identifier(&leaf).is_some());
    assert_eq!(issuers_key_identifier(&leaf), key_identifier(&root));

    let signed = authority.leaf("2001:db8::7").await.unwrap();
    let other = parse(&signed.cert[0]);
    let names = &other.subject_alternative_name().unwrap().unwrap().value.general_names;
    let octets = "2001:db8::7".parse::<std::net::Ipv6Addr>().unwrap().octets();
    assert_eq!(names, &[GeneralName::IPAddress(&octets)]);
    assert_eq!(other.public_key(), leaf.public_key());
    assert_ne!(other.serial, leaf.serial);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_concurrent_askers_share_one_signing() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let clock = move || {
        count.fetch_add(1, Ordering::Relaxed);
        // Every signing asks the time. Holding it up lets a second one show itself, if there is one.
        std::thread::sleep(std::time::Duration::from_millis(50));
        start()
    };
    let authority = Authority::new(root(), clock).unwrap();
    let together = Arc::new(Barrier::new(100));
    let mut askers = JoinSet::new();
    for host in ["www.example.com", "WWW.EXAMPLE.COM."].into_iter().cycle().take(100) {
        let (authority, together) = (authority.clone(), Arc::clone(&together));
        askers.spawn(async move {
            together.wait().await;
            authority.leaf(host).await.unwrap()
        });
    }
    let leaves = askers.join_all().await;
    assert!(leaves.iter().all(|leaf| Arc::ptr_eq(leaf, &leaves[0])));
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn what_is_no_host_gets_no_leaf() {
    let authority = authority(&Hand::new());
    let long = "a".repeat(64);
    for host in ["", ".", "*.example.com", "a b", "[::1]", "a.example:443", "bücher.example", &long]
    {
        let refused = authority.leaf(host).await;
        assert!(matches!(refused, Err(AuthorityError::BadHost)), "{host}: {refused:?}");
    }
}

#[tokio::test]
async fn a_leaf_does_not_outlive_the_root() {
    let hand = Hand::new();
    let authority = authority(&hand);
    let end = START + 3652 * DAY;
    hand.set(end - DAY);
    let last = authority.leaf("last.example").await.unwrap();
    assert_eq!(parse(&last.cert[0]).validity().not_after.timestamp(), end);
    hand.set(end);
    for _ in 0..2 {
        let late = authority.leaf("late.example").await;
        assert!(matches!(late, Err(AuthorityError::RootExpired)), "{late:?}");
    }
}

#[test]
fn a_root_comes_back_from_its_pem() {
    let made = root();
    let (certificate, key) = (made.certificate_pem(), made.key_pem());
    assert!(certificate.lines().all(|line| line.len() <= 64), "{certificate}");
    let read = Root::from_pem(&certificate, &key).unwrap();
    assert_eq!(read.certificate_der(), made.certificate_der());
    assert_eq!(*read.key_pem(), *key);
    assert_eq!(read.certificate_pem(), certificate);
    assert!(!format!("{read:?}").contains("KEY"));
}

#[test]
fn a_key_keeps_the_form_in_which_it_came() {
    let made = root();
    let pkcs8 = PrivatePkcs8KeyDer::from_pem_slice(made.key_pem().as_bytes()).unwrap();
    // What PKCS #8 wraps, behind 29 bytes, is the key in the form of SEC1.
    let inner = STANDARD.encode(&pkcs8.secret_pkcs8_der()[29..]);
    let sec1 = format!("-----BEGIN EC PRIVATE KEY-----\n{inner}\n-----END EC PRIVATE KEY-----\n");
    let read = Root::from_pem(&made.certificate_pem(), &sec1).unwrap();
    assert!(read.key_pem().starts_with("-----BEGIN EC PRIVATE KEY-----\n"));
    Root::from_pem(&read.certificate_pem(), &read.key_pem()).unwrap();
}

#[test]
fn a_root_that_does_not_fit_is_refused() {
    let (one, other) = (root(), root());
    let (certificate, key) = (one.certificate_pem(), one.key_pem());
    let refuse = |certificate: &str, key: &str| Root::from_pem(certificate, key).unwrap_err();

    let error = refuse(&certificate, &other.key_pem());
    assert!(matches!(error, AuthorityError::KeyMismatch), "{error:?}");
    let error = refuse(&(certificate.clone() + &other.certificate_pem()), &key);
    assert!(matches!(error, AuthorityError::NotSingle { found: 2 }), "{error:?}");
    let error = refuse(&key, &key);
    assert!(matches!(error, AuthorityError::CertificateNotPem), "{error:?}");
    let error = refuse(&certificate, &certificate);
    assert!(matches!(error, AuthorityError::KeyNotPem), "{error:?}");
    let error = refuse(
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
    );
    assert!(matches!(error, AuthorityError::BadCertificate(_)), "{error:?}");
    let error =
        refuse(&certificate, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    assert!(matches!(error, AuthorityError::BadKey), "{error:?}");
    for name in ["", &"n".repeat(65)] {
        let error = Root::generate(name, start()).unwrap_err();
        assert!(matches!(error, AuthorityError::BadName { .. }), "{error:?}");
    }
}

#[test]
fn only_certificates_that_may_sign_and_be_named_become_roots() {
    let key = KeyPair::generate().unwrap();
    let make = |change: &dyn Fn(&mut CertificateParams)| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        change(&mut params);
        let certificate = params.self_signed(&key).unwrap();
        Root::from_pem(&certificate.pem(), &key.serialize_pem())
    };
    make(&|_| ()).unwrap();
    let error = make(&|params| params.is_ca = IsCa::ExplicitNoCa).unwrap_err();
    assert!(matches!(error, AuthorityError::NotAnAuthority), "{error:?}");
    let error = make(&|params| params.key_usages = vec![rcgen::KeyUsagePurpose::DigitalSignature])
        .unwrap_err();
    assert!(matches!(error, AuthorityError::NotAnAuthority), "{error:?}");
    let error = make(&|params| {
        params.distinguished_name.push(DnType::OrganizationalUnitName, "one");
        params.distinguished_name.push(DnType::CustomDnType(vec![2, 5, 4, 11]), "two");
    })
    .unwrap_err();
    assert!(matches!(error, AuthorityError::UnsupportedSubject), "{error:?}");
}

#[tokio::test]
async fn an_operators_own_root_signs_for_its_clients() {
    let hand = Hand::new();
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let root = Root::from_pem(&certificate.pem(), &key.serialize_pem()).unwrap();
    let authority = Authority::new(root, hand.clock()).unwrap();
    let leaf = authority.leaf("own.example").await.unwrap();
    let trusting = client(certificate.der(), &hand);
    shake_hands(&serving(&leaf), &trusting, "own.example").unwrap();
}

#[test]
fn a_listener_is_reached_under_all_its_names_with_http_1_only() {
    let hand = Hand::new();
    let authority = authority(&hand);
    let trusting = client(authority.root().certificate_der(), &hand);
    let names = ["proxy.example".to_owned(), "10.0.0.1".to_owned()];
    let server = authority.server_config(&names).unwrap();
    for name in &names {
        let connection = shake_hands(&server, &trusting, name).unwrap();
        assert_eq!(connection.alpn_protocol(), Some(&b"http/1.1"[..]));
        assert_eq!(connection.peer_certificates().unwrap().len(), 2);
    }
    assert!(refused_certificate(&shake_hands(&server, &trusting, "other.example")));
    let mut only_h2 = trusting;
    only_h2.alpn_protocols = vec![b"h2".to_vec()];
    assert!(shake_hands(&server, &only_h2, "proxy.example").is_err());

    let error = authority.server_config(&[]).unwrap_err();
    assert!(matches!(error, AuthorityError::NoNames), "{error:?}");
    let error = authority.server_config(&["a b".to_owned()]).unwrap_err();
    assert!(matches!(error, AuthorityError::BadHost), "{error:?}");
}

#[test]
fn a_listeners_certificate_is_renewed_while_it_runs() {
    let hand = Hand::new();
    let authority = authority(&hand);
    let trusting = client(authority.root().certificate_der(), &hand);
    let server = authority.server_config(&["proxy.example".to_owned()]).unwrap();
    let shown = |second: i64| {
        hand.set(second);
        let mut fresh = trusting.clone();
        fresh.resumption = rustls::client::Resumption::disabled();
        let connection = shake_hands(&server, &fresh, "proxy.example").unwrap();
        connection.peer_certificates().unwrap()[0].clone()
    };
    let first = shown(START);
    assert_eq!(shown(START + 15 * DAY - 1), first);
    let second = shown(START + 15 * DAY);
    assert_ne!(second, first);
    assert_eq!(shown(START + 16 * DAY), second);
    assert_ne!(shown(START + 100 * DAY), second);
}

#[test]
fn a_listener_takes_a_certificate_from_elsewhere() {
    let hand = Hand::new();
    let key = KeyPair::generate().unwrap();
    let address = IpAddr::from([127, 0, 0, 1]).to_string();
    let certificate = CertificateParams::new(["proxy.example".to_owned(), address])
        .unwrap()
        .self_signed(&key)
        .unwrap();
    let (pem, key) = (certificate.pem(), key.serialize_pem());
    let server = server_config_from_pem(pem.as_bytes(), key.as_bytes()).unwrap();
    let trusting = client(certificate.der(), &hand);
    for name in ["proxy.example", "127.0.0.1"] {
        let connection = shake_hands(&server, &trusting, name).unwrap();
        assert_eq!(connection.alpn_protocol(), Some(&b"http/1.1"[..]));
    }

    let other = KeyPair::generate().unwrap().serialize_pem();
    let error = server_config_from_pem(pem.as_bytes(), other.as_bytes()).unwrap_err();
    assert!(matches!(error, AuthorityError::KeyMismatch), "{error:?}");
    let damaged = key.replacen('M', "!", 1);
    let error = server_config_from_pem(pem.as_bytes(), damaged.as_bytes()).unwrap_err();
    assert_eq!(format!("{error:?}"), "KeyNotPem");
    let error = server_config_from_pem(b"", key.as_bytes()).unwrap_err();
    assert!(matches!(error, AuthorityError::CertificateNotPem), "{error:?}");
}
