//! What the sums of a minute tell, and how many there can be.

use std::net::IpAddr;
use std::time::Duration;

use model::exchange::{Blame, ExchangeKind};
use model::{ProxyId, Target};

use super::*;

fn exchange(project: ProjectId, host: &str, connector: Option<ConnectorId>) -> Exchange {
    Exchange {
        started_at: Timestamp::UNIX_EPOCH,
        kind: ExchangeKind::Connect,
        client: IpAddr::from([127, 0, 0, 1]),
        project: Some(project),
        connector,
        proxy: connector.map(|_| ProxyId::new()),
        country: connector.map(|_| "DE".parse().unwrap()),
        target: Some(Target::parse(&format!("{host}:443")).unwrap()),
        status: 200,
        blame: None,
        attempts: 1,
        latency: Duration::from_millis(3),
        duration: Duration::ZERO,
        bytes_sent: 400,
        bytes_received: 600,
        banned_by: None,
        trail: model::exchange::Trail::default(),
    }
}

fn find<'a>(rows: &'a [SeriesRow], about: About, subject: &str) -> &'a Measures {
    let mut rows = rows.iter().filter(|row| row.about == about && row.subject == subject);
    let row = rows.next().unwrap();
    assert!(rows.next().is_none(), "two rows of {about} {subject}");
    &row.measures
}

#[test]
fn each_request_is_in_every_sum_that_it_belongs_to() {
    let (project, connector) = (ProjectId::new(), ConnectorId::new());
    let mut tally = Tally::default();
    let prices = Prices { per_gb: 2_000_000, per_request: 3, per_proxy_month: 0 };
    tally.set_prices([(connector, prices)].into());
    let failed = Exchange { blame: Some(Blame::Target), ..exchange(project, "a.example", None) };
    let nobody = Exchange { project: None, ..exchange(project, "a.example", None) };
    tally.count(&[exchange(project, "a.example", Some(connector)), failed, nobody]);
    let counters = Counters { requests: 2, ..Counters::default() };
    let minute = Timestamp::UNIX_EPOCH;
    tally.add(&[UsageRow {
        minute,
        project,
        connector: None,
        proxy: None,
        counters,
        cost_nanos: 9,
    }]);
    let rows = tally.take(minute);
    let host = find(&rows, About::Host, "a.example");
    // A thousand bytes at two a GB, and a request.
    assert_eq!((host.counters().requests, host.cost_nanos()), (2, 2_000 + 3_000));
    assert_eq!(host.outcomes(), [1, 0, 0, 1, 0]);
    assert_eq!(find(&rows, About::Country, "DE").counters().bytes_sent, 400);
    assert_eq!(find(&rows, About::Connector, &connector.to_string()).outcomes()[0], 1);
    for about in [About::Project, About::Fleet] {
        let sum = find(&rows, about, "");
        assert_eq!((sum.counters().requests, sum.cost_nanos()), (2, 9));
        assert_eq!(sum.outcomes(), [1, 0, 0, 1, 0]);
    }
    assert_eq!(tally.take(minute), []);
}

#[test]
fn hosts_beyond_the_busiest_share_a_row_and_no_request_is_lost() {
    let project = ProjectId::new();
    let mut tally = Tally::default();
    let minute = Timestamp::UNIX_EPOCH;
    let mut seen = HashSet::new();
    for round in 0..3 {
        let many: Vec<_> = (0..HOSTS_OF_PROJECT * 2)
            .map(|n| exchange(project, &format!("{round}-{n}.example"), None))
            .collect();
        tally.count(&many);
        tally.count(&vec![exchange(project, "busy.example", None); 5]);
        let rows = tally.take(minute);
        let hosts: Vec<_> = rows.iter().filter(|row| row.about == About::Host).collect();
        seen.extend(hosts.iter().map(|row| row.subject.clone()));
        let requests: u64 = hosts.iter().map(|row| row.measures.counters().requests).sum();
        assert_eq!(requests, 2 * HOSTS_OF_PROJECT as u64 + 5);
        assert!(tally.host_count == 0 && tally.hosts.is_empty());
    }
    // The crowd among them.
    assert_eq!(seen.len(), NAMED + 1);
    tally.count(&[exchange(project, "next.example", None)]);
    let next = tally.take(minute + Duration::from_mins(1));
    assert_eq!(find(&next, About::Host, "next.example").counters().requests, 1);
}

#[test]
fn there_are_only_so_many_hosts_whatever_the_projects() {
    let mut tally = Tally::default();
    for project in [(); 15].map(|()| ProjectId::new()) {
        let many: Vec<_> = (0..HOSTS_OF_PROJECT)
            .map(|n| exchange(project, &format!("{n}.example"), None))
            .collect();
        tally.count(&many);
    }
    let held: usize = tally.hosts.values().map(HashMap::len).sum();
    assert_eq!((held, tally.host_count), (HOSTS, HOSTS));
    let rows = tally.take(Timestamp::UNIX_EPOCH);
    let hosts = rows.iter().filter(|row| row.about == About::Host);
    let requests: u64 = hosts.map(|row| row.measures.counters().requests).sum();
    assert_eq!(requests, 15 * HOSTS_OF_PROJECT as u64);
}
