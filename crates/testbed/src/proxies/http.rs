//! An HTTP proxy: CONNECT, and absolute-form for plain HTTP.

use std::net::Ipv4Addr;
use std::sync::Arc;

use anyhow::{Context, Result};

use super::state::State;
use super::target::{self, Words};
use super::{Behaviour, Seen};
use crate::client::read_basic;
use crate::wire::{Body, Head, Length, Reader, Wire, Writer};

/// Fields that end at this hop.
const OURS: &[&str] = &["proxy-authorization", "proxy-connection", "connection", "keep-alive"];

pub(super) async fn serve(state: &Arc<State>, connection: u64, mut wire: Wire) -> Result<()> {
    while let Some(head) = wire.reader.head().await? {
        let login = head.get("proxy-authorization").and_then(read_basic);
        let source = state.admit(login.as_ref());
        state.note(Seen {
            connection,
            login,
            admitted: source.is_some(),
            method: head.method().to_owned(),
            target: head.target().to_owned(),
            head: Some(head.clone()),
        });
        if misbehave(state.behaviour(), &head, &mut wire).await? {
            break;
        }
        let Some(source) = source else {
            let realm = "Proxy-Authenticate: Basic realm=\"exit\"\r\n";
            wire.send(answer(407, realm)).await?;
            break;
        };
        if head.method() == "CONNECT" {
            let (yes, no) = (opened(state.behaviour()), answer(502, ""));
            let words = Words { yes: yes.as_bytes(), no: no.as_bytes() };
            return target::tunnel(state, wire, (head.target(), source), words).await;
        }
        match forward(state, &head, source, &mut wire).await? {
            Next::Request => {}
            Next::Close => break,
            Next::Upgraded(target) => {
                return target::splice(wire, target, state.behaviour()).await;
            }
        }
    }
    wire.writer.finish().await
}

fn answer(status: u16, fields: &str) -> String {
    let body = format!("exit says {status}\n");
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Exit\r\n{fields}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// What is said when a tunnel opens.
fn opened(behaviour: Behaviour) -> String {
    let ok = "HTTP/1.1 200 Connection established\r\n";
    match behaviour {
        Behaviour::OkWithLength => format!("{ok}Content-Length: 5\r\n\r\n"),
        Behaviour::Informational(count) => {
            let before = "HTTP/1.1 100 Continue\r\n\r\n".repeat(count as usize);
            format!("{before}{ok}\r\n")
        }
        _ => format!("{ok}\r\n"),
    }
}

/// What is wrong before there is anything to be right about; true when that was all.
async fn misbehave(behaviour: Behaviour, head: &Head, wire: &mut Wire) -> Result<bool> {
    let connect = head.method() == "CONNECT";
    let last_words = match behaviour {
        Behaviour::Delay(pause) => {
            tokio::time::sleep(pause).await;
            return Ok(false);
        }
        Behaviour::Hang => {
            wire.reader.until_closed().await;
            String::new()
        }
        Behaviour::Garbage => {
            wire.send(target::GARBAGE).await?;
            String::new()
        }
        Behaviour::Swallow(count) if !connect => {
            target::swallow(&mut wire.reader, count).await?;
            String::new()
        }
        Behaviour::OkThenNothing | Behaviour::OkThenClose if !connect => {
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n").await?;
            if behaviour == Behaviour::OkThenNothing {
                wire.reader.until_closed().await;
            }
            String::new()
        }
        Behaviour::Answer(status) => answer(status, fields_of(status)),
        Behaviour::WrongVersion => "HTTP/9.9 200 OK\r\nContent-Length: 0\r\n\r\n".to_owned(),
        Behaviour::ShortReply => "HTTP/1.1 2".to_owned(),
        Behaviour::HugeHead(size) => {
            let field = format!("X-Huge: {}\r\n", "a".repeat(size));
            format!("HTTP/1.1 200 OK\r\n{field}Content-Length: 0\r\n\r\n")
        }
        Behaviour::Close | Behaviour::Reset | Behaviour::Reply(_) | Behaviour::WrongMethod => {
            String::new()
        }
        _ => return Ok(false),
    };
    wire.send(last_words).await?;
    Ok(true)
}

fn fields_of(status: u16) -> &'static str {
    match status {
        407 => "Proxy-Authenticate: Basic realm=\"exit\"\r\n",
        429 | 503 => "Retry-After: 1\r\n",
        301..=308 => "Location: http://elsewhere.test/\r\n",
        _ => "",
    }
}

