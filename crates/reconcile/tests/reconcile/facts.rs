//! What one node saw counts on all.

use std::sync::Arc;
use std::time::Duration;

use model::proxy::{Protocol, Status};
use model::{Connector, Project, ProxyId, Target};
use rotation::{Ask, Wish, select};
use tokio::time::Instant;

use crate::exits::{Mood, TestExit};
use crate::redis::Redis;
use crate::world::{Home, World, quiet, until};

const MINUTE: Duration = Duration::from_mins(1);

/// Two nodes that meet in Redis, over one database.
struct Two {
    redis: Redis,
    home: Home,
    a: World,
    b: World,
}

impl Two {
    async fn start() -> Self {
        let (redis, home) = (Redis::start().await, Home::new().await);
        let a = World::join(quiet(), &home, "a", &redis.url()).await;
        let b = World::join(quiet(), &home, "b", &redis.url()).await;
        let two = Self { redis, home, a, b };
        two.meet().await;
        two
    }

    async fn meet(&self) {
        for node in [&self.a, &self.b] {
            until("two members", || node.cluster.members().borrow().len() == 2).await;
        }
        let listens = || {
            let answer = self.redis.ask("PUBSUB NUMSUB octoprox:events").unwrap_or_default();
            answer.ends_with(":2")
        };
        until("two listeners", listens).await;
    }

    async fn add(&self, of: (&Project, &Connector), exits: &[TestExit]) -> Vec<ProxyId> {
        let exits: Vec<_> = exits.iter().map(|exit| (Protocol::Socks5, exit.address)).collect();
        let ids = self.a.add_now(of, &exits).await;
        until("the other roster", || self.b.revision() == self.a.revision()).await;
        ids
    }

    async fn end(mut self) {
        self.a.end().await;
        self.b.end().await;
    }
}

async fn exits(count: usize) -> Vec<TestExit> {
    let mut exits = Vec::new();
    for _ in 0..count {
        exits.push(TestExit::start(Mood::Works(204)).await);
    }
    exits
}

fn rests(node: &World, exit: ProxyId) -> Option<Duration> {
    node.ledger.health(exit, Instant::now())?.quarantined_for
}

fn let_rest(node: &World, exit: ProxyId, rest: Option<Duration>) {
    assert!(node.ledger.quarantine(exit, rest, Instant::now()));
}

/// One request of a session, if it has a name, which succeeds; the exit that carried it.
fn pick(node: &World, session: &str) -> ProxyId {
    let roster = Arc::clone(&node.roster.borrow());
    let mut wish = Wish::default();
    if !session.is_empty() {
        wish.set("session", session).unwrap();
    }
    let ask = Ask {
        project: Arc::clone(roster.account("home").unwrap()),
        target: Target::parse("example.com:443").unwrap(),
        wish: Arc::new(wish),
        client: [127, 0, 0, 1].into(),
    };
    let now = Instant::now();
    let chosen = select(&roster, &ask, &node.sessions, now, &mut rand::rng());
    let mut turn = chosen.unwrap().next(now).unwrap();
    turn.opened(Duration::from_millis(1), now);
    turn.exit().id
}

#[tokio::test]
async fn a_rest_by_hand_and_its_end_count_on_every_node() {
    let two = Two::start().await;
    let (home, list) = two.a.project(|_| ()).await;
    let ids = two.add((&home, &list), &exits(2).await).await;
    for (here, there) in [(&two.a, &two.b), (&two.b, &two.a)] {
        let_rest(here, ids[0], Some(MINUTE));
        until("the rest", || rests(there, ids[0]).is_some()).await;
        assert!(rests(there, ids[0]).unwrap() <= MINUTE);
        assert_eq!(rests(there, ids[1]), None);
        let_rest(here, ids[0], None);
        until("its end", || rests(there, ids[0]).is_none()).await;
    }
    // Whoever comes later is told before it has heard of the exits, and remembers.
    let_rest(&two.b, ids[1], Some(MINUTE));
    until("the rest", || rests(&two.a, ids[1]).is_some()).await;
    let mut late = World::join(quiet(), &two.home, "c", &two.redis.url()).await;
    until("the rest", || rests(&late, ids[1]).is_some()).await;
    assert_eq!(rests(&late, ids[0]), None);
    late.end().await;
    two.end().await;
}

/// Lets the host of [`pick`] ban an exit, as a request of this node would find out.
fn ban(node: &World, exit: ProxyId) {
    let project = Arc::clone(node.roster.borrow().account("home").unwrap());
    let host = model::Host::parse("example.com").unwrap();
    assert!(project.keep_from((exit, &host), (MINUTE, 100), Instant::now()));
}

/// Whether no request to the host of [`pick`] goes through the exit.
fn avoids(node: &World, exit: ProxyId) -> bool {
    (0..40).all(|_| pick(node, "") != exit)
}

#[tokio::test]
async fn a_ban_is_obeyed_by_every_node_by_late_ones_and_after_an_outage() {
    let mut two = Two::start().await;
    let (home, list) = two.a.project(|_| ()).await;
    let ids = two.add((&home, &list), &exits(4).await).await;
    for (here, there, exit) in [(&two.a, &two.b, ids[0]), (&two.b, &two.a, ids[1])] {
        assert!(!avoids(there, exit));
        ban(here, exit);
        until("the ban", || avoids(there, exit) && avoids(here, exit)).await;
    }
    let mut late = World::join(quiet(), &two.home, "c", &two.redis.url()).await;
    until("its roster", || late.roster.borrow().account("home").is_some()).await;
    until("both bans", || avoids(&late, ids[0]) && avoids(&late, ids[1])).await;
    late.end().await;

    two.redis.kill();
    until("an outage", || two.a.status("share_facts").outcome.contains("away")).await;
    ban(&two.a, ids[2]);
    assert!(avoids(&two.a, ids[2]), "it counts here all the same");
    assert!(!avoids(&two.b, ids[2]));
    two.redis.start_again().await;
    until("the ban", || avoids(&two.b, ids[2])).await;
    // What Redis has forgotten meanwhile it is told again, by whoever found it out.
    let known = |id: &ProxyId| {
        let key = format!("mark:{}:{id}:host/example.com", home.id);
        two.redis.ask(&format!("EXISTS {key}")).is_ok_and(|known| known == ":1")
    };
    until("all three", || ids[..3].iter().all(known)).await;
    two.end().await;
}

