//! What was seen of one exchange.

use std::net::IpAddr;
use std::time::Duration;

use compact_str::CompactString;
use jiff::Timestamp;
use model::exchange::{Blame, ExchangeKind};
use model::{ProjectId, ProxyId, Target, words};

use crate::message::{Request, Response};

/// What was seen of one exchange.
#[derive(Debug, Clone)]
pub struct Record {
    /// Given by the recorder that keeps it, whatever stands here before: later ones are greater, also
    /// after a restart and, as far as clocks agree, those of other nodes. Fits into 53 bits.
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
    /// How long it took, on the way that carried it.
    pub timings: Timings,
    /// Every exit that was tried, in the order in which they were.
    pub tries: Vec<Attempt>,
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
    /// The HTTP/2 fingerprint (Akamai) that the target got from us, where HTTP/2 was spoken with it.
    pub sent_http2: Option<CompactString>,
}

/// From the head of the request to each event that is known to have happened.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timings {
    /// The exit that carried it got its turn: before, one was chosen and others were tried.
    pub begun: Option<Duration>,
    /// That exit was connected, TLS with it included. `None` also where a kept connection was used,
    /// like the next two.
    pub connected: Option<Duration>,
    /// It was ready to carry the request: had opened a tunnel, where one is needed.
    pub exit: Option<Duration>,
    /// TLS with the target was established.
    pub tls: Option<Duration>,
    /// The request was written, where it was before an answer was waited for.
    pub sent: Option<Duration>,
    /// The head of the answer had been read.
    pub first_byte: Option<Duration>,
    /// The end.
    pub total: Option<Duration>,
}

/// One exit that was tried: from the head of the request to each event that is known to have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// The exit.
    pub exit: ProxyId,
    /// Its turn began.
    pub begun: Duration,
    /// See [`Timings::connected`].
    pub connected: Option<Duration>,
    /// See [`Timings::exit`].
    pub opened: Option<Duration>,
    /// See [`Timings::tls`].
    pub secured: Option<Duration>,
    /// See [`Timings::sent`].
    pub sent: Option<Duration>,
    /// It was known what came of it.
    pub ended: Option<Duration>,
    /// What came of it.
    pub outcome: Option<Outcome>,
}

words! {
    /// What came of an attempt.
    pub enum Outcome {
        /// The answer, or a way on which to send the request.
        Answered = "answered",
        /// An answer by which the target bans the exit.
        Banned = "banned",
        /// The exit could not be reached, or broke off.
        Unreachable = "unreachable",
        /// Nothing for too long.
        Silent = "silent",
        /// The exit did not take our login.
        Unauthorized = "unauthorized",
        /// The exit refused.
        Refused = "refused",
        /// What nobody understands.
        Garbage = "garbage",
        /// The exit could not reach the target.
        Target = "target",
        /// Another attempt was faster, or the request was given up.
        Cancelled = "cancelled",
    }
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
    /// When it was over: microseconds since 1970, at least one.
    pub(crate) fn ended_at(&self) -> u64 {
        let total = self.timings.total.map_or(0, |total| total.as_micros());
        let began = u64::try_from(self.started_at.as_microsecond()).unwrap_or_default();
        began.saturating_add(u64::try_from(total).unwrap_or_default()).max(1)
    }

    /// About how many bytes of memory it holds.
    pub(crate) fn weight(&self) -> usize {
        let response = self.response.as_ref().map_or(0, Response::weight);
        let hellos = [&self.client_tls, &self.sent_tls];
        let hellos = hellos.into_iter().flatten().map(|one| one.ja3.len() + one.ja4.len());
        let names = self.session.iter().chain(&self.banned_by).chain(&self.tags);
        let names = names.map(|name| size_of::<CompactString>() + name.len());
        let others = self.tries.len() * size_of::<Attempt>()
            + self.sent_http2.as_ref().map_or(0, CompactString::len);
        let texts = hellos.chain(names).sum::<usize>();
        size_of::<Self>() + self.request.weight() + response + texts + others
    }
}