/// What happens on a connection after a plain request.
enum Next {
    Request,
    Close,
    Upgraded(Wire),
}

async fn forward(state: &State, head: &Head, source: Ipv4Addr, client: &mut Wire) -> Result<Next> {
    let Some((authority, path)) = split_target(head.target()) else {
        client.send(answer(400, "")).await?;
        return Ok(Next::Close);
    };
    let Ok(mut target) = target::dial(state, &authority, source).await else {
        client.send(answer(502, "")).await?;
        return Ok(Next::Close);
    };
    state.passed_on();
    target.send(onward(head, &path, &state.name)).await?;
    let mut body = Body::new(head.request_length());
    let answered = {
        let send = send_body(&mut body, &mut client.reader, &mut target.writer);
        let back = relay_answer(state, head, &mut target.reader, &mut client.writer);
        tokio::pin!(send, back);
        tokio::select! {
            answered = &mut back => answered,
            // A target that answers early may stop reading; its answer counts.
            _sent = &mut send => back.await,
        }
    }?;
    Ok(match answered {
        Answered::Switched => Next::Upgraded(target),
        Answered::Whole if body.is_complete() && head.keeps() => Next::Request,
        Answered::Whole | Answered::Cut => Next::Close,
    })
}

/// Authority and path of an `http` URL.
fn split_target(target: &str) -> Option<(String, String)> {
    let rest = target.strip_prefix("http://")?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let with_port =
        if authority.contains(':') { authority.to_owned() } else { format!("{authority}:80") };
    Some((with_port, if path.is_empty() { "/".to_owned() } else { path.to_owned() }))
}

/// The head as the target gets it: every line that is not for this hop, byte for byte.
fn onward(head: &Head, path: &str, exit: &str) -> Vec<u8> {
    let mut onward = format!("{} {path} HTTP/1.1\r\n", head.method()).into_bytes();
    onward.extend(kept_lines(head));
    let connection = if head.lists("connection", "upgrade") { "Upgrade" } else { "close" };
    onward.extend(format!("X-Exit: {exit}\r\nConnection: {connection}\r\n\r\n").bytes());
    onward
}

/// The field lines that do not end at this hop, with their line ends.
fn kept_lines(head: &Head) -> Vec<u8> {
    let text = &head.raw[head.start.len().min(head.raw.len())..];
    let mut kept = Vec::new();
    for line in text.split_inclusive(|byte| *byte == b'\n').skip(1) {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let name = String::from_utf8_lossy(name).to_ascii_lowercase();
        if line != b"\r\n" && !OURS.contains(&name.as_str()) {
            kept.extend_from_slice(line);
        }
    }
    kept
}

async fn send_body(body: &mut Body, from: &mut Reader, to: &mut Writer) -> Result<()> {
    while let Some(piece) = body.next(from).await? {
        to.send(piece.raw).await?;
    }
    Ok(())
}

enum Answered {
    Whole,
    Cut,
    Switched,
}

async fn relay_answer(
    state: &State,
    request: &Head,
    from: &mut Reader,
    to: &mut Writer,
) -> Result<Answered> {
    let head = loop {
        let head = from.head().await?.context("the target closed without an answer")?;
        let switched = head.status() == 101;
        if !(100..200).contains(&head.status()) {
            break head;
        }
        to.send(&head.raw).await?;
        if switched {
            return Ok(Answered::Switched);
        }
    };
    let length = head.answer_length(request.method());
    let mut onward = format!("{}\r\nX-Exit: {}\r\n", head.start, state.name).into_bytes();
    onward.extend(kept_lines(&head));
    onward.extend_from_slice(b"\r\n");
    target::say(state, to, &onward).await?;

    let mut left = match state.behaviour() {
        Behaviour::CutAfter(limit) => usize::try_from(limit)?,
        _ => usize::MAX,
    };
    let mut body = Body::new(length);
    while let Some(piece) = body.next(from).await? {
        to.send(&piece.raw[..piece.raw.len().min(left)]).await?;
        left = left.saturating_sub(piece.raw.len());
        if left == 0 {
            return Ok(Answered::Cut);
        }
    }
    let whole = body.is_complete() && length != Length::UntilClose;
    Ok(if whole { Answered::Whole } else { Answered::Cut })
}
