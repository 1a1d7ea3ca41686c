//! What went through exits to store, in batches that count once.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use metrics::{Counter, Gauge, counter, gauge};
use model::Clock;
use rotation::{Ledger, Roster};
use store::sealed::usage::UsageBatch;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::error::{ReconcileError, chain};
use crate::homes::Homes;
use crate::source::Source;
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

mod counted;
mod meter;

use counted::Counted;
pub(super) use meter::Meter;

/// Rows of one batch, which is one transaction.
const BATCH: usize = 1_000;
/// Rows that are kept, minute by minute, for a database that does not take them: about 100 MiB. What
/// comes then is kept by the ledger, as one sum.
const MOST_KEPT: usize = 700_000;
/// Between two offers of the last usage.
const LAST_PAUSE: Duration = Duration::from_millis(100);

/// What went through exits to store. The totals of the ledger only grow, so that what is to be
/// written is what they have grown by since they were last read; the exchanges themselves, of which
/// some may be lost under load, only make metrics.
pub(crate) struct FlushUsage {
    source: Source,
    clock: Clock,
    roster: watch::Receiver<Arc<Roster>>,
    ledger: Arc<Ledger>,
    homes: Arc<Homes>,
    boot: Uuid,
    counted: Counted,
    pending: VecDeque<UsageBatch>,
    /// The number of the latest batch.
    sequence: u64,
    /// The minute of the latest batch.
    minute: Timestamp,
    forget_every: Duration,
    forgot_at: Instant,
    last_flush: Duration,
    rows_written: Counter,
    rows_pending: Gauge,
}

impl FlushUsage {
    pub(crate) fn new(parts: &Parts, homes: Arc<Homes>) -> Self {
        Self {
            source: Source::of(parts),
            clock: parts.clock.clone(),
            roster: parts.roster.subscribe(),
            ledger: Arc::clone(&parts.ledger),
            homes,
            boot: parts.boot,
            counted: Counted::default(),
            pending: VecDeque::new(),
            sequence: 0,
            minute: Timestamp::MIN,
            forget_every: parts.settings.forget_exits,
            forgot_at: Instant::now(),
            last_flush: parts.settings.last_flush,
            rows_written: counter!("octoprox_usage_rows_written_total"),
            rows_pending: gauge!("octoprox_usage_rows_pending"),
        }
    }

    /// Makes batches of what has come since the last time. While the database takes none, only one
    /// lot a minute, and no more than memory should hold: the rest stays in the ledger.
    fn cut(&mut self) {
        let minute = beginning_of_minute(self.clock.now());
        let kept = self.rows();
        if kept > 0 && (minute == self.minute || kept >= MOST_KEPT) {
            return;
        }
        self.minute = minute;
        let rows = self.counted.take(&self.ledger, &self.homes, minute);
        for rows in rows.chunks(BATCH) {
            self.sequence += 1;
            let (boot, sequence) = (self.boot, self.sequence);
            self.pending.push_back(UsageBatch { boot, sequence, rows: rows.to_vec() });
        }
    }

    /// Offers the batches in order, until there are none or one is not taken. How many rows went.
    /// One that is offered again is the same to the last row: it may have been taken although
    /// nobody could say so.
    async fn send(&mut self) -> Result<usize, ReconcileError> {
        let mut sent = 0;
        while let Some(batch) = self.pending.front() {
            let is_new = self.source.add_usage(batch).await?;
            if !is_new {
                tracing::debug!(usage.sequence = batch.sequence, "had been taken before");
            }
            sent += batch.rows.len();
            self.rows_written.increment(batch.rows.len() as u64);
            self.pending.pop_front();
        }
        Ok(sent)
    }

    /// Lets the states of exits go that have left the roster, once what they counted is in a batch.
    fn forget(&mut self) {
        if self.forgot_at.elapsed() >= self.forget_every {
            self.forgot_at = Instant::now();
            let roster = Arc::clone(&self.roster.borrow());
            self.ledger.forget(&roster, self.counted.exits());
            self.counted.keep_only(&self.ledger);
        }
    }

    /// Sends what there is, and then what has come meanwhile.
    async fn send_all(&mut self) -> usize {
        let mut sent = 0;
        for _ in 0..2 {
            self.cut();
            sent += self.insist().await;
        }
        sent
    }

    /// Offers the batches again and again, until all are taken.
    async fn insist(&mut self) -> usize {
        loop {
            match self.send().await {
                Ok(sent) => return sent,
                Err(error) => tracing::warn!(error = chain(&error), "the last usage has to wait"),
            }
            sleep(LAST_PAUSE).await;
        }
    }

    fn rows(&self) -> usize {
        self.pending.iter().map(|batch| batch.rows.len()).sum()
    }
}

impl Task for FlushUsage {
    const NAME: &'static str = "flush_usage";

    async fn activate(&mut self) -> Report {
        self.cut();
        self.rows_pending.set(f64::from(u32::try_from(self.rows()).unwrap_or(u32::MAX)));
        let sent = self.send().await?;
        self.rows_pending.set(0.0);
        self.forget();
        Ok(Done::new(format!("wrote {sent} rows")))
    }

    async fn finish(&mut self) -> Report {
        match timeout(self.last_flush, self.send_all()).await {
            Ok(sent) => Ok(Done::new(format!("ended: wrote {sent} rows"))),
            Err(_late) => Err(ReconcileError::UsageLost { rows: self.rows() }),
        }
    }
}

fn beginning_of_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}
