//! Three nodes that meet in Redis.

use std::time::Duration;

use model::proxy::Protocol;
use serde_json::{Value, json};
use testbed::client::{Answer, Client, login};
use testbed::clock::eventually;
use testbed::cluster::Cluster;
use testbed::control::Control;
use testbed::events::Events;
use testbed::node::ADMIN;
use testbed::origin::Origin;
use testbed::proxies::{Exit, Setup};
use testbed::world::{PASSWORD, Project};
use tokio::time::Instant;

const PATIENCE: Duration = Duration::from_secs(30);

struct Scene {
    origin: Origin,
    _exit: Exit,
    cluster: Cluster,
    project: Project,
    /// The API of each node, logged in.
    controls: Vec<Control>,
}

impl Scene {
    async fn set() -> Self {
        let origin = Origin::start().await.unwrap();
        let exit = Setup::new(Protocol::Http).start().await.unwrap();
        let cluster = Cluster::start(&[]).await.unwrap();
        let project = cluster.project_over("shop", json!({}), &[&exit]).await.unwrap();
        let mut controls = Vec::new();
        for node in &cluster.nodes {
            controls.push(Control::login(node.api(), ADMIN).await.unwrap());
        }
        Self { origin, _exit: exit, cluster, project, controls }
    }

    /// A request through one node.
    async fn get(&self, node: usize, parameters: &str) -> Answer {
        let account = format!("{}{parameters}", self.project.username);
        let mut client = Client::connect(self.cluster.nodes[node].proxy()).await.unwrap();
        let (url, fields) = (self.origin.url("/echo"), login(&account, PASSWORD));
        let answer = client.ask("GET", &url, &fields).await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text());
        answer
    }

    async fn watch(&self, node: usize, path: &str) -> Events {
        let api = self.cluster.nodes[node].api();
        Events::open(api, &self.controls[node], &format!("/api/v1/live/{path}")).await.unwrap()
    }

    async fn list(&self, node: usize, query: &str) -> Value {
        self.controls[node].get(&format!("/api/v1/exchanges{query}")).await.unwrap()
    }

    /// How often anybody has published anything since the last time.
    async fn published(&self) -> u64 {
        let said = self.cluster.redis.command(&["INFO", "commandstats"]).await.unwrap();
        self.cluster.redis.command(&["CONFIG", "RESETSTAT"]).await.unwrap();
        let said = said.as_str().unwrap().to_owned();
        let line = said.lines().find_map(|line| line.strip_prefix("cmdstat_publish:calls="));
        line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
    }
}

