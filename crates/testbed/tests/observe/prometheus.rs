//! A Prometheus of the distribution scrapes a node, and finds what its clients have done.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use model::proxy::Protocol;
use serde_json::{Value, json};
use testbed::client::Client;
use testbed::clock::{SOON, eventually};
use testbed::origin::Origin;
use testbed::process::Process;
use testbed::proxies::Setup;
use testbed::tidy;
use testbed::tools::Tool;
use testbed::world::World;

const REQUESTS: usize = 37;

/// What a node shows.
async fn metrics(api: SocketAddr) -> String {
    let mut client = Client::connect(api).await.unwrap();
    client.ask("GET", "/metrics", "").await.unwrap().text()
}

/// Prometheus with the rules of `deploy`, on a port of its own.
struct Prometheus {
    _process: Process,
    address: SocketAddr,
}

impl Prometheus {
    fn start(node: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let rules = tidy::root().join("deploy/prometheus/octoprox.rules.yml");
        let given = tidy::root().join("deploy/prometheus/prometheus.yml");
        let settings = fs::read_to_string(given)
            .unwrap()
            .replace("127.0.0.1:8000", &node.to_string())
            .replace("octoprox.rules.yml", &rules.display().to_string())
            .replace("15s", "200ms");
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, settings).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let arguments = [
            format!("--config.file={}", file.display()),
            format!("--storage.tsdb.path={}", folder.path().join("data").display()),
            format!("--web.listen-address={address}"),
        ];
        let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
        let process = Tool::installed("prometheus").unwrap().start(folder, &arguments).unwrap();
        Self { _process: process, address }
    }

    /// The values that a query finds, by their labels.
    async fn query(&self, query: &str) -> Option<Vec<(Value, String)>> {
        let mut client = Client::connect(self.address).await.ok()?;
        let query = query.replace(' ', "%20").replace('"', "%22");
        let answer = client.ask("GET", &format!("/api/v1/query?query={query}"), "").await.ok()?;
        let found: Value = serde_json::from_str(&answer.text()).ok()?;
        let found = found["data"]["result"].as_array()?.iter().map(|one| {
            (one["metric"].clone(), one["value"][1].as_str().unwrap_or_default().to_owned())
        });
        Some(found.collect())
    }

    /// Waits until a query finds one value, and it is this.
    async fn finds(&self, query: &str, expected: &str) {
        let seen = std::cell::RefCell::new(None);
        let found = || async {
            let found = self.query(query).await;
            let is_it = matches!(found.as_deref(), Some([(_, value)]) if value == expected);
            seen.replace(found);
            is_it.then_some(())
        };
        let waited = eventually(query, Duration::from_secs(30), found).await;
        assert!(waited.is_ok(), "{query}: {expected} expected, found {:?}", seen.take());
    }
}

#[tokio::test]
async fn prometheus_counts_the_requests_that_the_client_made() {
    let origin = Origin::start().await.unwrap();
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    let world = World::start(&[]).await.unwrap();
    let project = world.project_over("shop", json!({}), &[&exit]).await.unwrap();
    let prometheus = Prometheus::start(world.node.api());
    for _ in 0..REQUESTS {
        assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
    }
    let count = REQUESTS.to_string();
    prometheus.finds("sum(octoprox_requests_total)", &count).await;
    let of_project = r#"octoprox_project_requests_total{project="shop",outcome="success"}"#;
    prometheus.finds(of_project, &count).await;
    let of_connector = r#"octoprox_connector_requests_total{connector="list",outcome="success"}"#;
    prometheus.finds(of_connector, &count).await;
    prometheus.finds("sum(octoprox_exchange_latency_seconds_count)", &count).await;
    prometheus.finds("sum(octoprox_project_exits)", "1").await;
    prometheus.finds("project:octoprox_project_exits_usable:ratio", "1").await;
    prometheus.finds(r#"count(ALERTS{alertname="OctoproxNodeDown"}) or vector(0)"#, "0").await;
}

#[tokio::test]
async fn promtool_has_nothing_to_say_about_the_metrics_of_a_node_that_worked() {
    let origin = Origin::start().await.unwrap();
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    let world = World::start(&[]).await.unwrap();
    let rules = json!([{ "name": "echo", "signs": { "status": ["200"] }, "dry_run": true }]);
    let project = world.project_over("shop", json!({ "bans": rules }), &[&exit]).await.unwrap();
    assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
    let api = world.node.api();
    let worked = || async {
        let text = metrics(api).await;
        let is_there = |name: &str| text.contains(name);
        let all = ["octoprox_project_latency_seconds_bucket", "octoprox_project_exits"];
        all.iter().all(|name| is_there(name)).then_some(text)
    };
    let text = eventually("metrics of the request", SOON, worked).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("metrics");
    fs::write(&file, &text).unwrap();
    let command = format!("promtool check metrics < {}", file.display());
    let said = Tool::installed("sh").unwrap().run(&["-c", &command]).await.unwrap();
    assert_eq!((said.code, said.text(), &*said.err), (Some(0), String::new(), ""), "{text}");

    let families = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let families: Vec<_> = families.filter_map(|line| line.split(' ').next()).collect();
    assert!(families.len() > 20, "{families:?}");
    for family in families {
        assert!(text.contains(&format!("# HELP {family} ")), "{family} does not say what it is");
    }
}

#[tokio::test]
async fn the_rules_of_alerts_are_valid() {
    let rules = tidy::root().join("deploy/prometheus/octoprox.rules.yml");
    let rules = rules.display().to_string();
    let promtool = Tool::installed("promtool").unwrap();
    promtool.run(&["check", "rules", &rules]).await.unwrap().fine().unwrap();
}
