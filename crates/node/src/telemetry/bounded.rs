//! A recorder that gives a family no more series than it may have, whatever operators name.

use std::collections::{HashMap, HashSet};

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Label, Metadata, Recorder, SharedString, Unit,
};
use parking_lot::Mutex;

use super::families::{MOST, OPEN, OTHER};

/// Hands over to a recorder. In keys that are one too many, the values of open labels are
/// [`OTHER`].
pub(super) struct Bounded<R> {
    inner: R,
    /// By family, the values of its open labels that have series of their own.
    seen: Mutex<HashMap<String, HashSet<Vec<String>>>>,
}

impl<R> Bounded<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, seen: Mutex::default() }
    }

    /// The key that is counted under instead; `None`: the key itself.
    fn instead(&self, key: &Key) -> Option<Key> {
        let is_open = |label: &&Label| OPEN.contains(&label.key());
        let values: Vec<_> =
            key.labels().filter(is_open).map(|label| label.value().to_owned()).collect();
        if values.is_empty() {
            return None;
        }
        let mut seen = self.seen.lock();
        let known = seen.entry(key.name().to_owned()).or_default();
        if known.contains(&values) {
            return None;
        }
        if known.len() < MOST {
            known.insert(values);
            return None;
        }
        let closed = key.labels().map(|label| {
            let is_open = OPEN.contains(&label.key());
            if is_open { Label::new(label.key().to_owned(), OTHER) } else { label.clone() }
        });
        Some(Key::from_parts(key.name().to_owned(), closed.collect::<Vec<_>>()))
    }
}

impl<R: Recorder> Recorder for Bounded<R> {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.inner.describe_counter(key, unit, text);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.inner.describe_gauge(key, unit, text);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.inner.describe_histogram(key, unit, text);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        self.inner.register_counter(self.instead(key).as_ref().unwrap_or(key), metadata)
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        self.inner.register_gauge(self.instead(key).as_ref().unwrap_or(key), metadata)
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        self.inner.register_histogram(self.instead(key).as_ref().unwrap_or(key), metadata)
    }
}

#[cfg(test)]
mod tests {
    use metrics::{counter, with_local_recorder};
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;

    #[test]
    fn what_is_one_too_many_is_counted_with_the_others() {
        let recorder = Bounded::new(PrometheusBuilder::new().build_recorder());
        let handle = recorder.inner.handle();
        let count = |n: u32| {
            let name = format!("p{n}");
            counter!("a_total", "project" => name.clone(), "outcome" => "success").increment(1);
            counter!("b_total", "project" => name).increment(1);
            counter!("c_total", "kind" => n.to_string()).increment(1);
        };
        with_local_recorder(&recorder, || (0..1000).chain(0..1000).for_each(count));
        let text = handle.render();
        let series = |name: &str| text.lines().filter(|line| line.starts_with(name)).count();
        assert_eq!((series("a_total"), series("b_total"), series("c_total")), (201, 201, 1000));
        assert!(text.contains("a_total{project=\"p199\",outcome=\"success\"} 2"), "{text}");
        assert!(text.contains("a_total{project=\"other\",outcome=\"success\"} 1600"), "{text}");
    }
}
