//! A collector of traces that takes OTLP over HTTP in JSON, and refuses what is not that.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use parking_lot::Mutex;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// A collector on a loopback port. It ends when it is dropped.
pub struct Collector {
    address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
    _end: DropGuard,
}

/// What a collector was told.
#[derive(Debug, Default, Clone)]
pub struct Heard {
    /// Spans, each with the attributes of its resource.
    pub spans: Vec<Span>,
    /// Why messages were refused.
    pub refused: Vec<String>,
}

/// A span as OTLP has it.
#[derive(Debug, Clone)]
pub struct Span {
    /// Attributes of who told it.
    pub resource: Vec<(String, String)>,
    /// Its own, numbers as texts.
    pub attributes: Vec<(String, String)>,
    /// Its name.
    pub name: String,
    /// 32 digits.
    pub trace_id: String,
    /// 16 digits.
    pub span_id: String,
    /// 1: well, 2: not.
    pub status: u64,
    /// Beginning and end, nanoseconds since 1970.
    pub times: (u128, u128),
}

impl Span {
    /// An attribute of it or of who told it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let all = self.attributes.iter().chain(&self.resource);
        all.into_iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl Collector {
    /// Starts one.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start() -> Result<Self> {
        Self::start_as(None).await
    }

    /// Starts one that speaks TLS.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start_with_tls(tls: TlsAcceptor) -> Result<Self> {
        Self::start_as(Some(tls)).await
    }

    async fn start_as(tls: Option<TlsAcceptor>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, heard) = (listener.local_addr()?, Arc::<Mutex<Heard>>::default());
        let (token, tracker) = (CancellationToken::new(), TaskTracker::new());
        let (taking, tasks) = (Arc::clone(&heard), tracker.clone());
        let accepting = async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (heard, tls) = (Arc::clone(&taking), tls.clone());
                tasks.spawn(greet(stream, tls, heard));
            }
        };
        let end = token.clone().drop_guard();
        tracker.spawn(async move { token.run_until_cancelled(accepting).await });
        Ok(Self { address, heard, _end: end })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it was told so far.
    #[must_use]
    pub fn heard(&self) -> Heard {
        self.heard.lock().clone()
    }
}

async fn greet(stream: TcpStream, tls: Option<TlsAcceptor>, heard: Arc<Mutex<Heard>>) {
    let Some(tls) = tls else { return serve(stream, heard).await };
    match tls.accept(stream).await {
        Ok(stream) => serve(stream, heard).await,
        Err(error) => heard.lock().refused.push(error.to_string()),
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, heard: Arc<Mutex<Heard>>) {
    if let Err(error) = take(stream, &heard).await {
        heard.lock().refused.push(format!("{error:#}"));
    }
}

/// One request on one connection.
async fn take(stream: impl AsyncRead + AsyncWrite + Unpin, heard: &Mutex<Heard>) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut start, mut length, mut is_json) = (String::new(), 0, false);
    stream.read_line(&mut start).await?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse()?,
            "content-type" => is_json = value == "application/json",
            _ => {}
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    ensure!(start == "POST /v1/traces HTTP/1.1\r\n" && is_json, "not OTLP: {start}");
    let read = spans(&serde_json::from_slice(&body)?);
    let status = if read.is_ok() { "200 OK" } else { "400 Bad Request" };
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}");
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await?;
    heard.lock().spans.extend(read?);
    Ok(())
}

fn items<'a>(value: &'a Value, name: &str) -> Result<&'a Vec<Value>> {
    value[name].as_array().with_context(|| format!("no {name}"))
}

fn spans(message: &Value) -> Result<Vec<Span>> {
    let mut found = Vec::new();
    for told in items(message, "resourceSpans")? {
        let resource = attributes(&told["resource"])?;
        for scope in items(told, "scopeSpans")? {
            for span in items(scope, "spans")? {
                found.push(read(span, resource.clone())?);
            }
        }
    }
    Ok(found)
}

fn read(span: &Value, resource: Vec<(String, String)>) -> Result<Span> {
    let text = |name: &str| span[name].as_str().with_context(|| format!("no {name}"));
    let hex = |name: &str, digits: usize| {
        let id = text(name)?;
        let fine = id.len() == digits && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        ensure!(fine && id.bytes().any(|byte| byte != b'0'), "{name} is {id}");
        Ok(id.to_owned())
    };
    let times = (text("startTimeUnixNano")?.parse()?, text("endTimeUnixNano")?.parse()?);
    ensure!(times.0 <= times.1 && span["kind"] == 2, "{span}");
    Ok(Span {
        resource,
        attributes: attributes(span)?,
        name: text("name")?.to_owned(),
        trace_id: hex("traceId", 32)?,
        span_id: hex("spanId", 16)?,
        status: span["status"]["code"].as_u64().context("no status")?,
        times,
    })
}

fn attributes(of: &Value) -> Result<Vec<(String, String)>> {
    let read = |attribute: &Value| {
        let key = attribute["key"].as_str().context("no key")?;
        let value = &attribute["value"];
        let value = value["stringValue"].as_str().or(value["intValue"].as_str());
        Ok((key.to_owned(), value.with_context(|| format!("no value of {key}"))?.to_owned()))
    };
    items(of, "attributes")?.iter().map(read).collect()
}
