//! One picture after the other: what changes, what is shared, what is remembered.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use model::configuration::Deleted;
use model::connector::ConnectorKind;
use model::credential::{Credential, CredentialSpec};
use model::login::LoginKey;
use model::policy::Strategy;
use model::proxy::Status;
use model::{Configuration, CredentialId, ProxyId, Revision, RootCertificate, Version};
use rand::rngs::SmallRng;
use rand::{RngExt, SeedableRng};
use rotation::{Exit, Failure, Ledger, Roster};
use tokio::time::Instant;

use crate::world::{LATENCY, World, connector, project, proxy};

/// All that can be seen of a roster, in an order of its own.
fn seen(roster: &Roster) -> Vec<String> {
    let exit = |exit: &Arc<Exit>| {
        let (connector, login) = (&exit.connector, exit.endpoint.login.as_ref());
        let login = login.map(|login| (login.username.clone(), login.password.expose().to_owned()));
        let (id, spec, project) = (exit.id, &connector.spec, connector.project);
        let place = (&exit.endpoint, &exit.traits);
        format!("exit {id} of {} {project} {spec:?}: {login:?} {place:?}", connector.id)
    };
    let project = |entry: &Arc<rotation::ProjectEntry>| {
        let found = roster.account(&entry.spec.username).map(|entry| entry.id);
        format!("project {} {:?} {found:?}", entry.id, entry.spec)
    };
    let mut seen: Vec<String> = roster.exits().map(exit).collect();
    seen.extend(roster.projects().map(project));
    seen.sort_unstable();
    seen
}

fn credential(username: &str, of: &World) -> Credential {
    let fields = [("username", username), ("password", "p")];
    let spec = CredentialSpec {
        fields: fields.map(|(name, value)| (name.to_owned(), value.into())).into(),
        name: username.to_owned(),
        provider: "static".to_owned(),
    };
    Credential {
        id: CredentialId::new(),
        project: of.rows.projects[0].id,
        version: Version::FIRST,
        revision: Revision(1),
        spec,
    }
}

/// One change that operators make, in `rows`, and as what is written after the last revision.
fn change(rows: &mut Configuration, random: &mut SmallRng) -> Configuration {
    let mut delta = Configuration::default();
    let any = |random: &mut SmallRng, length: usize| random.random_range(0..length);
    match random.random_range(0..9) {
        0 => {
            let at = any(random, rows.projects.len());
            rows.projects[at].spec.description.push('x');
            delta.projects.push(rows.projects[at].clone());
        }
        1 => {
            let row = connector(rows.projects[any(random, rows.projects.len())].id, "new");
            rows.connectors.push(row.clone());
            delta.connectors.push(row);
        }
        2 if rows.connectors.len() > 6 => {
            let gone = rows.connectors.remove(any(random, rows.connectors.len())).id;
            rows.proxies.retain(|proxy| proxy.connector != gone);
            delta.deleted.push(Deleted::Connector(gone));
        }
        3 => {
            let at = any(random, rows.connectors.len());
            let credential = rows.credentials[any(random, rows.credentials.len())].id;
            let spec = &mut rows.connectors[at].spec;
            spec.enabled = random.random();
            spec.credential = random.random::<bool>().then_some(credential);
            spec.kind = [ConnectorKind::Static, ConnectorKind::Direct][any(random, 2)];
            delta.connectors.push(rows.connectors[at].clone());
        }
        4 => {
            let at = any(random, rows.credentials.len());
            let name = format!("user{}", random.random::<u16>());
            rows.credentials[at].spec.fields.insert("username".to_owned(), name.as_str().into());
            delta.credentials.push(rows.credentials[at].clone());
        }
        5 if !rows.proxies.is_empty() => {
            let at = any(random, rows.proxies.len());
            rows.proxies[at].spec.enabled = random.random();
            rows.proxies[at].spec.tags = vec![format!("t{}", any(random, 5)).into()];
            delta.proxies.push(rows.proxies[at].clone());
        }
        6 if !rows.proxies.is_empty() => {
            let gone = rows.proxies.remove(any(random, rows.proxies.len()));
            delta.deleted.push(Deleted::Proxy(gone.id));
        }
        _ => {
            let connector = rows.connectors[any(random, rows.connectors.len())].id;
            delta.proxies.extend((0..4).map(|_| proxy(connector, any(random, 1000))));
            rows.proxies.extend_from_slice(&delta.proxies);
        }
    }
    delta
}

