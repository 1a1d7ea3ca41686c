//! Targets that this node dials or resolves itself, with a resolver that lies.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use model::connector::ResolveAt;
use model::exchange::Blame;
use model::proxy::Protocol;
use tokio::net::TcpListener;

use super::exits::{Exit, assert_joined, dialer, how, how_allowing, target, within};
use crate::resolve::Resolver;
use crate::{AddressClass, DialError, Dialer, How, Settings, Stream};

/// A dialer whose resolver gives the first answer to the first lookup, and so on, in a circle;
/// and the number of lookups.
fn dialer_answering(answers: &[&[&str]], settings: Settings) -> (Dialer, Arc<AtomicUsize>) {
    let parse = |answer: &&[&str]| answer.iter().map(|a| a.parse().unwrap()).collect();
    let answers: Vec<Vec<IpAddr>> = answers.iter().map(parse).collect();
    let lookups = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&lookups);
    let resolver = Resolver::new(&settings, move |_| {
        let turn = counter.fetch_add(1, Ordering::Relaxed);
        Ok(answers[turn % answers.len()].clone())
    });
    (Dialer::with_resolver(settings, resolver).unwrap(), lookups)
}

fn uncached() -> Settings {
    Settings { dns_ttl: Duration::ZERO, ..Settings::default() }
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

async fn dial(dialer: &Dialer, how: &How, to: &str) -> Result<Stream, DialError> {
    let exit = Exit::new(Protocol::Direct).await;
    within(dialer.tunnel(&exit.endpoint(None), how, &target(to))).await
}

fn class(result: Result<Stream, DialError>) -> AddressClass {
    result.unwrap_err().forbidden().expect("forbidden by the guard")
}

#[tokio::test]
async fn a_target_that_a_rule_allows_is_dialled() {
    let (listener, port) = listener().await;
    let (dialer, _) = dialer_answering(&[&["127.0.0.1"]], uncached());
    for (rule, to) in [
        (format!("127.0.0.1:{port}"), format!("127.0.0.1:{port}")),
        ("127.0.0.0/8".to_owned(), format!("[::ffff:127.0.0.1]:{port}")),
        ("127.0.0.1".to_owned(), format!("a.test:{port}")),
        ("127.0.0.1".to_owned(), format!("LOCALHOST.:{port}")),
    ] {
        let mut near = dial(&dialer, &how_allowing(&[&rule]), &to).await.unwrap();
        let (mut far, _) = within(listener.accept()).await.unwrap();
        assert!(near.as_tcp().unwrap().nodelay().unwrap());
        within(assert_joined(&mut near, &mut far)).await;
    }
}

#[tokio::test]
async fn a_target_without_a_rule_is_refused_and_never_dialled() {
    let (listener, port) = listener().await;
    let (dialer, lookups) = dialer_answering(&[&["127.0.0.1"]], uncached());
    let other_port = format!("127.0.0.1:{}", if port == 1 { 2 } else { 1 });
    for rules in [&[][..], &["10.0.0.0/8"], &[other_port.as_str()]] {
        for host in ["127.0.0.1", "localhost", "x.localhost", "[::ffff:7f00:1]", "a.test"] {
            let result = dial(&dialer, &how_allowing(rules), &format!("{host}:{port}")).await;
            let error = result.unwrap_err();
            assert_eq!(error.forbidden(), Some(AddressClass::Loopback), "{host}");
            assert_eq!(error.proxy_status_error(), "destination_ip_prohibited");
            assert_eq!((error.blame(), error.may_try_another()), (Blame::Client, false));
        }
    }
    assert_eq!(lookups.load(Ordering::Relaxed), 3, "only a.test is looked up");
    let nobody = tokio::time::timeout(Duration::ZERO, listener.accept()).await;
    assert!(nobody.is_err(), "somebody connected");
}

#[tokio::test]
async fn one_forbidden_address_in_an_answer_forbids_the_name() {
    for answer in [
        &["8.8.8.8", "10.0.0.1"][..],
        &["10.0.0.1", "8.8.8.8"],
        &["2606:4700::1", "::ffff:10.0.0.1"],
        &["8.8.8.8", "9.9.9.9", "10.255.255.255"],
    ] {
        let (dialer, _) = dialer_answering(&[answer], uncached());
        assert_eq!(class(dial(&dialer, &how(), "a.test:80").await), AddressClass::Private);
    }
}

#[tokio::test]
async fn a_name_that_changes_between_check_and_dial_is_dialled_where_it_was_checked() {
    let (listener, port) = listener().await;
    // A second lookup in one dial would get the other answer: refused where it was allowed, or
    // connected where it was forbidden.
    let (dialer, lookups) = dialer_answering(&[&["127.0.0.1"], &["127.0.0.2"]], uncached());
    let (how, to) = (how_allowing(&["127.0.0.1"]), format!("rebind.test:{port}"));
    for _ in 0..500 {
        let near = dial(&dialer, &how, &to).await.unwrap();
        assert_eq!(near.peer_addr().unwrap(), listener.local_addr().unwrap());
        drop(within(listener.accept()).await.unwrap());
        assert_eq!(class(dial(&dialer, &how, &to).await), AddressClass::Loopback);
    }
    assert_eq!(lookups.load(Ordering::Relaxed), 1000);
}

#[tokio::test]
async fn our_own_addresses_are_refused_unless_a_rule_names_the_port() {
    let (listener, port) = listener().await;
    for own in [format!("127.0.0.1:{port}"), format!("0.0.0.0:{port}"), format!("[::]:{port}")] {
        let own: SocketAddr = own.parse().unwrap();
        let settings = Settings { own_addresses: vec![own], ..uncached() };
        let (dialer, _) = dialer_answering(&[&["127.0.0.1"]], settings);
        for host in ["127.0.0.1", "localhost", "a.test"] {
            let to = format!("{host}:{port}");
            let ranges = how_allowing(&["127.0.0.0/8", "0.0.0.0/0", "10.0.0.0/8:1"]);
            assert_eq!(class(dial(&dialer, &ranges, &to).await), AddressClass::Own, "{own} {to}");
            let exact = how_allowing(&[&format!("127.0.0.1:{port}")]);
            assert!(dial(&dialer, &exact, &to).await.is_ok(), "{own} {to}");
            drop(within(listener.accept()).await.unwrap());
        }
        dialer.set_own_addresses(Vec::new());
        let to = format!("127.0.0.1:{port}");
        assert!(dial(&dialer, &how_allowing(&["127.0.0.0/8"]), &to).await.is_ok());
        drop(within(listener.accept()).await.unwrap());
    }
}

#[tokio::test]
async fn the_source_address_is_the_one_that_was_asked_for() {
    let (listener, port) = listener().await;
    let source: IpAddr = "127.0.0.9".parse().unwrap();
    let how = How { source_address: Some(source), ..how_allowing(&["127.0.0.1"]) };
    let near = dial(&dialer(), &how, &format!("127.0.0.1:{port}")).await.unwrap();
    let (_, client) = within(listener.accept()).await.unwrap();
    assert_eq!(client.ip(), source);
    assert_eq!(near.local_addr().unwrap(), client);

    // Only addresses of the source's family are dialled.
    let (dialer, _) = dialer_answering(&[&["::1", "127.0.0.1"]], uncached());
    let how = How { allow_targets: how_allowing(&["::1", "127.0.0.1"]).allow_targets, ..how };
    assert!(dial(&dialer, &how, &format!("a.test:{port}")).await.is_ok());

    let not_ours = How { source_address: Some("192.0.2.1".parse().unwrap()), ..how };
    let error = dial(&dialer, &not_ours, &format!("127.0.0.1:{port}")).await.unwrap_err();
    assert!(matches!(error, DialError::NoSocket(_)), "{error:?}");
    assert_eq!((error.blame(), error.may_try_another()), (Blame::Node, true));
}

#[tokio::test]
async fn a_dead_target_is_the_targets_fault() {
    let (listener, port) = listener().await;
    drop(listener);
    let how = how_allowing(&["127.0.0.1"]);
    let error = dial(&dialer(), &how, &format!("127.0.0.1:{port}")).await.unwrap_err();
    assert!(matches!(error, DialError::TargetUnreachable(_)), "{error:?}");
    assert_eq!(error.proxy_status_error(), "connection_refused");
    assert_eq!((error.blame(), error.may_try_another()), (Blame::Target, true));
}

#[tokio::test]
async fn a_name_without_an_address_is_its_owners_fault() {
    let settings = Settings::default();
    let resolver = Resolver::new(&settings, |_| Err(io::ErrorKind::NotFound.into()));
    let dialer = Dialer::with_resolver(settings, resolver).unwrap();
    let error = dial(&dialer, &how(), "a.test:80").await.unwrap_err();
    assert!(matches!(error, DialError::TargetName(_)), "{error:?}");
    assert_eq!((error.blame(), error.proxy_status_error()), (Blame::Target, "dns_error"));

    let mut endpoint = Exit::new(Protocol::Http).await.endpoint(None);
    endpoint.host = model::Host::Name("exit.test".into());
    let error = within(dialer.knock(&endpoint, &how())).await.unwrap_err();
    assert!(matches!(error, DialError::ExitName(_)), "{error:?}");
    assert_eq!((error.blame(), error.proxy_status_error()), (Blame::Exit, "dns_error"));
}

#[tokio::test]
async fn an_exit_with_a_name_may_be_private_and_its_addresses_are_tried_in_turn() {
    let exit = Exit::new(Protocol::Http).await;
    let (dialer, _) = dialer_answering(&[&["127.0.0.3", "::1", "127.0.0.1"]], uncached());
    let mut endpoint = exit.endpoint(None);
    endpoint.host = model::Host::Name("exit.test".into());
    let how = how();
    let (_far, near) =
        within(async { tokio::join!(exit.accept(), dialer.connect(&endpoint, &how)) }).await;
    assert_eq!(near.unwrap().peer_addr().unwrap(), exit.address());
}

#[tokio::test]
async fn an_exit_is_asked_for_the_checked_address_when_this_node_resolves() {
    let exit = Exit::new(Protocol::Http).await;
    let (dialer, lookups) =
        dialer_answering(&[&["2606:4700::1111", "8.8.4.4"], &["10.0.0.1"]], uncached());
    let how = How { resolve: ResolveAt::Node, ..how() };
    let (endpoint, to) = (exit.endpoint(None), target("a.test:443"));
    let played = exit.answer_head(b"HTTP/1.1 200 OK\r\n\r\n");
    let ((head, _far), near) =
        within(async { tokio::join!(played, dialer.tunnel(&endpoint, &how, &to)) }).await;
    near.unwrap();
    assert!(head.starts_with("CONNECT 8.8.4.4:443 "), "{head}");
    assert_eq!(lookups.load(Ordering::Relaxed), 1);

    let error = within(dialer.tunnel(&endpoint, &how, &to)).await.unwrap_err();
    assert_eq!(error.forbidden(), Some(AddressClass::Private));
}

#[tokio::test]
async fn a_direct_exit_is_always_there() {
    let endpoint = Exit::new(Protocol::Direct).await.endpoint(None);
    within(dialer().knock(&endpoint, &how())).await.unwrap();
}

#[tokio::test]
async fn whoever_awaits_a_dial_keeps_little_room_for_it() {
    let exit = Exit::new(Protocol::Https).await;
    let (dialer, how, endpoint, to) = (dialer(), how(), exit.endpoint(None), target("a.test:443"));
    let dial = dialer.tunnel(&endpoint, &how, &to);
    assert!(size_of_val(&dial) <= 768, "{} bytes", size_of_val(&dial));
}
