//! One finished exchange as people see it.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use compact_str::CompactString;
use jiff::Timestamp;
use model::exchange::{Blame, ExchangeKind, FailedAttempt};
use model::place::Country;
use model::{ConnectorId, Exchange, ProjectId, ProxyId, Target};
use serde::{Deserialize, Serialize};
use uuid::{Builder, Uuid};

use crate::text;

/// Characters of what is told of a choice: a project may have a thousand connectors.
const LONGEST_WHY: usize = 2_000;

/// One finished exchange. Where it went is a host and a port: no path, no query, nothing of what was
/// said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Later ones of a node are greater; of different nodes, about in the order of their ends.
    #[serde(with = "text")]
    pub id: Uuid,
    /// The node that has served it.
    #[serde(skip)]
    pub node: Arc<str>,
    /// When its head had been read.
    #[serde(with = "text")]
    pub started_at: Timestamp,
    /// What kind of request it was.
    #[serde(with = "text")]
    pub kind: ExchangeKind,
    /// Where it came from.
    #[serde(with = "text")]
    pub client: IpAddr,
    /// Whose it was; `None` before the login was known.
    #[serde(with = "text::optional")]
    pub project: Option<ProjectId>,
    /// The connector of the exit that carried it.
    #[serde(with = "text::optional")]
    pub connector: Option<ConnectorId>,
    /// The exit that carried it.
    #[serde(with = "text::optional")]
    pub exit: Option<ProxyId>,
    /// Where the exit is.
    #[serde(with = "text::optional")]
    pub country: Option<Country>,
    /// Where it went, or wanted to go.
    #[serde(with = "text::target")]
    pub target: Option<Target>,
    /// As sent; empty where the protocol has none.
    #[serde(with = "text")]
    pub method: CompactString,
    /// What the client was told; 0: nothing.
    pub status: u16,
    /// Whose fault it was; `None` for a success.
    #[serde(with = "text::optional")]
    pub blame: Option<Blame>,
    /// Why it was not carried: an error type of RFC 9209; empty where it was.
    #[serde(with = "text")]
    pub error: CompactString,
    /// The ban rule that has judged the answer.
    #[serde(with = "text::optional")]
    pub banned_by: Option<CompactString>,
    /// Its session.
    #[serde(with = "text::optional")]
    pub session: Option<CompactString>,
    /// Exits that were tried.
    pub attempts: u8,
    /// From the head of the request to the opened tunnel or the head of the answer.
    #[serde(with = "text::microseconds")]
    pub latency: Duration,
    /// From the head of the request to the end.
    #[serde(with = "text::microseconds")]
    pub duration: Duration,
    /// Bytes towards the target.
    pub bytes_sent: u64,
    /// Bytes from the target.
    pub bytes_received: u64,
    /// The exits that were tried for nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failed: Vec<Failed>,
    /// How the choice was made, where the request wanted that to be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// An exit that was tried for nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failed {
    /// Which one.
    #[serde(with = "text")]
    pub exit: ProxyId,
    /// An error type of RFC 9209; `banned`, or `cancelled` when another was faster.
    #[serde(with = "text")]
    pub error: CompactString,
    /// From the head of the request to its beginning.
    #[serde(with = "text::microseconds")]
    pub after: Duration,
    /// From its beginning to its end.
    #[serde(with = "text::microseconds")]
    pub took: Duration,
}

/// Numbers exchanges in the order in which they finish.
#[derive(Debug)]
pub(crate) struct Numbers {
    /// Makes this run of the node differ from all others.
    boot: u32,
    millisecond: u64,
    count: u32,
}

// === impl Entry ===

impl Entry {
    pub(crate) fn of(exchange: &Exchange, id: Uuid, node: &Arc<str>) -> Self {
        let trail = &exchange.trail;
        Self {
            id,
            node: Arc::clone(node),
            started_at: exchange.started_at,
            kind: exchange.kind,
            client: exchange.client,
            project: exchange.project,
            connector: exchange.connector,
            exit: exchange.proxy,
            country: exchange.country,
            target: exchange.target.clone(),
            method: trail.method.clone(),
            status: exchange.status,
            blame: exchange.blame,
            error: CompactString::const_new(trail.error),
            banned_by: exchange.banned_by.clone(),
            session: trail.session.clone(),
            attempts: exchange.attempts,
            latency: exchange.latency,
            duration: exchange.duration,
            bytes_sent: exchange.bytes_sent,
            bytes_received: exchange.bytes_received,
            failed: trail.failed.iter().map(Failed::of).collect(),
            why: trail.why.as_deref().map(|why| why.chars().take(LONGEST_WHY).collect()),
        }
    }

    /// About how many bytes of memory it holds.
    pub(crate) fn weight(&self) -> usize {
        let texts = [Some(&self.method), self.banned_by.as_ref(), self.session.as_ref()];
        let texts = texts.into_iter().flatten().filter(|text| text.is_heap_allocated());
        let host = match self.target.as_ref().map(|target| &target.host) {
            Some(model::Host::Name(name)) if name.is_heap_allocated() => name.len(),
            _ => 0,
        };
        size_of::<Self>()
            + 2 * size_of::<usize>()
            + host
            + texts.map(CompactString::len).sum::<usize>()
            + self.failed.capacity() * size_of::<Failed>()
            + self.why.as_ref().map_or(0, String::len)
    }
}

impl Failed {
    fn of(attempt: &FailedAttempt) -> Self {
        let FailedAttempt { exit, error, after, took } = *attempt;
        Self { exit, error: CompactString::const_new(error), after, took }
    }
}

// === impl Numbers ===

impl Numbers {
    pub(crate) fn new(boot: u32) -> Self {
        Self { boot, millisecond: 0, count: 0 }
    }

    /// The next one at `now`; when the clock steps back they go on growing all the same.
    pub(crate) fn next(&mut self, now: Timestamp) -> Uuid {
        let now = u64::try_from(now.as_millisecond()).unwrap_or_default();
        if now > self.millisecond {
            (self.millisecond, self.count) = (now, 0);
        }
        self.count += 1;
        let mut rest = [0; 10];
        rest[2..6].copy_from_slice(&self.count.to_be_bytes());
        rest[6..].copy_from_slice(&self.boot.to_be_bytes());
        Builder::from_unix_timestamp_millis(self.millisecond, &rest).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    #[test]
    fn numbers_grow_also_when_the_clock_steps_back() {
        let mut numbers = Numbers::new(u32::MAX);
        let times = [5_000, 5_000, 5_001, 4_000, 4_000, 6_000];
        let ids = times.map(|at| numbers.next(Timestamp::from_millisecond(at).unwrap()));
        assert!(ids.is_sorted() && ids[0] != ids[1], "{ids:?}");
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn what_is_written_is_read_and_the_rest_of_it_is_small() {
        let mut exchange = samples::exchange();
        exchange.trail.why = Some("strategy=random".into());
        exchange.trail.failed.push(FailedAttempt {
            exit: ProxyId::new(),
            error: "connection_refused",
            after: Duration::ZERO,
            took: Duration::from_micros(7),
        });
        let entry = Entry::of(&exchange, Uuid::from_u128(7), &"".into());
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&text).unwrap(), entry, "{text}");
        let bare = Entry::of(&samples::exchange(), Uuid::from_u128(7), &"".into());
        assert!(bare.weight() < 500, "{}", bare.weight());
        assert!(entry.weight() > bare.weight());
    }
}