#[tokio::test]
async fn what_was_seen_without_redis_is_told_when_it_is_back() {
    let mut two = Two::start().await;
    let (home, list) = two.a.project(|_| ()).await;
    let ids = two.add((&home, &list), &exits(3).await).await;
    let_rest(&two.a, ids[0], Some(MINUTE));
    let_rest(&two.a, ids[1], Some(MINUTE));
    until("the rests", || ids[..2].iter().all(|id| rests(&two.b, *id).is_some())).await;
    two.redis.kill();
    until("an outage", || two.a.status("share_facts").outcome.contains("away")).await;
    let_rest(&two.a, ids[2], Some(MINUTE));
    let_rest(&two.a, ids[1], None);
    assert!(rests(&two.a, ids[2]).is_some() && rests(&two.a, ids[1]).is_none());
    assert!(rests(&two.b, ids[2]).is_none() && rests(&two.b, ids[1]).is_some());
    two.redis.start_again().await;
    until("the rest", || rests(&two.b, ids[2]).is_some()).await;
    until("the end", || rests(&two.b, ids[1]).is_none()).await;
    // What Redis has forgotten meanwhile it is told again.
    let known = || two.redis.ask(&format!("EXISTS quarantine:{}", ids[0]));
    until("what it forgot", || known().is_ok_and(|known| known == ":1")).await;
    two.end().await;
}

#[tokio::test]
async fn sessions_that_are_exceptions_go_on_everywhere_and_outlive_a_redis_that_forgets() {
    let two = Two::start().await;
    let (home, list) = two.a.project(|_| ()).await;
    let ids = two.add((&home, &list), &exits(6).await).await;
    let names: Vec<_> = (0..300).map(|number| format!("s{number}")).collect();
    // One exit alone may be the choice of few sessions, as chance has it.
    let resting = &ids[..3];
    for id in resting {
        let_rest(&two.a, *id, Some(MINUTE));
    }
    until("the rests", || resting.iter().all(|id| rests(&two.b, *id).is_some())).await;
    let bound: Vec<_> = names.iter().map(|name| pick(&two.a, name)).collect();
    until("every exception", || two.b.sessions.len() > 20).await;
    for id in resting {
        let_rest(&two.a, *id, None);
    }
    until("the end", || resting.iter().all(|id| rests(&two.b, *id).is_none())).await;
    let told = two.b.sessions.len();
    assert!(told < 280, "{told}: only exceptions are told");
    let on = |node: &World| names.iter().map(|name| pick(node, name)).collect::<Vec<_>>();
    assert_eq!(on(&two.b), bound);
    assert_eq!(two.redis.ask("FLUSHALL").unwrap(), "+OK");
    let mut late = World::join(quiet(), &two.home, "c", &two.redis.url()).await;
    until("every exception", || late.sessions.len() >= told).await;
    assert_eq!(on(&late), bound);
    late.end().await;
    two.end().await;
}

#[tokio::test]
async fn a_session_that_two_nodes_bind_at_once_ends_up_at_one_exit() {
    let two = Two::start().await;
    let (home, list) = two.a.project(|_| ()).await;
    let ids = two.add((&home, &list), &exits(4).await).await;
    let first = pick(&two.a, "s");
    // Each node for itself finds another first choice away, and binds before it hears of the other.
    let others: Vec<_> = ids.iter().filter(|id| **id != first).collect();
    two.a.ledger.obey(*others[0], Some(MINUTE), Instant::now()).unwrap();
    for node in [&two.a, &two.b] {
        node.ledger.obey(first, Some(MINUTE), Instant::now()).unwrap();
    }
    for name in ["t", "u", "v", "w", "x", "y", "z"] {
        pick(&two.a, name);
        pick(&two.b, name);
    }
    let agree = |name: &&str| pick(&two.a, name) == pick(&two.b, name);
    until("one mind", || ["t", "u", "v", "w", "x", "y", "z"].iter().all(agree)).await;
    two.end().await;
}

#[tokio::test]
async fn what_the_probes_of_one_node_find_out_counts_on_the_other() {
    let two = Two::start().await;
    let often = |spec: &mut model::project::ProjectSpec| {
        spec.health_check_interval = Duration::from_secs(1);
        spec.health_check_timeout = Duration::from_secs(1);
    };
    let (home, list) = two.a.project(often).await;
    let exits = exits(6).await;
    let ids = two.add((&home, &list), &exits).await;
    let both = |id: ProxyId, status| [&two.a, &two.b].iter().all(|n| n.health(id) == status);
    until("visits", || exits.iter().all(|exit| exit.visits() > 1)).await;
    // Each exit has one node that probes it, so the other one knows it from there.
    exits[0].set(Mood::Dead);
    until("the death", || both(ids[0], Status::Unhealthy)).await;
    assert!(ids[1..].iter().all(|id| !both(*id, Status::Unhealthy)));
    exits[0].set(Mood::Works(204));
    until("the recovery", || both(ids[0], Status::Healthy)).await;
    two.end().await;
}
