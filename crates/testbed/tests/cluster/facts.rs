//! What one node saw counts on every node: rests, sessions, what probes found out.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use model::proxy::Protocol;
use serde_json::json;
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::cluster::Cluster;
use testbed::control::Control;
use testbed::node::ADMIN;
use testbed::origin::Origin;
use testbed::proxies::{Behaviour, Exit, Setup};
use testbed::world::{PASSWORD, Project};
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_secs(30);
const SESSIONS: usize = 1_000;
/// Sessions that a test asks at a time.
const AT_ONCE: usize = 8;

/// A project over some exits, on every node.
struct Facts {
    origin: Origin,
    exits: Vec<Exit>,
    cluster: Cluster,
    project: Project,
    /// The ids of the exits, in their order.
    ids: Vec<String>,
}

impl Facts {
    async fn set(exits: usize, settings: &[(&str, &str)], fields: serde_json::Value) -> Self {
        let origin = Origin::start().await.unwrap();
        let mut started = Vec::new();
        for _ in 0..exits {
            started.push(Setup::new(Protocol::Http).start().await.unwrap());
        }
        let cluster = Cluster::start(settings).await.unwrap();
        let through: Vec<&Exit> = started.iter().collect();
        let project = cluster.project_over("shop", fields, &through).await.unwrap();
        let listed = cluster.control.get(&format!("{}/proxies", project.path)).await.unwrap();
        let rows = listed["items"].as_array().unwrap();
        let id = |exit: &Exit| {
            let is_it = |row: &&serde_json::Value| {
                row["host"] == exit.address().ip().to_string()
                    && row["port"] == exit.address().port()
            };
            rows.iter().find(is_it).unwrap()["id"].as_str().unwrap().to_owned()
        };
        let ids = started.iter().map(id).collect();
        Self { origin, exits: started, cluster, project, ids }
    }

    fn proxies(&self) -> [SocketAddr; 3] {
        [0, 1, 2].map(|node| self.cluster.nodes[node].proxy())
    }

    /// The API of each node, logged in.
    async fn controls(&self) -> Vec<Control> {
        let mut controls = Vec::new();
        for node in &self.cluster.nodes {
            controls.push(Control::login(node.api(), ADMIN).await.unwrap());
        }
        controls
    }

    fn path(&self, exit: usize) -> String {
        format!("{}/proxies/{}", self.project.path, self.ids[exit])
    }

    async fn let_rest(&self, control: &Control, exit: usize, seconds: Option<u32>) {
        let path = format!("{}/quarantine", self.path(exit));
        let body = seconds.map(|seconds| json!({ "seconds": seconds }));
        let method = if body.is_some() { "PUT" } else { "DELETE" };
        let called = control.call((method, &path), "", body.as_ref()).await.unwrap();
        assert_eq!(called.status, 204, "{called:?}");
    }

    async fn health(&self, control: &Control, exit: usize) -> serde_json::Value {
        control.get(&self.path(exit)).await.unwrap()["health"].clone()
    }

    async fn rests(&self, control: &Control, exit: usize) -> bool {
        !self.health(control, exit).await["quarantined_seconds"].is_null()
    }

    /// Waits until every node lets the exit rest, or no longer does.
    async fn all_obey(&self, controls: &[Control], exit: usize, is_rest: bool) {
        for there in controls {
            let obeys = || async { (self.rests(there, exit).await == is_rest).then_some(()) };
            eventually("the rest, or its end", PATIENCE, obeys).await.unwrap();
        }
    }

    /// Waits until every node says that of the exit.
    async fn all_say(&self, controls: &[Control], exit: usize, status: &str) {
        for there in controls {
            let says =
                || async { (self.health(there, exit).await["status"] == status).then_some(()) };
            eventually(status, PATIENCE, says).await.unwrap();
        }
    }

    /// The exit that carries a request of each session through this node.
    async fn carriers(&self, proxy: SocketAddr) -> Vec<String> {
        let sessions: Vec<usize> = (0..SESSIONS).collect();
        let mut carriers = Vec::new();
        for some in sessions.chunks(AT_ONCE) {
            let asked = some.iter().map(|number| self.carrier(proxy, *number));
            carriers.extend(futures_util::future::join_all(asked).await);
        }
        carriers
    }

