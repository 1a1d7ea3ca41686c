//! How long answers take when there is time for each: one connection, far from any limit, and no
//! second core that would have to be woken.

use std::time::Duration;

use anyhow::Result;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{Setting, plain};
use crate::connection::{Answered, Connection, Room};
use crate::peers::Peer;
use crate::table::Figure;

const PAUSE: Duration = Duration::from_millis(2);

pub(super) async fn measure(peer: &Peer, (plan, _, cores): Setting<'_>) -> Result<Vec<Figure>> {
    cores.all_on_the_proxies()?;
    let took = ask(peer, plan.window).await;
    cores.load_on_its_own()?;
    let mut took = took?;
    if took.is_empty() {
        // It keeps no connections.
        return Ok(Vec::new());
    }
    took.sort_unstable();
    let at = |percent: usize| {
        let place = (took.len() * percent / 100).min(took.len() - 1);
        took[place].as_secs_f64() * 1e6
    };
    Ok(vec![Figure::new("p50 µs", at(50)), Figure::new("p99 µs", at(99))])
}

async fn ask(peer: &Peer, window: Duration) -> Result<Vec<Duration>> {
    let request = plain();
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
    // The first ones open connections to exits.
    took.drain(..took.len() / 10);
    Ok(took)
}
