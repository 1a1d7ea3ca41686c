//! A name whose server says something else each time it is asked never leads to a private address.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use model::proxy::Protocol;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::exits::{Exit, how_allowing, target, within};
use crate::resolve::Resolver;
use crate::{AddressClass, Bounds, DialError, Dialer, Settings};

const TRIES: usize = 1_000;
const AT_ONCE: usize = 20;

/// It stands for the Internet, by a rule.
const OPEN: &str = "127.0.0.1";
/// It stands for what nobody may reach.
const SHUT: &str = "127.0.0.2";

/// What an attacker's server would say, one after the other.
const ANSWERS: [&[&str]; 6] =
    [&[OPEN], &[SHUT], &[OPEN, SHUT], &[OPEN], &[SHUT, OPEN], &["::ffff:127.0.0.2"]];

/// The same port on both addresses.
async fn listeners() -> (TcpListener, TcpListener) {
    for _ in 0..100 {
        let open = TcpListener::bind((OPEN, 0)).await.unwrap();
        let port = open.local_addr().unwrap().port();
        if let Ok(shut) = TcpListener::bind((SHUT, port)).await {
            return (open, shut);
        }
    }
    panic!("no port is free on both addresses");
}

fn dialer(settings: Settings) -> (Dialer, Arc<AtomicUsize>) {
    let lookups = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&lookups);
    let resolver = Resolver::new(&settings, move |_| {
        let answer = ANSWERS[counter.fetch_add(1, Ordering::Relaxed) % ANSWERS.len()];
        Ok(answer.iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>())
    });
    (Dialer::with_resolver(settings, resolver).unwrap(), lookups)
}

/// Dials, and says where that led to: as an exit does, and for a URL that somebody entered.
async fn try_once(dialer: Dialer, port: u16, is_entered: bool) -> Result<SocketAddr, DialError> {
    if is_entered {
        let allow = [OPEN.parse().unwrap()];
        let bounds = Bounds { allow: &allow, services: &[], peers: &[], only_allowed: true };
        let to = target(&format!("rebind.test:{port}"));
        let stream = within(dialer.entered(&to, bounds)).await?;
        return Ok(stream.peer_addr().unwrap());
    }
    let endpoint = Exit::new(Protocol::Direct).await.endpoint(None);
    let to = target(&format!("rebind.test:{port}"));
    let how = how_allowing(&[OPEN]);
    let stream = within(dialer.tunnel(&endpoint, &how, &to)).await?;
    Ok(stream.peer_addr().unwrap())
}

/// Tries and tries again, and returns how often it led somewhere, and how many lookups it took.
async fn rebind(dns_ttl: Duration) -> (usize, usize) {
    let (open, shut) = listeners().await;
    let (open_at, port) = (open.local_addr().unwrap(), open.local_addr().unwrap().port());
    let (dialer, lookups) = dialer(Settings { dns_ttl, ..Settings::default() });
    let mut accepting = JoinSet::new();
    accepting.spawn(async move { while open.accept().await.is_ok() {} });
    let mut reached = 0;
    for _ in 0..TRIES / AT_ONCE {
        let mut tries = JoinSet::new();
        for number in 0..AT_ONCE {
            tries.spawn(try_once(dialer.clone(), port, number % 3 == 0));
        }
        for tried in tries.join_all().await {
            match tried {
                Ok(peer) => {
                    assert_eq!(peer, open_at);
                    reached += 1;
                }
                Err(error) => assert_eq!(error.forbidden(), Some(AddressClass::Loopback)),
            }
        }
    }
    let somebody = tokio::time::timeout(Duration::ZERO, shut.accept()).await;
    assert!(somebody.is_err(), "the private address was dialled");
    accepting.abort_all();
    (reached, lookups.load(Ordering::Relaxed))
}

#[tokio::test]
async fn a_name_that_changes_all_the_time_never_leads_inside() {
    let (reached, lookups) = rebind(Duration::ZERO).await;
    assert!(reached > 0 && reached < TRIES, "{reached}: both kinds of answers were met");
    assert!(lookups > ANSWERS.len(), "{lookups}");
}

#[tokio::test]
async fn a_name_whose_answers_run_out_in_between_never_leads_inside() {
    let (reached, lookups) = rebind(Duration::from_millis(2)).await;
    assert!(reached < TRIES && lookups > ANSWERS.len(), "{reached} of {lookups} lookups");
}

/// A rebinding name, as the URL of a webhook: what is not allowed is not dialled, and public addresses
/// are not either where only what is allowed may be.
#[tokio::test]
async fn what_somebody_entered_leads_nowhere_else_than_was_checked() {
    let settings = Settings { dns_ttl: Duration::ZERO, ..Settings::default() };
    let resolver = Resolver::new(&settings, |name| match name {
        "redis.test" => Ok(vec![OPEN.parse().unwrap()]),
        "public.test" => Ok(vec!["1.1.1.1".parse().unwrap()]),
        _ => Ok(vec![OPEN.parse().unwrap(), SHUT.parse().unwrap()]),
    });
    let dialer = Dialer::with_resolver(settings, resolver).unwrap();
    let listener = TcpListener::bind((OPEN, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (network, named) = (["127.0.0.0/8"], [format!("127.0.0.1:{port}")]);
    let parsed =
        |rules: &[&str]| -> Vec<_> { rules.iter().map(|it| it.parse().unwrap()).collect() };
    let (network, named) = (parsed(&network), parsed(&[&named[0]]));
    let services = [target(&format!("redis.test:{port}"))];
    let ask = async |name: &str, allow: &[_], only_allowed| {
        let bounds = Bounds { allow, services: &services, peers: &[], only_allowed };
        let target = target(&format!("{name}:{port}"));
        let dialled = dialer.entered(&target, bounds);
        within(dialled).await.map(|_stream| ()).map_err(|error| error.forbidden())
    };
    // Another name of a service is the service, unless its port is allowed.
    assert_eq!(ask("redis.test", &network, true).await, Err(Some(AddressClass::Own)));
    assert_eq!(ask("both.test", &network, true).await, Err(Some(AddressClass::Own)));
    assert_eq!(ask("both.test", &named, true).await, Err(Some(AddressClass::Loopback)));
    assert_eq!(ask("127.0.0.1", &named, true).await, Ok(()));
    assert_eq!(ask("public.test", &named, true).await, Err(Some(AddressClass::Public)));
}