    async fn carrier(&self, proxy: SocketAddr, session: usize) -> String {
        let account = format!("{}-session-s{session}", self.project.username);
        let mut client = Client::connect(proxy).await.unwrap();
        let fields = login(&account, PASSWORD);
        let answer = client.ask("GET", &self.origin.url("/echo"), &fields).await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let peer = answer.json().unwrap()["peer"].as_str().unwrap().to_owned();
        peer.split(':').next().unwrap().to_owned()
    }
}

fn moved(before: &[String], after: &[String]) -> usize {
    before.iter().zip(after).filter(|(before, after)| before != after).count()
}

#[tokio::test]
async fn a_rest_by_hand_at_one_node_is_obeyed_by_all() {
    const ROUNDS: usize = 50;
    let facts = Facts::set(3, &[], json!({})).await;
    let controls = facts.controls().await;
    let mut took = Vec::new();
    for round in 0..ROUNDS {
        let (here, exit) = (&controls[round % 3], round % 3);
        facts.let_rest(here, exit, Some(600)).await;
        let begun = Instant::now();
        facts.all_obey(&controls, exit, true).await;
        took.push(begun.elapsed());
        facts.let_rest(here, exit, None).await;
        facts.all_obey(&controls, exit, false).await;
    }
    took.sort();
    let (median, p99) = (took[ROUNDS / 2], took[ROUNDS - 1]);
    let text = "a rest is obeyed by three nodes, and seen to be";
    writeln!(std::io::stderr(), "measured: {text}: median {median:?}, p99 {p99:?}").unwrap();
    assert!(p99 <= Duration::from_secs(1), "{took:?}");

    facts.let_rest(&controls[0], 0, Some(600)).await;
    facts.all_obey(&controls, 0, true).await;
    let before = facts.exits[0].connections();
    for proxy in facts.proxies() {
        for session in 0..20 {
            facts.carrier(proxy, session).await;
        }
    }
    assert_eq!(facts.exits[0].connections(), before);
}

#[tokio::test]
async fn a_thousand_sessions_keep_their_exits_through_a_dead_node_and_a_redis_that_forgets() {
    let mut facts = Facts::set(6, &[], json!({ "health_check_interval_seconds": 3600 })).await;
    let controls = facts.controls().await;
    let bindings = async |facts: &Facts| facts.cluster.redis.keys("sticky:*").await.unwrap().len();
    facts.let_rest(&controls[0], 0, Some(600)).await;
    facts.all_obey(&controls, 0, true).await;
    let before = facts.carriers(facts.proxies()[1]).await;
    facts.let_rest(&controls[0], 0, None).await;
    facts.all_obey(&controls, 0, false).await;
    let exceptions = bindings(&facts).await;
    assert!((SESSIONS / 20..SESSIONS / 2).contains(&exceptions), "{exceptions}");
    for proxy in facts.proxies() {
        assert_eq!(moved(&before, &facts.carriers(proxy).await), 0);
    }
    // The one who made the exceptions dies, and nothing but the others' memory is left of them.
    facts.cluster.nodes[1].process.kill().await.unwrap();
    facts.cluster.redis.flush_all().await.unwrap();
    facts.cluster.start_again(1).await.unwrap();
    let back = || async { (bindings(&facts).await >= exceptions).then_some(()) };
    eventually("the exceptions in Redis", PATIENCE, back).await.unwrap();
    for (node, proxy) in facts.proxies().into_iter().enumerate() {
        assert_eq!(moved(&before, &facts.carriers(proxy).await), 0, "node {}", node + 1);
    }
    let text = "sessions, all of which kept their exits on every node";
    writeln!(std::io::stderr(), "measured: {SESSIONS} {text}; {exceptions} exceptions").unwrap();
}

