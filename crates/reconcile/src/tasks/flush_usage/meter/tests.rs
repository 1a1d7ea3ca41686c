//! Every exchange is in exactly one counter.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use parking_lot::Mutex;

use super::*;

/// Adds up what is counted, by name and labels.
#[derive(Clone, Default)]
struct Sums(Arc<Mutex<BTreeMap<String, u64>>>);

struct Sum(String, Sums);

impl Sum {
    fn add(&self, value: u64) {
        *self.1.0.lock().entry(self.0.clone()).or_default() += value;
    }
}

impl CounterFn for Sum {
    fn increment(&self, value: u64) {
        self.add(value);
    }

    fn absolute(&self, _: u64) {}
}

impl HistogramFn for Sum {
    fn record(&self, _: f64) {
        self.add(1);
    }
}

impl Sums {
    fn of(&self, key: &Key) -> Arc<Sum> {
        let labels: Vec<_> = key.labels().map(metrics::Label::value).collect();
        Arc::new(Sum(format!("{} {}", key.name(), labels.join(" ")), self.clone()))
    }
}

impl Recorder for Sums {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.of(key))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.of(key))
    }
}

fn exchange(kind: ExchangeKind, status: u16, blame: Option<Blame>) -> Exchange {
    Exchange {
        started_at: jiff::Timestamp::UNIX_EPOCH,
        kind,
        client: [127, 0, 0, 1].into(),
        project: None,
        connector: None,
        proxy: None,
        country: None,
        target: None,
        status,
        blame,
        attempts: 1,
        latency: Duration::from_millis(5),
        duration: Duration::from_secs(1),
        bytes_sent: 1,
        bytes_received: 2,
        banned_by: None,
        trail: model::exchange::Trail::default(),
    }
}

#[test]
fn exchanges_are_counted_by_kind_outcome_and_status() {
    let sums = Sums::default();
    let (_sender, roster) = watch::channel(Arc::new(Roster::empty()));
    let mut meter = metrics::with_local_recorder(&sums, || Meter::new(roster));
    let batch = [
        exchange(ExchangeKind::Connect, 200, None),
        exchange(ExchangeKind::Connect, 200, None),
        exchange(ExchangeKind::Connect, 200, Some(Blame::Target)),
        exchange(ExchangeKind::Socks, 0, Some(Blame::Client)),
        exchange(ExchangeKind::Http, 502, Some(Blame::Exit)),
        exchange(ExchangeKind::Http, 999, Some(Blame::Node)),
    ];
    metrics::with_local_recorder(&sums, || meter.count(&batch));
    let found = sums.0.lock().clone();
    let expected = [
        ("octoprox_exchange_duration_seconds connect", 3),
        ("octoprox_exchange_duration_seconds http", 2),
        ("octoprox_exchange_duration_seconds socks", 1),
        ("octoprox_exchange_latency_seconds connect", 2),
        ("octoprox_exchanges_total connect success 2xx", 2),
        ("octoprox_exchanges_total connect target 2xx", 1),
        ("octoprox_exchanges_total http exit 5xx", 1),
        ("octoprox_exchanges_total http node 5xx", 1),
        ("octoprox_exchanges_total socks client none", 1),
        ("octoprox_project_bytes_total none received", 12),
        ("octoprox_project_bytes_total none sent", 6),
        ("octoprox_project_latency_seconds none", 2),
        ("octoprox_project_requests_total none client", 1),
        ("octoprox_project_requests_total none exit", 1),
        ("octoprox_project_requests_total none node", 1),
        ("octoprox_project_requests_total none success", 2),
        ("octoprox_project_requests_total none target", 1),
    ];
    assert_eq!(found, expected.map(|(name, sum)| (name.to_owned(), sum)).into());
}
