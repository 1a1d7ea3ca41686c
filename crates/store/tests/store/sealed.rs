//! What a database holds comes out of sealed bytes as it went in; a store may be opened late.

use std::collections::BTreeMap;

use model::credential::CredentialSpec;
use model::{Configuration, Secret};
use store::{Store, StoreError, Vault, configuration, credentials, projects, proxies, sealed};

use crate::world::{KEY, both, connector, project, proxy};

#[tokio::test]
async fn what_a_database_holds_comes_back_from_its_seal_whole_and_in_changes() {
    both(async |world| {
        let store = &world.store;
        let home = project(store, "home").await;
        let gone = project(store, "gone").await;
        let list = connector(store, &home, "list").await;
        let mut change = store.change().await.unwrap();
        let fields = BTreeMap::from([("password".to_owned(), Secret::from("canary-vendor"))]);
        let spec = CredentialSpec { name: "V".into(), provider: "static".into(), fields };
        credentials::create(&mut change, home.id, spec).await.unwrap();
        let since = change.commit().await.unwrap();
        let mut change = store.change().await.unwrap();
        let specs: Vec<_> = (0..30).map(proxy).collect();
        proxies::import(&mut change, list.id, &specs).await.unwrap();
        projects::delete(&mut change, gone.id, gone.version).await.unwrap();
        change.commit().await.unwrap();
        for since in [None, Some(since)] {
            let loaded = configuration::load(store, since).await.unwrap();
            assert_eq!(loaded.proxies.len(), 30);
            assert_eq!(loaded.deleted.len(), usize::from(since.is_some()));
            let sealed = sealed::configuration::seal(store.vault(), "test", &loaded).unwrap();
            assert!(!sealed.windows(6).any(|window| window == b"canary"));
            let opened = sealed::configuration::open(store.vault(), "test", &sealed).unwrap();
            assert_eq!(format!("{loaded:?}"), format!("{opened:?}"));
            same_secrets(&loaded, &opened);
        }
    })
    .await;
}

/// A `Debug` print leaves them out.
fn same_secrets(one: &Configuration, other: &Configuration) {
    for (one, other) in one.proxies.iter().zip(&other.proxies) {
        assert!(one.spec == other.spec, "another login");
    }
    for (one, other) in one.credentials.iter().zip(&other.credentials) {
        assert!(one.spec == other.spec, "another field");
    }
}

#[tokio::test]
async fn a_store_that_is_not_open_is_unavailable_until_it_is() {
    both(async |world| {
        project(&world.store, "home").await;
        let unopened = |key| Store::unopened(&world.settings, Vault::new(key), world.clock.clone());
        let late = unopened(KEY);
        assert!(matches!(late.revision().await, Err(StoreError::Unavailable(_))));
        assert!(matches!(late.change().await.err(), Some(StoreError::Unavailable(_))));
        let clone = late.clone();
        late.connect().await.unwrap();
        late.connect().await.unwrap();
        assert_eq!(clone.revision().await.unwrap(), world.store.revision().await.unwrap());
        let wrong = unopened([8; 32]);
        for _ in 0..2 {
            assert!(matches!(wrong.connect().await, Err(StoreError::WrongKey)));
            assert!(matches!(wrong.revision().await, Err(StoreError::Unavailable(_))));
        }
    })
    .await;
}
