//! A client's HTTP/2 connection: each stream is a request, carried by a task of its own.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use h2::RecvStream;
use h2::server::{Builder, Connection, SendResponse};
use http::Request;
use tokio::time::timeout;

use super::budget::{Budget, Fault};
use super::incoming::Incoming;
use super::{CONNECTION_WINDOW, MOST_FIELD_BYTES, SEND_BUFFER, STREAM_WINDOW, fields};
use crate::boxed::boxed;
use crate::client::{Client, ClientStream};
use crate::connection;
use crate::intercept::Inside;
use crate::relay::Relay;

/// Streams at once.
const MOST_STREAMS: u32 = 100;
/// Streams that a client took back and that are still remembered, and those of them that nobody had
/// even looked at.
const MOST_RESET: usize = 50;
const MOST_RESET_UNSEEN: usize = 20;

type Accepted = (Request<RecvStream>, SendResponse<Bytes>);

/// Serves a client that has agreed on HTTP/2 inside of a tunnel.
pub(crate) async fn serve(
    relay: Arc<Relay>,
    (stream, peer): (ClientStream, SocketAddr),
    inside: Arc<Inside>,
) {
    let fault = Fault::default();
    let handshake = Builder::new()
        .max_concurrent_streams(MOST_STREAMS)
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(MOST_FIELD_BYTES)
        .max_send_buffer_size(SEND_BUFFER)
        .max_concurrent_reset_streams(MOST_RESET)
        .max_pending_accept_reset_streams(MOST_RESET_UNSEEN)
        .handshake(Budget::new(stream, fault.clone()));
    let Ok(Ok(mut streams)) = timeout(relay.settings().head_timeout, handshake).await else {
        return;
    };
    let mut is_ending = false;
    loop {
        let silence = relay.patience(relay.settings().keep_alive);
        let next = tokio::select! {
            next = timeout(silence, accept(&mut streams, &fault)) => next,
            () = relay.soft().cancelled(), if !is_ending => {
                is_ending = true;
                streams.graceful_shutdown();
                continue;
            }
        };
        match next {
            Ok(Some(Ok(accepted))) => begin(&relay, accepted, (peer, &inside)),
            Ok(Some(Err(_)) | None) => return,
            Err(_) if is_ending && !streams.has_streams() => return,
            Err(_) if !streams.has_streams() => {
                is_ending = true;
                streams.graceful_shutdown();
            }
            Err(_) => {}
        }
    }
}

/// The next stream; a client that only keeps us busy is told to calm down, one that does not begin
/// as it should is told that, and that was it.
async fn accept<S>(
    streams: &mut Connection<Budget<S>, Bytes>,
    fault: &Fault,
) -> Option<Result<Accepted, h2::Error>>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let accepted = poll_fn(|cx| {
        let polled = streams.poll_accept(cx);
        fault.get().map_or_else(|| polled.map(Ok), |reason| Poll::Ready(Err(reason)))
    });
    let reason = match accepted.await {
        Ok(accepted) => return accepted,
        Err(reason) => reason,
    };
    streams.abrupt_shutdown(reason);
    let _ = timeout(connection::FAREWELL, poll_fn(|cx| streams.poll_closed(cx))).await;
    None
}

/// Carries one request in a task of its own.
fn begin(relay: &Arc<Relay>, accepted: Accepted, (peer, inside): (SocketAddr, &Arc<Inside>)) {
    let (relay, hard) = (Arc::clone(relay), relay.hard().clone());
    let client = client(accepted, (peer, inside));
    let tracker = relay.tracker().clone();
    let serving = boxed(|| connection::once(relay, client));
    tracker.spawn(async move { hard.run_until_cancelled(serving).await });
}

/// The stream as a client of its own, its head read ahead.
fn client((request, respond): Accepted, (peer, inside): (SocketAddr, &Arc<Inside>)) -> Client {
    let (head, body) = request.into_parts();
    let request = Request::from_parts(head, ());
    let has_body = !body.is_end_stream();
    let has_length = request.headers().contains_key(http::header::CONTENT_LENGTH);
    let mut input = BytesMut::with_capacity(1024);
    fields::write_request(&request, has_body, &mut input);
    let kind = (has_body && !has_length, request.method() == http::Method::HEAD);
    let stream = ClientStream::http2(Incoming::new(body, respond, kind));
    Client { input, ..Client::inside(stream, peer, Arc::clone(inside)) }
}
