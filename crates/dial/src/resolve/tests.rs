//! The resolver with answers we make up.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use super::*;

fn settings(ttl: Duration) -> Settings {
    Settings { dns_ttl: ttl, dns_names: 3, ..Settings::default() }
}

/// A resolver that counts its lookups and answers `192.0.2.N` to the Nth.
fn counting(settings: &Settings) -> (Resolver, Arc<AtomicUsize>) {
    let lookups = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&lookups);
    let resolver = Resolver::new(settings, move |_| {
        let turn = counter.fetch_add(1, Ordering::Relaxed) + 1;
        Ok(vec![IpAddr::from([192, 0, 2, u8::try_from(turn).unwrap_or(255)])])
    });
    (resolver, lookups)
}

#[tokio::test]
async fn an_answer_is_used_again_until_its_time_is_up() {
    let (resolver, lookups) = counting(&settings(Duration::from_hours(1)));
    for _ in 0..10 {
        assert_eq!(resolver.resolve("a.test").await.unwrap()[..], [IpAddr::from([192, 0, 2, 1])]);
    }
    assert_eq!(lookups.load(Ordering::Relaxed), 1);

    let (resolver, lookups) = counting(&settings(Duration::from_millis(20)));
    resolver.resolve("a.test").await.unwrap();
    tokio::time::sleep(Duration::from_millis(40)).await;
    assert_eq!(resolver.resolve("a.test").await.unwrap()[..], [IpAddr::from([192, 0, 2, 2])]);
    assert_eq!(lookups.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn nothing_is_kept_when_told_so() {
    let (resolver, lookups) = counting(&settings(Duration::ZERO));
    for _ in 0..10 {
        resolver.resolve("a.test").await.unwrap();
    }
    assert_eq!(lookups.load(Ordering::Relaxed), 10);
}

#[tokio::test]
async fn callers_who_ask_at_the_same_time_share_a_lookup_even_when_the_first_gives_up() {
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let lookups = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&lookups);
    let resolver = Resolver::new(&settings(Duration::from_hours(1)), move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        wait.lock().unwrap().recv().map_err(io::Error::other)?;
        Ok(vec![IpAddr::from([192, 0, 2, 1])])
    });
    let gives_up = tokio::time::timeout(Duration::from_millis(5), resolver.resolve("a.test"));
    assert!(gives_up.await.is_err());
    go.send(()).unwrap();
    go.send(()).unwrap();
    let (a, b, c) = tokio::join!(
        resolver.resolve("a.test"),
        resolver.resolve("a.test"),
        resolver.resolve("a.test"),
    );
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(lookups.load(Ordering::Relaxed), 2, "one given up, one shared");
}

#[tokio::test]
async fn a_failure_is_told_to_everybody_and_not_believed_for_long() {
    let lookups = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&lookups);
    let resolver = Resolver::new(&settings(Duration::from_hours(1)), move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        Err(io::Error::new(io::ErrorKind::NotFound, "no such name"))
    });
    for _ in 0..2 {
        let error = resolver.resolve("a.test").await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert_eq!(error.to_string(), "no such name");
    }
    assert_eq!(lookups.load(Ordering::Relaxed), 1);
    let cell = resolver.cell("a.test");
    assert!(cell.get().unwrap().until <= Instant::now() + FAILURE_TTL);
}

#[tokio::test]
async fn an_answer_without_addresses_is_a_failure_and_mapped_addresses_are_unwrapped() {
    let resolver = Resolver::new(&settings(Duration::ZERO), |name| match name {
        "empty.test" => Ok(Vec::new()),
        _ => Ok(vec!["::ffff:10.0.0.1".parse().unwrap()]),
    });
    assert!(resolver.resolve("empty.test").await.is_err());
    assert_eq!(resolver.resolve("a.test").await.unwrap()[..], [IpAddr::from([10, 0, 0, 1])]);
}

#[tokio::test]
async fn the_cache_is_bounded() {
    let (resolver, _) = counting(&settings(Duration::from_hours(1)));
    for name in ["a.test", "b.test", "c.test", "d.test", "e.test"] {
        resolver.resolve(name).await.unwrap();
        assert!(resolver.names.lock().unwrap().len() <= 3);
    }
}

#[tokio::test]
async fn lookups_at_a_time_are_bounded_even_when_callers_give_up() {
    let (go, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let running = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&running);
    let settings = Settings { dns_lookups: 1, ..settings(Duration::ZERO) };
    let resolver = Resolver::new(&settings, move |_| {
        counter.fetch_add(1, Ordering::Relaxed);
        wait.lock().unwrap().recv().map_err(io::Error::other)?;
        Ok(vec![IpAddr::from([192, 0, 2, 1])])
    });
    for name in ["a.test", "b.test", "c.test"] {
        let gives_up = tokio::time::timeout(Duration::from_millis(5), resolver.resolve(name));
        assert!(gives_up.await.is_err());
    }
    assert_eq!(running.load(Ordering::Relaxed), 1);
    go.send(()).unwrap();
    go.send(()).unwrap();
    resolver.resolve("d.test").await.unwrap();
    assert_eq!(running.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn the_system_knows_this_machine() {
    let resolver = Resolver::system(&Settings::default());
    let addresses = resolver.resolve("localhost").await.unwrap();
    assert!(addresses.iter().all(IpAddr::is_loopback), "{addresses:?}");
}
