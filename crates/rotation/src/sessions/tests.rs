//! Bindings that slide, end, win and are told.

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

fn key(name: &str) -> Key {
    Key::new("0192f0c1-2345-7abc-8def-0123456789ab".parse().unwrap(), name.as_bytes())
}

fn exit() -> Bound {
    Bound { exit: ProxyId::new(), connector: ConnectorId::default(), country: None }
}

fn find(sessions: &Sessions, key: Key, now: Instant) -> Option<Bound> {
    sessions.find(key, Revision(0), now).map(|(bound, _)| bound)
}

fn bind(
    sessions: &Sessions,
    key: Key,
    (found, bound): (Option<ProxyId>, Bound),
    terms: Terms,
    now: Instant,
) {
    sessions.bind(&Binds { key, terms, found, name: None, telling: None }, bound, now);
}

fn terms(ttl: Option<Duration>, idle: Option<Duration>, uses: Option<u32>) -> Terms {
    Terms { ttl, idle, uses: uses.and_then(NonZeroU32::new) }
}

#[test]
fn a_binding_slides_with_its_uses_and_ends_with_its_ttl() {
    let (sessions, key, exit, begun) = (Sessions::default(), key("a"), exit(), Instant::now());
    bind(&sessions, key, (None, exit), terms(Some(MINUTE * 3), Some(MINUTE), None), begun);
    for half_minutes in 1..=5 {
        let now = begun + MINUTE / 2 * half_minutes;
        assert_eq!(find(&sessions, key, now), Some(exit), "{half_minutes}");
    }
    assert_eq!(find(&sessions, key, begun + MINUTE * 3), None);
    let begun = begun + MINUTE * 3;
    bind(&sessions, key, (None, exit), terms(None, Some(MINUTE), None), begun);
    assert_eq!(find(&sessions, key, begun + MINUTE), None);
}

#[test]
fn a_binding_of_three_uses_is_found_twice_more() {
    let (sessions, key, now) = (Sessions::default(), key("a"), Instant::now());
    bind(&sessions, key, (None, exit()), terms(None, None, Some(3)), now);
    assert!(find(&sessions, key, now).is_some());
    assert!(find(&sessions, key, now).is_some());
    assert!(find(&sessions, key, now).is_none());
}

#[test]
fn of_two_that_bind_at_once_the_first_one_wins() {
    let (sessions, key, now) = (Sessions::default(), key("a"), Instant::now());
    let (first, second, third) = (exit(), exit(), exit());
    let terms = terms(None, Some(MINUTE), None);
    bind(&sessions, key, (None, first), terms, now);
    bind(&sessions, key, (None, second), terms, now);
    assert_eq!(find(&sessions, key, now), Some(first));
    bind(&sessions, key, (Some(first.exit), second), terms, now);
    bind(&sessions, key, (Some(first.exit), third), terms, now);
    assert_eq!(find(&sessions, key, now), Some(second));
}

#[test]
fn ended_bindings_do_not_pile_up() {
    let (sessions, begun) = (Sessions::default(), Instant::now());
    for number in 0..20_000u32 {
        let now = begun + Duration::from_secs(u64::from(number));
        let key = key(&number.to_string());
        bind(&sessions, key, (None, exit()), terms(None, Some(MINUTE), None), now);
    }
    assert!(sessions.len() < 2_000, "{}", sessions.len());
}

#[test]
fn a_key_that_is_bound_again_and_again_stands_in_the_order_once() {
    let (sessions, now) = (Sessions::default(), Instant::now());
    for round in 0..100 {
        for name in 0..500 {
            let key = key(&name.to_string());
            assert!(round == 0 || find(&sessions, key, now).is_some());
            assert!(find(&sessions, key, now).is_none());
            bind(&sessions, key, (None, exit()), terms(None, None, Some(2)), now);
        }
    }
    let ordered: usize = sessions.shards.iter().map(|shard| shard.lock().order.len()).sum();
    assert_eq!(ordered, sessions.len());
}

#[test]
fn sessions_with_names_are_seen_until_they_end() {
    let (sessions, begun) = (Sessions::default(), Instant::now());
    let (project, other) = (ProjectId::new(), ProjectId::new());
    let (one, two) = (exit(), exit());
    let named = |project: ProjectId, name: &str, bound: Bound| {
        let name = Name { project, session: name.into() };
        let key = Key::new(project, name.session.as_bytes());
        let terms = terms(Some(3 * MINUTE), Some(MINUTE), None);
        let binds = Binds { key, terms, found: None, name: Some(name), telling: None };
        sessions.bind(&binds, bound, begun);
    };
    for (project, name, bound) in
        [(project, "a1", one), (project, "a2", two), (project, "rotate x", one), (other, "a1", one)]
    {
        named(project, name, bound);
    }
    let later = begun + MINUTE / 2;
    find(&sessions, Key::new(project, b"a1"), later);
    let seen = |now| {
        let mut seen = sessions.alive(project, |name, _| name.starts_with('a'), now);
        seen.sort_by(|a, b| a.session.cmp(&b.session));
        seen
    };
    let now = begun + MINUTE * 3 / 4;
    let first = Alive {
        session: "a1".into(),
        exit: one.exit,
        connector: one.connector,
        country: None,
        age: MINUTE * 3 / 4,
        idle: Some(MINUTE / 4),
        left: Some(MINUTE * 3 / 4),
        is_told: false,
    };
    let (idle, left) = (Some(MINUTE * 3 / 4), Some(MINUTE / 4));
    let second = Alive { session: "a2".into(), exit: two.exit, idle, left, ..first.clone() };
    let second = Alive { connector: two.connector, ..second };
    assert_eq!(seen(now), [first.clone(), second]);
    assert_eq!(seen(begun + MINUTE).len(), 1, "one was silent for too long");
    assert_eq!(sessions.alive(project, |_, exit| exit == two.exit, now).len(), 1);
    assert!(!sessions.end((project, "a1"), two.exit, now), "another exit by now");
    assert!(sessions.end((project, "a1"), one.exit, now));
    assert!(!sessions.end((project, "a1"), one.exit, now));
    assert_eq!(sessions.alive(project, |name, _| name == "a1", now), []);
    assert_eq!(sessions.alive(other, |_, _| true, now).len(), 1);
    let key = Key::new(project, b"a1");
    assert_eq!((find(&sessions, key, now), sessions.outlived(key, now)), (None, Some(one.exit)));
}
