//! What peers should believe for a while: rests, bindings, live numbers.

use std::sync::Arc;
use std::time::Duration;

use cluster::{Binding, Cluster, Mark, MarkBy, Rest, Signal, Verdict, Want};
use model::{ConnectorId, Counters, Host, ProjectId, ProxyId};
use tokio::sync::broadcast::Receiver;
use tokio::time::{Instant, timeout};

use crate::node::{Node, next};
use crate::server::{PATIENCE, Server, until};

const MINUTE: Duration = Duration::from_mins(1);

fn binding(session: &str) -> Binding {
    Binding {
        project: ProjectId::from(uuid::Uuid::from_u128(1)),
        session: session.to_owned(),
        exit: ProxyId::new(),
        connector: ConnectorId::new(),
        country: Some("DE".parse().unwrap()),
        ttl: Some(10 * MINUTE),
        idle: Some(MINUTE),
        replaces: None,
    }
}

fn mark(left: Duration) -> Mark {
    let by = MarkBy::Host(Host::parse("shop.example").unwrap());
    let (project, exit) = (ProjectId::new(), ProxyId::new());
    Mark { project, by, exit, left, times: 2, max_share: 33 }
}

/// What comes next, whichever batch it is in.
async fn hear<T: Clone>(told: &mut Receiver<Arc<[T]>>, wanted: impl Fn(&T) -> bool) -> T {
    let hearing = async {
        loop {
            let batch = told.recv().await.unwrap();
            if let Some(found) = batch.iter().find(|fact| wanted(fact)) {
                return found.clone();
            }
        }
    };
    timeout(PATIENCE, hearing).await.expect("a fact")
}

/// A little of everything, for whoever wants to know whether it may be done at all.
pub(crate) async fn tell_everything(a: &Cluster, b: &Cluster) {
    let (mut rests, mut bindings) = (b.rests(), b.bindings());
    let (proxy, project) = (ProxyId::new(), ProjectId::new());
    for rest in [Some(MINUTE), None] {
        a.rest(&[Rest { proxy, rest }]).await.unwrap();
        hear(&mut rests, |heard| heard.proxy == proxy && heard.rest.is_some() == rest.is_some())
            .await;
    }
    assert_eq!(a.share_bindings(&[binding("s")]).await.unwrap(), []);
    assert_eq!(a.share_bindings(&[binding("s")]).await.unwrap().len(), 1);
    hear(&mut bindings, |heard| heard.session == "s").await;
    let (mut verdicts, verdict) = (b.verdicts(), Verdict { proxy, works: false });
    a.tell_verdicts(&[verdict]).await.unwrap();
    hear(&mut verdicts, |heard| *heard == verdict).await;
    let mut letters = b.letters();
    for (to, text) in [(None, "to all"), (Some("b"), "to one\nof them")] {
        a.write(to, text).await.unwrap();
        let letter = timeout(PATIENCE, letters.recv()).await.expect("a letter").unwrap();
        assert_eq!((&*letter.from, &*letter.text), ("a", text));
    }
    let (mut marks, mark) = (b.marks(), mark(MINUTE));
    a.tell_marks(std::slice::from_ref(&mark)).await.unwrap();
    hear(&mut marks, |heard| *heard == mark).await;
    a.add_live(&[(project, Counters { requests: 1, ..Counters::default() })]).await.unwrap();
    assert_eq!(b.live().await.unwrap().len(), 1);
    // More often than entries are left to gather.
    for _ in 0..20 {
        let window = Duration::from_millis(1);
        let want =
            Want { proxy, limit: 9, window, tokens: 1, spent: 1, returned: None, hold: window };
        until("an answer", async || a.take(&[want]).await.ok()).await;
        tokio::time::sleep(2 * window).await;
    }
}

