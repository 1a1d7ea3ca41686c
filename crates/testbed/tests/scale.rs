//! A hundred thousand proxies in one node: taken in one request, in little memory, and at once
//! there again after a restart.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use testbed::client::Client;
use testbed::clock::eventually;
use testbed::control::Control;
use testbed::node::{ADMIN, Node};
use testbed::origin::Origin;
use testbed::proxies::{Exit, Setup};
use testbed::world::{Project, World};
use tokio::time::Instant;

use model::proxy::Protocol;

const PROXIES: u32 = 100_000;
/// Lines that are no proxy, one after each of so many that are.
const BAD: [&str; 4] = ["127.0.0.1:99999", "no port at all", "ftp://127.0.0.1:21", "127.0.0.1:0"];
const BAD_LINES: u32 = 37;
const SPREAD: u32 = PROXIES / BAD_LINES;

/// What the node may take: twice what a build without optimisation takes on a busy machine. How long a
/// release takes is said by `cluster::import`.
const UPLOAD: Duration = Duration::from_mins(1);
const RESTART: Duration = Duration::from_secs(15);
const MEBIBYTES: u64 = 250;

/// The list, and the numbers of its bad lines. Every good one is a closed port of this machine.
fn list() -> (String, Vec<u64>) {
    let (mut list, mut bad, mut line) = (String::new(), Vec::new(), 0);
    for number in 0..PROXIES {
        let (host, port) = (number / 256, 1 + number % 7);
        let host = format!("127.{}.{}.{}", 100 + host / 256, host % 256, number % 256);
        let written = match number % 4 {
            0 => writeln!(list, "{host}:{port}"),
            1 => writeln!(list, "socks5://user{number}:secret{number}@{host}:{port}"),
            2 => writeln!(list, "{host}:{port}:user{number}:secret{number}"),
            _ => writeln!(list, "http://{host}:{port}"),
        };
        written.unwrap();
        line += 1;
        if number % SPREAD == SPREAD - 1 {
            writeln!(list, "{}", BAD[bad.len() % BAD.len()]).unwrap();
            line += 1;
            bad.push(line);
        }
    }
    (list, bad)
}

/// Sends the list in chunks, as a client does that reads it from a pipe.
async fn stream(world: &World, path: &str, list: &str) -> Value {
    let login = json!({ "username": ADMIN.0, "password": ADMIN.1 });
    let stranger = Control::stranger(world.node.api());
    let login = stranger.post("/api/v1/auth/login", &login).await.unwrap();
    let token = login["access_token"].as_str().unwrap();
    let mut client = Client::connect(world.node.api()).await.unwrap();
    client.wire = client.wire.patient_for(UPLOAD);
    let fields = "Content-Type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n";
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n{fields}\r\n",
        world.node.api()
    );
    client.send(head).await.unwrap();
    for piece in list.as_bytes().chunks(50_000) {
        let chunk = [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat();
        client.send(chunk).await.unwrap();
    }
    client.send("0\r\n\r\n").await.unwrap();
    let answer = client.answer("POST").await.unwrap();
    assert_eq!(answer.status(), 200, "{}", answer.text());
    answer.json().unwrap()
}

/// Resident memory, in MiB.
fn memory(node: &Node) -> u64 {
    node.process.resident_bytes().unwrap() >> 20
}

fn tell(what: &str, value: impl std::fmt::Debug) {
    let mut out = std::io::stderr();
    writeln!(out, "measured: {what}: {value:?}").unwrap();
}

async fn one_goes_through(world: &World, project: &Project, (origin, exit): (&Origin, &Exit)) {
    for _ in 0..20 {
        let answer = world.get(project, "-tag-real", (origin, "/echo")).await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text());
        let peer = answer.json().unwrap()["peer"].as_str().unwrap().to_owned();
        assert!(peer.starts_with(&exit.source().to_string()), "{peer}");
    }
}

fn check_report(report: &Value, bad: &[u64]) {
    assert_eq!((&report["created"], &report["read"]), (&json!(PROXIES), &json!(PROXIES)));
    assert_eq!((&report["duplicates"], &report["refused"]), (&json!(0), &json!(BAD_LINES)));
    let errors = report["errors"].as_array().unwrap();
    let lines: Vec<_> = errors.iter().map(|error| error["line"].as_u64().unwrap()).collect();
    assert_eq!(lines, bad);
    let has_reason = |error: &Value| error["reason"].as_str().is_some_and(|text| text.len() > 8);
    assert!(errors.iter().all(has_reason), "{errors:?}");
}

#[tokio::test]
async fn a_hundred_thousand_proxies_are_taken_kept_and_found_again() {
    let origin = Origin::start().await.unwrap();
    let exit = Setup::new(Protocol::Http).start().await.unwrap();
    let world = World::start(&[]).await.unwrap();
    let project = world.project("scale", json!({})).await.unwrap();
    let real = world.connector(&project, "real", json!({})).await.unwrap();
    let path = format!("{}/proxies", project.path);
    let proxy = json!({ "connector_id": real, "host": "127.0.0.1", "port": exit.address().port(),
        "tags": ["real"] });
    world.control.post(&path, &proxy).await.unwrap();
    let many = world.connector(&project, "many", json!({})).await.unwrap();
    let (list, bad) = list();
    assert_eq!(bad.len(), usize::try_from(BAD_LINES).unwrap());

    let begun = Instant::now();
    let path = format!("{}/proxies/upload?connector_id={many}&format=lines", project.path);
    let report = tokio::time::timeout(UPLOAD, stream(&world, &path, &list)).await.unwrap();
    tell("upload accepted after", begun.elapsed());
    check_report(&report, &bad);
    let begun = Instant::now();
    world.in_force().await.unwrap();
    tell("in force after another", begun.elapsed());
    let health = world.control.get("/health").await.unwrap();
    assert_eq!(health["exits"], PROXIES + 1);
    one_goes_through(&world, &project, (&origin, &exit)).await;
    let is_widened = || async { world.node.process.may_have_huge_pages().unwrap().then_some(()) };
    eventually("huge pages, with so many exits", UPLOAD, is_widened).await.unwrap();
    let before = memory(&world.node);
    tell("memory in force, MiB", before);
    assert!(before <= MEBIBYTES, "{before} MiB");

    let mut world = world;
    world.node.process.kill().await.unwrap();
    let begun = Instant::now();
    let node = world.node.restart(&[]).await.unwrap();
    let took = begun.elapsed();
    tell("ready after a restart", took);
    assert!(took <= RESTART, "ready only after {took:?}");
    let control = Control::login(node.api(), ADMIN).await.unwrap();
    let world = World { node, control };
    let all = || async {
        let health = world.control.get("/health").await.ok()?;
        (health["exits"] == PROXIES + 1).then_some(())
    };
    eventually("all exits", Duration::from_secs(1), all).await.unwrap();
    one_goes_through(&world, &project, (&origin, &exit)).await;
    let after = memory(&world.node);
    tell("memory after a restart, MiB", after);
    assert!(after <= MEBIBYTES, "{after} MiB");
}
