//! Secrets in the files of the database, keys, locks, settings that lead nowhere.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use model::credential::CredentialSpec;
use model::{Clock, Secret};
use store::{Settings, Store, StoreError, Vault, credentials, proxies};

use crate::world::{KEY, both, connector, project, proxy};

#[tokio::test]
async fn no_file_of_the_database_holds_a_secret() {
    both(async |world| {
        let store = &world.store;
        let home = project(store, "home").await;
        let list = connector(store, &home, "list").await;
        let fields = BTreeMap::from([("password".to_owned(), Secret::from("canary-vendor"))]);
        let spec = CredentialSpec { name: "V".into(), provider: "static".into(), fields };
        let mut change = store.change().await.unwrap();
        credentials::create(&mut change, home.id, spec).await.unwrap();
        proxies::import(&mut change, list.id, &[proxy(1)]).await.unwrap();
        change.commit().await.unwrap();
        let mut bytes = Vec::new();
        gather(&world.files, &mut bytes);
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(holds("p1.example.com"), "the files that were searched are not the database");
        assert!(!holds("canary-"));
    })
    .await;
}

/// The contents of all files below `folder`.
pub(crate) fn gather(folder: &Path, bytes: &mut Vec<u8>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, bytes);
        } else if let Ok(file) = std::fs::read(&path) {
            bytes.extend(file);
        }
    }
}

#[tokio::test]
async fn another_key_is_noticed_at_once() {
    both(async |world| {
        let other = Store::open(&world.settings, Vault::new([8; 32]), Clock::system()).await;
        assert!(matches!(other, Err(StoreError::WrongKey)));
        Store::open(&world.settings, Vault::new(KEY), Clock::system()).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn nodes_that_open_an_empty_database_at_once_migrate_it_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("test.db");
    let settings = Settings::new(format!("sqlite://{}", path.display()));
    let opened = (0..8).map(|_| {
        let settings = settings.clone();
        let open = async move {
            Store::open(&settings, Vault::new(KEY), Clock::system()).await.map(|_store| ())
        };
        #[expect(clippy::disallowed_methods, reason = "a test has no tracker")]
        tokio::spawn(open)
    });
    for opening in opened.collect::<Vec<_>>() {
        opening.await.unwrap().unwrap();
    }
    let mode = path.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

/// What another program sees of the projects of the database in `path`.
fn seen_by_another_program(path: &Path) -> String {
    let mut program = std::process::Command::new("sqlite3");
    let ran = program.arg(path).arg("SELECT name FROM projects ORDER BY name").output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

#[tokio::test]
async fn what_another_program_looks_at_goes_on_to_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let settings = Settings::new(format!("sqlite://{}", path.display()));
    let open = async || Store::open(&settings, Vault::new(KEY), Clock::system()).await.unwrap();
    let (store, again) = (open().await, open().await);
    project(&store, "a").await;
    assert_eq!(seen_by_another_program(&path), "a\n");
    // It was not the last to close the database, and must not have thought so.
    project(&store, "b").await;
    project(&again, "c").await;
    assert_eq!(seen_by_another_program(&path), "a\nb\nc\n");
}

async fn changed(store: Store, n: u32) -> u64 {
    project(&store, &format!("p{n}")).await.revision.0
}

#[tokio::test]
async fn changes_follow_one_another_and_their_revisions_have_no_gap() {
    both(async |world| {
        let before = world.store.revision().await.unwrap().0;
        let changes = (0..20).map(|n| {
            #[expect(clippy::disallowed_methods, reason = "a test has no tracker")]
            tokio::spawn(changed(world.store.clone(), n))
        });
        let mut revisions = Vec::new();
        for change in changes.collect::<Vec<_>>() {
            revisions.push(change.await.unwrap());
        }
        revisions.sort_unstable();
        assert_eq!(revisions, (before + 1..=before + 20).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_url_that_leads_nowhere_is_refused_without_repeating_it() {
    let urls =
        ["", "mysql://canary@x/y", "sqlite::memory:", "sqlite://", "postgres://canary:canary@[/"];
    for url in urls {
        let opened = Store::open(&Settings::new(url), Vault::new(KEY), Clock::system()).await;
        let error = opened.err().unwrap();
        assert!(matches!(error, StoreError::Unusable(_)), "{url}: {error:?}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{url}: {error:?}");
    }
}