#[test]
fn change_after_change_is_the_full_picture() {
    let mut world = World::with_exits(Strategy::RoundRobin, 10);
    let mut random = SmallRng::seed_from_u64(7);
    world.rows.projects.push(project("other"));
    for number in 0..3 {
        let row = credential(&format!("user{number}"), &world);
        world.rows.credentials.push(row);
    }
    world.build();
    for step in 0..600 {
        let before = world.rows.revision;
        world.rows.revision = Revision(before.0 + 1);
        let mut delta = change(&mut world.rows, &mut random);
        (delta.revision, delta.since) = (world.rows.revision, Some(before));
        let roster = Roster::build(delta, &world.roster, &world.ledger, world.now);
        world.roster = Arc::new(roster);
        let (alone, rows) = (Ledger::default(), world.rows.clone());
        let full = Roster::build(rows, &Roster::empty(), &alone, world.now);
        assert_eq!(world.roster.revision(), full.revision());
        assert_eq!(seen(&world.roster), seen(&full), "step {step}");
    }
    assert!(world.roster.exit_count() > 20);
}

#[test]
fn a_project_that_is_deleted_takes_all_that_it_held_along() {
    let mut world = World::with_exits(Strategy::RoundRobin, 10);
    let delta = Configuration {
        since: Some(world.rows.revision),
        revision: Revision(9),
        deleted: vec![Deleted::Project(world.rows.projects[0].id)],
        ..Configuration::default()
    };
    let roster = Roster::build(delta, &world.roster, &world.ledger, world.now);
    assert!(seen(&roster).is_empty() && roster.account("demo").is_none());
    // What was begun before goes on with the picture it was begun with.
    assert!(world.pick("").is_ok());
}

#[test]
fn a_credential_that_is_deleted_logs_nobody_in() {
    let mut world = World::with_exits(Strategy::RoundRobin, 2);
    let row = credential("user", &world);
    world.rows.connectors[0].spec.credential = Some(row.id);
    world.rows.credentials.push(row.clone());
    world.build();
    assert!(world.roster.exits().all(|exit| exit.endpoint.login.is_some()));
    let delta = Configuration {
        since: Some(world.rows.revision),
        revision: Revision(9),
        deleted: vec![Deleted::Credential(row.id)],
        ..Configuration::default()
    };
    let roster = Roster::build(delta, &world.roster, &world.ledger, world.now);
    assert!(roster.exits().all(|exit| exit.endpoint.login.is_none()));
}

#[test]
fn what_a_change_does_not_touch_is_shared() {
    let mut world = World::with_exits(Strategy::RoundRobin, 5);
    let other = world.connector(|_| ());
    world.exits(other, 5);
    world.build();
    let delta = Configuration {
        since: Some(world.rows.revision),
        revision: Revision(9),
        proxies: vec![proxy(other, 77)],
        ..Configuration::default()
    };
    let old: BTreeMap<ProxyId, Arc<Exit>> =
        world.roster.exits().map(|exit| (exit.id, Arc::clone(exit))).collect();
    let roster = Roster::build(delta, &world.roster, &world.ledger, world.now);
    let shared =
        roster.exits().filter(|exit| old.get(&exit.id).is_some_and(|old| Arc::ptr_eq(old, exit)));
    assert_eq!((shared.count(), roster.exit_count()), (10, 11));
}

#[test]
fn what_is_known_of_an_exit_outlives_the_picture() {
    let mut world = World::with_exits(Strategy::RoundRobin, 3);
    let [busy, limited, draining] = [0, 1, 2].map(|at| world.rows.proxies[at].id);
    let mut turn = world.begin(&format!("exit={busy}")).unwrap();
    turn.opened(LATENCY, world.now);
    turn.count_bytes(10, 20);
    world.pick(&format!("exit={busy}")).unwrap();
    world.ledger.quarantine(limited, Some(Duration::from_mins(1)), world.now);
    world.ledger.set_status(draining, Status::Draining);
    let known = |world: &World| {
        [busy, limited, draining]
            .map(|exit| (world.ledger.health(exit, world.now), world.ledger.counters(exit)))
    };
    let before = known(&world);
    world.rows.connectors[0].spec.weight = 7;
    world.build();
    assert_eq!(known(&world), before);
    // The new picture obeys, and goes on counting where the old one was.
    assert_eq!(world.tally("", 10).into_keys().collect::<Vec<_>>(), [busy]);
    turn.finish(true);
    let counters = world.ledger.counters(busy);
    assert_eq!((counters.requests, counters.bytes_sent, counters.bytes_received), (12, 10, 20));
    assert_eq!(world.ledger.health(busy, world.now).unwrap().in_flight, 0);
}

