//! From an exit to a target: dialling from the right address, and copying both ways.

use std::net::Ipv4Addr;

use anyhow::{Context, Result, bail};
use tokio::net::{TcpSocket, lookup_host};

use super::Behaviour;
use super::state::State;
use crate::wire::{Reader, Wire, Writer};

/// No answer in any protocol.
pub(super) const GARBAGE: &[u8] =
    b"\xff\xfe\x00SSH-2.0-nobody\r\n\x07\x00 \x16\x03\x01 nothing here\r\n";

/// What an exit says when a tunnel opens, and when it does not.
pub(super) struct Words<'a> {
    pub(super) yes: &'a [u8],
    pub(super) no: &'a [u8],
}

/// Connects to a target from `source`.
pub(super) async fn dial(state: &State, authority: &str, source: Ipv4Addr) -> Result<Wire> {
    let address = match state.leads_to {
        Some(address) => address,
        None => lookup_host(authority)
            .await?
            .find(std::net::SocketAddr::is_ipv4)
            .context("no such host")?,
    };
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind((source, 0).into())?;
    let stream = socket.connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(Wire::new(Box::new(stream)))
}

/// Opens a tunnel, or does with it what the behaviour says.
pub(super) async fn tunnel(
    state: &State,
    mut client: Wire,
    (authority, source): (&str, Ipv4Addr),
    words: Words<'_>,
) -> Result<()> {
    match state.behaviour() {
        Behaviour::OkThenClose => return client.send(words.yes).await,
        Behaviour::OkThenNothing => {
            client.send(words.yes).await?;
            client.reader.until_closed().await;
            return Ok(());
        }
        Behaviour::Swallow(count) => {
            client.send(words.yes).await?;
            return swallow(&mut client.reader, count).await;
        }
        _ => {}
    }
    let Ok(target) = dial(state, authority, source).await else {
        return client.send(words.no).await;
    };
    say(state, &mut client.writer, words.yes).await?;
    state.tunnelled();
    splice(client, target, state.behaviour()).await
}

/// Reads so many bytes and keeps them.
pub(super) async fn swallow(reader: &mut Reader, count: u64) -> Result<()> {
    let mut left = count;
    while left > 0 {
        let piece = reader.at_most(left).await?;
        if piece.is_empty() {
            break;
        }
        left -= piece.len() as u64;
    }
    Ok(())
}

/// Sends the exit's own words, at the pace the behaviour wants.
pub(super) async fn say(state: &State, writer: &mut Writer, words: &[u8]) -> Result<()> {
    let Behaviour::SlowHead(pause) = state.behaviour() else { return writer.send(words).await };
    for byte in words {
        writer.send([*byte]).await?;
        tokio::time::sleep(pause).await;
    }
    Ok(())
}

/// Copies both ways until both sides are done, or the behaviour cuts it.
pub(super) async fn splice(mut client: Wire, mut target: Wire, behaviour: Behaviour) -> Result<()> {
    let limit = match behaviour {
        Behaviour::CutAfter(limit) => limit,
        _ => u64::MAX,
    };
    let up = copy(&mut client.reader, &mut target.writer, u64::MAX);
    let down = copy(&mut target.reader, &mut client.writer, limit);
    tokio::try_join!(up, down)?;
    Ok(())
}

async fn copy(from: &mut Reader, to: &mut Writer, limit: u64) -> Result<()> {
    let mut left = limit;
    while left > 0 {
        let piece = from.at_most(left).await?;
        if piece.is_empty() {
            return to.finish().await;
        }
        left -= piece.len() as u64;
        to.send(piece).await?;
    }
    bail!("cut on purpose")
}
