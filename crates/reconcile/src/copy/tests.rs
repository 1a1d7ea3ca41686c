//! What was kept is found, after a change, after damage, after a change of key.

use std::os::unix::fs::PermissionsExt;

use model::configuration::Deleted;
use model::{ProjectId, ProxyId};
use store::StoreError;

use super::*;

fn vault() -> Vault {
    Vault::new([7; 32])
}

fn whole(revision: u64) -> Configuration {
    Configuration { revision: Revision(revision), ..Configuration::default() }
}

fn change(since: u64, revision: u64) -> Configuration {
    let deleted = vec![Deleted::Proxy(ProxyId::new()), Deleted::Project(ProjectId::new())];
    Configuration { since: Some(Revision(since)), deleted, ..whole(revision) }
}

fn revisions(copy: &Copy) -> Vec<u64> {
    let found = copy.read().unwrap().unwrap();
    found.parts.iter().map(|part| part.revision.0).collect()
}

#[test]
fn changes_stand_behind_the_whole_until_there_are_many() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roster.sealed");
    let mut copy = Copy::new(path.clone(), vault());
    assert!(copy.read().unwrap().is_none() && copy.wants_all());
    assert!(copy.keep(&change(6, 7)).is_err(), "a change of nothing");
    copy.keep(&whole(7)).unwrap();
    copy.keep(&change(7, 8)).unwrap();
    copy.keep(&change(8, 11)).unwrap();
    assert!(!copy.wants_all());
    assert_eq!(revisions(&copy), [7, 8, 11]);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(copy.keep(&change(9, 12)).is_err() && copy.wants_all(), "a change of another one");
    assert_eq!(revisions(&copy), [7, 8, 11], "what was there stays");
    copy.keep(&whole(12)).unwrap();
    for revision in 12..200 {
        if copy.wants_all() {
            copy.keep(&whole(revision + 1)).unwrap();
        } else {
            copy.keep(&change(revision, revision + 1)).unwrap();
        }
    }
    let parts = revisions(&copy);
    assert!(parts.len() <= MOST_CHANGES + 1 && parts.last() == Some(&200), "{parts:?}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "something was left over");
}

#[test]
fn what_somebody_else_wrote_is_replaced_and_never_continued() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roster.sealed");
    let (mut one, mut other) = (Copy::new(path.clone(), vault()), Copy::new(path, vault()));
    one.keep(&whole(7)).unwrap();
    other.keep(&whole(8)).unwrap();
    other.keep(&change(8, 9)).unwrap();
    assert!(one.keep(&change(7, 8)).is_err() && one.wants_all());
    assert_eq!(revisions(&one), [8, 9]);
}

#[test]
fn what_is_damaged_or_of_another_key_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("roster.sealed");
    let mut copy = Copy::new(path.clone(), vault());
    copy.keep(&whole(7)).unwrap();
    copy.keep(&change(7, 8)).unwrap();
    let file = std::fs::read(&path).unwrap();
    let other = Copy::new(path.clone(), Vault::new([8; 32]));
    let error = other.read().unwrap_err();
    assert!(matches!(error, CopyError::Sealed(StoreError::SealedElsewhere)), "{error}");
    for end in 1..file.len() {
        std::fs::write(&path, &file[..end]).unwrap();
        // Cut between its parts it is what it was before the last.
        assert!(copy.read().is_err() || revisions(&copy) == [7], "cut at {end}");
        let mut changed = file.clone();
        changed[end] ^= 1;
        std::fs::write(&path, changed).unwrap();
        assert!(copy.read().is_err(), "changed at {end}");
    }
    let length = u32::from_be_bytes(*file.first_chunk().unwrap()) as usize + 4;
    std::fs::write(&path, &file[length..]).unwrap();
    assert!(copy.read().is_err(), "a change without its whole");
    std::fs::write(&path, [&file[length..], &file[..length]].concat()).unwrap();
    assert!(copy.read().is_err(), "in disorder");
}
