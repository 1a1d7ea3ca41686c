//! Logins of clients in every dialect: no panic, and one reading of what is accepted.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use model::login::LoginKey;
use model::policy::Dialect;
use model::project::ProjectSpec;
use model::{Configuration, Project, ProjectId, Revision, Version};
use rotation::username::{self, Login};
use rotation::{Ledger, Roster};

/// An account of each dialect, and three that begin alike.
const ACCOUNTS: &[(&str, Dialect)] = &[
    ("acme", Dialect::Native),
    ("acme-eu", Dialect::Native),
    ("acme-session", Dialect::Native),
    ("brd-customer-c1-zone-res", Dialect::BrightData),
    ("customer-ox", Dialect::Oxylabs),
    ("user-deco", Dialect::Decodo),
    ("royal", Dialect::IpRoyal),
    ("web", Dialect::Webshare),
    ("nut", Dialect::NetNut),
    ("package-77", Dialect::Soax),
    ("imp", Dialect::DataImpulse),
];

static ROSTER: LazyLock<Roster> = LazyLock::new(|| {
    let projects = ACCOUNTS.iter().map(|(username, dialect)| {
        let password = LoginKey::new(&[1; 32]).digest(b"p");
        let mut spec = ProjectSpec::new((*username).to_owned(), (*username).to_owned(), password);
        spec.dialect = *dialect;
        Project { id: ProjectId::new(), version: Version::FIRST, revision: Revision(1), spec }
    });
    let configuration =
        Configuration { revision: Revision(1), projects: projects.collect(), ..Default::default() };
    let now = tokio::time::Instant::now();
    Roster::build(configuration, &Roster::empty(), &Ledger::default(), now)
});

// The text is a whole username, what stands behind each account, and a password.
fuzz_target!(|text: &str| {
    check(text, "p");
    for (account, _) in ACCOUNTS {
        check(&format!("{account}{text}"), text);
    }
});

fn check(username: &str, password: &str) {
    let first = username::read(&ROSTER, username, password);
    let second = username::read(&ROSTER, username, password);
    match (first, second) {
        (Ok(first), Ok(second)) => {
            assert_eq!(first.project.id, second.project.id);
            assert_eq!((&first.wish, first.password), (&second.wish, second.password));
            holds_what_it_says(username, password, &first);
        }
        (Err(first), Err(second)) => assert_eq!(first, second),
        (first, second) => panic!("{first:?}, and then {second:?}"),
    }
}

fn holds_what_it_says(username: &str, password: &str, login: &Login<'_>) {
    let spec = &login.project.spec;
    assert!(username.starts_with(&spec.username), "the account stands at the beginning");
    assert!(password.starts_with(login.password), "a password loses parameters, nothing else");
    assert!(login.password == password || spec.dialect == Dialect::IpRoyal);
    let wish = &login.wish;
    assert_eq!(wish.check(), Ok(()));
    assert!(wish.pin.is_none(), "no parameter pins");
    if let Some(session) = &wish.session {
        assert!((1..=64).contains(&session.len()) && !session.contains(['\r', '\n', ' ', '-']));
    }
    assert!(wish.retry.is_none_or(|retry| retry <= 10));
    for span in [wish.ttl, wish.idle].into_iter().flatten() {
        assert!((1..=30 * 86_400).contains(&span.as_secs()));
    }
    for name in [&wish.state, &wish.city, &wish.isp, &wish.connector].into_iter().flatten() {
        assert_eq!(model::place::slug(name).as_ref(), Some(name), "a slug is its own slug");
    }
}
