//! Plays a row, and says whether what came of it is allowed.

use super::Row;
use super::script::{self, Step};
use crate::secure::Site;
use crate::wire::{self, Frame, Wire};
use crate::world::{SOON, World};
use tokio::time::timeout;

const CODES: [&str; 14] = [
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
];

/// What came of it, where that is not allowed.
pub(super) async fn outcome(world: &World, site: &Site, row: &Row) -> Result<(), String> {
    let (_, _, script, allowed) = *row;
    let (mut wire, before) = (Wire::bare(world, site).await, site.requests());
    for step in script::steps(script, &site.authority()) {
        match step {
            // What cannot be sent any more has had its answer.
            Step::Send(bytes) => _ = wire.send(&bytes).await,
            Step::Wait(what) => wait(&mut wire, what).await?,
        }
    }
    let came = verdict(&mut wire, allowed).await?;
    if came == "closed" || came.starts_with("goaway:") {
        drain(&mut wire).await?;
    } else {
        lives(&mut wire).await.map_err(|what| format!("{came}, and then {what}"))?;
    }
    let is_unseen = allowed.split(' ').any(|word| word == "unseen");
    if is_unseen && site.requests() > before {
        return Err(format!("{came}, and the target was asked"));
    }
    Ok(())
}

async fn next(wire: &mut Wire) -> Result<Option<Frame>, String> {
    timeout(SOON, wire.read()).await.or(Err("silence".to_owned()))
}

async fn wait(wire: &mut Wire, what: &str) -> Result<(), String> {
    while let Some(frame) = next(wire).await? {
        if says(&frame, what) {
            return Ok(());
        }
        if let Some(end) = end_of(&frame) {
            return Err(format!("{end} in place of {what}"));
        }
    }
    Err(format!("closed in place of {what}"))
}

/// The first thing that is allowed, or that rules all others out.
async fn verdict(wire: &mut Wire, allowed: &str) -> Result<String, String> {
    let allowed: Vec<&str> = allowed.split(' ').collect();
    while let Some(frame) = next(wire).await? {
        let words = allowed.iter().map(|word| word.trim_start_matches('~'));
        if let Some(word) = words.into_iter().find(|word| says(&frame, word)) {
            return Ok(word.to_owned());
        }
        let is_other =
            frame.kind == wire::HEADERS && frame.status().is_some_and(|code| code >= 400);
        if is_other {
            return Err(format!("status {:?}", frame.status()));
        }
        if let Some(end) = end_of(&frame) {
            return Err(end);
        }
    }
    if allowed.contains(&"closed") { Ok("closed".to_owned()) } else { Err("closed".to_owned()) }
}

/// Whether the frame is what `word` stands for.
fn says(frame: &Frame, word: &str) -> bool {
    let (word, more) = word.split_once(':').unwrap_or((word, ""));
    match word {
        "ok" => frame.kind == wire::HEADERS && frame.status() == Some(200),
        "end" => matches!(frame.kind, wire::HEADERS | wire::DATA) && frame.flags & wire::END > 0,
        "ack" => frame.is(wire::SETTINGS, wire::ACK),
        "settings" => frame.kind == wire::SETTINGS && frame.flags & wire::ACK == 0,
        "pong" => frame.is(wire::PING, wire::ACK) && frame.payload == wire::PINGED,
        "data" => frame.kind == wire::DATA && frame.payload.len().to_string() == more,
        "reset" => frame.kind == wire::RESET && name(frame) == more,
        "goaway" => frame.kind == wire::GOAWAY && name(frame) == more,
        status => {
            frame.kind == wire::HEADERS
                && frame.status().is_some_and(|found| found.to_string() == status)
        }
    }
}

fn end_of(frame: &Frame) -> Option<String> {
    let (kind, code) = (frame.kind, name(frame));
    match kind {
        wire::RESET if code != "NO_ERROR" => Some(format!("reset:{code}")),
        wire::GOAWAY => Some(format!("goaway:{code}")),
        _ => None,
    }
}

fn name(frame: &Frame) -> &'static str {
    let code = frame.code().and_then(|code| usize::try_from(code).ok());
    code.and_then(|code| CODES.get(code).copied()).unwrap_or("unknown")
}

/// Whoever says goodbye goes.
async fn drain(wire: &mut Wire) -> Result<(), String> {
    while let Some(frame) = next(wire).await? {
        if frame.is(wire::PING, wire::ACK) {
            return Err("a connection that goes on behind its farewell".to_owned());
        }
    }
    Ok(())
}

/// Whether anybody is still there.
async fn lives(wire: &mut Wire) -> Result<(), String> {
    let asked = b"stillfit";
    wire.send(&wire::frame(wire::PING, 0, 0, asked)).await;
    while let Some(frame) = next(wire).await? {
        if frame.is(wire::PING, wire::ACK) && frame.payload == asked {
            return Ok(());
        }
        if frame.kind == wire::GOAWAY && name(&frame) == "NO_ERROR" {
            return Ok(());
        }
        if frame.kind == wire::GOAWAY {
            return Err(format!("goaway:{}", name(&frame)));
        }
    }
    Err("closed".to_owned())
}
