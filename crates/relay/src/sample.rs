//! What is kept of an exchange for people to look at: gathered while it goes on, redacted when it is
//! over.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use capture::{Fingerprints, Prefix, Protocols, Record, Request, Response, Scheme, Timings};
use compact_str::CompactString;
use http1::{Fields, RequestHead, ResponseHead};
use model::{Exchange, Inspection};
use tokio::time::Instant;

use crate::attempt::{Log, log};
use crate::client::Client;
use crate::request::Plain;
use crate::sent::Sent;

/// An exchange that somebody wants to see.
pub(crate) struct Sample {
    keep: u32,
    scheme: Scheme,
    head: RequestHead,
    client: &'static str,
    hello: Option<Fingerprints>,
    pub(crate) up: Tap,
    pub(crate) answer: Option<ResponseHead>,
    pub(crate) down: Tap,
    pub(crate) session: Option<CompactString>,
    pub(crate) target: Option<&'static str>,
    pub(crate) tag: Option<CompactString>,
    pub(crate) first_byte: Option<Duration>,
    pub(crate) log: Log,
    pub(crate) sent: Option<Arc<Sent>>,
}

/// The beginning of a body, copied as it goes by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tap {
    pub(crate) bytes: BytesMut,
    most: usize,
    size: u64,
}

// === impl Tap ===

impl Tap {
    fn new(most: u32) -> Self {
        Self { most: most as usize, ..Self::default() }
    }

    pub(crate) fn see(&mut self, data: &[u8]) {
        self.size += data.len() as u64;
        let room = self.most.saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(&data[..room.min(data.len())]);
    }

    /// What is kept of the body of a message with these fields, its codings taken off as far as they
    /// are known, so that people can read it and rules can be tried on it.
    fn open(&mut self, fields: &Fields) -> Prefix<'_> {
        let is_cut = self.size > self.bytes.len() as u64;
        let opened = rules::opened(fields, &self.bytes, self.most);
        let Some((bytes, is_capped)) = opened.filter(|(bytes, _)| !bytes.is_empty()) else {
            return Prefix { bytes: &self.bytes, size: self.size, is_cut, is_decoded: false };
        };
        self.bytes = bytes.as_slice().into();
        Prefix {
            bytes: &self.bytes,
            size: self.size,
            is_cut: is_cut || is_capped,
            is_decoded: true,
        }
    }
}

// === impl Sample ===

impl Sample {
    /// `None` unless it is this exchange's turn.
    pub(crate) fn begin(
        inspection: &Inspection,
        client: &Client,
        (head, plain): (&RequestHead, &Plain),
    ) -> Option<Box<Self>> {
        if inspection.permille == 0 {
            return None;
        }
        let chance = rand::random_range(0..1000);
        if !capture::Recorder::wants(inspection, chance) {
            return None;
        }
        let inside = client.inside.as_ref();
        let hello = inside.map(|inside| &inside.hello.seen);
        let hello = hello.map(|hello| Fingerprints { ja3: hello.ja3_hash(), ja4: hello.ja4() });
        Some(Box::new(Self {
            keep: inspection.keep,
            scheme: if plain.secure.is_some() { Scheme::Https } else { Scheme::Http },
            head: head.clone(),
            client: if client.stream.is_http2() { "h2" } else { "http/1.1" },
            hello,
            up: Tap::new(inspection.body_bytes),
            answer: None,
            down: Tap::new(inspection.body_bytes),
            session: None,
            target: None,
            tag: None,
            first_byte: None,
            log: Log::default(),
            sent: None,
        }))
    }

    /// What it came to, and how many of its kind are kept; `None` when it is not known whose it was.
    /// Its head was read when it had `begun`.
    pub(crate) fn finish(mut self, exchange: &Exchange, begun: Instant) -> Option<(u32, Record)> {
        let (project, target) = (exchange.project?, exchange.target.clone()?);
        let up = self.up.open(self.head.fields());
        let request = Request::of(&self.head, (self.scheme, &target), up);
        let response =
            self.answer.as_ref().map(|head| Response::of(head, self.down.open(head.fields())));
        let tries = self.log.attempts(begun);
        let carrier = tries.iter().rev().find(|one| Some(one.exit) == exchange.proxy);
        let timings = Timings {
            first_byte: self.first_byte,
            total: Some(exchange.duration),
            ..log::timings(carrier)
        };
        let record = Record {
            id: 0,
            started_at: exchange.started_at,
            project,
            kind: exchange.kind,
            client: exchange.client,
            target,
            request,
            response,
            exit: exchange.proxy,
            session: self.session,
            attempts: exchange.attempts,
            status: exchange.status,
            blame: exchange.blame,
            banned_by: exchange.banned_by.clone(),
            tags: self.tag.into_iter().collect(),
            timings,
            tries,
            bytes_sent: exchange.bytes_sent,
            bytes_received: exchange.bytes_received,
            protocols: Protocols {
                client: Some(self.client.into()),
                target: self.target.map(CompactString::from),
            },
            client_tls: self.hello,
            sent_tls: self.sent.as_ref().and_then(|sent| sent.tls.clone()),
            sent_http2: self.sent.as_ref().and_then(|sent| sent.http2()),
        };
        Some((self.keep, record))
    }
}
