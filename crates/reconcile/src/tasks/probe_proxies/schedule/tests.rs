//! Times are spread, kept, and given up with the exits they belong to.

use std::collections::HashMap;

use model::connector::{ConnectorKind, ConnectorSpec};
use model::login::PasswordDigest;
use model::proxy::{Endpoint, Protocol, ProxySpec};
use model::{
    Configuration, Connector, ConnectorId, Host, Place, Project, Proxy, Revision, Version,
};
use rotation::{Ledger, Roster};

use super::*;

/// A roster of exits of one connector.
pub(crate) fn roster(count: u16) -> Roster {
    let (version, revision) = (Version::FIRST, Revision(1));
    let project = ProjectId::new();
    let connector = ConnectorId::new();
    let spec = ConnectorSpec::new("list".to_owned(), ConnectorKind::Static);
    let proxy = |port| {
        let host = Host::Ip([127, 0, 0, 1].into());
        let endpoint = Endpoint { protocol: Protocol::Socks5, host, port, login: None };
        let spec = ProxySpec { endpoint, enabled: true, tags: vec![], place: Place::default() };
        Proxy { id: ProxyId::new(), connector, version, revision, spec }
    };
    let configuration = Configuration {
        revision,
        projects: vec![Project { id: project, version, revision, spec: project_spec() }],
        connectors: vec![Connector { id: connector, project, version, revision, spec }],
        proxies: (1..=count).map(proxy).collect(),
        ..Configuration::default()
    };
    Roster::build(configuration, &Roster::empty(), &Ledger::default(), Instant::now())
}

fn project_spec() -> ProjectSpec {
    let password = PasswordDigest::from_bytes([0; 32]);
    ProjectSpec::new("home".to_owned(), "home".to_owned(), password)
}

fn planned(roster: &Roster, interval: Duration) -> Vec<Planned> {
    let spec = Arc::new(ProjectSpec { health_check_interval: interval, ..project_spec() });
    roster.exits().map(|exit| Planned::new(exit, &spec)).collect()
}

#[test]
fn the_first_times_are_spread_over_the_interval_and_the_next_lie_one_interval_later() {
    let (roster, now) = (roster(1000), Instant::now());
    let interval = Duration::from_secs(10);
    let mut schedule = Schedule::default();
    schedule.plan(planned(&roster, interval).into_iter(), now, rand::random);
    let mut by_second = [0; 10];
    for (second, count) in (1..).zip(&mut by_second) {
        let then = now + Duration::from_secs(second);
        while let Some(planned) = schedule.take_due(then) {
            *count += 1;
            schedule.again(planned.exit.id, then, || 0.0);
            assert!(schedule.next_due().unwrap() <= then + interval.mul_f32(0.8));
        }
    }
    assert!(by_second[..8].iter().all(|count| (50..150).contains(count)), "{by_second:?}");
}

#[test]
fn an_exit_that_is_being_asked_is_not_due_and_one_that_is_gone_never_is() {
    let (roster, now) = (roster(2), Instant::now());
    let all = planned(&roster, Duration::from_secs(10));
    let mut schedule = Schedule::default();
    schedule.plan(all.iter().cloned(), now, || 0.0);
    let asked = schedule.take_due(now).unwrap();
    let other = schedule.take_due(now).unwrap();
    assert!(schedule.take_due(now + Duration::from_hours(1)).is_none());
    schedule.again(other.exit.id, now, || 0.5);
    schedule.plan(all.iter().filter(|p| p.exit.id == asked.exit.id).cloned(), now, || 0.0);
    assert!(schedule.take_due(now + Duration::from_hours(1)).is_none());
    schedule.again(asked.exit.id, now, || 0.5);
    assert_eq!(schedule.next_due(), Some(now + Duration::from_secs(10)));
    assert_eq!(
        (schedule.len(), schedule.count_by_project()),
        (1, { HashMap::from([(asked.exit.connector.project, 1)]) })
    );
}

#[test]
fn another_interval_counts_at_once_and_the_same_one_changes_nothing() {
    let (roster, now) = (roster(1), Instant::now());
    let mut schedule = Schedule::default();
    let hour = Duration::from_hours(1);
    schedule.plan(planned(&roster, hour).into_iter(), now, || 0.0);
    let id = schedule.take_due(now).unwrap().exit.id;
    schedule.again(id, now, || 0.5);
    schedule.plan(planned(&roster, hour).into_iter(), now, || 0.0);
    assert_eq!(schedule.next_due(), Some(now + hour));
    schedule.plan(planned(&roster, Duration::from_secs(4)).into_iter(), now, || 0.5);
    assert_eq!(schedule.next_due(), Some(now + Duration::from_secs(2)));
}