#[tokio::test]
async fn an_exit_that_its_owner_found_dead_is_avoided_by_all() {
    let often = json!({ "health_check_interval_seconds": 1, "health_check_timeout_seconds": 1 });
    let facts = Facts::set(6, &[], often).await;
    let controls = facts.controls().await;
    facts.exits[0].behave(Behaviour::Refuse).await;
    let begun = Instant::now();
    // No request has told anybody.
    facts.all_say(&controls, 0, "unhealthy").await;
    let text = "no node uses an exit that its owner found dead";
    writeln!(std::io::stderr(), "measured: {text} after {:?}", begun.elapsed()).unwrap();
    facts.exits[0].behave(Behaviour::Honest).await;
    facts.all_say(&controls, 0, "healthy").await;
}

/// How many bans of peers a node has heard of.
async fn heard(node: SocketAddr) -> u64 {
    let mut client = Client::connect(node).await.unwrap();
    let answer = client.ask("GET", "/metrics", "Connection: close\r\n").await.unwrap();
    assert_eq!(answer.status(), 200);
    let text = answer.text();
    let labels = ["kind=\"mark\"", "direction=\"heard\""];
    let mut lines = text.lines().filter(|line| labels.iter().all(|label| line.contains(label)));
    let count = lines.next().and_then(|line| line.rsplit_once(' '));
    count.map_or(0, |(_, count)| count.parse().unwrap())
}

/// Waits until a node has heard of more bans than that.
async fn hears_more(node: SocketAddr, before: u64) {
    let hears = || async { (heard(node).await > before).then_some(()) };
    eventually("the ban", PATIENCE, hears).await.unwrap();
}

#[tokio::test]
async fn a_ban_that_one_node_learns_of_is_obeyed_by_all() {
    const ROUNDS: usize = 50;
    let origin = Origin::start().await.unwrap();
    let mut exits = Vec::new();
    for _ in 0..3 {
        exits.push(Setup::new(Protocol::Http).leading_to(&origin).start().await.unwrap());
    }
    let cluster = Cluster::start(&[]).await.unwrap();
    // Targets tell the exit by where it comes from.
    let source = exits[0].source().to_string().replace('.', "\\.");
    let rule = json!({ "name": "known", "signs": { "body": format!("\"{source}\"") },
        "actions": { "retry": true, "mark_seconds": 600 }, "max_share": 50 });
    let fields = json!({ "bans": [rule], "max_retries": 3, "hedge": false });
    let project = cluster.project_over("shop", fields, &[&exits[0], &exits[1], &exits[2]]).await;
    let project = project.unwrap();
    let ask = async |node: usize, host: usize| {
        let mut client = Client::connect(cluster.nodes[node].proxy()).await.unwrap();
        let fields = login(&project.username, PASSWORD);
        let url = format!("http://h{host}.test/echo");
        let answer = client.ask("GET", &url, &fields).await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text());
        answer.json().unwrap()["peer"].as_str().unwrap().to_owned()
    };
    let mut took = Vec::new();
    for host in 0..ROUNDS {
        let here = host % 3;
        let there: Vec<_> = (0..3).filter(|node| *node != here).collect();
        let mut before = Vec::new();
        for node in &there {
            before.push(heard(cluster.nodes[*node].api()).await);
        }
        let carried = exits[0].forwarded();
        let mut begun = Instant::now();
        // One in three goes through it first.
        while exits[0].forwarded() == carried {
            begun = Instant::now();
            ask(here, host).await;
        }
        for (node, before) in there.iter().zip(before) {
            let api = cluster.nodes[*node].api();
            hears_more(api, before).await;
            took.push(begun.elapsed());
        }
        let carried = exits[0].forwarded();
        for node in [0, 1, 2, 0, 1, 2, 0, 1, 2] {
            assert_ne!(ask(node, host).await, exits[0].source().to_string());
        }
        assert_eq!(exits[0].forwarded(), carried, "host {host}");
    }
    took.sort();
    let (median, p99) = (took[took.len() / 2], took[took.len() * 99 / 100]);
    let text = "a ban is obeyed by the other nodes, its request included, and seen to be";
    writeln!(std::io::stderr(), "measured: {text}: median {median:?}, p99 {p99:?}").unwrap();
    assert!(p99 <= Duration::from_secs(1), "{took:?}");
}
