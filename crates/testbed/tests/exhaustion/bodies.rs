//! Bodies that stand still, in either direction.

use std::net::SocketAddr;
use std::time::Duration;

use testbed::client::login;
use testbed::clock::{SOON, eventually};
use testbed::wire::Wire;
use testbed::world::PASSWORD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use super::stage::Stage;

const SETTINGS: &[(&str, &str)] =
    &[("OCTOPROX_BODY_IDLE_TIMEOUT", "1s"), ("OCTOPROX_POOL_IDLE_TIMEOUT", "1s")];
const LATEST: Duration = Duration::from_secs(4);
/// A client is judged by half a minute; the idle timeout, which no byte a second ever meets, is one.
const PATIENCE: Duration = Duration::from_secs(55);

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

/// A target that answers a byte a second, for as long as anybody listens.
async fn rare_events(tasks: &TaskTracker) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tasks.spawn(async move {
        let (mut socket, _) = listener.accept().await?;
        let _head = socket.read(&mut [0; 1024]).await?;
        socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
        loop {
            socket.write_all(b".").await?;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        #[expect(unreachable_code, reason = "it says what the block returns")]
        std::io::Result::Ok(())
    });
    address
}

/// Sends a byte of its body twice a second, until it is refused.
async fn dripping_body(stage: &Stage) {
    let mut client = stage.world.client().await.unwrap();
    let head = "POST http://target.test/echo HTTP/1.1\r\nHost: target.test\r\n";
    client.send(format!("{head}{}Content-Length: 9000\r\n\r\n", stage.login())).await.unwrap();
    let Wire { mut reader, mut writer } = client.wire.patient_for(PATIENCE);
    let dripping = async {
        loop {
            tokio::time::sleep(Duration::from_millis(500)).await;
            writer.send("x").await.unwrap();
        }
    };
    let answered = tokio::select! {
        answered = reader.some() => answered.unwrap(),
        never = dripping => never,
    };
    assert!(answered.starts_with(b"HTTP/1.1 408 "), "{answered:?}");
}

/// Takes 64 bytes of an endless answer twice a second, until it ends.
async fn sipping_reader(node: SocketAddr, head: String) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    let mut socket = socket.connect(node).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    while socket.read_exact(&mut [0; 64]).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test]
async fn clients_that_drip_are_cut_off_and_rare_events_are_not() {
    // More than what the system takes for whoever takes nothing.
    let stage = Stage::set(&[("OCTOPROX_MIN_BODY_RATE", "8192")]).await;
    let tasks = TaskTracker::new();
    let target = rare_events(&tasks).await;
    let direct = stage.direct().await;
    let mut listener = stage.connection().await;
    let fields = login(&direct.username, PASSWORD);
    let head = format!("GET http://{target}/ HTTP/1.1\r\nHost: {target}\r\n{fields}\r\n");
    listener.write_all(head.as_bytes()).await.unwrap();
    let mut events = Vec::new();
    listener.read_buf(&mut events).await.unwrap();

    // A sip may come from the reader's own buffers long after the node has let go.
    let sockets = || stage.world.node.process.open_sockets().unwrap();
    let with_listener = sockets();
    let head = "GET http://target.test/bytes/300000000 HTTP/1.1\r\nHost: target.test\r\n";
    let head = format!("{head}{}\r\n", stage.login());
    tasks.spawn(sipping_reader(stage.world.node.proxy(), head));
    let sips = || async { (sockets() >= with_listener + 2).then_some(()) };
    eventually("the reader is served", SOON, sips).await.unwrap();
    dripping_body(&stage).await;
    let cut = || async { (sockets() <= with_listener).then_some(()) };
    eventually("the reader is cut off", PATIENCE, cut).await.unwrap();
    // As slow as they, for as long, but it is the target who takes its time.
    while !events.ends_with(&[b'.'; 35]) {
        assert_ne!(listener.read_buf(&mut events).await.unwrap(), 0, "cut off");
    }
}