#[tokio::test]
async fn a_proxy_that_rests_on_one_node_rests_on_all_at_once() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    let (mut rests, mut notices) = (b.cluster.rests(), b.cluster.notices());
    let proxy = ProxyId::new();
    let begun = Instant::now();
    a.cluster.rest(&[Rest { proxy, rest: Some(MINUTE) }]).await.unwrap();
    let heard = hear(&mut rests, |rest| rest.proxy == proxy).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(heard.rest.is_some_and(|rest| rest <= MINUTE && rest > MINUTE / 2), "{heard:?}");
    let notice = next(&mut notices).await.unwrap();
    assert_eq!(
        (notice.signal, notice.entity),
        (Signal::ProxyQuarantineChanged, Some(proxy.uuid()))
    );
    a.cluster.rest(&[Rest { proxy, rest: None }]).await.unwrap();
    hear(&mut rests, |heard| *heard == Rest { proxy, rest: None }).await;
    assert_eq!(server.ask::<u32>(&format!("EXISTS quarantine:{proxy}")).await, 0);
}

#[tokio::test]
async fn whoever_comes_later_or_was_cut_off_is_told_what_rests() {
    let server = Server::start().await;
    let a = Node::start("a", &server).await;
    let rests: Vec<_> =
        (0..2_500).map(|_| Rest { proxy: ProxyId::new(), rest: Some(MINUTE) }).collect();
    a.cluster.rest(&rests).await.unwrap();
    let b = Node::start("b", &server).await;
    let mut told = b.cluster.rests();
    for _ in 0..2 {
        let mut left: std::collections::HashSet<_> = rests.iter().map(|rest| rest.proxy).collect();
        while !left.is_empty() {
            let batch = timeout(PATIENCE, told.recv()).await.unwrap().unwrap();
            left.retain(|proxy| batch.iter().all(|rest| rest.proxy != *proxy));
        }
        let _: u32 = server.ask("CLIENT KILL TYPE pubsub").await;
    }
}

/// Panics unless it is the same a little later.
#[track_caller]
fn as_told(heard: &Mark, told: &Mark) {
    assert!(heard.left <= told.left && heard.left > told.left / 2, "{heard:?}");
    assert_eq!(Mark { left: told.left, ..heard.clone() }, *told);
}

#[tokio::test]
async fn whoever_comes_later_or_was_cut_off_is_told_of_marks_until_they_are_over() {
    let server = Server::start().await;
    let a = Node::start("a", &server).await;
    let marks: Vec<_> = (0..1_200).map(|_| mark(MINUTE)).collect();
    a.cluster.tell_marks(&marks).await.unwrap();
    a.cluster.tell_marks(&[mark(Duration::from_millis(1))]).await.unwrap();
    until("the short one is over", async || {
        (server.ask::<u32>("DBSIZE").await <= 1_200 + 10).then_some(())
    })
    .await;
    let b = Node::start("b", &server).await;
    let mut told = b.cluster.marks();
    for _ in 0..2 {
        let mut left: std::collections::HashMap<_, _> =
            marks.iter().map(|mark| (mark.exit, mark)).collect();
        while !left.is_empty() {
            let batch = timeout(PATIENCE, told.recv()).await.unwrap().unwrap();
            let known = batch.iter().filter_map(|heard| Some((heard, left.remove(&heard.exit)?)));
            known.for_each(|(heard, told)| as_told(heard, told));
        }
        let _: u32 = server.ask("CLIENT KILL TYPE pubsub").await;
    }
}

#[tokio::test]
async fn what_probes_found_out_is_heard_by_all_others() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    let (mut own, mut peers) = (a.cluster.verdicts(), b.cluster.verdicts());
    let verdicts: Vec<_> =
        (0..1_500).map(|n| Verdict { proxy: ProxyId::new(), works: n % 2 == 0 }).collect();
    a.cluster.tell_verdicts(&verdicts).await.unwrap();
    let mut heard = Vec::new();
    while heard.len() < verdicts.len() {
        heard.extend_from_slice(&timeout(PATIENCE, peers.recv()).await.unwrap().unwrap());
    }
    assert_eq!(heard, verdicts);
    let last = Verdict { proxy: ProxyId::new(), works: true };
    b.cluster.tell_verdicts(&[last]).await.unwrap();
    // Nothing of its own came before.
    assert_eq!(*timeout(PATIENCE, own.recv()).await.unwrap().unwrap(), [last]);
}

