//! The configuration of HAProxy: sound, and with what it offers switched on.

use std::time::Duration;

use testbed::client::Client;
use testbed::clock::eventually;
use testbed::haproxy::{self, Fronts, HaProxy};
use testbed::node::Node;
use testbed::origin::Origin;

use super::scene::{Scene, request};

#[tokio::test]
async fn haproxy_finds_nothing_wrong_with_its_configuration() {
    let said = haproxy::judge(&haproxy::configuration()).await.unwrap();
    assert_eq!(said, "");
    let broken = haproxy::configuration().replace("balance leastconn", "balance lestconn");
    assert!(haproxy::judge(&broken).await.is_err());
}

/// What stands behind this word in the configuration, in milliseconds.
fn time(word: &str) -> u64 {
    let configuration = haproxy::configuration();
    let lines = configuration.lines().filter(|line| !line.trim_start().starts_with('#'));
    let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
    let behind: Vec<&str> =
        words.windows(2).filter(|pair| pair[0] == word).map(|pair| pair[1]).collect();
    let [text] = behind[..] else { panic!("{word} is set {} times", behind.len()) };
    let number = |unit| text.strip_suffix(unit).and_then(|digits| digits.parse::<u64>().ok());
    number("ms").or_else(|| number("s").map(|seconds| seconds * 1_000)).unwrap()
}

#[test]
fn a_node_that_hangs_is_out_in_three_seconds_and_one_that_drains_in_time() {
    assert_eq!((count("fall"), count("rise"), count("retries")), (2, 2, 2));
    // A check has just succeeded; then two in a row have to fail.
    let refused = time("inter") + time("fastinter");
    // A check that hangs is given up when the next one would be due.
    let hanging = 3 * time("inter");
    assert!(hanging <= 2_500, "{hanging} ms");
    // A node goes on accepting for this long after it has begun to say no: OCTOPROX_DRAIN_DELAY.
    assert!(refused + 1_000 <= 3_000, "{refused} ms");
}

fn count(word: &str) -> u64 {
    let configuration = haproxy::configuration();
    let mut words = configuration.split_whitespace().skip_while(|next| *next != word);
    words.nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn with_the_proxy_protocol_nodes_are_in_and_clients_are_served() {
    let line = "#default-server send-proxy-v2";
    let configuration = haproxy::configuration();
    assert!(configuration.contains(line));
    let configuration = configuration.replace(line, &line[1..]);
    haproxy::judge(&configuration).await.unwrap();

    // This cluster's own HAProxy says nothing about clients, and so its nodes stay out.
    let mut scene = Scene::set(&[]).await;
    for node in &mut scene.cluster.nodes {
        let setting = ("OCTOPROX_PROXY_PROTOCOL_FROM", "127.0.0.0/8");
        node.process.set(setting.0, setting.1);
        node.start_again().await.unwrap();
    }
    let nodes = [0, 1, 2].map(|place| {
        let node = &scene.cluster.nodes[place];
        (node.proxy(), node.api())
    });
    let other = HaProxy::start_with(&configuration, Fronts::own(), nodes).await.unwrap();
    let patience = Duration::from_secs(20);
    for name in ["node1", "node2", "node3"] {
        let out = || async {
            scene.cluster.haproxy.server("proxies", name).await.ok()?.is_down().then_some(())
        };
        eventually("a check without the header fails", patience, out).await.unwrap();
        let is_in = || async { other.server("proxies", name).await.ok()?.is_up().then_some(()) };
        eventually("a check with the header succeeds", patience, is_in).await.unwrap();
    }
    for number in 0..6 {
        request(other.fronts().proxy, &scene.project, &scene.origin, number).await.unwrap();
    }
}

#[tokio::test]
async fn a_wedged_proxy_is_out_although_its_api_answers() {
    let node = Node::start(&[]).await.unwrap();
    // Takes every connection and says nothing, as a listener does whose process hangs.
    let wedged = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let (healthy, hanging) =
        ((node.proxy(), node.api()), (wedged.local_addr().unwrap(), node.api()));
    let haproxy = HaProxy::start(Fronts::own(), [healthy, hanging, healthy]).await.unwrap();
    let out = || async { haproxy.server("proxies", "node2").await.ok()?.is_down().then_some(()) };
    eventually("the wedged proxy is out", Duration::from_secs(20), out).await.unwrap();
    assert!(haproxy.server("apis", "node2").await.unwrap().is_up());
    assert!(haproxy.server("proxies", "node1").await.unwrap().is_up());
}

#[tokio::test]
async fn an_operator_sees_who_called_and_cannot_claim_another_address() {
    let origin = Origin::start().await.unwrap();
    let (proxy, api) = (origin.address(), origin.address());
    let configuration = haproxy::configuration().replace(" check inter", " no-check inter");
    let haproxy =
        HaProxy::start_with(&configuration, Fronts::own(), [(proxy, api); 3]).await.unwrap();
    let mut client = Client::connect(haproxy.fronts().api).await.unwrap();
    let claimed = "X-Forwarded-For: 203.0.113.9\r\nX-Forwarded-Proto: https\r\n";
    let answer = client.ask("GET", "/echo", claimed).await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    let head = origin.requests().pop().unwrap().head;
    let fields =
        ["x-forwarded-for", "x-forwarded-proto"].map(|name| head.all(name).collect::<Vec<_>>());
    assert_eq!(fields, [vec!["127.0.0.1"], vec!["http"]]);
}
