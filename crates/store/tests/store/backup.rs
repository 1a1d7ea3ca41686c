//! Backups: whole, in the place of something else, with another key, and out of order.

use std::collections::BTreeMap;

use model::configuration::Deleted;
use model::credential::CredentialSpec;
use model::user::{Role, UserSpec};
use model::webhook::WebhookSpec;
use model::{Configuration, Secret, UserId, Version};
use store::backup::{self, Backup};
use store::{
    Page, Settings, Store, StoreError, Vault, configuration, credentials, proxies, users, webhooks,
};

use crate::world::{KEY, World, both, connector, project, proxy};

const ABOUT: &str = "a test";

fn passphrase() -> Vault {
    Vault::new([42; 32])
}

async fn user(store: &Store, name: &str) -> UserId {
    let mut change = store.change().await.unwrap();
    let email = format!("{name}@example.com");
    let spec =
        UserSpec { username: name.into(), email, role: Role::Admin, active: true, grants: None };
    let user = users::create(&mut change, spec, Some("hash".into())).await.unwrap();
    change.commit().await.unwrap();
    user.id
}

/// A project with a list of proxies and an account.
async fn fill(store: &Store, name: &str, count: u32) {
    let home = project(store, name).await;
    let list = connector(store, &home, "list").await;
    let mut change = store.change().await.unwrap();
    let fields = BTreeMap::from([("password".to_owned(), Secret::from("canary-vendor"))]);
    let spec = CredentialSpec { name: "V".into(), provider: "static".into(), fields };
    credentials::create(&mut change, home.id, spec).await.unwrap();
    let secret = Secret::from("whsec_canary");
    let (name, url) = ("pager".to_owned(), "https://hooks.example/".to_owned());
    let spec = WebhookSpec { name, url, events: None, enabled: true, secret };
    webhooks::create(&mut change, Some(home.id), spec).await.unwrap();
    let specs: Vec<_> = (0..count).map(proxy).collect();
    proxies::import(&mut change, list.id, &specs).await.unwrap();
    change.commit().await.unwrap();
}

async fn taken(store: &Store) -> Vec<u8> {
    let sealed = backup::seal(&passphrase(), ABOUT, &backup::read(store).await.unwrap()).unwrap();
    assert!(!sealed.windows(6).any(|window| window == b"canary"), "a secret is in the clear");
    sealed
}

fn opened(sealed: &[u8]) -> Backup {
    backup::open(&passphrase(), ABOUT, sealed).unwrap()
}

async fn restore(store: &Store, backup: Backup, keep: UserId) -> backup::Restored {
    let mut change = store.change().await.unwrap();
    let restored = backup::restore(&mut change, backup, keep).await.unwrap();
    change.commit().await.unwrap();
    restored
}

/// What is intended, whatever version and revision it is of.
fn intended(configuration: &Configuration) -> String {
    let Configuration { projects, credentials, connectors, proxies, .. } = configuration;
    let projects: Vec<_> = projects.iter().map(|noun| (noun.id, &noun.spec)).collect();
    let credentials: Vec<_> = credentials.iter().map(|noun| (noun.id, &noun.spec)).collect();
    let connectors: Vec<_> = connectors.iter().map(|noun| (noun.id, &noun.spec)).collect();
    let proxies: Vec<_> = proxies.iter().map(|noun| (noun.id, &noun.spec)).collect();
    format!("{projects:?} {credentials:?} {connectors:?} {proxies:?}")
}

