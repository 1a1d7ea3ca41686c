//! What a roster is made of: all of it, and what changed since.

use model::Version;
use model::configuration::Deleted;
use model::{Configuration, ConnectorId, Project};
use store::configuration::{Digest, Part};
use store::proxies::Imported;
use store::{Store, configuration, connectors, fence, projects, proxies};

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

/// A picture after a change, as a roster keeps it.
fn apply(picture: &mut Configuration, change: Configuration) {
    if change.since.is_none() {
        *picture = change;
        return;
    }
    assert_eq!(change.since, Some(picture.revision));
    for gone in change.deleted {
        match gone {
            Deleted::Project(id) => {
                picture.projects.retain(|row| row.id != id);
                picture.credentials.retain(|row| row.project != id);
                let connectors = std::mem::take(&mut picture.connectors);
                let (old, kept) = connectors.into_iter().partition(|row| row.project == id);
                picture.connectors = kept;
                let old: Vec<model::Connector> = old;
                picture.proxies.retain(|row| old.iter().all(|old| old.id != row.connector));
            }
            Deleted::Credential(id) => picture.credentials.retain(|row| row.id != id),
            Deleted::Connector(id) => {
                picture.connectors.retain(|row| row.id != id);
                picture.proxies.retain(|row| row.connector != id);
            }
            Deleted::Proxy(id) => picture.proxies.retain(|row| row.id != id),
        }
    }
    picture.revision = change.revision;
    picture.projects.retain(|row| change.projects.iter().all(|new| new.id != row.id));
    picture.projects.extend(change.projects);
    picture.connectors.retain(|row| change.connectors.iter().all(|new| new.id != row.id));
    picture.connectors.extend(change.connectors);
    picture.proxies.retain(|row| change.proxies.iter().all(|new| new.id != row.id));
    picture.proxies.extend(change.proxies);
}

/// One of a few changes, of which some delete what earlier ones made.
async fn disturb(store: &Store, home: &Project, list: ConnectorId, round: u32) {
    let mut change = store.change().await.unwrap();
    let specs: Vec<_> = (round * 10..round * 10 + 10).map(proxy).collect();
    proxies::import(&mut change, list, &specs).await.unwrap();
    change.commit().await.unwrap();
    let all = configuration::load(store, None).await.unwrap();
    let mut change = store.change().await.unwrap();
    let (oldest, newest) = (&all.proxies[0], all.proxies.last().unwrap());
    proxies::delete(&mut change, (home.id, oldest.id), oldest.version).await.unwrap();
    let mut spec = newest.spec.clone();
    spec.enabled = !spec.enabled;
    proxies::update(&mut change, (home.id, newest.id), newest.version, spec).await.unwrap();
    change.commit().await.unwrap();
    let brief = project(store, &format!("brief{round}")).await;
    let dropped = connector(store, &brief, "dropped").await;
    let mut change = store.change().await.unwrap();
    proxies::import(&mut change, dropped.id, &specs).await.unwrap();
    if round.is_multiple_of(2) {
        connectors::delete(&mut change, (brief.id, dropped.id), Version(1)).await.unwrap();
    } else {
        projects::delete(&mut change, brief.id, Version(1)).await.unwrap();
    }
    change.commit().await.unwrap();
}

async fn forget(store: &Store, epoch: &fence::Epoch) -> u64 {
    let mut fenced = store.fenced(epoch).await.unwrap();
    let rows = configuration::forget(&mut fenced, 8, 3).await.unwrap();
    fenced.commit().await.unwrap();
    rows
}

#[tokio::test]
async fn a_node_that_comes_back_after_long_agrees_with_the_database() {
    both(async |world| {
        let store = &world.store;
        let home = project(store, "home").await;
        let list = connector(store, &home, "list").await.id;
        disturb(store, &home, list, 0).await;
        let start = configuration::load(store, None).await.unwrap();
        let mut kept_up = start.clone();
        for n in 1..10 {
            disturb(store, &home, list, n).await;
            let change = configuration::load(store, Some(kept_up.revision)).await.unwrap();
            assert!(change.since.is_some());
            apply(&mut kept_up, change);
        }
        let truth = configuration::digest(store).await.unwrap();
        assert_eq!(Digest::of(&kept_up), truth);
        assert_eq!(truth.differences(&Digest::of(&start)), [], "of another revision");

        let mut away = start.clone();
        apply(&mut away, configuration::load(store, Some(start.revision)).await.unwrap());
        assert_eq!(Digest::of(&away), truth);

        // Deletions are forgotten in pieces; who needs one of them reads everything.
        let epoch = fence::mint(store, "metrics_compactor", "a").await.unwrap();
        let mut forgotten = forget(store, &epoch).await;
        assert!(forgotten > 0);
        while let rows @ 1.. = forget(store, &epoch).await {
            forgotten += rows;
        }
        assert!(forgotten > 10, "{forgotten}");
        let change = configuration::load(store, Some(start.revision)).await.unwrap();
        assert_eq!(change.since, None);
        let mut away = start;
        apply(&mut away, change);
        assert_eq!(Digest::of(&away), truth);
        let recent = model::Revision(truth.revision.0 - 1);
        assert_eq!(configuration::load(store, Some(recent)).await.unwrap().since, Some(recent));
        let never = model::Revision(truth.revision.0 + 1);
        assert_eq!(configuration::load(store, Some(never)).await.unwrap().since, None);

        let on = away.proxies.iter().rposition(|proxy| proxy.spec.enabled).unwrap();
        away.proxies.remove(on);
        assert_eq!(truth.differences(&Digest::of(&away)), [Part::Proxies(list)]);
        away.projects[0].revision.0 += 1;
        assert_eq!(truth.differences(&Digest::of(&away)), [Part::Projects, Part::Proxies(list)]);
    })
    .await;
}
