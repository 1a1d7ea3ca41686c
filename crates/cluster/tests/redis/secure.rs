//! TLS, users with few rights, and passwords that stay where they are.

use cluster::{Cluster, ClusterError, Settings};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::node::{Node, is_elected, member, next, notice, settings, stands};
use crate::server::{Server, free_address};

/// What the user of nodes needs, and nothing else; `crates/cluster/README.md` says so.
const RIGHTS: &str = "on >s3cret-p4ss resetkeys ~instance_registry:* ~octoprox:* ~lease:* ~sticky:* \
    ~ratelimit:* ~quarantine:* ~mark:* ~drain:* ~metrics:* resetchannels &octoprox:* -@all +ping +select +hello \
    +eval +evalsha +script|load +time +get +mget +set +del +pexpire +pttl +sadd \
    +smembers +srem +zadd +zrange +zrem +zremrangebyscore +scan +hincrby +hmget +expire \
    +publish +subscribe +unsubscribe";

#[tokio::test]
async fn a_user_with_few_rights_is_enough() {
    let mut arguments = vec!["--user", "octoprox"];
    arguments.extend(RIGHTS.split(' ').filter(|word| !word.is_empty()));
    let server = Server::start_with(&arguments).await;
    let url = format!("redis://octoprox:s3cret-p4ss@{}", server.address);
    let (a, b) = (Node::start_at("a", &settings(&url)), Node::start_at("b", &settings(&url)));
    a.sees("a b").await;
    stands(&a.cluster.stand("x"), is_elected).await;
    assert_eq!(a.cluster.leases().await.unwrap().len(), 1);
    crate::server::until("two listeners", async || {
        (crate::node::listeners(&server).await == 2).then_some(())
    })
    .await;
    let mut notices = b.cluster.notices();
    a.cluster.notify(notice(1)).await;
    assert_eq!(next(&mut notices).await, Ok(notice(1)));
    let seen = a.cluster.members().borrow()[1].clone();
    a.cluster.order_drain(&seen, true).await.unwrap();
    b.cluster.drained().wait_for(|drained| *drained).await.unwrap();
    crate::facts::tell_everything(&a.cluster, &b.cluster).await;
    b.cluster.leave().await;
    a.sees("a").await;
    let log: String = server.ask("INFO errorstats").await;
    assert!(!log.contains("NOPERM"), "{log}");
}

#[tokio::test]
async fn a_wrong_password_is_shown_nowhere() {
    let server = Server::start_with(&["--requirepass", "right"]).await;
    let settings = settings(&format!("redis://:hunter2@{}", server.address));
    let node = Node::start_at("a", &settings);
    let error = node.cluster.leases().await.expect_err("not logged in");
    let shown = format!("{settings:?} {:?} {error} {error:?}", node.cluster);
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[tokio::test]
async fn tls_is_spoken_and_an_unknown_authority_is_refused() {
    let (address, folder) = (free_address(), tempfile::tempdir().unwrap());
    let root = certificates(&address.ip().to_string(), folder.path());
    let port = address.port() + 1;
    let file = |name: &str| folder.path().join(name).display().to_string();
    let arguments = [
        "--tls-port",
        &port.to_string(),
        "--tls-auth-clients",
        "no",
        "--tls-cert-file",
        &file("server.pem"),
        "--tls-key-file",
        &file("server.key"),
        "--tls-ca-cert-file",
        &file("root.pem"),
    ];
    let server = Server::start_at(address, &arguments).await;
    let url = format!("rediss://{}:{port}", address.ip());
    let trusting = Settings { root_certificates: Some(root), ..settings(&url) };
    let node = Node::start_at("a", &trusting);
    node.connected().await;
    stands(&node.cluster.stand("x"), is_elected).await;
    let wary = Node::start_at("b", &settings(&url));
    crate::server::until("some refusals", async || {
        let text: String = server.ask("INFO stats").await;
        let received =
            text.lines().find_map(|line| line.strip_prefix("total_connections_received:"));
        (received?.parse::<u32>().ok()? > 8).then_some(())
    })
    .await;
    assert!(matches!(wary.cluster.leases().await, Err(ClusterError::Away)));
}

#[test]
fn certificates_that_are_none_are_refused_at_once() {
    let pem = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_vec();
    let settings = Settings { root_certificates: Some(pem), ..settings("rediss://localhost") };
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    let refused = Cluster::redis(&settings, member("a"), &tracker, &stop);
    assert!(matches!(refused, Err(ClusterError::Tls(_))), "{refused:?}");
    assert!(tracker.is_empty());
}

/// Files for a server at this address, and the root that signed it.
fn certificates(server: &str, folder: &std::path::Path) -> Vec<u8> {
    let mut root = CertificateParams::new(Vec::new()).unwrap();
    root.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec![server.to_owned()]).unwrap();
    let server = server.signed_by(&key, &root).unwrap();
    std::fs::write(folder.join("root.pem"), root.pem()).unwrap();
    std::fs::write(folder.join("server.pem"), server.pem()).unwrap();
    std::fs::write(folder.join("server.key"), key.serialize_pem()).unwrap();
    root.pem().into_bytes()
}
