//! A collector is told of exchanges, with what was decided; and nobody waits for one that is away.

use std::collections::BTreeSet;

use model::proxy::Protocol;
use serde_json::json;
use testbed::client::{Client, login};
use testbed::clock::{SOON, eventually};
use testbed::collector::Collector;
use testbed::origin::Origin;
use testbed::proxies::Setup;
use testbed::tls::Authority;
use testbed::world::World;

const REQUESTS: usize = 5;

#[tokio::test]
async fn each_exchange_is_a_span_with_the_decision() {
    let (origin, collector) = (Origin::start().await.unwrap(), Collector::start().await.unwrap());
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    let endpoint = format!("http://{}", collector.address());
    let settings = [
        ("OCTOPROX_OTLP_ENDPOINT", &*endpoint),
        ("OCTOPROX_OTLP_PERCENT", "100"),
        ("OCTOPROX_INSTANCE_ID", "node-7"),
    ];
    let world = World::start(&settings).await.unwrap();
    let fields = json!({ "strategy": "least_used" });
    let project = world.project_over("shop", fields, &[&exit]).await.unwrap();
    for _ in 0..REQUESTS {
        assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
    }
    let mut client = world.client().await.unwrap();
    let wrong = login("shop", "canary-wrong-password");
    assert_eq!(client.ask("GET", &origin.url("/"), &wrong).await.unwrap().status(), 407);

    let all = || async {
        let heard = collector.heard();
        (heard.spans.len() > REQUESTS).then_some(heard)
    };
    let heard = eventually("spans", SOON, all).await.unwrap();
    assert_eq!((heard.spans.len(), heard.refused), (REQUESTS + 1, Vec::new()));
    let ids: BTreeSet<_> = heard.spans.iter().map(|span| span.trace_id.clone()).collect();
    assert_eq!(ids.len(), REQUESTS + 1);

    let span = heard.spans.iter().find(|span| span.status == 1).unwrap();
    let proxies = world.control.get(&format!("{}/proxies", project.path)).await.unwrap();
    let exit = proxies["items"][0]["id"].as_str().unwrap();
    let expected = [
        ("service.name", "octoprox"),
        ("service.instance.id", "node-7"),
        ("octoprox.kind", "http"),
        ("octoprox.outcome", "success"),
        ("octoprox.project.name", "shop"),
        ("octoprox.strategy", "least_used"),
        ("octoprox.connector.name", "list"),
        ("octoprox.exit.id", exit),
        ("octoprox.attempts", "1"),
        ("server.address", "127.0.0.1"),
        ("client.address", "127.0.0.1"),
        ("http.response.status_code", "200"),
    ];
    for (name, value) in expected {
        assert_eq!(span.get(name), Some(value), "{name}: {span:#?}");
    }
    let refused = heard.spans.iter().find(|span| span.status == 2).unwrap();
    assert_eq!(refused.get("octoprox.blame"), Some("client"));
    assert_eq!(refused.get("http.response.status_code"), Some("407"));
    assert!(!format!("{:?}", heard.spans).contains("canary"));
}

#[tokio::test]
async fn a_collector_that_is_away_holds_nobody_up() {
    let origin = Origin::start().await.unwrap();
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    // Takes connections, and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    let settings = [("OCTOPROX_OTLP_ENDPOINT", &*endpoint), ("OCTOPROX_OTLP_PERCENT", "100")];
    let world = World::start(&settings).await.unwrap();
    let project = world.project_over("shop", json!({}), &[&exit]).await.unwrap();
    for _ in 0..REQUESTS {
        assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
    }
    let counted = || async {
        let mut client = Client::connect(world.node.api()).await.ok()?;
        let text = client.ask("GET", "/metrics", "").await.ok()?.text();
        let success = r#"octoprox_project_requests_total{project="shop",outcome="success"} 5"#;
        let lost = text.lines().any(|line| line == "octoprox_spans_dropped_total 5");
        (text.contains(success) && lost).then_some(())
    };
    eventually("the metrics of requests, and lost spans", SOON * 2, counted).await.unwrap();
}

/// With a root of ours, which the system is told of; and without it not a byte.
#[tokio::test]
async fn a_collector_is_told_over_tls_if_its_root_is_trusted() {
    let authority = Authority::new().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root.pem");
    std::fs::write(&root, authority.pem()).unwrap();
    let (origin, exit) =
        (Origin::start().await.unwrap(), Setup::new(Protocol::Http).start().await.unwrap());
    for is_trusted in [true, false] {
        let tls = authority.server(&["127.0.0.1"]).unwrap();
        let collector = Collector::start_with_tls(tls).await.unwrap();
        let endpoint = format!("https://{}", collector.address());
        let mut settings =
            vec![("OCTOPROX_OTLP_ENDPOINT", &*endpoint), ("OCTOPROX_OTLP_PERCENT", "100")];
        if is_trusted {
            settings.push(("SSL_CERT_FILE", root.to_str().unwrap()));
        }
        let world = World::start(&settings).await.unwrap();
        let project = world.project_over("shop", json!({}), &[&exit]).await.unwrap();
        assert_eq!(world.get(&project, "", (&origin, "/echo")).await.unwrap().status(), 200);
        let told = || async {
            let heard = collector.heard();
            (heard.spans.len() + heard.refused.len() > 0).then_some(heard)
        };
        let heard = eventually("the collector is spoken to", SOON, told).await.unwrap();
        assert_eq!(
            (heard.spans.len(), heard.refused.is_empty()),
            (usize::from(is_trusted), is_trusted)
        );
    }
}
