//! What was measured, as raw lines and as tables.

use std::fmt::Write as _;

use serde_json::json;

use crate::work::Work;

/// One measured figure, with its unit in its name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figure {
    name: &'static str,
    value: f64,
}

/// One measurement of one proxy.
pub(crate) struct Sample {
    pub(crate) round: u32,
    pub(crate) work: Work,
    pub(crate) peer: &'static str,
    pub(crate) figures: Vec<Figure>,
}

impl Figure {
    pub(crate) fn new(name: &'static str, value: f64) -> Self {
        Self { name, value }
    }

    #[expect(clippy::cast_precision_loss, reason = "figures for people")]
    pub(crate) fn count(name: &'static str, count: u64) -> Self {
        Self::new(name, count as f64)
    }
}

impl Sample {
    /// The raw line.
    pub(crate) fn line(&self) -> String {
        let mut line = json!({
            "round": self.round, "work": self.work.name(), "peer": self.peer,
        });
        for figure in &self.figures {
            line[figure.name] = json!(figure.value);
        }
        line.to_string()
    }
}

/// A table for each work: medians, and from where to where the samples went.
pub(crate) fn markdown(samples: &[Sample]) -> String {
    let mut text = String::new();
    for work in Work::ALL {
        let of_work: Vec<_> = samples.iter().filter(|sample| sample.work == work).collect();
        // The proxy with most figures has a column for each.
        let Some(widest) = of_work.iter().max_by_key(|sample| sample.figures.len()) else {
            continue;
        };
        let columns: Vec<_> = widest.figures.iter().map(|figure| figure.name).collect();
        // Writing to a string cannot fail.
        let _infallible = writeln!(
            text,
            "\n{}\n\n| |{}|\n|---|{}",
            work.title(),
            columns.join("|"),
            "---|".repeat(columns.len())
        );
        for peer in peers(&of_work) {
            let cells = columns.iter().map(|column| cell(&values(&of_work, peer, column)));
            let cells: Vec<_> = cells.collect();
            let _infallible = writeln!(text, "| {peer} | {} |", cells.join(" | "));
        }
    }
    text
}

/// Those who were measured, in the order in which they were.
fn peers(samples: &[&Sample]) -> Vec<&'static str> {
    let mut peers: Vec<&str> = Vec::new();
    for sample in samples {
        if !peers.contains(&sample.peer) {
            peers.push(sample.peer);
        }
    }
    peers
}

fn values(samples: &[&Sample], peer: &str, column: &str) -> Vec<f64> {
    let of_peer = samples.iter().filter(|sample| sample.peer == peer);
    let figures = of_peer.flat_map(|sample| &sample.figures);
    let mut values: Vec<_> =
        figures.filter(|figure| figure.name == column).map(|figure| figure.value).collect();
    values.sort_unstable_by(f64::total_cmp);
    values
}

/// The median, and where the samples went.
fn cell(sorted: &[f64]) -> String {
    let (Some(least), Some(most)) = (sorted.first(), sorted.last()) else {
        return "-".to_owned();
    };
    let median = sorted[sorted.len() / 2];
    if sorted.len() == 1 || rounded(*least) == rounded(*most) {
        return rounded(median);
    }
    format!("{} ({}-{})", rounded(median), rounded(*least), rounded(*most))
}

/// Three digits that say something.
fn rounded(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || value.fract() == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_medians_and_spread() {
        let sample = |peer, value| Sample {
            round: 1,
            work: Work::Kept,
            peer,
            figures: vec![Figure::new("requests/s", value)],
        };
        let samples =
            [sample("a", 3.0), sample("a", 12_345.6), sample("a", 10.04), sample("b", 0.5)];
        let text = markdown(&samples);
        assert!(
            text.contains("| |requests/s|\n|---|---|\n| a | 10.0 (3-12346) |\n| b | 0.500 |\n")
        );
        assert!(text.contains("32 kept connections"));
        assert!(samples[3].line().contains(r#""peer":"b""#));
    }
}
