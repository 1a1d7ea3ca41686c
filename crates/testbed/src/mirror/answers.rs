//! What a mirror answers: a description of the client, or its own body again under `/echo`.

use anyhow::{Result, ensure};
use bytes::Bytes;
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::uri::Authority;
use http::{HeaderMap, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::task::TaskTracker;

use super::Look;
use crate::wire::body::chunk;
use crate::wire::{Body, Head, Socket, Wire};

fn describe(look: &Look, method: &str, path: &str, fields: &[(String, String)]) -> Value {
    json!({
        "ja3": look.hello.ja3(),
        "ja3_hash": look.hello.ja3_hash(),
        "ja4": look.hello.ja4(),
        "ja4_raw": look.hello.ja4_raw(),
        "server_name": look.hello.server_name,
        "akamai": look.preface.as_ref().map(fingerprint::Preface::akamai),
        "first_names": look.preface.as_ref().map(|preface| &preface.names),
        "method": method,
        "path": path,
        "fields": fields,
    })
}

pub(super) async fn http1(look: Look, socket: Socket) -> Result<()> {
    let mut wire = Wire::new(socket);
    while let Some(head) = wire.reader.head().await? {
        if head.lists("expect", "100-continue") {
            wire.send("HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        if head.target() == "/echo" {
            echo(&head, &mut wire).await?;
        } else {
            Body::new(head.request_length()).collect(&mut wire.reader).await?;
            let text = describe(&look, head.method(), head.target(), &head.fields).to_string();
            let start = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
            wire.send(format!("{start}Content-Length: {}\r\n\r\n{text}", text.len())).await?;
        }
        if !head.keeps() {
            break;
        }
    }
    wire.writer.finish().await
}

async fn echo(head: &Head, wire: &mut Wire) -> Result<()> {
    wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await?;
    let mut body = Body::new(head.request_length());
    while let Some(piece) = body.next(&mut wire.reader).await? {
        if !piece.data.is_empty() {
            wire.send(chunk(&piece.data)).await?;
        }
    }
    ensure!(body.is_complete(), "the body was cut off");
    wire.send("0\r\n\r\n").await
}

pub(super) async fn http2(
    look: Look,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    tracker: &TaskTracker,
) -> Result<()> {
    let mut connection = h2::server::handshake(stream).await?;
    while let Some(accepted) = connection.accept().await {
        let (request, respond) = accepted?;
        let look = look.clone();
        // A stream that breaks is for the test to judge, too.
        tracker.spawn(async move { answer(&look, request, respond).await.ok() });
    }
    Ok(())
}

async fn answer(
    look: &Look,
    request: http::Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
) -> Result<()> {
    let (head, mut body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("", |path| path.as_str());
    let mut sending = respond.send_response(Response::new(()), false)?;
    if path == "/echo" {
        while let Some(data) = next(&mut body).await? {
            sending.send_data(data, false)?;
        }
    } else {
        while next(&mut body).await?.is_some() {}
        let mut look = describe(look, head.method.as_str(), path, &fields(&head.headers));
        look["authority"] = head.uri.authority().map(Authority::as_str).into();
        let text = look.to_string();
        sending.send_data(text.into(), false)?;
    }
    end(&mut sending)
}

fn end(sending: &mut SendStream<Bytes>) -> Result<()> {
    Ok(sending.send_data(Bytes::new(), true)?)
}

async fn next(body: &mut RecvStream) -> Result<Option<Bytes>> {
    let Some(data) = body.data().await.transpose()? else { return Ok(None) };
    body.flow_control().release_capacity(data.len())?;
    Ok(Some(data))
}

fn fields(map: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    map.iter().map(|(name, value)| (name.to_string(), text(value))).collect()
}