#[tokio::test]
async fn the_first_binding_wins_and_the_loser_learns_it() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    let mut told = b.cluster.bindings();
    let (first, second, free) = (binding("s"), binding("s"), binding("t:1"));
    assert_eq!(a.cluster.share_bindings(std::slice::from_ref(&first)).await.unwrap(), []);
    assert_eq!(hear(&mut told, |heard| heard.session == "s").await.exit, first.exit);
    let winners = b.cluster.share_bindings(&[second.clone(), free.clone()]).await.unwrap();
    assert_eq!(winners.len(), 1);
    let winner = &winners[0];
    assert_eq!((winner.exit, winner.connector), (first.exit, first.connector));
    assert_eq!((winner.country, winner.idle), (first.country, first.idle));
    assert!(winner.ttl.unwrap() > 9 * MINUTE);
    let again = a.cluster.share_bindings(std::slice::from_ref(&first)).await.unwrap();
    assert_eq!(again, [], "it still is bound to the same exit");
    let replacing = Binding { replaces: Some(first.exit), ..second.clone() };
    assert_eq!(b.cluster.share_bindings(&[replacing]).await.unwrap(), []);
    let late = Binding { replaces: Some(ProxyId::new()), ..first };
    assert_eq!(a.cluster.share_bindings(&[late]).await.unwrap()[0].exit, second.exit);
}

#[tokio::test]
async fn bindings_end_with_their_time_and_survive_strangers() {
    let server = Server::start().await;
    let a = Node::start("a", &server).await;
    let short = Binding { idle: Some(Duration::from_millis(50)), ..binding("s") };
    assert_eq!(a.cluster.share_bindings(&[short]).await.unwrap(), []);
    let next = binding("s");
    until("the end of a binding", async || {
        a.cluster
            .share_bindings(std::slice::from_ref(&next))
            .await
            .unwrap()
            .is_empty()
            .then_some(())
    })
    .await;
    let strange = binding("u");
    let () = server.ask(&format!("SET sticky:{}:u nonsense", strange.project)).await;
    assert_eq!(a.cluster.share_bindings(&[strange]).await.unwrap(), []);
}

#[tokio::test]
async fn whoever_comes_later_reads_what_is_bound() {
    let server = Server::start().await;
    let a = Node::start("a", &server).await;
    let bound: Vec<_> = (0..1_200).map(|number| binding(&format!("session {number}"))).collect();
    assert_eq!(a.cluster.share_bindings(&bound).await.unwrap(), []);
    let b = Node::start("b", &server).await;
    let mut told = b.cluster.bindings();
    let mut left: std::collections::HashMap<_, _> =
        bound.iter().map(|binding| (binding.session.clone(), binding.exit)).collect();
    while !left.is_empty() {
        let batch = timeout(PATIENCE, told.recv()).await.unwrap().unwrap();
        for binding in batch.iter() {
            let exit = left.remove(&binding.session);
            assert!(exit.is_none_or(|exit| exit == binding.exit));
        }
    }
}

#[tokio::test]
async fn live_numbers_are_those_of_all_nodes() {
    let server = Server::start().await;
    let (a, b) = (Node::start("a", &server).await, Node::start("b", &server).await);
    let (one, two) = (ProjectId::new(), ProjectId::new());
    let counters = Counters { requests: 3, failures: 1, bytes_sent: 10, ..Counters::default() };
    a.cluster.add_live(&[(one, counters), (two, counters)]).await.unwrap();
    b.cluster.add_live(&[(one, counters)]).await.unwrap();
    let both = Counters { requests: 6, failures: 2, bytes_sent: 20, ..Counters::default() };
    assert_eq!(b.cluster.live().await.unwrap(), [(one, both), (two, counters)]);
    let _: u32 = server.ask(&format!("DEL metrics:live:{two}")).await;
    assert_eq!(a.cluster.live().await.unwrap(), [(one, both)]);
    let alone = Cluster::solo(crate::node::member("c"));
    alone.add_live(&[(one, counters)]).await.unwrap();
    alone.add_live(&[(one, counters)]).await.unwrap();
    assert_eq!(alone.live().await.unwrap(), [(one, both)]);
}
