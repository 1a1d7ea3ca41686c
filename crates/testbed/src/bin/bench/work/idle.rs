//! Tunnels in which nothing happens: what each costs in memory, and whether it is still there.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::time::sleep;

use super::{Setting, connect, inner};
use crate::connection::{Answered, Connection, Room};
use crate::peers::{Peer, USERNAME};
use crate::table::Figure;
use crate::usage;

/// The first part of the tunnels is not counted: what a proxy has once and for all is there by then.
const FIRST: usize = 5;
/// For a proxy to lay down what it took up for opening them.
const PAUSE: Duration = Duration::from_secs(1);

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
pub(super) async fn measure(peer: &Peer, (plan, ..): Setting<'_>) -> Result<Vec<Figure>> {
    let process = peer.process()?.context("no process")?;
    let mut room: Box<Room> = Box::new([0; _]);
    let mut tunnels = Vec::with_capacity(plan.tunnels);
    open(&mut tunnels, plan.tunnels / FIRST, peer, &mut room).await?;
    sleep(PAUSE).await;
    let first = tunnels.len();
    let (memory, files) = (usage::resident_bytes(process)?, usage::open_files(process)?);
    // One that takes no more has taken what it could.
    let _full = open(&mut tunnels, plan.tunnels, peer, &mut room).await;
    sleep(PAUSE).await;
    let memory = usage::resident_bytes(process)?.saturating_sub(memory);
    let files = usage::open_files(process)?.saturating_sub(files);
    let added = tunnels.len().saturating_sub(first).max(1) as f64;
    let mut lost = 0;
    for tunnel in &mut tunnels {
        let answered = tunnel.ask(inner("/page").as_bytes(), &mut room).await;
        lost += u32::from(!matches!(answered, Ok(Answered::Kept)));
    }
    Ok(vec![
        Figure::new("held", tunnels.len() as f64),
        Figure::new("lost", f64::from(lost)),
        Figure::new("KiB/tunnel", memory as f64 / 1024.0 / added),
        Figure::new("files/tunnel", files as f64 / added),
    ])
}

/// Opens tunnels until there are so `many`.
async fn open(
    tunnels: &mut Vec<Connection>,
    many: usize,
    peer: &Peer,
    room: &mut Room,
) -> Result<()> {
    while tunnels.len() < many {
        let mut connection = Connection::open(peer.address).await?;
        connection.open_with(connect(USERNAME).as_bytes(), room).await?;
        tunnels.push(connection);
    }
    Ok(())
}
