//! What happens between a node and a server it depends on: a relay that delays, stalls, cuts.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::wire::Socket;

/// Bytes on their way at once, in one direction of one connection.
const PIECE: usize = 16 * 1024;
/// What a lost packet costs at least: Linux sends it again after this.
const RESENT: Duration = Duration::from_millis(200);

/// How a relay behaves. It counts at once, also for connections that are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sky {
    /// Passes everything on.
    #[default]
    Clear,
    /// Passes everything on, each piece this much later in each direction.
    Late(Duration),
    /// One piece of so many has to be sent again.
    Lossy(u64),
    /// So many bytes a second in each direction of a connection.
    Narrow(u32),
    /// Nothing arrives, and nobody is told: a partition.
    Silent,
    /// Questions arrive, and no answers: half a partition.
    Deaf,
    /// Nobody is let through, and whoever was is cut off.
    Cut,
}

/// Where a relay leads.
#[derive(Debug, Clone)]
pub enum Home {
    /// A port.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix(PathBuf),
}

/// A relay on a loopback port. It ends when it is dropped.
pub struct Weather {
    address: SocketAddr,
    sky: watch::Sender<Sky>,
    connections: Arc<AtomicU64>,
    _end: DropGuard,
}

#[derive(Clone)]
struct Road {
    home: Home,
    sky: watch::Receiver<Sky>,
    connections: Arc<AtomicU64>,
}

// === impl Weather ===

impl Weather {
    /// A relay to `home`, under a clear sky.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn before(home: Home) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port for a relay")?;
        let (end, tracker) = (CancellationToken::new(), TaskTracker::new());
        let (sky, connections) = (watch::Sender::new(Sky::Clear), Arc::<AtomicU64>::default());
        let road = Road { home, sky: sky.subscribe(), connections: connections.clone() };
        let address = listener.local_addr()?;
        let accepting = accept(listener, road, (tracker.clone(), end.clone()));
        tracker.spawn(end.clone().run_until_cancelled_owned(accepting));
        Ok(Self { address, sky, connections, _end: end.drop_guard() })
    }

    /// Where to connect instead of to the server itself.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// From now on it is like this.
    pub fn turns(&self, sky: Sky) {
        self.sky.send_replace(sky);
    }

    /// Connections that are open now.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn accept(
    listener: TcpListener,
    road: Road,
    (tracker, end): (TaskTracker, CancellationToken),
) {
    while let Ok((stream, _)) = listener.accept().await {
        let mut road = road.clone();
        tracker.spawn(end.clone().run_until_cancelled_owned(async move {
            road.connections.fetch_add(1, Ordering::Relaxed);
            let mut sky = road.sky.clone();
            // Whatever ends a connection ends it at both ends.
            tokio::select! {
                _ended = road.travel(stream) => {}
                _cut = sky.wait_for(|sky| *sky == Sky::Cut) => {}
            }
            road.connections.fetch_sub(1, Ordering::Relaxed);
        }));
    }
}

// === impl Road ===

impl Road {
    async fn travel(&mut self, near: TcpStream) -> Result<()> {
        near.set_nodelay(true)?;
        // A partition lets nobody in either.
        self.sky.wait_for(|sky| *sky != Sky::Silent).await?;
        let far: Socket = match &self.home {
            Home::Tcp(address) => {
                let far = TcpStream::connect(address).await?;
                far.set_nodelay(true)?;
                Box::new(far)
            }
            Home::Unix(path) => Box::new(UnixStream::connect(path).await?),
        };
        let near: Socket = Box::new(near);
        let (near, far) = (tokio::io::split(near), tokio::io::split(far));
        let there = carry(near.0, far.1, Lane { sky: self.sky.clone(), answers: false });
        let back = carry(far.0, near.1, Lane { sky: self.sky.clone(), answers: true });
        tokio::try_join!(there, back).map(drop)
    }
}