#[test]
fn turns_go_on_where_they_were_however_often_the_picture_changes() {
    let mut world = World::new(Strategy::RoundRobin);
    for _ in 0..5 {
        let connector = world.connector(|_| ());
        for country in ["de", "fr"].repeat(10) {
            world.exit_in(connector, country);
        }
    }
    for parameters in ["", "country=de"] {
        let mut tally = BTreeMap::<_, usize>::new();
        for _ in 0..500 {
            world.build();
            *tally.entry(world.pick(parameters).unwrap()).or_default() += 1;
        }
        let fair = if parameters.is_empty() { 5 } else { 10 };
        assert!(tally.values().all(|count| *count == fair), "{tally:?}");
    }
}

#[test]
fn totals_of_exits_that_are_gone_are_kept_until_they_are_read() {
    let mut world = World::with_exits(Strategy::RoundRobin, 2);
    world.tally("", 10);
    let gone = world.rows.proxies[0].id;
    world.remove(gone);
    let total = world.ledger.totals().iter().map(|exit| exit.counters.requests).sum::<u64>();
    assert_eq!(total, 10);
    world.ledger.forget(&world.roster, &std::collections::HashMap::new());
    assert_eq!(world.ledger.counters(gone).requests, 5, "nobody has read them");
    let read = world.ledger.totals().iter().map(|exit| (exit.proxy, exit.counters)).collect();
    world.ledger.forget(&world.roster, &read);
    assert_eq!(world.ledger.counters(gone).requests, 0);
    assert_eq!(world.ledger.totals().len(), 1);
}

/// Whether the tunnels of a client of the first picture end at this change.
fn ends_tunnels(change: impl FnOnce(&mut World)) -> bool {
    let mut world = World::new(Strategy::Random);
    world.project().source_cidrs = vec!["10.0.0.0/8".parse().unwrap()];
    world.build();
    let before = Arc::clone(&world.roster);
    let entry = Arc::clone(before.account("demo").unwrap());
    change(&mut world);
    world.build();
    before.revoke(&world.roster);
    entry.revoked().is_cancelled()
}

#[test]
fn whoever_came_in_by_what_is_no_longer_let_in_has_to_come_again() {
    let another = LoginKey::new(&[7; 32]).digest(b"another");
    assert!(ends_tunnels(|world| world.project().password = another));
    assert!(ends_tunnels(|world| world.project().username = "other".to_owned()));
    assert!(ends_tunnels(|world| world.project().source_cidrs.clear()));
    assert!(ends_tunnels(|world| world.project().enabled = false));
    assert!(ends_tunnels(|world| world.rows.projects.clear()));

    let wider = "192.0.2.0/24".parse().unwrap();
    assert!(!ends_tunnels(|world| world.project().source_cidrs.push(wider)));
    assert!(!ends_tunnels(|world| world.project().strategy = Strategy::RoundRobin));
    assert!(!ends_tunnels(|_| ()));
}

/// It is let in by the picture that is in force by then, or else shown the door.
#[test]
fn a_tunnel_of_an_older_picture_ends_with_a_later_change() {
    let mut world = World::new(Strategy::Random);
    world.build();
    let first = Arc::clone(world.roster.account("demo").unwrap());
    for change in 0..3 {
        assert!(!first.revoked().is_cancelled());
        let before = Arc::clone(&world.roster);
        world.project().description = change.to_string();
        if change == 2 {
            world.project().password = LoginKey::new(&[7; 32]).digest(b"another");
        }
        world.build();
        before.revoke(&world.roster);
    }
    assert!(first.revoked().is_cancelled());
    assert!(!world.roster.account("demo").unwrap().revoked().is_cancelled());
}

