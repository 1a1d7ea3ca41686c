//! Every change leaves an entry, in its transaction; entries are found, and forgotten when old.

use std::time::Duration;

use jiff::Timestamp;
use model::Version;
use model::project::ProjectSpec;
use serde_json::json;
use store::audit::{self, Actor, ActorKind, Entry, Filter};
use store::{Page, fence, projects};

use crate::world::{both, project_spec};

#[tokio::test]
async fn no_change_is_committed_without_an_entry_and_none_is_left_by_one_that_is_not() {
    both(async |world| {
        let store = &world.store;
        let all =
            async || audit::list(store, &Filter::default(), &Page::default()).await.unwrap().items;
        let before = all().await.len();
        // Nobody says anything: the node did it.
        let revision = store.change().await.unwrap().commit().await.unwrap();
        let entries = all().await;
        assert_eq!(entries.len(), before + 1);
        assert_eq!((entries[0].revision, &entries[0].entry), (Some(revision), &Entry::default()));

        let mut change = store.change().await.unwrap();
        let spec = project_spec(store, "Home");
        let made = projects::create(&mut change, spec.clone()).await.unwrap();
        drop(change);
        assert_eq!(all().await.len(), before + 1);

        let mut change = store.change().await.unwrap();
        let failed = projects::delete(&mut change, made.id, Version::FIRST).await;
        assert!(failed.is_err());
        drop(change);
        assert_eq!(all().await.len(), before + 1);
    })
    .await;
}

#[tokio::test]
async fn entries_are_found_by_who_what_and_when_the_newest_first() {
    both(async |world| {
        let (store, start) = (&world.store, world.clock.now());
        let anna = Actor {
            kind: ActorKind::User,
            id: Some(uuid::Uuid::from_u128(7)),
            name: "anna".to_owned(),
            address: Some([192, 0, 2, 1].into()),
            request_id: Some("request".to_owned()),
        };
        let mut ids = Vec::new();
        for name in ["one", "two", "three"] {
            world.clock.set(world.clock.now() + Duration::from_hours(1));
            let mut change = store.change().await.unwrap();
            let spec: ProjectSpec = project_spec(store, name);
            let made = projects::create(&mut change, spec).await.unwrap();
            change.by(anna.clone());
            change.about("project", "added", Some(made.id.to_string()));
            change.within(Some(made.id));
            change.note(None::<&()>, Some(&json!({ "name": name })));
            change.note_secret("password");
            change.commit().await.unwrap();
            ids.push(made.id);
        }
        let list =
            async |filter: Filter, page: Page| audit::list(store, &filter, &page).await.unwrap();
        let by_anna = || Filter { actor: Some("anna".to_owned()), ..Filter::default() };
        let first = list(by_anna(), Page { limit: 2, after: None }).await;
        let names = |found: &store::Listed<audit::Recorded>| {
            found.items.iter().map(|one| one.entry.name.clone().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!((names(&first), first.total), (vec!["three".to_owned(), "two".to_owned()], 3));
        let rest = list(by_anna(), Page { limit: 2, after: first.next }).await;
        assert_eq!((names(&rest), rest.next), (vec!["one".to_owned()], None));
        let one = &rest.items[0];
        assert_eq!((one.entry.actor.clone(), one.entry.project), (anna, Some(ids[0])));
        assert_eq!(one.entry.changes[0].after, "one");
        assert!(one.entry.changes[1].is_secret && one.entry.changes[1].after.is_null());

        let count = async |filter| list(filter, Page::default()).await.total;
        let noun = |noun: &str| Filter { noun: Some(noun.to_owned()), ..Filter::default() };
        assert_eq!((count(noun("project")).await, count(noun("user")).await), (3, 0));
        let id = Filter { actor: Some(uuid::Uuid::from_u128(7).to_string()), ..Filter::default() };
        assert_eq!(count(id).await, 3);
        assert_eq!(count(Filter { project: Some(ids[1]), ..Filter::default() }).await, 1);
        let entity = Filter { entity: Some(ids[2].to_string()), ..Filter::default() };
        assert_eq!(count(entity).await, 1);
        let hour = |hours| start + Duration::from_hours(hours);
        let during = |from, until| Filter { from: Some(from), until: Some(until), ..by_anna() };
        assert_eq!(count(during(hour(2), hour(3))).await, 1);

        forgets_what_is_older(&world.store, hour(2)).await;
        assert_eq!(count(by_anna()).await, 2);
    })
    .await;
}

async fn forgets_what_is_older(store: &store::Store, before: Timestamp) {
    let epoch = fence::mint(store, "audit_collector", "node").await.unwrap();
    let mut total = 0;
    loop {
        let mut fenced = store.fenced(&epoch).await.unwrap();
        let rows = audit::forget(&mut fenced, before, 1).await.unwrap();
        fenced.commit().await.unwrap();
        total += rows;
        if rows == 0 {
            break;
        }
    }
    assert_eq!(total, 1);
}
