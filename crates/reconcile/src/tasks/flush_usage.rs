//! What went through exits to store, in batches that count once.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use metrics::{Counter, Gauge, counter, gauge};
use model::{Clock, ConnectorId, Prices, Spent};
use parking_lot::Mutex;
use rotation::{Ledger, Roster};
use store::sealed::usage::UsageBatch;
use store::usage::{SeriesRow, UsageRow};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use crate::error::{ReconcileError, chain};
use crate::homes::Homes;
use crate::source::Source;
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

mod counted;
mod held;
mod meter;
mod tally;

use counted::Counted;
use held::Known;
pub(super) use meter::Meter;
pub(super) use tally::Tally;

/// Rows of one batch, which is one transaction.
const BATCH: usize = 1_000;
/// Rows that are kept, minute by minute, for a database that does not take them: about 100 MiB. What
/// comes then is kept by the ledger, as one sum.
const MOST_KEPT: usize = 700_000;
/// Rows of a series in one batch, each of which weighs as much as four others.
const SERIES_BATCH: usize = 250;
const SERIES_WEIGHT: usize = 4;
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
    /// What nodes had used when this one wrote for the last time.
    known: Known,
    /// What this node had used when the latest batch was made.
    marks: HashMap<String, Spent>,
    tally: Arc<Mutex<Tally>>,
    series_every: Duration,
    series_at: Instant,
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
    pub(crate) fn new(parts: &Parts, homes: Arc<Homes>, tally: Arc<Mutex<Tally>>) -> Self {
        Self {
            source: Source::of(parts),
            clock: parts.clock.clone(),
            roster: parts.roster.subscribe(),
            ledger: Arc::clone(&parts.ledger),
            homes,
            boot: parts.boot,
            counted: Counted::default(),
            known: Known::default(),
            marks: HashMap::new(),
            tally,
            series_every: parts.settings.flush_series,
            series_at: Instant::now(),
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
    fn cut(&mut self, is_last: bool) {
        let minute = beginning_of_minute(self.clock.now());
        let kept = self.weight();
        if kept > 0 && (minute == self.minute || kept >= MOST_KEPT) {
            return;
        }
        self.minute = minute;
        self.marks = held::marks(&held::capped(&self.roster.borrow()));
        let mut tally = self.tally.lock();
        tally.set_prices(prices(&self.roster.borrow()));
        let of = (&*self.ledger, &*self.homes);
        let rows = self.counted.take(of, tally.prices(), minute);
        tally.add(&rows);
        let is_due = is_last || self.series_at.elapsed() >= self.series_every;
        let series = if is_due { tally.take(minute) } else { Vec::new() };
        drop(tally);
        if is_due {
            self.series_at = Instant::now();
        }
        for rows in rows.chunks(BATCH) {
            self.push(rows.to_vec(), Vec::new());
        }
        for series in series.chunks(SERIES_BATCH) {
            self.push(Vec::new(), series.to_vec());
        }
    }

    fn push(&mut self, rows: Vec<UsageRow>, series: Vec<SeriesRow>) {
        self.sequence += 1;
        let (boot, sequence) = (self.boot, self.sequence);
        self.pending.push_back(UsageBatch { boot, sequence, rows, series });
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
            let rows = batch.rows.len() + batch.series.len();
            sent += rows;
            self.rows_written.increment(rows as u64);
            self.pending.pop_front();
        }
        Ok(sent)
    }

    /// Holds what all nodes have used against the caps there are.
    async fn hold(&mut self, has_sent: bool) -> Result<(), ReconcileError> {
        let capped = held::capped(&self.roster.borrow());
        if capped.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut asked = Ok(());
        if has_sent {
            let subjects: Vec<_> = capped.iter().map(|capped| capped.subject.clone()).collect();
            match self.source.spent(&subjects, held::since(&capped, now)).await {
                Ok(days) => self.known = Known::new(days, self.marks.clone()),
                Err(error) => asked = Err(error),
            }
        }
        self.known.hold(&capped, now, Instant::now());
        asked
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
            self.cut(true);
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
        self.pending.iter().map(|batch| batch.rows.len() + batch.series.len()).sum()
    }

    /// The same, as memory feels it.
    fn weight(&self) -> usize {
        let weight = |batch: &UsageBatch| batch.rows.len() + SERIES_WEIGHT * batch.series.len();
        self.pending.iter().map(weight).sum()
    }
}

impl Task for FlushUsage {
    const NAME: &'static str = "flush_usage";

    async fn activate(&mut self) -> Report {
        self.cut(false);
        self.rows_pending.set(f64::from(u32::try_from(self.rows()).unwrap_or(u32::MAX)));
        let sent = self.send().await;
        let held = self.hold(sent.is_ok()).await;
        let sent = sent?;
        self.rows_pending.set(0.0);
        held?;
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

/// What traffic costs where it costs anything.
fn prices(roster: &Roster) -> HashMap<ConnectorId, Prices> {
    let priced = roster.connectors().filter(|connector| connector.spec.prices.is_metered());
    priced.map(|connector| (connector.id, connector.spec.prices)).collect()
}

fn beginning_of_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second().div_euclid(60) * 60).unwrap_or(at)
}
