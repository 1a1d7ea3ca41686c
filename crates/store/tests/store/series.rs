//! Charts show what was counted, however old and however coarse it is kept.

use std::time::Duration;

use jiff::Timestamp;
use model::{ConnectorId, Counters, Measures, ProjectId, ProxyId, Spent};
use store::Store;
use store::fence::{self, Epoch};
use store::usage::{About, Rows, Series, SeriesRow, UsageRow, Wanted, add, expire, proxy_series};
use store::usage::{series, shortest_step, spent, thin};
use uuid::Uuid;

use crate::world::both;

const HOUR: Duration = Duration::from_hours(1);

fn measures(requests: u64) -> Measures {
    let mut measures = Measures::default();
    let counters = Counters { requests, bytes_sent: 7, ..Counters::default() };
    measures.add_counters(counters, 1_500);
    let mut numbers = *measures.numbers();
    // Each number another one, so that none can be taken for its neighbour.
    for (at, number) in numbers.iter_mut().enumerate().skip(7) {
        *number = requests * at as u64;
    }
    Measures::from_numbers(numbers)
}

fn row(project: ProjectId, minute: Timestamp, (about, subject): (About, &str)) -> SeriesRow {
    let project = (about != About::Fleet).then_some(project);
    SeriesRow { minute, project, about, subject: subject.to_owned(), measures: measures(2) }
}

fn wanted(project: ProjectId, about: About, (from, until): (Timestamp, Timestamp)) -> Wanted {
    let project = (about != About::Fleet).then_some(project);
    Wanted { project, about, subject: None, from, until, step: 3_600, most: 10 }
}

async fn put(store: &Store, rows: &[SeriesRow]) {
    let rows = Rows { totals: &[], series: rows };
    assert!(add(store, Uuid::now_v7(), 1, rows).await.unwrap());
}

fn whole(series: &Series) -> Measures {
    let mut whole = Measures::default();
    series.points.iter().for_each(|(_, point)| whole.add(point));
    whole
}

async fn thin_all(store: &Store, epoch: &Epoch) {
    loop {
        let mut fenced = store.fenced(epoch).await.unwrap();
        let taken = thin(&mut fenced, 5).await.unwrap();
        fenced.commit().await.unwrap();
        if taken == 0 {
            return;
        }
    }
}

#[tokio::test]
async fn a_chart_is_the_same_before_and_after_thinning() {
    both(async |world| {
        let (store, project) = (&world.store, ProjectId::new());
        let midnight = Timestamp::from_second(1_800_000_000 / 86_400 * 86_400).unwrap();
        let kinds = [(About::Fleet, ""), (About::Project, ""), (About::Host, "a.example")];
        for minute in [0, 1, 59, 60, 400, 1_000] {
            let minute = midnight + Duration::from_mins(minute);
            let rows: Vec<_> = kinds.iter().map(|kind| row(project, minute, *kind)).collect();
            put(store, &rows).await;
            put(store, &rows[..1]).await;
        }
        put(store, &[row(project, midnight, (About::Host, "b.example"))]).await;
        let day = (midnight, midnight + 24 * HOUR);
        let epoch = fence::mint(store, "metrics_compactor", "a").await.unwrap();
        let mut seen = Vec::new();
        for age in [0, 4, 20, 100] {
            world.clock.set(midnight + age * 24 * HOUR);
            thin_all(store, &epoch).await;
            let step = shortest_step(store, midnight);
            seen.push(step);
            let asked = Wanted { step, ..wanted(project, About::Host, day) };
            let found = series(store, &asked).await.unwrap();
            assert_eq!([&*found[0].subject, &*found[1].subject], ["a.example", "b.example"]);
            let points: u64 = found[0].points.iter().map(|(_, sum)| sum.counters().requests).sum();
            assert_eq!(points, 12);
            let whole = whole(&found[0]);
            assert_eq!(whole.outcomes()[0], 12 * 7);
            assert_eq!((whole.cost_nanos(), whole.numbers()[49]), (9_000, 12 * 49));
            let fleet = Wanted { step: 86_400, ..wanted(project, About::Fleet, day) };
            let fleet = series(store, &fleet).await.unwrap();
            assert_eq!(fleet[0].points.len(), 1);
            assert_eq!(fleet[0].points[0].0, midnight);
            assert_eq!(fleet[0].points[0].1.counters().requests, 24);
        }
        assert_eq!(seen, [60, 3_600, 21_600, 86_400]);
    })
    .await;
}

