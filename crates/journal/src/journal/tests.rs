//! A journal of a node that is alone. What peers say is tested on whole nodes.

use cluster::{Load, Member, MemberState, Role};
use jiff::Timestamp;
use model::Revision;

use super::*;
use crate::{Seen, samples};

fn journal(bytes: usize) -> Journal {
    let me = Member {
        id: "node1".to_owned(),
        role: Role::All,
        revision: Revision(0),
        started_at: Timestamp::UNIX_EPOCH,
        addresses: Vec::new(),
        state: MemberState::Ready,
        load: Load::default(),
    };
    let clock = Clock::held(Timestamp::from_second(1_700_000_000).unwrap());
    let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
    Journal::start(bytes, (Cluster::solo(me), clock), &tracker, &stop)
}

fn failures() -> Wanted {
    Wanted { blame: Some("any".to_owned()), ..Wanted::default() }
}

#[tokio::test]
async fn what_has_finished_is_found_page_by_page() {
    let journal = journal(1 << 20);
    for _ in 0..5 {
        journal.add(&[samples::exchange(), samples::failure()]);
    }
    let mut seen = Vec::new();
    let mut before = None;
    loop {
        let page = journal.page(failures(), before, 2).await.unwrap();
        assert!(page.silent.is_empty());
        before = page.entries.last().map(|entry| entry.id);
        seen.extend(page.entries.iter().map(|entry| entry.id));
        if !page.has_more {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
    let found = journal.find(seen[3]).await.entry.unwrap();
    assert_eq!((found.id, &*found.node, &*found.error), (seen[3], "node1", "connection_refused"));
    assert!(journal.find(Uuid::from_u128(1)).await.entry.is_none());
}

#[tokio::test]
async fn who_watches_sees_what_fits_and_is_told_what_was_too_much() {
    let journal = journal(0);
    let mut watcher = journal.watch(failures()).unwrap();
    journal.add(&[samples::exchange(), samples::failure()]);
    assert!(matches!(watcher.next().await, Seen::Entry(entry) if entry.status == 502));
    assert!(watcher.look().is_none());
    let many = vec![samples::failure(); 1_200];
    journal.add(&many);
    let Seen::Missed { node, count } = watcher.next().await else { panic!("nothing is missed") };
    assert_eq!((&*node, count), ("node1", 200));
    let left = std::iter::from_fn(|| watcher.look()).count();
    assert_eq!(left, 1_000);
    drop(watcher);
    assert!(journal.0.watchers.wanted().is_empty());
    journal.add(&many);
}

#[tokio::test]
async fn what_peers_write_is_read_or_passed_over() {
    let journal = journal(1 << 20);
    let (to_answer, mut asked) = mpsc::channel(1);
    let read = |text: &str| {
        let letter = Letter { from: "node2".to_owned(), text: text.to_owned() };
        journal.read(&letter, &to_answer);
    };
    for nonsense in ["", "{}", "{\"shown\":{}}", "{\"watch\":{\"wanted\":7}}", "[1]"] {
        read(nonsense);
    }
    read("{\"watch\":{\"wanted\":[{\"blame\":\"nobody knows\"}]}}");
    assert!(journal.0.audience.is_empty(), "no filter is not all of it");
    read("{\"watch\":{\"wanted\":[{}]}}");
    journal.add(&[samples::failure()]);
    let share = journal.0.audience.take().pop().unwrap();
    assert_eq!((&*share.peer, share.entries.len()), ("node2", 1));
    let entries = share.entries.iter().map(|entry| &**entry).collect();
    let text = Message::Shown { entries, left_out: 3 }.text().unwrap();
    let mut watcher = journal.watch(Wanted::default()).unwrap();
    read(&text);
    assert!(matches!(watcher.next().await, Seen::Missed { count: 3, .. }));
    assert!(matches!(watcher.next().await, Seen::Entry(entry) if &*entry.node == "node2"));
    let id = share.entries[0].id;
    let question = Question::One { id };
    read(&Message::<&Entry>::Asked { number: 1, question }.text().unwrap());
    assert!(matches!(asked.try_recv(), Ok((from, 1, Question::One { .. })) if from == "node2"));
}
