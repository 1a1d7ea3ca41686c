//! How long answers take when there is time for each: one connection, far from any limit, and no
//! second core that would have to be woken.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{Setting, plain};
use crate::connection::{Answered, Connection, Room};
use crate::peers::{Peer, USERNAME};
use crate::table::Figure;

pub(super) const PAUSE: Duration = Duration::from_millis(2);

pub(super) async fn measure(peer: &Peer, (plan, _, cores): Setting<'_>) -> Result<Vec<Figure>> {
    cores.all_on_the_proxies()?;
    let took = ask(peer, plan.window).await;
    cores.load_on_its_own()?;
    let took = took?;
    if took.is_empty() {
        // It keeps no connections.
        return Ok(Vec::new());
    }
    let [p50, p99] = percentiles(took, [50, 99]);
    Ok(vec![Figure::new("p50 µs", p50), Figure::new("p99 µs", p99)])
}

/// How long so many hundredths of them took at most, in µs.
pub(super) fn percentiles(mut took: Vec<Duration>, percents: [usize; 2]) -> [f64; 2] {
    // The first ones open connections to exits.
    took.drain(..took.len() / 10);
    took.sort_unstable();
    percents.map(|percent| {
        let place = (took.len() * percent / 100).min(took.len().saturating_sub(1));
        took.get(place).map_or(0.0, |took| took.as_secs_f64() * 1e6)
    })
}

async fn ask(peer: &Peer, window: Duration) -> Result<Vec<Duration>> {
    let request = plain(USERNAME);
    let mut room: Box<Room> = Box::new([0; _]);
    let mut connection = Connection::open(peer.address).await?;
    let mut ticks = interval(PAUSE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (begun, mut took) = (Instant::now(), Vec::new());
    while begun.elapsed() < window {
        ticks.tick().await;
        let asked = Instant::now();
        let answered = connection.ask(request.as_bytes(), &mut room).await?;
        if answered == Answered::Kept {
            took.push(asked.elapsed());
        } else {
            connection = Connection::open(peer.address).await?;
        }
    }
    Ok(took)
}
