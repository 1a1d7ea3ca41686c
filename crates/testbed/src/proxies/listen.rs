//! A port that can be closed and opened again without losing it, and what happens on it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context, Result};
use model::proxy::Protocol;
use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::state::State;
use super::{Behaviour, http, socks, target};
use crate::wire::{Socket, Wire};

/// A port that nobody else gets: bound, but not listening, so that callers are refused.
pub(super) fn reserve() -> Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    socket.bind((Ipv4Addr::LOCALHOST, 0).into()).context("no port for an exit")?;
    Ok(socket)
}

fn listen(address: SocketAddr) -> Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket.listen(1024)?)
}

/// Listens while that is wanted, for ever.
pub(super) async fn run(state: Arc<State>, port: TcpSocket) -> Result<()> {
    let address = port.local_addr()?;
    let mut wanted = state.wanted.subscribe();
    loop {
        wanted.wait_for(|wanted| *wanted).await?;
        let listener = listen(address)?;
        state.listening.send_replace(true);
        tokio::select! {
            () = accept(&state, &listener) => {}
            closed = wanted.wait_for(|wanted| !*wanted) => { closed?; }
        }
        drop(listener);
        state.listening.send_replace(false);
    }
}

async fn accept(state: &Arc<State>, listener: &TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        let (number, open) = state.connected();
        let (cut, state) = (state.cut(), state.clone());
        state.tracker.clone().spawn(async move {
            // How a connection ended is seen by whoever is at its other end.
            let _ended = cut.run_until_cancelled(converse(&state, number, stream)).await;
            drop(open);
        });
    }
}

async fn converse(state: &Arc<State>, number: u64, stream: TcpStream) -> Result<()> {
    stream.set_nodelay(true)?;
    match state.behaviour() {
        Behaviour::Close => return Ok(()),
        Behaviour::Reset => return Ok(stream.set_zero_linger()?),
        // Before TLS, where that would be spoken: nothing is said at all.
        Behaviour::Hang => {
            Wire::new(Box::new(stream)).noting(state.heard.clone()).reader.until_closed().await;
            return Ok(());
        }
        Behaviour::Garbage => {
            let mut wire = Wire::new(Box::new(stream)).noting(state.heard.clone());
            wire.reader.some().await?;
            return wire.send(target::GARBAGE).await;
        }
        _ => {}
    }
    let socket: Socket = match &state.tls {
        Some(tls) => Box::new(tls.accept(stream).await?),
        None => Box::new(stream),
    };
    let wire = Wire::new(socket).noting(state.heard.clone());
    match state.protocol {
        Protocol::Http | Protocol::Https => http::serve(state, number, wire).await,
        Protocol::Socks4 => socks::serve4(state, number, wire).await,
        Protocol::Socks5 => socks::serve5(state, number, wire).await,
        Protocol::Direct => anyhow::bail!("`direct` is not a proxy"),
    }
}
