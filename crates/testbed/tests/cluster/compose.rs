//! The compose files, as far as they can be judged without Docker: what is published, where secrets
//! come from, and that every setting in them exists.

use std::collections::BTreeSet;

use serde_json::{Map, Value};
use testbed::node::Node;
use testbed::tidy;
use testbed::tools::Tool;

const ALONE: &str = "docker-compose.yml";
const CLUSTER: &str = "docker-compose.cluster.yml";

fn text(path: &str) -> String {
    std::fs::read_to_string(tidy::root().join(path)).unwrap()
}

fn services(path: &str) -> Map<String, Value> {
    let file: Value = serde_saphyr::from_str(&text(path)).unwrap();
    file["services"].as_object().unwrap().clone()
}

/// The names of a list, or of the keys of a mapping.
fn names(value: &Value) -> BTreeSet<&str> {
    let list = value.as_array().into_iter().flatten().filter_map(Value::as_str);
    let keys = value.as_object().into_iter().flat_map(Map::keys).map(String::as_str);
    list.chain(keys).collect()
}

fn environment(service: &Value) -> Vec<(String, String)> {
    let all = service["environment"].as_object().into_iter().flatten();
    all.map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect()
}

fn is_node(service: &Value) -> bool {
    service["image"] == "octoprox:local"
}

#[test]
fn the_cluster_is_three_nodes_and_only_the_balancer_is_published() {
    let services = services(CLUSTER);
    let nodes: Vec<_> = services.iter().filter(|(_, it)| is_node(it)).map(|(n, _)| n).collect();
    assert_eq!(nodes, ["node1", "node2", "node3"]);
    let published: Vec<_> =
        services.iter().filter(|(_, it)| !it["ports"].is_null()).map(|(n, _)| n).collect();
    assert_eq!(published, ["haproxy"]);
    let ports = names(&services["haproxy"]["ports"]);
    assert_eq!(ports, ["127.0.0.1:8404:8404", "8000:8000", "8080:8080"].into());
    for (place, node) in nodes.iter().enumerate() {
        let ids = environment(&services[*node]);
        let id = ids.iter().find(|(name, _)| name == "OCTOPROX_INSTANCE_ID").unwrap();
        assert_eq!(id.1, format!("node{}", place + 1));
    }
}

#[test]
fn databases_have_no_way_in_or_out() {
    for path in [ALONE, CLUSTER] {
        let file: Value = serde_saphyr::from_str(&text(path)).unwrap();
        assert_eq!(file["networks"]["back"]["internal"], true, "{path}");
        for (name, service) in file["services"].as_object().unwrap() {
            let networks = names(&service["networks"]);
            let expected: BTreeSet<_> = match name.as_str() {
                "postgres" | "redis" => ["back"].into(),
                "haproxy" => ["front"].into(),
                _ => ["back", "front"].into(),
            };
            assert_eq!(networks, expected, "{path}: {name}");
            let is_database = matches!(name.as_str(), "postgres" | "redis");
            assert!(!is_database || service["ports"].is_null(), "{path}: {name} is published");
        }
    }
}

#[test]
fn no_secret_has_a_value() {
    let is_secret = |name: &str| ["KEY", "PASSWORD", "SECRET"].iter().any(|w| name.contains(w));
    for path in [ALONE, CLUSTER] {
        let mut secrets = 0;
        for (name, value) in services(path).values().flat_map(environment) {
            if is_secret(&name) {
                secrets += 1;
                let required = value.starts_with("${") && value.contains(":?");
                assert!(required && value.ends_with('}'), "{path}: {name} is {value}");
            }
            if let Some((_, rest)) = value.split_once("://:") {
                assert!(rest.starts_with("${REDIS_PASSWORD:?"), "{path}: {name} is {value}");
            }
        }
        assert!(secrets >= 5, "{path}: {secrets}");
        assert!(!text(path).contains(":-}"), "{path}: a variable is empty by default");
    }
}

#[test]
fn every_setting_in_them_exists() {
    let example = text(".env.example");
    let known: BTreeSet<&str> = example
        .lines()
        .filter_map(|line| line.strip_prefix('#')?.split_once('=').map(|(name, _)| name))
        .collect();
    assert!(known.contains("OCTOPROX_REDIS_URL"));
    for path in [ALONE, CLUSTER] {
        let nodes: Vec<Value> = services(path).into_values().filter(is_node).collect();
        let set: Vec<_> = nodes.iter().flat_map(environment).collect();
        assert!(set.len() >= 5, "{path}: {set:?}");
        for (name, _) in set {
            assert!(known.contains(name.as_str()), "{path}: there is no setting {name}");
        }
    }
    for name in text("crates/node/Dockerfile").split(|c: char| !c.is_ascii_uppercase() && c != '_')
    {
        let is_setting = name.starts_with("OCTOPROX_");
        assert!(!is_setting || known.contains(name), "Dockerfile: there is no setting {name}");
    }
}

