//! Thousands of clients that take their time, and one that does not.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use testbed::client::login;
use testbed::clock::{SOON, eventually};
use testbed::process::raise_file_limit;
use testbed::world::PASSWORD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

use super::latencies::Latencies;
use super::stage::Stage;

const HALF_HEADS: usize = 10_000;
const SLOW_READERS: usize = 1_000;
/// Room for the one client that is in a hurry.
const OTHERS: usize = 50;
const REQUESTS: usize = 300;

/// For all of them together, at most; also in an unoptimised build, whose tasks are larger.
const MOST_MEMORY: u64 = 64 * 1024 * 1024;

/// Long enough for all of them to be there at once.
const SETTINGS: &[(&str, &str)] = &[
    ("OCTOPROX_HEAD_TIMEOUT", "25s"),
    ("OCTOPROX_BODY_IDLE_TIMEOUT", "25s"),
    ("OCTOPROX_POOL_IDLE_TIMEOUT", "1s"),
    // Half heads need no descriptors for exits.
    ("OCTOPROX_MAX_CONNECTIONS", "12000"),
];

/// A target that goes on sending for as long as anybody takes it, with small buffers: what is in
/// the way of this test is this machine's memory, which is not what it is about.
fn endless(tasks: &TaskTracker) -> SocketAddr {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_send_buffer_size(16 * 1024).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener: TcpListener = socket.listen(4096).unwrap();
    let (address, sending) = (listener.local_addr().unwrap(), tasks.clone());
    tasks.spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            sending.spawn(send_on(socket));
        }
    });
    address
}

async fn send_on(mut socket: TcpStream) -> io::Result<()> {
    let _head = socket.read(&mut [0; 1024]).await?;
    socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n").await?;
    loop {
        socket.write_all(&[b'x'; 4096]).await?;
    }
}

/// A client that has sent `head` and reads nothing of what is answered.
async fn slow(node: SocketAddr, head: &[u8]) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4 * 1024).unwrap();
    let mut stream = socket.connect(node).await.unwrap();
    stream.write_all(head).await.unwrap();
    stream
}

/// So many of them, 100 at a time.
async fn crowd(node: SocketAddr, count: usize, head: &str) -> Vec<TcpStream> {
    let mut all = Vec::with_capacity(count);
    while all.len() < count {
        let mut coming = JoinSet::new();
        for _ in 0..100.min(count - all.len()) {
            let head = head.to_owned();
            coming.spawn(async move { slow(node, head.as_bytes()).await });
        }
        all.extend(coming.join_all().await);
    }
    all
}

/// Waits until the node has at least, or at most, so many sockets open.
async fn sockets(stage: &Stage, what: &str, is_it: impl Fn(usize) -> bool) {
    let sockets = || stage.world.node.process.open_sockets().unwrap();
    let probe = || async { is_it(sockets()).then_some(()) };
    let waited = eventually(what, Duration::from_secs(40), probe).await;
    assert!(waited.is_ok(), "not so: {what}; {} sockets are open", sockets());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_half_heads_and_a_thousand_slow_readers_harm_nobody() {
    let files = usize::try_from(raise_file_limit(20_000)).unwrap();
    let half_heads = HALF_HEADS.min(files * 6 / 10 - SLOW_READERS - OTHERS);
    let stage = Stage::set(SETTINGS).await;
    let target = endless(&TaskTracker::new());
    let direct = stage.direct().await;
    let process = &stage.world.node.process;

    let open = process.open_sockets().unwrap();
    let before = Latencies::of(&stage, REQUESTS).await;
    // Connections that are kept for a while count for nobody.
    let rested = || async { (stage.exit.open() == 0).then_some(()) };
    eventually("the pool is empty", SOON, rested).await.unwrap();
    sockets(&stage, "all is as at first", |open_now| open_now <= open).await;
    let memory = process.resident_bytes().unwrap();

    let half = "GET http://target.test/echo HTTP/1.1\r\nHost: target.test\r\nX-Half: ";
    let node = stage.world.node.proxy();
    let halves = crowd(node, half_heads, half).await;
    sockets(&stage, "all half heads are there", |open_now| open_now >= half_heads).await;
    let of_halves = process.resident_bytes().unwrap().saturating_sub(memory);
    let url = format!("http://{target}/");
    let fields = login(&direct.username, PASSWORD);
    let whole = format!("GET {url} HTTP/1.1\r\nHost: {target}\r\n{fields}\r\n");
    let reading = crowd(node, SLOW_READERS, &whole).await;
    let all = half_heads + 2 * SLOW_READERS;
    sockets(&stage, "all are there", |open_now| open_now >= all).await;
    let during = Latencies::of(&stage, REQUESTS).await;
    let there = process.open_sockets().unwrap();
    assert!(there >= all, "some went before the others were answered: {there}");
    let grown = process.resident_bytes().unwrap().saturating_sub(memory);
    eprintln!("before: {before}");
    eprintln!("with {half_heads} half heads and {SLOW_READERS} slow readers: {during}");
    let (heads, readers) = (half_heads as u64, SLOW_READERS as u64);
    let per_head = of_halves / heads;
    let per_reader = grown.saturating_sub(of_halves) / readers;
    eprintln!(
        "memory grew by {} KiB: {per_head} bytes a head, {per_reader} a reader",
        grown / 1024
    );
    eprintln!("sockets: {open}, then {there}");

    // Half heads stay, and it is the node that lets go of them. Slow readers may go on as long as
    // their kernel takes a byte now and then; that one who takes none is given up is `bodies`'.
    let of_readers = 2 * SLOW_READERS;
    sockets(&stage, "no half head is left", |open_now| open_now <= open + of_readers).await;
    drop(reading);
    sockets(&stage, "all are gone", |open_now| open_now <= open).await;
    let after = Latencies::of(&stage, REQUESTS).await;
    eprintln!("after: {after}");
    drop(halves);
    assert!(grown < MOST_MEMORY, "memory grew by {grown} bytes");
    given_back(&stage, memory).await;
}

/// When all heads are given up at once, all of them are answered at once; and what an allocator has got
/// it gives back by and by, as work goes on.
async fn given_back(stage: &Stage, memory: u64) {
    let kept = || stage.world.node.process.resident_bytes().unwrap().saturating_sub(memory);
    let probe = || async {
        let _work = Latencies::of(stage, OTHERS).await;
        (kept() < MOST_MEMORY).then_some(())
    };
    let waited = eventually("memory is given back", Duration::from_secs(20), probe).await;
    assert!(waited.is_ok(), "{} bytes are kept", kept());
    eprintln!("{} KiB more than at first", kept() / 1024);
}
