//! What the origin answers to which path: the table is in the README.

use std::time::Duration;

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{After, Request};
use crate::websocket;
use crate::wire::body::{chunk, pattern};
use crate::wire::{Head, Wire};

/// What happens when the head is there and the body is not: the paths that never ask for it, and
/// `100 Continue` for clients that wait for that.
pub(super) async fn before_body(request: Request, wire: &mut Wire) -> Result<After> {
    let (head, path) = (&request.head, path(&request.head));
    match parts(path).as_slice() {
        ["close"] => return Ok(After::Close),
        ["stall"] => {
            wire.reader.until_closed().await;
            return Ok(After::Close);
        }
        ["early", status] => {
            let status = format!("HTTP/1.1 {status} Early\r\nConnection: close\r\n");
            wire.send(format!("{status}Content-Length: 0\r\n\r\n")).await?;
            return Ok(After::Close);
        }
        ["upgrade"] if head.get("upgrade").is_some() => return upgrade(head, wire).await,
        ["websocket"] if head.get("sec-websocket-key").is_some() => {
            return websocket(head, wire).await;
        }
        _ => {}
    }
    if head.get("expect").is_some_and(|value| value.eq_ignore_ascii_case("100-continue")) {
        wire.send("HTTP/1.1 100 Continue\r\n\r\n").await?;
    }
    Ok(After::Keep)
}

/// Answers a request that has come with all of its body.
pub(super) async fn answer(request: Request, wire: &mut Wire) -> Result<After> {
    let mut answer = Answer { wire, head: &request.head };
    match parts(path(&request.head)).as_slice() {
        ["echo"] => answer.plain(200, &[], echo(&request).as_bytes()).await,
        ["keep"] => {
            let place = json!({ "connection": request.connection, "request": request.number });
            answer.plain(200, &[], place.to_string().as_bytes()).await
        }
        ["status", status] => answer.status(status.parse()?).await,
        ["bytes", count] => answer.plain(200, &[], &pattern(0, count.parse()?)).await,
        ["chunked", count] => answer.chunked(&pattern(0, count.parse()?), "").await,
        ["trailers"] => answer.chunked(b"hello", "X-Trailer: here\r\nHost: evil\r\n").await,
        ["until-close", count] => answer.until_close(count.parse()?).await,
        ["drip", count, pause] => answer.drip(count.parse()?, pause.parse()?).await,
        ["close-half"] => {
            answer.head(200, &["Content-Length: 1000"]).await?;
            answer.body(&pattern(0, 500)).await?;
            Ok(After::Close)
        }
        ["hints"] => {
            answer.wire.send("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n").await?;
            answer.plain(200, &[], b"hinted").await
        }
        ["redirect"] => answer.plain(302, &["Location: /echo"], b"").await,
        ["large-head", size] => {
            let field = format!("X-Large: {}", "a".repeat(size.parse()?));
            answer.plain(200, &[&field], b"large").await
        }
        ["wrong", how] => answer.wrong(how).await,
        ["page"] => answer.page("").await,
        ["page", file] => answer.page(file).await,
        _ => answer.plain(404, &[], b"no such path").await,
    }
}

fn path(head: &Head) -> &str {
    let target = head.target();
    let from_root =
        target.split_once("://").map(|(_, rest)| rest.find('/').map_or("/", |at| &rest[at..]));
    from_root.unwrap_or(target).split('?').next().unwrap_or_default()
}

fn parts(path: &str) -> Vec<&str> {
    path.split('/').skip(1).collect()
}

/// What arrived, as JSON.
fn echo(request: &Request) -> String {
    json!({
        "method": request.head.method(),
        "target": request.head.target(),
        "start": request.head.start,
        "fields": request.head.fields,
        "head": STANDARD.encode(&request.head.raw),
        "body": { "bytes": request.body_bytes, "sha256": request.body_digest },
        "peer": request.peer.ip().to_string(),
        "connection": request.connection,
        "request": request.number,
    })
    .to_string()
}

async fn upgrade(head: &Head, wire: &mut Wire) -> Result<After> {
    let protocol = head.get("upgrade").unwrap_or_default();
    let answer = format!("Connection: Upgrade\r\nUpgrade: {protocol}\r\n\r\n");
    wire.send(format!("HTTP/1.1 101 Switching Protocols\r\n{answer}")).await?;
    loop {
        let bytes = wire.reader.some().await?;
        if bytes.is_empty() {
            return Ok(After::Close);
        }
        wire.send(bytes).await?;
    }
}

async fn websocket(head: &Head, wire: &mut Wire) -> Result<After> {
    let accept = websocket::accept(head.get("sec-websocket-key").unwrap_or_default());
    let answer = "Connection: Upgrade\r\nUpgrade: websocket\r\n";
    wire.send(format!(
        "HTTP/1.1 101 Switching Protocols\r\n{answer}Sec-WebSocket-Accept: {accept}\r\n\r\n"
    ))
    .await?;
    loop {
        let frame = websocket::read(&mut wire.reader).await?;
        let opcode = if frame.opcode == 9 { 10 } else { frame.opcode };
        wire.send(websocket::frame(opcode, &frame.payload, None)).await?;
        if opcode == 8 {
            return Ok(After::Close);
        }
    }
}

