//! The site over HTTP/1.1, with an echo for sockets.

use std::fmt::Write as _;

use anyhow::{Result, ensure};
use aws_lc_rs::digest;
use bytes::Bytes;

use super::pages::{self, Page, Sink};
use super::{Line, Received, State, Visit};
use crate::origin::hexadecimal;
use crate::websocket;
use crate::wire::body::chunk;
use crate::wire::{Body, Head, Socket, Wire};

pub(super) async fn serve(socket: Socket, line: Line, state: &State) -> Result<()> {
    let mut wire = Wire::new(socket);
    while let Some(head) = wire.reader.head().await? {
        let visit = visit(&head, line);
        state.note(visit.clone());
        if head.target() == "/socket" && head.get("sec-websocket-key").is_some() {
            return echo(&head, &mut wire).await;
        }
        if let Some(status) = pages::early(&visit) {
            return refuse(status, &mut wire).await;
        }
        if head.lists("expect", "100-continue") {
            wire.send("HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let received = receive(&head, &mut wire).await?;
        answer(&head, pages::page(&visit, &received, state)?, (&mut wire, state)).await?;
        if !head.keeps() {
            break;
        }
    }
    wire.writer.finish().await
}

/// Answers before the body is there, and wants no more of it.
async fn refuse(status: u16, wire: &mut Wire) -> Result<()> {
    let fields = "content-length: 6\r\nconnection: close\r\n";
    wire.send(format!("HTTP/1.1 {status} As Asked\r\n{fields}\r\nearly\n")).await?;
    wire.writer.finish().await?;
    // Who closes with something unread takes the answer back.
    wire.reader.until_closed().await;
    Ok(())
}

fn visit(head: &Head, Line { peer, protocol, certified }: Line) -> Visit {
    Visit {
        peer,
        protocol,
        certified,
        method: head.method().to_owned(),
        host: head.get("host").unwrap_or_default().to_owned(),
        path: head.target().to_owned(),
        fields: head.fields.clone(),
    }
}

/// Counts the body, and holds none of it.
async fn receive(head: &Head, wire: &mut Wire) -> Result<Received> {
    let mut body = Body::new(head.request_length());
    let (mut bytes, mut digest) = (0, digest::Context::new(&digest::SHA256));
    while let Some(piece) = body.next(&mut wire.reader).await? {
        bytes += piece.data.len() as u64;
        digest.update(&piece.data);
    }
    ensure!(body.is_complete(), "the body was cut off");
    let sha256 = hexadecimal(digest.finish().as_ref());
    Ok(Received { bytes, sha256, trailers: body.trailers })
}

async fn answer(head: &Head, page: Page, (wire, state): (&mut Wire, &State)) -> Result<()> {
    let mut start = format!("HTTP/1.1 {} As Asked\r\n", page.status);
    for (name, value) in &page.fields {
        write!(start, "{name}: {value}\r\n")?;
    }
    let length = page.length();
    match length {
        _ if page.is_bare() => {}
        Some(length) => write!(start, "content-length: {length}\r\n")?,
        None => start += "transfer-encoding: chunked\r\n",
    }
    wire.send(start + "\r\n").await?;
    if page.is_bare() || head.method() == "HEAD" {
        return Ok(());
    }
    page.content.write(&mut Framed { wire, is_chunked: length.is_none() }, state).await
}

struct Framed<'a> {
    wire: &'a mut Wire,
    is_chunked: bool,
}

impl Sink for Framed<'_> {
    async fn send(&mut self, data: Bytes) -> Result<()> {
        if self.is_chunked {
            self.wire.send(chunk(&data)).await
        } else {
            self.wire.send(data).await
        }
    }

    async fn end(&mut self, trailers: &[(&'static str, &str)]) -> Result<()> {
        if !self.is_chunked {
            return Ok(());
        }
        let mut lines = String::new();
        for (name, value) in trailers {
            write!(lines, "{name}: {value}\r\n")?;
        }
        self.wire.send(format!("0\r\n{lines}\r\n")).await
    }
}

async fn echo(head: &Head, wire: &mut Wire) -> Result<()> {
    let accept = websocket::accept(head.get("sec-websocket-key").unwrap_or_default());
    let switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n";
    let socket = format!("Upgrade: websocket\r\nSec-WebSocket-Accept: {accept}\r\n\r\n");
    wire.send(format!("{switched}{socket}")).await?;
    loop {
        let frame = websocket::read(&mut wire.reader).await?;
        let opcode = if frame.opcode == 9 { 10 } else { frame.opcode };
        wire.send(websocket::frame(opcode, &frame.payload, None)).await?;
        if opcode == 8 {
            return wire.writer.finish().await;
        }
    }
}
