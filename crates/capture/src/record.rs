//! What was seen of one exchange.

use std::net::IpAddr;
use std::time::Duration;

use compact_str::CompactString;
use jiff::Timestamp;
use model::exchange::{Blame, ExchangeKind};
use model::{ProjectId, ProxyId, Target};

use crate::message::{Request, Response};

/// What was seen of one exchange.
#[derive(Debug, Clone)]
pub struct Record {
    /// Given by the recorder that keeps it, whatever stands here before: later ones are greater, also
    /// after a restart, and fit into 53 bits.
    pub id: u64,
    /// When its head had been read.
    pub started_at: Timestamp,
    /// Whose it was.
    pub project: ProjectId,
    /// What kind of request it was.
    pub kind: ExchangeKind,
    /// Where it came from.
    pub client: IpAddr,
    /// Where it went to.
    pub target: Target,
    /// What was asked.
    pub request: Request,
    /// What the client was answered; `None` when it was not by the target.
    pub response: Option<Response>,
    /// The exit that carried it.
    pub exit: Option<ProxyId>,
    /// Its session.
    pub session: Option<CompactString>,
    /// Exits that were tried.
    pub attempts: u8,
    /// The status that the client was told, by the target or by us; 0 when there was nobody to tell.
    pub status: u16,
    /// Whose fault it was; `None` for a success.
    pub blame: Option<Blame>,
    /// The ban rule that has judged the answer.
    pub banned_by: Option<CompactString>,
    /// Tags of rules that have matched.
    pub tags: Vec<CompactString>,
    /// How long it took.
    pub timings: Timings,
    /// Bytes towards the target.
    pub bytes_sent: u64,
    /// Bytes from the target.
    pub bytes_received: u64,
    /// What was spoken on either side.
    pub protocols: Protocols,
    /// The client's TLS hello, where it was seen.
    pub client_tls: Option<Fingerprints>,
    /// The TLS hello that the target got from us.
    pub sent_tls: Option<Fingerprints>,
}

/// From the head of the request to each event that is known to have happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// An exit was ready to carry it: connected, or the tunnel open. `None` also where a kept
    /// connection was used.
    pub exit: Option<Duration>,
    /// TLS with the target was established. `None` also where a kept connection was used.
    pub tls: Option<Duration>,
    /// The head of the answer had been read.
    pub first_byte: Option<Duration>,
    /// The end.
    pub total: Option<Duration>,
}

/// What was spoken: `http/1.1`, `h2`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protocols {
    /// With the client.
    pub client: Option<CompactString>,
    /// With the target.
    pub target: Option<CompactString>,
}

/// What a TLS hello looks like.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fingerprints {
    /// JA3: 32 hexadecimal digits.
    pub ja3: String,
    /// JA4.
    pub ja4: String,
}

impl Record {
    /// About how many bytes of memory it holds.
    pub(crate) fn weight(&self) -> usize {
        let response = self.response.as_ref().map_or(0, Response::weight);
        let hellos = [&self.client_tls, &self.sent_tls];
        let hellos = hellos.into_iter().flatten().map(|one| one.ja3.len() + one.ja4.len());
        let names = self.session.iter().chain(&self.banned_by).chain(&self.tags);
        let names = names.map(|name| size_of::<CompactString>() + name.len());
        size_of::<Self>() + self.request.weight() + response + hellos.chain(names).sum::<usize>()
    }
}
