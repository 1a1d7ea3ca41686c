//! What proxies cost by the month is charged once, and is in all that shows what was spent.

use std::time::Duration;

use jiff::Timestamp;
use model::ProjectId;
use store::usage::{self, About, Level, Rent, Wanted};
use store::{Store, fence};

use crate::world::{World, both, connector, project};

#[tokio::test]
async fn proxies_are_charged_once_for_the_time_that_they_are_there() {
    both(async |World { store, clock, .. }| {
        clock.set("2026-11-24T23:30:00Z".parse().unwrap());
        let home = project(&store, "home").await;
        let (one, two) =
            (connector(&store, &home, "one").await.id, connector(&store, &home, "two").await.id);
        let rent = |connector, proxies, per_month| Rent {
            project: home.id,
            connector,
            proxies,
            per_month,
        };
        // A proxy costs 43.2 of the currency in this month: 10^-3 a minute.
        let rents = [rent(one, 1, 43_200_000), rent(two, 3, 43_200_000)];
        let epoch = fence::mint(&store, "proxy_charges", "a").await.unwrap();
        let charge = async |rents: &[Rent]| {
            let mut fenced = store.fenced(&epoch).await.unwrap();
            let charged = usage::charge(&mut fenced, rents).await.unwrap();
            fenced.commit().await.unwrap();
            charged
        };
        let start = clock.now();
        assert_eq!(charge(&rents).await, 0, "from now on");
        clock.set(start + Duration::from_mins(10));
        assert_eq!((charge(&rents).await, charge(&rents).await), (2, 0), "no moment twice");
        // What was not committed was not charged.
        clock.set(start + Duration::from_mins(20));
        let mut fenced = store.fenced(&epoch).await.unwrap();
        usage::charge(&mut fenced, &rents).await.unwrap();
        drop(fenced);
        clock.set(start + Duration::from_mins(50));
        assert_eq!(charge(&rents).await, 2);
        let days = usage::spent(&store, &[home.id.to_string(), two.to_string()], start).await;
        let mut days: Vec<_> = days
            .unwrap()
            .iter()
            .map(|day| (day.subject == two.to_string(), day.day, day.spent.cost_nanos))
            .collect();
        days.sort_unstable();
        let (first, second) = (usage_day("2026-11-24"), usage_day("2026-11-25"));
        let (thirty, twenty) = (30_000_000, 20_000_000);
        let expected = [
            (false, first, 4 * thirty),
            (false, second, 4 * twenty),
            (true, first, 3 * thirty),
            (true, second, 3 * twenty),
        ];
        assert_eq!(days, expected);
        let totals = usage::totals(&store, home.id, Level::Connectors, start).await.unwrap();
        let costs: u64 = totals.iter().map(|total| total.cost_nanos).sum();
        assert_eq!((totals.len(), costs), (2, 200_000_000));
        assert!(totals.iter().all(|total| total.counters == model::Counters::default()));
        let project = usage::totals(&store, home.id, Level::Project, start).await.unwrap();
        assert_eq!(project[0].cost_nanos, 200_000_000);
        assert_eq!(charted(&store, (About::Fleet, None), start).await, 200_000_000);
        assert_eq!(charted(&store, (About::Project, Some(home.id)), start).await, 200_000_000);

        // What costs nothing for a while costs nothing for that while.
        assert_eq!(charge(&rents[..1]).await, 0);
        clock.set(start + Duration::from_hours(5));
        assert_eq!(charge(&rents).await, 1);
    })
    .await;
}

/// What charts show for the hour from then on.
async fn charted(
    store: &Store,
    (about, project): (About, Option<ProjectId>),
    from: Timestamp,
) -> u64 {
    let (until, subject) = (from + Duration::from_hours(1), None);
    let wanted = Wanted { project, about, subject, from, until, step: 3600, most: 1 };
    let series = usage::series(store, &wanted).await.unwrap();
    series[0].points.iter().map(|(_, sum)| sum.cost_nanos()).sum()
}

fn usage_day(text: &str) -> Timestamp {
    format!("{text}T00:00:00Z").parse().unwrap()
}
