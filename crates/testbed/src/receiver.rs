//! A receiver of webhooks that verifies who sent each event, fails as often as it is told to, and
//! remembers what it was told.

use std::net::SocketAddr;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// What events are signed with: `canary-webhook-secret-0123456789`.
pub const SECRET: &str = "whsec_Y2FuYXJ5LXdlYmhvb2stc2VjcmV0LTAxMjM0NTY3ODk=";

/// A receiver on a loopback port. It ends when it is dropped.
pub struct Receiver {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    _end: DropGuard,
}

/// An event that came.
#[derive(Debug, Clone)]
pub struct Told {
    /// Its identifier.
    pub id: String,
    /// What it says.
    pub body: Value,
    /// What was answered.
    pub status: u16,
}

#[derive(Default)]
struct State {
    told: Vec<Told>,
    refused: Vec<String>,
    /// What is answered next; then 204.
    answers: Vec<u16>,
}

impl Receiver {
    /// Starts one that answers these statuses, then 204; 0 is no answer at all.
    ///
    /// # Errors
    /// When there is no free port.
    pub async fn start(answers: &[u16]) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let answers = answers.iter().rev().copied().collect();
        let state = Arc::new(Mutex::new(State { answers, ..State::default() }));
        let (address, kept) = (listener.local_addr()?, Arc::clone(&state));
        let (token, tracker) = (CancellationToken::new(), TaskTracker::new());
        let tasks = tracker.clone();
        let accepting = async move {
            while let Ok((stream, _)) = listener.accept().await {
                tasks.spawn(serve(stream, Arc::clone(&kept)));
            }
        };
        let end = token.clone().drop_guard();
        tracker.spawn(async move { token.run_until_cancelled(accepting).await });
        Ok(Self { address, state, _end: end })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL that events are posted to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/hook?of=test", self.address)
    }

    /// Every event that came, the earliest first.
    ///
    /// # Panics
    /// When something came that is none, or of somebody else.
    #[must_use]
    pub fn told(&self) -> Vec<Told> {
        let state = self.state.lock();
        assert!(state.refused.is_empty(), "{:?}", state.refused);
        state.told.clone()
    }

    /// The same, of those that it took, of alerts of this kind.
    #[must_use]
    pub fn took(&self, event: &str, kind: &str) -> Vec<Told> {
        let is_it = |told: &Told| {
            told.status < 300 && told.body["type"] == event && told.body["data"]["kind"] == kind
        };
        self.told().into_iter().filter(is_it).collect()
    }
}

async fn serve(stream: TcpStream, state: Arc<Mutex<State>>) {
    if let Err(error) = take(stream, &state).await {
        state.lock().refused.push(format!("{error:#}"));
    }
}

/// One request on one connection.
async fn take(stream: TcpStream, state: &Mutex<State>) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let mut start = String::new();
    stream.read_line(&mut start).await?;
    ensure!(start == "POST /hook?of=test HTTP/1.1\r\n", "not an event: {start}");
    let mut fields = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        fields.push((name.to_lowercase(), value.to_owned()));
    }
    let field = |name: &str| {
        let found = fields.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).with_context(|| format!("no {name}"))
    };
    let mut body = vec![0; field("content-length")?.parse()?];
    stream.read_exact(&mut body).await?;
    ensure!(field("content-type")? == "application/json", "no JSON");
    let (id, at) = (field("webhook-id")?, field("webhook-timestamp")?);
    verify((&id, &at), &field("webhook-signature")?, &body)?;
    let body = serde_json::from_slice(&body)?;
    let status = state.lock().answers.pop().unwrap_or(204);
    state.lock().told.push(Told { id, body, status });
    if status == 0 {
        // Whoever sent it has had enough at some time.
        let _closed = stream.read_u8().await;
        return Ok(());
    }
    let elsewhere = "Location: http://127.0.0.1:9/elsewhere\r\n";
    let answer = format!("HTTP/1.1 {status} X\r\n{elsewhere}Content-Length: 0\r\n\r\n");
    stream.write_all(answer.as_bytes()).await?;
    Ok(())
}

/// As the specification tells receivers to do.
fn verify((id, at): (&str, &str), signature: &str, body: &[u8]) -> Result<()> {
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_"))?;
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let signed = [format!("{id}.{at}.").as_bytes(), body].concat();
    let tag =
        STANDARD.decode(signature.strip_prefix("v1,").context("no signature of version 1")?)?;
    hmac::verify(&key, &signed, &tag).ok().context("another signature")
}