#[test]
fn every_service_is_pinned_watched_and_given_time() {
    for path in [ALONE, CLUSTER] {
        for (name, service) in services(path) {
            let image = service["image"].as_str().unwrap();
            let tag = image.split_once(':').map(|(_, tag)| tag);
            let pinned = tag
                .is_some_and(|tag| tag == "local" || tag.starts_with(|c: char| c.is_ascii_digit()));
            assert!(pinned, "{path}: {name}: {image}");
            // A node's stands in its image.
            let watched = is_node(&service) || !service["healthcheck"]["test"].is_null();
            assert!(watched, "{path}: {name} has no health check");
            if is_node(&service) {
                assert_eq!(service["stop_grace_period"], "330s", "{path}: {name}");
                assert_eq!(service["build"]["dockerfile"], "crates/node/Dockerfile");
            }
        }
    }
    assert!(text("crates/node/Dockerfile").contains("\nHEALTHCHECK "));
    assert!(text("crates/node/Dockerfile").contains("\nUSER octoprox\n"));
}

#[test]
fn haproxy_is_told_what_its_configuration_asks_for() {
    let services = services(CLUSTER);
    let set: BTreeSet<String> =
        environment(&services["haproxy"]).into_iter().map(|(n, _)| n).collect();
    let configuration = testbed::haproxy::configuration();
    let asked = configuration.split("\"${").skip(1).filter_map(|rest| rest.split_once('}'));
    // Those with a default need not be set.
    let asked: BTreeSet<String> =
        asked.map(|(name, _)| name.to_owned()).filter(|name| !name.contains('-')).collect();
    assert_eq!((asked.len(), &set), (6, &asked));
    let mounts = names(&services["haproxy"]["volumes"]);
    assert!(mounts.iter().all(|mount| mount.starts_with("./haproxy/haproxy.cfg:")), "{mounts:?}");
}

/// Images hold builds that the Makefile knows.
#[tokio::test]
async fn every_build_that_an_image_asks_for_can_be_made() {
    let dockerfile = text("crates/node/Dockerfile");
    let mut builds: BTreeSet<String> = dockerfile
        .lines()
        .filter_map(|line| line.strip_prefix("ARG NODE="))
        .map(Into::into)
        .collect();
    let nodes = [ALONE, CLUSTER].into_iter().flat_map(services).map(|(_, it)| it).filter(is_node);
    builds.extend(nodes.map(|node| node["build"]["args"]["NODE"].as_str().unwrap().to_owned()));
    assert_eq!(builds.len(), 2, "{builds:?}");
    let root = tidy::root().display().to_string();
    for build in builds {
        let made =
            Tool::installed("make").unwrap().run(&["-n", "-C", &root, &build]).await.unwrap();
        let recipe = String::from_utf8(made.fine().unwrap()).unwrap();
        assert!(recipe.contains("cargo build --locked --release"), "{build}: {recipe}");
    }
}

/// What an image is built from is there, and what may hold secrets is not sent.
#[test]
fn the_image_is_built_from_sources_alone() {
    let rules = text(".dockerignore");
    let rules: Vec<&str> = rules.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(rules.first(), Some(&"*"));
    for needed in ["Makefile", "Cargo.toml", "Cargo.lock", "crates", "migrations"] {
        assert!(rules.contains(&format!("!{needed}").as_str()), "{needed} is not sent");
    }
    let sent: Vec<_> = rules.iter().filter_map(|rule| rule.strip_prefix('!')).collect();
    let secret = |name: &&str| name.starts_with(".env") || *name == "data" || *name == ".git";
    assert!(!sent.iter().any(secret), "{sent:?}");
}

/// The words that the image's HEALTHCHECK runs.
fn health_check() -> Vec<String> {
    let dockerfile = text("crates/node/Dockerfile").replace("\\\n", "");
    let line = dockerfile.lines().find(|line| line.starts_with("HEALTHCHECK ")).unwrap();
    serde_json::from_str(line.split_once(" CMD ").unwrap().1).unwrap()
}

#[tokio::test]
async fn the_health_check_of_the_image_says_what_the_node_says() {
    let words = health_check();
    let ask = async |settings: &[(&'static str, String)]| {
        let set =
            |tool: Tool, (name, value): &(&'static str, String)| tool.with(name, value.clone());
        let tool = settings.iter().fold(Tool::installed(&words[0]).unwrap(), set);
        let words: Vec<_> = words[1..].iter().map(String::as_str).collect();
        tool.run(&words).await.unwrap().code
    };
    let mut node = Node::start(&[]).await.unwrap();
    let proxy = ("OCTOPROX_PROXY_PORT", node.proxy().port().to_string());
    let api = ("OCTOPROX_API_PORT", node.api().port().to_string());
    let balancers = ("OCTOPROX_PROXY_PROTOCOL_FROM", "10.0.0.0/8".to_owned());
    assert_eq!(ask(std::slice::from_ref(&proxy)).await, Some(0));
    assert_eq!(ask(&[api.clone(), balancers]).await, Some(0));
    node.process.kill().await.unwrap();
    assert_eq!(ask(&[proxy]).await, Some(1));
}
