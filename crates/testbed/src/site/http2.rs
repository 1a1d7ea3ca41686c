//! The site over HTTP/2.

use std::future::poll_fn;
use std::sync::Arc;

use anyhow::{Context, Result};
use aws_lc_rs::digest;
use bytes::Bytes;
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};

use super::pages::{self, Sink};
use super::{Line, Received, State, Visit};
use crate::origin::hexadecimal;
use crate::wire::Socket;

pub(super) async fn serve(socket: Socket, line: Line, state: &Arc<State>) -> Result<()> {
    let mut connection = h2::server::Builder::new()
        .initial_window_size(1 << 20)
        .initial_connection_window_size(1 << 22)
        .handshake(socket)
        .await?;
    while let Some(accepted) = connection.accept().await {
        let (request, respond) = accepted?;
        let shared = Arc::clone(state);
        // A stream that breaks is for the test to judge, too.
        state.tracker.spawn(async move { answer(request, respond, (line, shared)).await.ok() });
    }
    Ok(())
}

async fn answer(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    (line, state): (Line, Arc<State>),
) -> Result<()> {
    let (head, mut body) = request.into_parts();
    let visit = visit(&head, line);
    state.note(visit.clone());
    if let Some(status) = pages::early(&visit) {
        let answer = Response::builder().status(status).header("content-length", 6).body(())?;
        let mut stream = respond.send_response(answer, false)?;
        stream.send_data(Bytes::from("early\n"), true)?;
        // The answer is whole, and no more of the request is wanted (RFC 9113 section 8.1).
        return Ok(());
    }
    let received = receive(&mut body).await?;
    let page = pages::page(&visit, &received, &state)?;
    let mut answer = Response::builder().status(page.status);
    for (name, value) in &page.fields {
        answer = answer.header(*name, value);
    }
    if let Some(length) = page.length().filter(|_| !page.is_bare()) {
        answer = answer.header("content-length", length);
    }
    let has_content = !page.is_bare() && head.method != "HEAD";
    let stream = respond.send_response(answer.body(())?, !has_content)?;
    if has_content {
        page.content.write(&mut Framed(stream), &state).await?;
    }
    Ok(())
}

fn visit(head: &Parts, Line { peer, protocol, certified }: Line) -> Visit {
    let authority = head.uri.authority().map(ToString::to_string);
    let path = head.uri.path_and_query().map(ToString::to_string);
    Visit {
        peer,
        protocol,
        certified,
        method: head.method.to_string(),
        host: authority.unwrap_or_default(),
        path: path.unwrap_or_default(),
        fields: fields(&head.headers),
    }
}

fn fields(map: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    map.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}

/// Counts the body, and holds none of it.
async fn receive(body: &mut RecvStream) -> Result<Received> {
    let (mut bytes, mut digest) = (0, digest::Context::new(&digest::SHA256));
    while let Some(data) = body.data().await.transpose()? {
        body.flow_control().release_capacity(data.len())?;
        bytes += data.len() as u64;
        digest.update(&data);
    }
    let trailers = body.trailers().await?.as_ref().map(fields).unwrap_or_default();
    Ok(Received { bytes, sha256: hexadecimal(digest.finish().as_ref()), trailers })
}

struct Framed(SendStream<Bytes>);

impl Sink for Framed {
    /// Waits for room: what the other side does not take is not held here.
    async fn send(&mut self, mut data: Bytes) -> Result<()> {
        while !data.is_empty() {
            self.0.reserve_capacity(data.len());
            let room = poll_fn(|cx| self.0.poll_capacity(cx)).await.context("no more room")??;
            let piece = data.split_to(room.min(data.len()));
            self.0.send_data(piece, false)?;
        }
        Ok(())
    }

    async fn end(&mut self, trailers: &[(&'static str, &str)]) -> Result<()> {
        if trailers.is_empty() {
            return Ok(self.0.send_data(Bytes::new(), true)?);
        }
        let mut map = HeaderMap::new();
        for (name, value) in trailers {
            map.append(HeaderName::from_static(name), HeaderValue::from_str(value)?);
        }
        Ok(self.0.send_trailers(map)?)
    }
}
