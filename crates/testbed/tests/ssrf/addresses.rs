//! Addresses, spelled as they should be.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;

use super::scene::{NOT_ALLOWED, Scene};

/// What is not the public Internet, by class; as hosts stand in a URL.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("unspecified", &["0.0.0.0", "0.1.2.3", "0.255.255.255", "[::]"]),
    ("loopback", &["127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.254", "[::1]"]),
    ("ten", &["10.0.0.0", "10.0.0.1", "10.255.255.255"]),
    ("one hundred and seventy-two", &["172.16.0.1", "172.17.0.1", "172.31.255.255"]),
    ("one hundred and ninety-two", &["192.168.0.1", "192.168.255.255"]),
    ("unique local", &["[fc00::1]", "[fd00::1]", "[fdff:ffff::1]"]),
    ("site local", &["[fec0::1]"]),
    ("link local", &["169.254.0.1", "169.254.255.255", "[fe80::1]", "[febf::1]"]),
    (
        "metadata",
        &[
            "169.254.169.254",
            "169.254.170.2",
            "[fd00:ec2::254]",
            "100.100.100.200",
            "168.63.129.16",
        ],
    ),
    ("metadata at Oracle", &["192.0.0.192"]),
    ("shared", &["100.64.0.1", "100.127.255.255"]),
    ("assignments", &["192.0.0.1", "[100::1]", "[2001:1::1]", "[5f00::1]"]),
    ("documentation", &["192.0.2.1", "198.51.100.1", "203.0.113.1", "[2001:db8::1]", "[3fff::1]"]),
    ("benchmarks", &["198.18.0.1", "198.19.255.255", "[2001:2::1]"]),
    ("multicast", &["224.0.0.1", "239.255.255.255", "[ff02::1]", "[ff0e::1]"]),
    ("broadcast", &["255.255.255.255"]),
    ("reserved", &["240.0.0.1", "254.255.255.255", "[1::1]", "[4000::1]", "[fe00::1]"]),
    (
        "mapped",
        &[
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:ffff:7f00:0001]",
            "[::FFFF:127.0.0.1]",
            "[::ffff:0.0.0.0]",
            "[::ffff:10.0.0.1]",
            "[::ffff:169.254.169.254]",
            "[::ffff:a9fe:a9fe]",
        ],
    ),
    ("compatible", &["[::127.0.0.1]", "[::7f00:1]", "[::8.8.8.8]"]),
    ("translated", &["[64:ff9b::127.0.0.1]", "[64:ff9b::808:808]", "[64:ff9b:1::1]"]),
    ("six to four", &["[2002:7f00:1::1]", "[2002:808:808::1]", "192.88.99.1"]),
    ("Teredo", &["[2001::1]", "[2001:0:7f00:1::1]"]),
    ("the long way", &["[0:0:0:0:0:0:0:1]", "[0000:0000:0000:0000:0000:0000:0000:0001]"]),
];

/// Every one of them at every port: with a listener behind it wherever this machine has the
/// address, so that a SYN would be seen, and beyond that fast, so that none can have been waited
/// for.
#[tokio::test]
async fn every_class_of_address_is_refused_at_every_door() {
    let scene = Scene::set(json!({})).await;
    let mut slowest = (Duration::ZERO, "");
    for (_class, hosts) in FORBIDDEN {
        for host in *hosts {
            let begun = Instant::now();
            scene.refused(host, scene.trap.port, (403, NOT_ALLOWED)).await;
            slowest = slowest.max((begun.elapsed() / 9, host));
        }
    }
    scene.nothing_left_the_node();
    eprintln!("the slowest refusal: {:?} for {}", slowest.0, slowest.1);
}

/// A dial that is never awaited would not take any time: so nothing may be on its way either.
#[tokio::test]
async fn nothing_is_dialled_on_the_way_to_a_refusal() {
    let scene = Scene::set(json!({})).await;
    let node = scene.world.node.process.id().unwrap();
    let mut most = 0;
    for (_class, hosts) in FORBIDDEN {
        for host in *hosts {
            // A connection that is opened is a descriptor, and one that nobody answers stays one.
            scene.refused_in(scene.direct(), host, 9, (403, NOT_ALLOWED)).await;
            most = most.max(open_connections(node));
        }
    }
    // Those of clients that are just going: never as many as there were refusals.
    assert!(most < 20, "{most} sockets were open at once");
    scene.nothing_left_the_node();
}

/// Sockets that the node has open.
fn open_connections(process: u32) -> usize {
    let descriptors = std::fs::read_dir(format!("/proc/{process}/fd")).unwrap();
    let links = descriptors.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    links.filter(|link| link.to_string_lossy().starts_with("socket:")).count()
}
