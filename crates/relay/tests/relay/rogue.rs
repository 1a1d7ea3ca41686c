//! A target that speaks HTTP/2 as a script says.

use std::sync::atomic::Ordering;

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use crate::conformance::script;
use crate::site::State;
use crate::wire::{self, PREFACE, Wire, frame};

/// Answers each request by its script, with `$` for its stream, once the request is there: its head,
/// or all of it behind `whole`. Behind `greets` stands what the connection begins with. `held`
/// waits until the site is told to release, `close` closes, and `deaf` reads nothing more.
pub(crate) async fn serve(session: TlsStream<TcpStream>, state: &State) {
    let mut wire = Wire { stream: session };
    let mut preface = [0; PREFACE.len()];
    if wire.stream.read_exact(&mut preface).await.is_err() {
        return;
    }
    let greeting = state.scripts[0].strip_prefix("greets").and_then(|rest| rest.split_once(';'));
    let greeting = greeting.map_or("settings 0", |(greeting, _)| greeting);
    wire.send(&script::bytes(greeting.trim(), "")).await;
    while let Some(came) = wire.read().await {
        match came.kind {
            wire::SETTINGS if came.flags & wire::ACK == 0 => {
                wire.send(&frame(wire::SETTINGS, wire::ACK, 0, b"")).await;
            }
            wire::RESET => _ = state.resets.fetch_add(1, Ordering::Relaxed),
            wire::HEADERS if came.payload.len() > 3 => {
                let at = state.requests.fetch_add(1, Ordering::Relaxed);
                let script = state.scripts[at.min(state.scripts.len() - 1)];
                let is_whole = came.flags & wire::END > 0;
                if !play(&mut wire, script, (came.stream, is_whole), state).await {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// Whether the connection goes on.
async fn play(
    wire: &mut Wire<TlsStream<TcpStream>>,
    script: &str,
    (stream, is_whole): (u32, bool),
    state: &State,
) -> bool {
    for step in script.split(';').map(str::trim).filter(|step| !step.is_empty()) {
        match step {
            "close" => return false,
            "deaf" => std::future::pending().await,
            "held" => state.released.notified().await,
            "whole" if is_whole => {}
            "whole" => {
                let end = |frame: &wire::Frame| {
                    let is_last = frame.kind < 2 && frame.flags & wire::END > 0;
                    frame.stream == stream && (is_last || frame.kind == wire::RESET)
                };
                match wire.until(end).await {
                    None => return false,
                    Some(last) if last.kind == wire::RESET => {
                        state.resets.fetch_add(1, Ordering::Relaxed);
                        return true;
                    }
                    Some(_) => {}
                }
            }
            _ if step.starts_with("greets") => {}
            _ => {
                let bytes = script::bytes(&step.replace('$', &stream.to_string()), "");
                if !wire.send(&bytes).await {
                    return false;
                }
            }
        }
    }
    true
}
