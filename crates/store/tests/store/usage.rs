//! Usage counts once, at every level.

use model::{Counters, ProxyId};
use store::usage::{Level, UsageRow, add, totals};
use uuid::Uuid;

use crate::world::{both, connector, project};

#[tokio::test]
async fn a_batch_that_is_sent_twice_counts_once() {
    both(async |world| {
        let store = &world.store;
        let home = project(store, "home").await;
        let list = connector(store, &home, "list").await;
        let minute = world.clock.now();
        let counters = Counters {
            requests: 2,
            failures: 1,
            bytes_sent: 10,
            bytes_received: 5_000_000_000,
            latency_microseconds: 7,
        };
        let of_project = UsageRow {
            minute,
            project: home.id,
            connector: None,
            proxy: None,
            counters,
            cost_nanos: 0,
        };
        let of_connector = UsageRow { connector: Some(list.id), ..of_project };
        let proxy = ProxyId::new();
        let of_proxy = UsageRow { proxy: Some(proxy), ..of_connector };
        let rows = [of_project, of_connector, of_proxy];
        let boot = Uuid::now_v7();
        assert!(add(store, boot, 1, &rows).await.unwrap());
        assert!(!add(store, boot, 1, &rows).await.unwrap());
        assert!(add(store, boot, 2, &rows).await.unwrap());
        assert!(add(store, Uuid::now_v7(), 1, &rows).await.unwrap());
        for level in [Level::Project, Level::Connectors, Level::Proxies] {
            let found = totals(store, home.id, level, minute).await.unwrap();
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].counters.requests, 6);
            assert_eq!(found[0].counters.bytes_received, 15_000_000_000);
            assert_eq!(found[0].connector.is_some(), level != Level::Project);
            assert_eq!(found[0].proxy, (level == Level::Proxies).then_some(proxy));
        }
        let later = minute + std::time::Duration::from_mins(1);
        assert!(totals(store, home.id, Level::Project, later).await.unwrap().is_empty());
    })
    .await;
}
