//! Roots of interception: made once, sealed, known to readers, deleted unless they sign.

use jiff::{SignedDuration, Timestamp};
use model::{Revision, RootCertificate, Secret};
use store::configuration::{Digest, Part};
use store::{Store, StoreError, Vault, configuration, roots};
use testbed::postgres::Postgres;

use crate::safety::gather;
use crate::world::{KEY, World, both, project};

const KEY_PEM: &str = "-----BEGIN PRIVATE KEY-----\ncanary-root\n-----END PRIVATE KEY-----\n";

fn root(name: &str, signs_from: Timestamp) -> RootCertificate {
    RootCertificate {
        fingerprint: name.to_owned(),
        certificate_pem: format!("certificate of {name}"),
        key_pem: Secret::from(KEY_PEM),
        signs_from,
        revision: Revision::default(),
    }
}

async fn add(store: &Store, name: &str, signs_from: Timestamp) -> Result<Revision, StoreError> {
    let mut change = store.change().await?;
    roots::add(&mut change, root(name, signs_from)).await?;
    change.commit().await
}

async fn delete(store: &Store, name: &str) -> Result<Revision, StoreError> {
    let mut change = store.change().await?;
    roots::delete(&mut change, name).await?;
    change.commit().await
}

async fn names(store: &Store) -> Vec<String> {
    roots::list(store).await.unwrap().into_iter().map(|root| root.fingerprint).collect()
}

fn after(world: &World, days: i64) -> Timestamp {
    world.clock.now() + SignedDuration::from_hours(24 * days)
}

async fn first_of_eight(settings: &store::Settings) {
    let starts = (0..8).map(|n| {
        let settings = settings.clone();
        let start = async move {
            let clock = model::Clock::system();
            let store = Store::open(&settings, Vault::new(KEY), clock.clone()).await.unwrap();
            roots::add_first(&store, root(&format!("root{n}"), clock.now())).await.unwrap()
        };
        #[expect(clippy::disallowed_methods, reason = "a test has no tracker")]
        tokio::spawn(start)
    });
    let mut made = 0;
    for start in starts.collect::<Vec<_>>() {
        made += usize::from(start.await.unwrap());
    }
    assert_eq!(made, 1);
    let store = Store::open(settings, Vault::new(KEY), model::Clock::system()).await.unwrap();
    assert_eq!(names(&store).await.len(), 1);
    let loaded = configuration::load(&store, None).await.unwrap().roots;
    assert_eq!(loaded[0].key_pem.expose(), KEY_PEM);
}

/// On a database that none of them has opened before.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_start_at_once_make_one_root() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    first_of_eight(&store::Settings::new(url)).await;
    let postgres = Postgres::start().await.unwrap();
    first_of_eight(&store::Settings::new(postgres.url())).await;
}

#[tokio::test]
async fn readers_get_all_roots_whenever_one_has_changed() {
    both(async |world| {
        let store = &world.store;
        assert!(configuration::load(store, None).await.unwrap().roots.is_empty());
        assert!(roots::add_first(store, root("b", world.clock.now())).await.unwrap());
        assert!(!roots::add_first(store, root("c", world.clock.now())).await.unwrap());
        let first = store.revision().await.unwrap();
        let second = add(store, "a", after(&world, 7)).await.unwrap();
        project(store, "home").await;
        let known = async |since| {
            let roots = configuration::load(store, since).await.unwrap().roots;
            roots.iter().map(|root| (root.fingerprint.clone(), root.revision)).collect::<Vec<_>>()
        };
        let both = [("b".to_owned(), first), ("a".to_owned(), second)];
        assert_eq!(known(None).await, both);
        assert_eq!(known(Some(first)).await, both);
        assert_eq!(known(Some(second)).await, []);
        let before = configuration::load(store, None).await.unwrap();
        let third = delete(store, "a").await.unwrap();
        assert_eq!(known(Some(second)).await, both[..1]);
        assert_eq!(known(Some(third)).await, []);
        let after = configuration::load(store, None).await.unwrap();
        let truth = configuration::digest(store).await.unwrap();
        assert_eq!(Digest::of(&after), truth);
        let missed = Digest { revision: third, ..Digest::of(&before) };
        assert_eq!(truth.differences(&missed), [Part::Roots]);
    })
    .await;
}

#[tokio::test]
async fn the_root_that_signs_stays() {
    both(async |world| {
        let store = &world.store;
        add(store, "old", world.clock.now()).await.unwrap();
        add(store, "new", after(&world, 7)).await.unwrap();
        let again = add(store, "new", after(&world, 8)).await;
        assert!(matches!(again, Err(StoreError::Duplicate { field: "certificate_pem" })));
        assert!(matches!(delete(store, "none").await, Err(StoreError::NotFound("root"))));
        assert!(matches!(delete(store, "old").await, Err(StoreError::InUse { .. })));
        world.clock.set(after(&world, 7));
        assert!(matches!(delete(store, "new").await, Err(StoreError::InUse { .. })));
        delete(store, "old").await.unwrap();
        assert_eq!(names(store).await, ["new"]);
        assert!(matches!(delete(store, "new").await, Err(StoreError::InUse { .. })));
        for n in 1..roots::MOST {
            add(store, &format!("root{n}"), world.clock.now()).await.unwrap();
        }
        let before = store.revision().await.unwrap();
        let too_many = add(store, "more", world.clock.now()).await;
        assert!(matches!(too_many, Err(StoreError::Invalid { field: "roots", .. })));
        assert_eq!((names(store).await.len(), store.revision().await.unwrap()), (16, before));
    })
    .await;
}

#[tokio::test]
async fn a_key_is_sealed() {
    both(async |world| {
        let store = &world.store;
        add(store, "one", world.clock.now()).await.unwrap();
        let mut bytes = Vec::new();
        gather(&world.files, &mut bytes);
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(holds("certificate of one"), "the files that were searched are not the database");
        assert!(!holds("canary-") && !holds("PRIVATE KEY"));
        let shown = roots::list(store).await.unwrap();
        let loaded = configuration::load(store, None).await.unwrap();
        assert!(!format!("{shown:?} {loaded:?}").contains("canary"));
    })
    .await;
}

#[tokio::test]
async fn a_key_is_no_other_roots() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let settings = store::Settings::new(format!("sqlite://{}", path.display()));
    let clock = model::Clock::system();
    let store = Store::open(&settings, Vault::new(KEY), clock.clone()).await.unwrap();
    add(&store, "one", clock.now()).await.unwrap();
    add(&store, "two", clock.now()).await.unwrap();
    let swap = "UPDATE roots SET private_key = \
         (SELECT private_key FROM roots WHERE fingerprint = 'one')";
    let ran = std::process::Command::new("sqlite3").arg(&path).arg(swap).status().unwrap();
    assert!(ran.success());
    let refused = configuration::load(&store, None).await.unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt { what: "secret", .. }), "{refused:?}");
}