fn nodes(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().unwrap().iter();
    let mut nodes: Vec<_> = items.map(|item| item["node"].as_str().unwrap()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    nodes
}

#[tokio::test]
async fn requests_of_all_nodes_are_shown_on_any_and_nothing_is_said_while_nobody_watches() {
    const REQUESTS: u64 = 100;
    let scene = Scene::set().await;
    scene.published().await;
    for number in 0..REQUESTS {
        scene.get(usize::try_from(number % 3).unwrap(), "").await;
    }
    let quiet = scene.published().await;
    assert!(quiet < REQUESTS / 4, "{quiet} messages while nobody watches");
    let mut watching = scene.watch(2, "exchanges?session=seen").await;
    for node in [0, 1, 2] {
        // Peers may not have heard yet that somebody watches.
        let shown = || async {
            scene.get(node, "-session-seen").await;
            Some(())
        };
        eventually("a request", PATIENCE, shown).await.unwrap();
        let name = format!("node{}", node + 1);
        let seen = watching.find(|_, data| data["node"] == json!(name)).await.unwrap();
        assert_eq!((&seen["session"], &seen["status"]), (&json!("seen"), &json!(200)));
        assert_eq!(seen["project_id"], scene.project.path.rsplit('/').next().unwrap());
        // By now they have.
        let begun = Instant::now();
        scene.get(node, "-session-other").await;
        scene.get(node, "-session-seen").await;
        let next = watching.find(|_, data| data["node"] == json!(name)).await.unwrap();
        assert_eq!(next["session"], "seen", "no others");
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
    drop(watching);
}

#[tokio::test]
async fn the_log_is_gathered_and_says_who_is_silent() {
    let scene = Scene::set().await;
    for node in [0, 1, 2, 0, 1, 2] {
        scene.get(node, &format!("-session-from{node}")).await;
    }
    let all = || async {
        let list = scene.list(1, "").await;
        (list["items"].as_array()?.len() >= 6).then_some(list)
    };
    let all = eventually("six requests", PATIENCE, all).await.unwrap();
    assert_eq!((nodes(&all), &all["silent"]), (vec!["node1", "node2", "node3"], &json!([])));
    let ids: Vec<_> =
        all["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    assert!(ids.is_sorted_by(|a, b| a > b), "{ids:?}");
    let first = scene.list(0, "?limit=4").await;
    let next = first["next"].as_str().unwrap();
    assert_eq!(next, ids[3]);
    let rest = scene.list(2, &format!("?limit=4&before={next}")).await;
    assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next"]), (2, &json!(null)));
    assert_eq!(nodes(&scene.list(2, "?node=node1").await), ["node1"]);
    assert_eq!(nodes(&scene.list(2, "?session=from1").await), ["node2"]);
    assert_eq!(nodes(&scene.list(2, "?text=FROM0").await), ["node1"]);
    let of_first = scene.list(2, "?node=node1").await["items"][0]["id"].clone();
    let path = format!("/api/v1/exchanges/{}", of_first.as_str().unwrap());
    for control in &scene.controls {
        assert_eq!(control.get(&path).await.unwrap()["node"], "node1");
    }
    scene.cluster.nodes[0].process.freeze().unwrap();
    let some = scene.list(1, "").await;
    assert_eq!((nodes(&some), &some["silent"]), (vec!["node2", "node3"], &json!(["node1"])));
    let gone = scene.controls[1].call(("GET", &path), "", None).await.unwrap();
    assert_eq!(gone.status, 404);
    assert!(gone.body["detail"].as_str().unwrap().contains("node1"), "{gone:?}");
    scene.cluster.nodes[0].process.thaw().unwrap();
}

#[tokio::test]
async fn changes_and_members_are_seen_and_who_is_revoked_sees_no_more() {
    let mut scene = Scene::set().await;
    let user = json!({"username": "vera", "role": "viewer", "password": "a-good-password"});
    let made = scene.controls[0].post("/api/v1/users", &user).await.unwrap();
    let login = ("vera", "a-good-password");
    let vera = Control::login(scene.cluster.nodes[2].api(), login).await.unwrap();
    let mut streams = Vec::new();
    for what in ["exchanges", "changes", "cluster"] {
        let path = format!("/api/v1/live/{what}");
        streams.push(Events::open(scene.cluster.nodes[2].api(), &vera, &path).await.unwrap());
    }
    let path = scene.project.path.clone();
    scene.controls[0].patch(&path, &json!({"name": "another"})).await.unwrap();
    let id = path.rsplit('/').next().unwrap();
    let change = streams[1].find(|_, data| data["noun"] == "project").await.unwrap();
    assert_eq!((&change["id"], &change["op"]), (&json!(id), &json!("updated")));
    let revision = change["revision"].as_u64().unwrap();
    let at = |data: &Value| {
        let members = data["members"].as_array().unwrap();
        members.iter().filter(|member| member["revision"].as_u64() >= Some(revision)).count()
    };
    streams[2].find(|_, data| at(data) == 3).await.unwrap();
    let user = format!("/api/v1/users/{}", made["id"].as_str().unwrap());
    scene.controls[0].delete(&user).await.unwrap();
    let begun = Instant::now();
    for stream in &mut streams {
        while stream.next().await.unwrap().is_some() {}
    }
    // Half a second, and what a machine with other things to do takes.
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    let mut watching = scene.watch(2, "cluster").await;
    watching.find(|_, data| data["members"].as_array().unwrap().len() == 3).await.unwrap();
    scene.cluster.nodes[0].process.terminate().unwrap();
    watching.find(|_, data| data["members"].as_array().unwrap().len() == 2).await.unwrap();
    let mut own = scene.watch(1, "exchanges").await;
    scene.cluster.redis.process.kill().await.unwrap();
    watching.find(|_, data| data["coordination"] == "degraded").await.unwrap();
    // Each node goes on to show its own.
    scene.get(1, "").await;
    assert_eq!(own.find(|name, _| name == "exchange").await.unwrap()["node"], "node2");
    let list = scene.list(1, "").await;
    assert_eq!((nodes(&list), &list["silent"]), (vec!["node2"], &json!(["node3"])));
}