/// An answer that is being written.
struct Answer<'a> {
    wire: &'a mut Wire,
    head: &'a Head,
}

impl Answer<'_> {
    async fn head(&mut self, status: u16, fields: &[&str]) -> Result<()> {
        let mut head = format!("HTTP/1.1 {status} {}\r\nServer: testbed\r\n", reason(status));
        for field in fields {
            head += field;
            head += "\r\n";
        }
        self.wire.send(head + "\r\n").await
    }

    /// Sends body bytes, unless the question was HEAD.
    async fn body(&mut self, bytes: &[u8]) -> Result<()> {
        if self.head.method() == "HEAD" || bytes.is_empty() {
            return Ok(());
        }
        self.wire.send(bytes).await
    }

    fn after(&self) -> After {
        if self.head.keeps() { After::Keep } else { After::Close }
    }

    async fn plain(&mut self, status: u16, fields: &[&str], body: &[u8]) -> Result<After> {
        let length = format!("Content-Length: {}", body.len());
        self.head(status, &[&[&*length], fields].concat()).await?;
        self.body(body).await?;
        Ok(self.after())
    }

    /// 204 and 304 have no body, and no length either (RFC 9110 sections 8.6, 15.3.5, 15.4.5).
    async fn status(&mut self, status: u16) -> Result<After> {
        if matches!(status, 204 | 304) {
            self.head(status, &["X-Empty: yes"]).await?;
            return Ok(self.after());
        }
        let fields: &[&str] = match status {
            401 => &["WWW-Authenticate: Basic realm=\"origin\""],
            407 => &["Proxy-Authenticate: Basic realm=\"origin\""],
            _ => &[],
        };
        self.plain(status, fields, format!("status {status}\n").as_bytes()).await
    }

    async fn chunked(&mut self, data: &[u8], trailers: &str) -> Result<After> {
        self.head(200, &["Transfer-Encoding: chunked", "Trailer: X-Trailer"]).await?;
        for (index, piece) in data.chunks(7_919).enumerate() {
            let size = (index % 5 + 1) * 1_000;
            for part in piece.chunks(size) {
                self.body(&chunk(part)).await?;
            }
        }
        self.body(format!("0\r\n{trailers}\r\n").as_bytes()).await?;
        Ok(self.after())
    }

    /// A page, and what it loads.
    async fn page(&mut self, file: &str) -> Result<After> {
        let (kind, text) = match file {
            "" => ("text/html", include_str!("../../clients/page/index.html")),
            "style.css" => ("text/css", include_str!("../../clients/page/style.css")),
            "code.js" => ("text/javascript", include_str!("../../clients/page/code.js")),
            "image.svg" => ("image/svg+xml", include_str!("../../clients/page/image.svg")),
            _ => return self.plain(404, &[], b"no such file").await,
        };
        let kind = format!("Content-Type: {kind}");
        self.plain(200, &[&kind, "Cache-Control: no-store"], text.as_bytes()).await
    }

    async fn until_close(&mut self, count: usize) -> Result<After> {
        self.head(200, &["Connection: close"]).await?;
        self.body(&pattern(0, count)).await?;
        Ok(After::Close)
    }

    async fn drip(&mut self, count: usize, pause_milliseconds: u64) -> Result<After> {
        self.head(200, &[&format!("Content-Length: {count}")]).await?;
        for byte in pattern(0, count) {
            tokio::time::sleep(Duration::from_millis(pause_milliseconds)).await;
            self.body(&[byte]).await?;
        }
        Ok(self.after())
    }

    /// Answers that no strict reader may take (RFC 9112 section 6.3).
    async fn wrong(&mut self, how: &str) -> Result<After> {
        let bytes = match how {
            "two-lengths" => {
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"
            }
            "length-and-chunked" => {
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            }
            "chunked-twice" => {
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"
            }
            "chunked-204" => "HTTP/1.1 204 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "chunk-size" => {
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"
            }
            "bare-cr" => "HTTP/1.1 200 OK\r\nX-A: b\rSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n",
            "colon" => "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\nhello",
            "status" => "HTTP/1.1 OK\r\nContent-Length: 5\r\n\r\nhello",
            "behind" => {
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 EVIL\r\nContent-Length: 4\r\n\r\nevil"
            }
            _ => "SSH-2.0-origin\r\n",
        };
        self.wire.send(bytes).await?;
        Ok(After::Close)
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        302 => "Found",
        304 => "Not Modified",
        404 => "Not Found",
        _ => "As Asked",
    }
}
