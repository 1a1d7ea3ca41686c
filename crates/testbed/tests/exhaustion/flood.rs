//! More connections than the node may have: by its settings, by its limit, and by the system's word.

use std::time::Duration;

use testbed::client::Client;
use testbed::clock::{SOON, eventually};
use testbed::node::Node;
use testbed::process::raise_file_limit;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use super::stage::Stage;

/// What the system allows the node, and how many come.
const FILES: usize = 256;
const FLOOD: usize = 2_000;

/// After the flood has gone.
const RECOVERY: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_full_node_closes_whoever_comes_next() {
    let stage = Stage::set(&[("OCTOPROX_MAX_CONNECTIONS", "8")]).await;
    let mut clients = Vec::new();
    for _ in 0..8 {
        let mut client = stage.world.client().await.unwrap();
        stage.ask(&mut client).await.unwrap();
        clients.push(client);
    }
    for _ in 0..20 {
        let mut ninth = stage.world.client().await.unwrap();
        let begun = Instant::now();
        ninth.closed().await.unwrap();
        assert!(begun.elapsed() < RECOVERY, "at once, and without a word");
    }
    for client in &mut clients {
        stage.ask(client).await.unwrap();
    }
    clients.pop();
    let free = || async {
        let mut client = stage.world.client().await.ok()?;
        stage.ask(&mut client).await.ok()
    };
    eventually("a place is free", SOON, free).await.unwrap();
}

async fn flood(stage: &Stage) -> Vec<TcpStream> {
    let mut flood = Vec::with_capacity(FLOOD);
    for _ in 0..FLOOD {
        // Those for which there is no room in the queue give up.
        let connecting = TcpStream::connect(stage.world.node.proxy());
        match timeout(Duration::from_millis(200), connecting).await {
            Ok(Ok(connection)) => flood.push(connection),
            Ok(Err(_)) | Err(_) => break,
        }
    }
    flood
}

/// Tries on connections of their own until one is answered 200, and says how long that took.
async fn recovered(stage: &Stage) -> Duration {
    let begun = Instant::now();
    let served = || async {
        let mut client = stage.world.client().await.ok()?;
        timeout(RECOVERY, stage.ask(&mut client)).await.ok()?.ok()
    };
    eventually("requests are served again", SOON, served).await.unwrap();
    begun.elapsed()
}

async fn asked_in_the_tunnel(tunnel: &mut Client) {
    let answer = tunnel.ask("GET", "/echo", "").await.unwrap();
    assert_eq!(answer.status(), 200);
}

/// All of it goes on: a tunnel, a client that was there before, and the API.
async fn all_goes_on(stage: &mut Stage, tunnel: &mut Client, kept: &mut Client) {
    asked_in_the_tunnel(tunnel).await;
    stage.ask(kept).await.unwrap();
    stage.world.control.get("/health").await.unwrap();
    assert!(stage.world.node.process.runs().unwrap());
}

/// The node keeps room for exits, its database and its API.
#[tokio::test]
async fn a_node_with_few_descriptors_is_not_brought_down_by_a_flood() {
    let _granted = raise_file_limit(8_192);
    let files = u32::try_from(FILES).unwrap();
    let node = Node::start_with_files(files, &[("OCTOPROX_POOL_IDLE_TIMEOUT", "1s")]).await;
    let mut stage = Stage::on(node.unwrap()).await;
    let before = stage.world.node.process.open_files().unwrap();
    let mut tunnel = stage.ask_through_a_tunnel().await.unwrap();
    let mut kept = stage.world.client().await.unwrap();
    for round in 1..=2 {
        all_goes_on(&mut stage, &mut tunnel, &mut kept).await;
        let flood = flood(&stage).await;
        let open = stage.world.node.process.open_files().unwrap();
        assert!(open > FILES / 4 && open < FILES, "{open} of {FILES}");
        all_goes_on(&mut stage, &mut tunnel, &mut kept).await;

        let size = flood.len();
        drop(flood);
        let took = recovered(&stage).await;
        eprintln!("round {round}: {open} files with a flood of {size}; {took:?} after it, served");
        assert!(took < RECOVERY, "{took:?}");
        for _ in 0..20 {
            stage.ask_through_a_tunnel().await.unwrap();
        }
    }
    drop((tunnel, kept));
    freed(&stage, before).await;
}

async fn freed(stage: &Stage, before: usize) {
    let freed = || async { (stage.world.node.process.open_files().ok()? <= before).then_some(()) };
    eventually("every descriptor is back", SOON, freed).await.unwrap();
}

/// All the same they may be gone, because the whole machine is out of them.
#[tokio::test]
async fn a_node_without_descriptors_survives_and_recovers() {
    let _granted = raise_file_limit(8_192);
    let mut stage = Stage::set(&[("OCTOPROX_POOL_IDLE_TIMEOUT", "1s")]).await;
    let before = stage.world.node.process.open_files().unwrap();
    let mut tunnel = stage.ask_through_a_tunnel().await.unwrap();
    let mut kept = stage.world.client().await.unwrap();
    stage.ask(&mut kept).await.unwrap();
    stage.world.node.process.limit_files(FILES as u64).unwrap();
    for round in 1..=2 {
        let flood = flood(&stage).await;
        let full = || async {
            let open = stage.world.node.process.open_files().ok()?;
            (open >= FILES - 2).then_some(open)
        };
        let open = eventually("no descriptor is left", SOON, full).await.unwrap();
        asked_in_the_tunnel(&mut tunnel).await;
        // Nothing can be dialled, and that is said: 502, by a node that is itself to blame.
        let told = kept.tunnel("target.test:443", &stage.login()).await.unwrap();
        assert_eq!(told.status(), 502, "{}", told.text());
        assert!(stage.world.node.process.runs().unwrap());

        let size = flood.len();
        drop(flood);
        let took = recovered(&stage).await;
        eprintln!("round {round}: {open} files with a flood of {size}; {took:?} after it, served");
        assert!(took < RECOVERY, "{took:?}");
        // The exit has done nothing wrong, and the next flood finds everything as it was.
        for _ in 0..20 {
            stage.ask_through_a_tunnel().await.unwrap();
        }
        kept = Client::connect(stage.world.node.proxy()).await.unwrap();
        stage.ask(&mut kept).await.unwrap();
        asked_in_the_tunnel(&mut tunnel).await;
    }
    drop((tunnel, kept));
    freed(&stage, before).await;
}
