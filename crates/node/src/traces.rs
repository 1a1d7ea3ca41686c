//! Traces: a span for one exchange in so many, told to a collector (OTLP over HTTP, in JSON), off
//! the path of requests.

mod span;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use dial::{Dialer, How, TlsTrust};
use metrics::{Counter, counter};
use model::Exchange;
use model::connector::ResolveAt;
use model::proxy::Endpoint;
use rotation::Roster;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;
use tokio_util::task::TaskTracker;

/// Spans that may wait to be told. What comes on top is dropped and counted.
const WAITING: usize = 4096;
/// Spans of one message.
const BATCH: usize = 512;
/// For more spans to come before those that wait are told.
const PAUSE: Duration = Duration::from_secs(1);
/// For the collector to take a message.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who is told of exchanges.
#[derive(Debug, Clone)]
pub(crate) struct Collector {
    /// Where it is, and whether TLS is spoken there.
    pub(crate) endpoint: Endpoint,
    /// As in a `Host` field.
    pub(crate) authority: String,
    /// `/v1/traces`, below whatever the operator has said.
    pub(crate) path: String,
    /// Hundredths of exchanges that are told.
    pub(crate) percent: u8,
}

/// Where spans come from, and the way out.
pub(crate) struct Origin {
    pub(crate) dialer: Dialer,
    /// The name of this node.
    pub(crate) instance: String,
    pub(crate) roster: watch::Receiver<Arc<Roster>>,
}

/// Hands exchanges on as they come, and tells the collector of some of them. Whatever becomes of
/// that, none is held up.
pub(crate) fn tell(
    collector: Collector,
    origin: Origin,
    mut exchanges: mpsc::Receiver<Vec<Exchange>>,
    tracker: &TaskTracker,
) -> mpsc::Receiver<Vec<Exchange>> {
    let (on, handed_on) = mpsc::channel(1);
    let (spans, waiting) = mpsc::channel(WAITING);
    let Origin { dialer, instance, roster } = origin;
    let percent = collector.percent;
    let dropped = counter!("octoprox_spans_dropped_total");
    let lost = dropped.clone();
    let sample = move |batch: &[Exchange]| {
        let roster = Arc::clone(&roster.borrow());
        let sampled = batch.iter().filter(|_| rand::random_range(0..100) < percent);
        let refused = sampled.filter(|one| spans.try_send(span::of(one, &roster)).is_err());
        lost.increment(refused.count() as u64);
    };
    tracker.spawn(async move {
        while let Some(batch) = exchanges.recv().await {
            sample(&batch);
            // Whoever takes them has ended: they go nowhere.
            if on.send(batch).await.is_err() {
                return;
            }
        }
    });
    let exporter = Exporter { collector, dialer, instance, dropped, is_away: false };
    tracker.spawn(exporter.run(waiting));
    handed_on
}

/// Until there are enough for a message.
async fn gather(waiting: &mut mpsc::Receiver<Value>, spans: &mut Vec<Value>) {
    while spans.len() < BATCH
        && let Some(span) = waiting.recv().await
    {
        spans.push(span);
    }
}

/// Tells spans, one message after another.
struct Exporter {
    collector: Collector,
    dialer: Dialer,
    instance: String,
    dropped: Counter,
    /// The collector has not taken the last message, and that was said.
    is_away: bool,
}

impl Exporter {
    /// Until there are no more spans to come.
    async fn run(mut self, mut waiting: mpsc::Receiver<Value>) {
        let told = counter!("octoprox_spans_told_total");
        while let Some(first) = waiting.recv().await {
            let mut spans = vec![first];
            // Whichever comes first: enough of them, or time.
            let _is_late = timeout(PAUSE, gather(&mut waiting, &mut spans)).await;
            let count = spans.len() as u64;
            let message = span::message(&self.instance, &spans).to_string();
            match timeout(PATIENCE, self.post(&message)).await {
                Ok(Ok(())) => {
                    self.is_away = false;
                    told.increment(count);
                }
                Ok(Err(error)) => self.failed(count, &format!("{error:#}")),
                Err(_late) => self.failed(count, "it took too long"),
            }
        }
    }

    fn failed(&mut self, count: u64, error: &str) {
        self.dropped.increment(count);
        if !std::mem::replace(&mut self.is_away, true) {
            tracing::warn!(error, "the collector of traces takes none");
        }
    }

    /// One message on a connection of its own.
    async fn post(&self, message: &str) -> anyhow::Result<()> {
        let Collector { endpoint, authority, path, .. } = &self.collector;
        let how = How {
            resolve: ResolveAt::Node,
            tls: TlsTrust::new(None).context("TLS cannot be set up")?,
            source_address: None,
            allow_targets: Arc::default(),
        };
        let mut stream = self.dialer.connect(endpoint, &how).await.context("cannot connect")?;
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n",
            message.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(message.as_bytes()).await?;
        stream.flush().await?;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.context("no answer")?;
        let status = String::from_utf8_lossy(&status);
        ensure!(status.starts_with("HTTP/1.") && status[8..].starts_with(" 2"), "it said {status}");
        // Told by the end of the connection, which is waited for so that it is not reset.
        let mut rest = Vec::new();
        stream.take(64 << 10).read_to_end(&mut rest).await?;
        Ok(())
    }
}