#[tokio::test]
async fn a_backup_brings_back_what_there_was_and_nothing_else() {
    both(async |World { store, .. }| {
        let keep = user(&store, "anna").await;
        user(&store, "berta").await;
        fill(&store, "home", 1200).await;
        let sealed = taken(&store).await;
        let before = configuration::load(&store, None).await.unwrap();
        let told = webhooks::list(&store, None, &Page::default()).await.unwrap().items;
        fill(&store, "later", 7).await;
        user(&store, "clara").await;
        let since = store.revision().await.unwrap();
        let restored = restore(&store, opened(&sealed), keep).await;
        assert!(restored.passwords_lost.is_empty() && restored.users_left_out.is_empty());
        let after = configuration::load(&store, None).await.unwrap();
        assert_eq!(intended(&before), intended(&after));
        for (one, other) in before.proxies.iter().zip(&after.proxies) {
            assert!(one.spec == other.spec, "another login");
        }
        for (one, other) in before.credentials.iter().zip(&after.credentials) {
            assert!(one.spec == other.spec, "another field");
        }
        let told_after = webhooks::list(&store, None, &Page::default()).await.unwrap().items;
        assert_eq!((told.len(), told_after.len()), (1, 1));
        assert_eq!((told[0].id, &told[0].spec), (told_after[0].id, &told_after[0].spec));
        assert!(told[0].version < told_after[0].version);
        assert!(after.projects[0].spec.password == before.projects[0].spec.password);
        assert!(after.projects[0].version > before.projects[0].version);
        let names = [("anna", true), ("berta", true), ("clara", false)];
        for (name, is_there) in names {
            let found = users::find_by_username(&store, name).await.unwrap();
            assert_eq!(found.is_some(), is_there, "{name}");
        }
        // Readers that were there take the same way as for any other change.
        let news = configuration::load(&store, Some(since)).await.unwrap();
        assert_eq!(news.proxies.len(), 1200);
        let gone = |deleted: &&Deleted| matches!(deleted, Deleted::Proxy(_));
        assert_eq!(news.deleted.iter().filter(gone).count(), 7);
        assert_eq!(news.deleted.len(), 7 + 3, "the project, its connector, its account");
    })
    .await;
}

#[tokio::test]
async fn passwords_of_projects_come_along_where_the_secret_key_is_the_same() {
    both(async |World { store, clock, .. }| {
        user(&store, "anna").await;
        fill(&store, "home", 3).await;
        let sealed = taken(&store).await;
        let expected = opened(&sealed).configuration;
        for (key, lost) in [(KEY, &[][..]), ([9; 32], &["home"])] {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}", folder.path().join("other.db").display());
            let settings = Settings::new(url);
            let other = Store::open(&settings, Vault::new(key), clock.clone()).await.unwrap();
            let keep = user(&other, "Anna").await;
            let restored = restore(&other, opened(&sealed), keep).await;
            assert_eq!(restored.users_left_out, ["anna"]);
            assert_eq!(restored.passwords_lost, lost);
            let found = configuration::load(&other, None).await.unwrap();
            let password = &found.projects[0].spec.password;
            let is_back = *password == expected.projects[0].spec.password;
            assert_eq!(is_back, lost.is_empty());
            assert!(found.proxies[2].spec == expected.proxies[2].spec, "another login");
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_damaged_or_foreign_or_contradicts_itself_changes_nothing() {
    both(async |World { store, .. }| {
        let keep = user(&store, "anna").await;
        fill(&store, "home", 3).await;
        let sealed = taken(&store).await;
        let before = configuration::load(&store, None).await.unwrap();
        for at in [0, 7, 30, sealed.len() / 2, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(backup::open(&passphrase(), ABOUT, &changed).is_err(), "byte {at}");
            assert!(backup::open(&passphrase(), ABOUT, &sealed[..at]).is_err(), "cut at {at}");
        }
        assert!(backup::open(&passphrase(), "other", &sealed).is_err());
        let wrong = backup::open(&Vault::new([1; 32]), ABOUT, &sealed);
        assert!(matches!(wrong, Err(StoreError::SealedElsewhere)));
        let mut orphans = opened(&sealed);
        orphans.configuration.connectors.clear();
        let mut twice = opened(&sealed);
        let mut same = twice.configuration.proxies[0].clone();
        same.id = model::ProxyId::new();
        twice.configuration.proxies.push(same);
        for backup in [orphans, twice] {
            let mut change = store.change().await.unwrap();
            let refused = backup::restore(&mut change, backup, keep).await;
            assert!(
                matches!(refused, Err(StoreError::NotFound(_) | StoreError::Duplicate { .. })),
                "{refused:?}"
            );
            drop(change);
        }
        let after = configuration::load(&store, None).await.unwrap();
        assert_eq!(format!("{before:?}"), format!("{after:?}"));
        assert_eq!(after.projects[0].version, Version::FIRST);
    })
    .await;
}
