//! What tunnels notice of much that is asked of the API at once.
//!
//! By turns the same clients ask somebody who leaves the node alone, the API without a login, and the
//! API with one, so that what they take from the machine, and what else happens on it, is in all
//! figures. They are on a thread that stands back: those who measure do not wait for them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use parking_lot::Mutex;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::latency::{PAUSE, percentiles};
use super::window::Clients;
use super::{Setting, connect, inner};
use crate::backend::Backend;
use crate::connection::{Answered, Connection, Room};
use crate::peers::{Peer, USERNAME};
use crate::table::Figure;

/// Whom the clients ask.
const SIDES: [(&str, &str); 3] = [
    ("p99 µs alone", "others answer/s"),
    ("p99 µs beside refusals", "refusals/s"),
    ("p99 µs beside answers", "answers/s"),
];
/// What is answered there.
const STATUSES: [[u8; 3]; SIDES.len()] = [*b"200", *b"401", *b"200"];
/// Turns of each side.
const TURNS: u32 = 20;
/// After which a turn counts.
const SETTLED: Duration = Duration::from_millis(50);
/// Nobody is asked, or it does not count yet.
const NOBODY: usize = SIDES.len();

const CLIENTS: usize = 16;
/// Of each client, so that there are 10,000 a second.
const STEP: Duration = Duration::from_millis(8);
const AT_ONCE: usize = 5;

/// Tunnels in which time is taken.
const TUNNELS: usize = 4;

/// What they are asked.
type Requests = [String; SIDES.len()];

/// Whose turn it is.
#[derive(Default)]
struct Turn {
    /// Whom the clients ask.
    asked: AtomicUsize,
    /// Whose figures count.
    counts: AtomicUsize,
    /// What has been asked of each.
    done: [AtomicU64; SIDES.len()],
    took: [Mutex<Vec<Duration>>; SIDES.len()],
}

pub(super) async fn measure(peer: &Peer, (plan, ..): Setting<'_>) -> Result<Vec<Figure>> {
    let world = peer.world().context("no API")?;
    let (api, token) = (world.node.api(), world.control.token().context("no token")?);
    let stranger = format!("GET /api/v1/projects HTTP/1.1\r\nHost: {api}\r\n");
    let operator = format!("{stranger}Authorization: Bearer {token}\r\n\r\n");
    let requests = [inner("/page"), format!("{stranger}\r\n"), operator];
    let turn = Arc::new(Turn { counts: AtomicUsize::new(NOBODY), ..Turn::default() });
    let crowd = Crowd::gather(api, requests, Arc::clone(&turn));
    let talkers = Clients::new();
    for _ in 0..TUNNELS {
        talkers.add(talk(peer.address, Arc::clone(&turn)));
    }
    let mut lasted = Duration::ZERO;
    for _ in 0..TURNS {
        for side in 0..SIDES.len() {
            turn.asked.store(side, Ordering::Relaxed);
            sleep(SETTLED).await;
            let begun = Instant::now();
            turn.counts.store(side, Ordering::Relaxed);
            sleep(plan.window / TURNS).await;
            turn.counts.store(NOBODY, Ordering::Relaxed);
            lasted += begun.elapsed() / u32::try_from(SIDES.len())?;
        }
    }
    talkers.end().await?;
    crowd.leave()?;
    let mut figures = Vec::new();
    for ((p99, rate), (took, done)) in SIDES.into_iter().zip(turn.took.iter().zip(&turn.done)) {
        let [_, percentile] = percentiles(std::mem::take(&mut *took.lock()), [50, 99]);
        #[expect(clippy::cast_precision_loss, reason = "figures for people")]
        let asked = done.load(Ordering::Relaxed) as f64 / lasted.as_secs_f64();
        figures.extend([Figure::new(p99, percentile), Figure::new(rate, asked)]);
    }
    Ok(figures)
}

/// Asks through one tunnel at a steady pace.
async fn talk(proxy: SocketAddr, turn: Arc<Turn>) -> Result<()> {
    let mut room: Box<Room> = Box::new([0; _]);
    let mut tunnel = Connection::open(proxy).await?;
    tunnel.open_with(connect(USERNAME).as_bytes(), &mut room).await?;
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let (side, asked) = (turn.counts.load(Ordering::Relaxed), Instant::now());
        tunnel.ask(inner("/page").as_bytes(), &mut room).await?;
        if side == turn.counts.load(Ordering::Relaxed)
            && let Some(took) = turn.took.get(side)
        {
            took.lock().push(asked.elapsed());
        }
    }
}

/// The clients, and the other one whom they ask.
struct Crowd {
    end: CancellationToken,
    thread: JoinHandle<Result<()>>,
}

impl Crowd {
    fn gather(api: SocketAddr, requests: Requests, turn: Arc<Turn>) -> Self {
        let end = CancellationToken::new();
        let work = end.clone().run_until_cancelled_owned(crowd(api, requests.into(), turn));
        let thread = std::thread::spawn(move || {
            stand_back()?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(work).unwrap_or(Ok(()))
        });
        Self { end, thread }
    }

    fn leave(self) -> Result<()> {
        self.end.cancel();
        self.thread.join().map_err(|_panic| anyhow!("the clients of the API gave up"))?
    }
}

/// Gives this thread what nobody else wants of its core, and not before (`SCHED_IDLE`): with a mere
/// `nice` it goes on until its slice is over, which is milliseconds.
fn stand_back() -> Result<()> {
    let thread = rustix::thread::gettid().as_raw_nonzero().to_string();
    let set = std::process::Command::new("chrt").args(["--idle", "--pid", "0", &thread]).status();
    ensure!(set.context("chrt (util-linux) is needed")?.success(), "chrt failed");
    Ok(())
}

async fn crowd(api: SocketAddr, requests: Arc<Requests>, turn: Arc<Turn>) -> Result<()> {
    let other = Backend::start().await?;
    let sides = [other.exits[0], api, api];
    let (clients, failed) = (TaskTracker::new(), Arc::new(Mutex::new(None)));
    for _ in 0..CLIENTS {
        let (asking, failed) =
            (ask(sides, Arc::clone(&requests), Arc::clone(&turn)), Arc::clone(&failed));
        clients.spawn(async move { *failed.lock() = asking.await.err() });
    }
    clients.close();
    clients.wait().await;
    let why = failed.lock().take();
    why.map_or(Ok(()), Err)
}

async fn ask(
    sides: [SocketAddr; SIDES.len()],
    requests: Arc<Requests>,
    turn: Arc<Turn>,
) -> Result<()> {
    let mut room: Box<Room> = Box::new([0; _]);
    let mut connections: [Option<Connection>; SIDES.len()] = Default::default();
    let mut ticks = interval(STEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        for _ in 0..AT_ONCE {
            let side = turn.asked.load(Ordering::Relaxed);
            let mut connection = match connections[side].take() {
                Some(connection) => connection,
                None => Connection::open(sides[side]).await?,
            };
            let answer = connection.ask_for(STATUSES[side], requests[side].as_bytes(), &mut room);
            let answered = answer.await?;
            if side == turn.counts.load(Ordering::Relaxed) {
                turn.done[side].fetch_add(1, Ordering::Relaxed);
            }
            connections[side] = (answered == Answered::Kept).then_some(connection);
        }
    }
}
