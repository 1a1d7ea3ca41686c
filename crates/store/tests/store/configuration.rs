//! What a roster is made of: all of it, and what changed since.

use model::Version;
use model::configuration::Deleted;
use store::proxies::Imported;
use store::{configuration, connectors, projects, proxies};

use crate::world::{both, connector, project, proxy};

#[tokio::test]
async fn a_reader_that_was_away_gets_what_it_missed_and_no_more() {
    both(async |world| {
        let store = &world.store;
        let (kept, gone) = (project(store, "kept").await, project(store, "gone").await);
        let list = connector(store, &kept, "list").await;
        let dropped = connector(store, &kept, "dropped").await;
        let mut change = store.change().await.unwrap();
        let specs: Vec<_> = (0..20).map(proxy).collect();
        let imported = proxies::import(&mut change, list.id, &specs).await.unwrap();
        change.commit().await.unwrap();
        let full = configuration::load(store, None).await.unwrap();
        assert_eq!((full.projects.len(), full.connectors.len(), full.proxies.len()), (2, 2, 20));
        let logins: Vec<_> =
            full.proxies.iter().map(|proxy| proxy.spec.endpoint.login.clone().unwrap()).collect();
        assert!(std::sync::Arc::ptr_eq(&logins[0], &logins[9]), "equal logins are shared");
        assert_eq!(full.proxies[0].spec, specs[0]);

        let nothing = configuration::load(store, Some(full.revision)).await.unwrap();
        assert_eq!(nothing.revision, full.revision);
        assert!(nothing.proxies.is_empty() && nothing.deleted.is_empty());

        let Imported::Created(first) = imported[0] else { panic!("not created") };
        let Imported::Created(second) = imported[1] else { panic!("not created") };
        let mut change = store.change().await.unwrap();
        let mut changed = specs[0].clone();
        changed.endpoint.port = 1;
        proxies::update(&mut change, (kept.id, first), Version(1), changed).await.unwrap();
        proxies::delete(&mut change, (kept.id, second), Version(1)).await.unwrap();
        connectors::delete(&mut change, (kept.id, dropped.id), Version(1)).await.unwrap();
        projects::delete(&mut change, gone.id, Version(1)).await.unwrap();
        let revision = change.commit().await.unwrap();
        let delta = configuration::load(store, Some(full.revision)).await.unwrap();
        assert_eq!((delta.revision, delta.since), (revision, Some(full.revision)));
        assert_eq!((delta.projects.len(), delta.connectors.len()), (0, 0));
        assert_eq!(delta.proxies.iter().map(|proxy| proxy.id).collect::<Vec<_>>(), [first]);
        for tombstone in
            [Deleted::Project(gone.id), Deleted::Connector(dropped.id), Deleted::Proxy(second)]
        {
            assert!(delta.deleted.contains(&tombstone), "{tombstone:?}");
        }
    })
    .await;
}
