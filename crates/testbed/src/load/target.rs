//! Where the load leads: answers a GET with its path, and streams numbers both ways.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::Report;
use crate::wire::{Reader, Wire, Writer};

/// Between two numbers.
pub(super) const PACE: Duration = Duration::from_millis(50);
/// What a tunnel begins with, to be told from a request.
pub(super) const HELLO: &[u8] = b"NUMBERS\r\n\r\n";
/// Not a number: the next one says how many there were.
pub(super) const LAST: u64 = u64::MAX;

/// A server on a loopback port.
pub(super) struct Target {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    streaming: AtomicUsize,
    report: Mutex<Report>,
}

impl Target {
    pub(super) async fn start(kill: CancellationToken) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for a target")?;
        let (address, state) = (listener.local_addr()?, Arc::<State>::default());
        let tracker = TaskTracker::new();
        let accepting = accept(listener, state.clone(), (tracker.clone(), kill.clone()));
        tracker.spawn(kill.run_until_cancelled_owned(accepting));
        Ok(Self { address, state })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tunnels that are open at this end.
    pub(super) fn streaming(&self) -> usize {
        self.state.streaming.load(Ordering::Relaxed)
    }

    /// Adds what arrived at this end.
    pub(super) fn add_to(&self, report: &mut Report) {
        let here = self.state.report.lock();
        report.numbers += here.numbers;
        report.doubled += here.doubled;
        report.gaps += here.gaps;
    }
}

async fn accept(
    listener: TcpListener,
    state: Arc<State>,
    (tracker, kill): (TaskTracker, CancellationToken),
) {
    loop {
        // Out of files, for a moment: the next one may be taken.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PACE).await;
            continue;
        };
        let state = state.clone();
        tracker.spawn(kill.clone().run_until_cancelled_owned(async move {
            // How it ended is for the other end to judge.
            let _ended = converse(&state, stream).await;
        }));
    }
}

async fn converse(state: &State, stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut wire = Wire::new(Box::new(stream));
    while let Some(head) = wire.reader.head().await? {
        if head.raw.starts_with(HELLO) {
            state.streaming.fetch_add(1, Ordering::Relaxed);
            let ended = stream_numbers(state, wire).await;
            state.streaming.fetch_sub(1, Ordering::Relaxed);
            return ended;
        }
        let path = head.start.split(' ').nth(1).unwrap_or_default();
        let body = path.rsplit('/').next().unwrap_or_default();
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        wire.send(answer).await?;
    }
    Ok(())
}

async fn stream_numbers(state: &State, wire: Wire) -> Result<()> {
    let Wire { mut reader, mut writer } = wire;
    let done = CancellationToken::new();
    // When the client has said its last number, so does this end.
    let hear = async {
        hear(&mut reader, &state.report).await?;
        done.cancel();
        anyhow::Ok(())
    };
    tokio::try_join!(hear, say(&mut writer, &done)).map(drop)
}

/// Sends numbers until it is told to stop, and then how many there were.
pub(super) async fn say(writer: &mut Writer, stop: &CancellationToken) -> Result<()> {
    let mut ticks = tokio::time::interval(PACE);
    let mut next = 0_u64;
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        writer.send(next.to_be_bytes()).await?;
        next += 1;
    }
    writer.send([LAST.to_be_bytes(), next.to_be_bytes()].concat()).await
}

/// Takes numbers until it is told how many there were.
pub(super) async fn hear(reader: &mut Reader, report: &Mutex<Report>) -> Result<()> {
    let mut expected = 0;
    loop {
        let number = read(reader).await?;
        if number == LAST {
            let all = read(reader).await?;
            ensure!(all == expected, "{expected} of {all} numbers arrived");
            return Ok(());
        }
        expected = report.lock().number(expected, number);
    }
}

async fn read(reader: &mut Reader) -> Result<u64> {
    let bytes = reader.exactly(size_of::<u64>()).await?;
    Ok(u64::from_be_bytes(bytes.as_ref().try_into()?))
}
