//! Bodies that stand still, in either direction.

use std::time::Duration;

use testbed::clock::{SOON, eventually};
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;

use super::stage::Stage;

const SETTINGS: &[(&str, &str)] =
    &[("OCTOPROX_BODY_IDLE_TIMEOUT", "1s"), ("OCTOPROX_POOL_IDLE_TIMEOUT", "1s")];
const LATEST: Duration = Duration::from_secs(4);

/// Files of the node's own that come and go: its database, its API.
const OWN_FILES: usize = 1;

/// Neither connection of a request is left, whatever those at their other ends do.
async fn all_is_freed(stage: &Stage, files: usize) {
    let freed = || async {
        let open = stage.world.node.process.open_files().ok()?;
        (open <= files + OWN_FILES).then_some(())
    };
    eventually("everything is freed", SOON, freed).await.unwrap();
}

#[tokio::test]
async fn a_body_that_stands_still_is_given_up() {
    let stage = Stage::set(SETTINGS).await;
    let files = stage.world.node.process.open_files().unwrap();
    let mut client = stage.world.client().await.unwrap();
    let head = "POST http://target.test/echo HTTP/1.1\r\nHost: target.test\r\n";
    let length = "Content-Length: 1000\r\n";
    client.send(format!("{head}{}{length}\r\n0123456789", stage.login())).await.unwrap();
    let begun = Instant::now();
    let rest = client.wire.reader.rest().await.unwrap_or_default();
    assert!(begun.elapsed() < LATEST, "{:?}", begun.elapsed());
    let answered = String::from_utf8_lossy(&rest).into_owned();
    assert!(answered.starts_with("HTTP/1.1 408 "), "{answered}");
    // It was the client's turn: the exit is as good as before.
    let path = format!("{}/proxies", stage.project.path);
    let proxies = stage.world.control.get(&path).await.unwrap();
    assert_eq!(proxies["items"][0]["health"]["consecutive_failures"], 0, "{proxies}");
    drop(client);
    all_is_freed(&stage, files).await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_given_up() {
    let stage = Stage::set(SETTINGS).await;
    let files = stage.world.node.process.open_files().unwrap();
    let mut socket = stage.connection().await;
    // Far more than all buffers on the way take.
    let head = "GET http://target.test/bytes/300000000 HTTP/1.1\r\nHost: target.test\r\n";
    socket.write_all(format!("{head}{}\r\n", stage.login()).as_bytes()).await.unwrap();
    let arrived = || async { (stage.origin.request_count() == 1).then_some(()) };
    eventually("the request arrives", SOON, arrived).await.unwrap();
    // Nothing is read, and the socket stays open: the node has to see it for itself.
    all_is_freed(&stage, files).await;
    drop(socket);
}