#[test]
fn a_client_without_a_login_belongs_to_the_nearest_network() {
    let mut world = World::with_exits(Strategy::RoundRobin, 1);
    world.project().source_cidrs = vec!["10.0.0.0/8".parse().unwrap()];
    let mut near = project("near");
    near.spec.source_cidrs = vec!["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()];
    world.rows.projects.push(near);
    world.build();
    let of = |address: &str| {
        let entry = world.roster.by_source(address.parse().unwrap());
        entry.map(|entry| entry.spec.username.clone())
    };
    assert_eq!(of("10.2.0.1").as_deref(), Some("demo"));
    assert_eq!(of("10.1.0.1").as_deref(), Some("near"));
    assert_eq!(of("::ffff:10.1.0.1").as_deref(), Some("near"));
    assert_eq!(of("fd00::1").as_deref(), Some("near"));
    assert_eq!(of("192.0.2.1"), None);
}

#[test]
fn nothing_is_found_in_a_picture_of_nothing() {
    let roster = Roster::build(
        Configuration::default(),
        &Roster::empty(),
        &Ledger::default(),
        Instant::now(),
    );
    assert!(seen(&roster).is_empty() && roster.account("demo").is_none());
}

/// Changes the row of one exit, and nothing else.
fn change_one(world: &mut World, exit: ProxyId, change: impl FnOnce(&mut model::proxy::ProxySpec)) {
    let revision = Revision(world.roster.revision().0 + 1);
    let row = world.rows.proxies.iter_mut().find(|row| row.id == exit).unwrap();
    change(&mut row.spec);
    let delta = Configuration {
        revision,
        since: Some(world.roster.revision()),
        proxies: vec![row.clone()],
        ..Configuration::default()
    };
    let next = Roster::build(delta, &world.roster, &world.ledger, world.now);
    world.roster = Arc::new(next);
}

#[test]
fn what_stays_where_it_was_is_known_as_it_was_and_what_changes_is_found_anew() {
    let mut world = World::with_exits(Strategy::RoundRobin, 12);
    let all: Vec<ProxyId> = world.rows.proxies.iter().map(|row| row.id).collect();
    while world.tally("", 24).len() == 12 {
        let now = world.now;
        let ask = world.ask(&format!("exit={}", all[0]));
        let mut turn = world.select(&ask).unwrap().next(now).unwrap();
        turn.failed(Failure::Unreachable, now);
    }
    change_one(&mut world, all[1], |spec| spec.endpoint.port ^= 1);
    // As before: one is not chosen, and the one that changed is.
    let chosen = world.tally("", 24);
    assert_eq!((chosen.len(), chosen.contains_key(&all[0])), (11, false));
    assert!(chosen.contains_key(&all[1]));
    // What is seen from now on is seen by requests of both pictures.
    world.now += Duration::from_mins(10);
    assert_eq!(world.pick(&format!("exit={}", all[0])), Ok(all[0]));
    assert_eq!(world.tally("", 24).len(), 12);

    assert!(world.pick("tag=gold").is_err());
    change_one(&mut world, all[2], |spec| spec.tags = vec!["gold".into()]);
    assert_eq!(world.pick("tag=gold"), Ok(all[2]));
    change_one(&mut world, all[2], |spec| spec.tags.clear());
    assert!(world.pick("tag=gold").is_err());
    change_one(&mut world, all[3], |spec| spec.enabled = false);
    assert!(!world.tally("", 24).contains_key(&all[3]));
    change_one(&mut world, all[3], |spec| spec.enabled = true);
    assert_eq!(world.tally("", 24).len(), 12);
}

#[test]
fn roots_stay_the_very_same_until_one_of_them_changes() {
    let root = |name: &str| RootCertificate {
        fingerprint: name.to_owned(),
        certificate_pem: String::new(),
        key_pem: "canary".into(),
        signs_from: jiff::Timestamp::UNIX_EPOCH,
        revision: Revision(1),
    };
    let mut last = Roster::empty();
    let mut after = |since: Option<u64>, roots: &[&str]| {
        let (revision, since) = (Revision(since.unwrap_or(1) + 1), since.map(Revision));
        let roots = roots.iter().map(|name| root(name)).collect();
        let change = Configuration { revision, since, roots, ..Configuration::default() };
        last = Roster::build(change, &last, &Ledger::default(), Instant::now());
        assert!(!format!("{last:?}").contains("canary"));
        Arc::clone(last.roots())
    };
    let first = after(None, &["a"]);
    assert_eq!(first[0].fingerprint, "a");
    assert!(Arc::ptr_eq(&first, &after(Some(2), &[])), "a change of something else");
    assert_eq!(after(Some(3), &["a", "b"]).len(), 2);
    assert_eq!(after(Some(4), &["b"])[0].fingerprint, "b");
    assert!(after(None, &[]).is_empty());
}
