//! A stream of requests as `http1` reads it.

use bytes::BytesMut;
use http1::{BodyDecoder, Framing, Limits, Piece, RequestHead, request};

use crate::exchange::{End, Reading, Request};

pub fn read(bytes: &[u8]) -> Reading {
    let mut buffer = BytesMut::from(bytes);
    let mut requests = Vec::new();
    let end = loop {
        let head = match request::parse(&mut buffer, &Limits::default()) {
            Err(_) => break End::Refused,
            Ok(None) if buffer.is_empty() => break End::Whole,
            Ok(None) => break End::Cut,
            Ok(Some(head)) => head,
        };
        match body(&head, &mut buffer) {
            Ok(body) => requests.push(Request {
                method: head.method().to_owned(),
                target: head.target().to_owned(),
                body,
            }),
            Err(end) => break end,
        }
        let goes_on = head.wants_keep_alive() && head.method() != "CONNECT";
        if let Some(end) = Reading::behind(&buffer, goes_on) {
            break end;
        }
    };
    Reading { requests, end }
}

fn body(head: &RequestHead, buffer: &mut BytesMut) -> Result<Vec<u8>, End> {
    let framing = head.framing().or(Err(End::Refused))?;
    if head.method() == "CONNECT" {
        return Ok(Vec::new());
    }
    assert_ne!(framing, Framing::UntilClose, "a request ends");
    let (mut decoder, mut body) = (BodyDecoder::new(framing), Vec::new());
    loop {
        match decoder.decode(buffer) {
            Err(_) => return Err(End::Refused),
            Ok(None) => return Err(End::Cut),
            Ok(Some(Piece::Data(data))) => body.extend_from_slice(&data),
            Ok(Some(Piece::End)) => return Ok(body),
        }
    }
}