/// One direction of one connection.
struct Lane {
    sky: watch::Receiver<Sky>,
    answers: bool,
}

async fn carry(
    mut from: ReadHalf<Socket>,
    mut to: WriteHalf<Socket>,
    mut lane: Lane,
) -> Result<()> {
    let mut piece = vec![0; PIECE];
    for number in 1_u64.. {
        let count = from.read(&mut piece).await?;
        let came = Instant::now();
        lane.passes(count, number, came).await?;
        if count == 0 {
            break;
        }
        to.write_all(&piece[..count]).await?;
        to.flush().await?;
    }
    Ok(to.shutdown().await?)
}

impl Lane {
    /// Waits until this piece may arrive.
    async fn passes(&mut self, bytes: usize, number: u64, came: Instant) -> Result<()> {
        let answers = self.answers;
        let lets = |sky: &Sky| *sky != Sky::Silent && !(answers && *sky == Sky::Deaf);
        let sky = *self.sky.wait_for(lets).await?;
        match sky {
            Sky::Late(by) => sleep_until(came + by).await,
            Sky::Lossy(of) if number.is_multiple_of(of.max(1)) => sleep(RESENT).await,
            Sky::Narrow(rate) => {
                let bytes = u32::try_from(bytes)?;
                sleep(Duration::from_secs(1) * bytes / rate.max(1)).await;
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;
    use crate::clock::{SOON, eventually};
    use crate::origin::Origin;

    async fn ask(client: &mut Client) -> Result<u16> {
        Ok(client.ask("GET", "/status/204", "").await?.status())
    }

    #[tokio::test]
    async fn weather_changes_for_connections_that_are_open() {
        let origin = Origin::start().await.unwrap();
        let weather = Weather::before(Home::Tcp(origin.address())).await.unwrap();
        let mut client = Client::connect(weather.address()).await.unwrap();
        assert_eq!(ask(&mut client).await.unwrap(), 204);
        assert_eq!(weather.connections(), 1);

        for (sky, least) in [
            (Sky::Late(Duration::from_millis(60)), Duration::from_millis(120)),
            (Sky::Lossy(1), 2 * RESENT),
            (Sky::Narrow(1_000), Duration::from_millis(70)),
        ] {
            weather.turns(sky);
            let begun = Instant::now();
            assert_eq!(ask(&mut client).await.unwrap(), 204);
            assert!(begun.elapsed() >= least, "{sky:?}: {:?}", begun.elapsed());
        }

        weather.turns(Sky::Deaf);
        let before = origin.request_count();
        let (answer, ()) = tokio::join!(ask(&mut client), async {
            let came = || async { (origin.request_count() > before).then_some(()) };
            eventually("the question arrives", SOON, came).await.unwrap();
            weather.turns(Sky::Clear);
        });
        assert_eq!(answer.unwrap(), 204);

        weather.turns(Sky::Cut);
        assert!(ask(&mut client).await.is_err());
        let gone = || async { (weather.connections() == 0).then_some(()) };
        eventually("nobody is connected", SOON, gone).await.unwrap();
    }

    #[tokio::test]
    async fn in_silence_nothing_arrives_until_it_is_over() {
        let origin = Origin::start().await.unwrap();
        let weather = Weather::before(Home::Tcp(origin.address())).await.unwrap();
        let mut open = Client::connect(weather.address()).await.unwrap();
        assert_eq!(ask(&mut open).await.unwrap(), 204);
        weather.turns(Sky::Silent);
        let mut late = Client::connect(weather.address()).await.unwrap();
        let both = async { tokio::join!(ask(&mut open), ask(&mut late)) };
        let patience = Duration::from_millis(100);
        assert!(tokio::time::timeout(patience, both).await.is_err());
        assert_eq!(origin.request_count(), 1);
        weather.turns(Sky::Clear);
        for client in [&mut open, &mut late] {
            assert_eq!(client.answer("GET").await.unwrap().status(), 204);
        }
    }
}