#[tokio::test]
async fn a_range_is_what_lies_in_it_of_one_project() {
    both(async |world| {
        let (store, one, other) = (&world.store, ProjectId::new(), ProjectId::new());
        let hour = Timestamp::from_second(1_800_000_000 / 3_600 * 3_600).unwrap();
        world.clock.set(hour + 3 * HOUR);
        for (project, at) in [(one, 0), (one, 60), (one, 120), (other, 60)] {
            let minute = hour + Duration::from_mins(at);
            put(store, &[row(project, minute, (About::Project, ""))]).await;
        }
        let asked = wanted(one, About::Project, (hour + HOUR, hour + 2 * HOUR));
        let found = series(store, &asked).await.unwrap();
        assert_eq!(found.len(), 1);
        let starts: Vec<_> = found[0].points.iter().map(|(at, _)| *at).collect();
        assert_eq!(starts, [hour + HOUR]);
        assert_eq!(found[0].points[0].1, measures(2));
        let nobody = Wanted { subject: Some("x".into()), ..asked };
        assert_eq!(series(store, &nobody).await.unwrap()[0].points, []);
    })
    .await;
}

fn used(minute: Timestamp, (project, connector): (ProjectId, ConnectorId)) -> [UsageRow; 3] {
    let counters =
        Counters { requests: 3, bytes_sent: 10, bytes_received: 5, ..Counters::default() };
    let of_project =
        UsageRow { minute, project, connector: None, proxy: None, counters, cost_nanos: 4 };
    let of_connector = UsageRow { connector: Some(connector), ..of_project };
    [of_project, of_connector, UsageRow { proxy: Some(ProxyId::new()), ..of_connector }]
}

#[tokio::test]
async fn each_day_tells_what_was_spent_and_what_is_old_goes() {
    both(async |world| {
        let (store, project) = (&world.store, ProjectId::new());
        let connector = ConnectorId::new();
        let now = world.clock.now();
        let yesterday = now - 24 * HOUR;
        let old = used(yesterday, (project, connector));
        let rows = used(now, (project, connector));
        let boot = Uuid::now_v7();
        assert!(add(store, boot, 1, &old).await.unwrap());
        assert!(add(store, boot, 2, &rows).await.unwrap());
        assert!(!add(store, boot, 2, &rows).await.unwrap());
        let subjects = [project.to_string(), connector.to_string(), "nobody".to_owned()];
        let once = Spent { bytes: 15, requests: 3, cost_nanos: 4 };
        for (since, days) in [(now, 1), (yesterday, 2)] {
            let found = spent(store, &subjects, since).await.unwrap();
            assert_eq!(found.len(), 2 * days);
            assert!(found.iter().all(|day| day.spent == once), "{found:?}");
        }
        let (from, until) = (yesterday - HOUR, now + HOUR);
        let asked = Wanted { step: 86_400, ..wanted(project, About::Project, (from, until)) };
        let proxy = (connector, rows[2].proxy.unwrap());
        let found = proxy_series(store, proxy, &asked).await.unwrap();
        assert_eq!(found.points.len(), 1);
        assert_eq!((found.points[0].1.counters().requests, found.points[0].1.cost_nanos()), (3, 4));

        put(store, &[row(project, yesterday, (About::Project, ""))]).await;
        let epoch = fence::mint(store, "metrics_compactor", "a").await.unwrap();
        let mut fenced = store.fenced(&epoch).await.unwrap();
        assert_eq!(expire(&mut fenced, project, now - HOUR, 100).await.unwrap(), 4);
        assert_eq!(expire(&mut fenced, project, now - HOUR, 100).await.unwrap(), 0);
        fenced.commit().await.unwrap();
        assert_eq!(series(store, &asked).await.unwrap()[0].points, []);
    })
    .await;
}
