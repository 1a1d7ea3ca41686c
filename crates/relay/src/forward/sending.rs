//! One request, and how it is sent: by whichever exit, on whichever connection, and what comes back.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use compact_str::CompactString;
use http1::{HeadWriter, RequestHead, ResponseHead};
use model::exchange::Blame;
use rotation::{Ask, Candidates, Exit};
use tokio::time::{Instant, timeout};

use crate::attempt::{Certainty, Event, Plan, Way, Ways};
use crate::boxed::boxed;
use crate::connect;
use crate::error::AttemptError;
use crate::exchange;
use crate::headers::{self, Changes, RequestParts};
use crate::pool::{Key, Tunnel, Upstream};
use crate::relay::Relay;
use crate::request::Plain;
use crate::rulebook::Rulebook;
use crate::upstream::{self, Toward};
use crate::verdict::{self, Ban, Judged};
use crate::worn;

/// A request that must not be sent twice uses a kept connection only when the exit has had next to
/// no time to close it unnoticed.
const FRESH: Duration = Duration::from_secs(2);

/// What is being sent, to whichever exit.
pub(super) struct Sending<'a> {
    pub(super) relay: &'a Relay,
    pub(super) head: &'a RequestHead,
    pub(super) plain: &'a Plain,
    pub(super) ask: &'a Ask,
    pub(super) session: Option<CompactString>,
    /// Whether the project or the request wants a connection of its own.
    pub(super) is_fresh: bool,
    pub(super) book: &'a Rulebook,
    pub(super) changes: Changes<'a>,
    /// The browser that the target meets.
    pub(super) worn: Option<worn::Identity>,
    /// The body, where the request may have to be sent again.
    pub(super) held: Option<Bytes>,
}

/// What an attempt brings: a way to send the request, or the answer to it.
pub(super) struct Brought {
    pub(super) upstream: Box<Upstream>,
    pub(super) response: Option<ResponseHead>,
    pub(super) ban: Option<Box<Ban>>,
}

impl Sending<'_> {
    /// How much is to be tried. Exits are not asked side by side when only a ban may have the request
    /// sent twice.
    pub(super) fn plan<'a>(
        &'a self,
        candidates: &'a mut Candidates,
        (begun, ways): (Instant, &'a Ways),
    ) -> Plan<'a> {
        let spec = &self.ask.project.spec;
        let (replays, once) = (self.is_replayable(), self.is_once());
        let wait = if replays { spec.response_timeout } else { spec.connection_timeout };
        let wait = wait.max(spec.connection_timeout);
        let attempts = connect::attempts(self.ask);
        Plan {
            relay: self.relay,
            candidates,
            begun,
            attempts,
            deadline: begun + wait,
            patience: if once { wait * u32::from(attempts) } else { spec.connection_timeout },
            hedge: spec.hedge && !once,
            ways,
        }
    }

    /// Whether the answer can be waited for before another exit is asked.
    fn is_replayable(&self) -> bool {
        self.held.is_some() || self.plain.is_replayable(self.head)
    }

    /// Whether the request must not be sent again unless a rule says that it came to nothing.
    fn is_once(&self) -> bool {
        self.held.is_some() && !Plain::is_idempotent(self.head)
    }

    /// One attempt: a replayable request is sent and its answer awaited; for any other it is only
    /// the way that is made, because what follows can be done once.
    pub(super) async fn attempt(
        &self,
        exit: Arc<Exit>,
        way: Way<'_>,
    ) -> Result<(Brought, Certainty), AttemptError> {
        let key = self.key(&exit);
        if !self.is_replayable() {
            // A tunnel says that the target is there; a connection to a proxy says nothing yet.
            let is_read = self.is_read_by(&exit);
            let certainty = if is_read { Certainty::Pending } else { Certainty::Sure };
            let upstream = self.way(exit, key, way).await?;
            return Ok((Brought { upstream, response: None, ban: None }, certainty));
        }
        if self.is_once() {
            let upstream = self.way(exit, key, way).await?;
            let sent = |source| AttemptError::Sent { source: Box::new(source) };
            return self.judge(self.ask(upstream, way).await.map_err(sent)?).await;
        }
        // A kept connection may be closed at this very moment; that is nobody's fault.
        if let Some(kept) = self.kept((&key, &exit), way.begun, Duration::MAX)
            && let Ok(answered) = self.ask(kept, way).await
        {
            return self.judge(answered).await;
        }
        let upstream = upstream::open(self.relay, &self.ask.project, (exit, key), self.toward(way));
        self.judge(self.ask(upstream.await?, way).await?).await
    }

    /// A connection for a request that can be sent once.
    async fn way(
        &self,
        exit: Arc<Exit>,
        key: Key,
        way: Way<'_>,
    ) -> Result<Box<Upstream>, AttemptError> {
        if let Some(kept) = self.kept((&key, &exit), way.begun, FRESH) {
            return Ok(kept);
        }
        upstream::open(self.relay, &self.ask.project, (exit, key), self.toward(way)).await
    }

    fn toward<'a>(&'a self, way: Way<'a>) -> Toward<'a> {
        let Plain { target, secure, upgrade, .. } = self.plain;
        // What HTTP/2 has instead of switching protocols (RFC 8441) few targets know.
        Toward { target, secure: secure.as_ref(), http2: !upgrade, worn: self.worn, way }
    }

    /// Whether the exit is given the request itself, and not only a tunnel to open.
    fn is_read_by(&self, exit: &Exit) -> bool {
        self.plain.secure.is_none() && upstream::reads_requests(exit)
    }

    /// A kept connection on which nothing has come since: what has come answers no request of
    /// ours, and is mostly a farewell.
    fn kept(
        &self,
        (key, exit): (&Key, &Arc<Exit>),
        now: Instant,
        age: Duration,
    ) -> Option<Box<Upstream>> {
        if self.is_fresh {
            return None;
        }
        if self.plain.secure.is_some()
            && !self.plain.upgrade
            && let Some(stream) = self.relay.pool().stream(key, exit, now)
        {
            return Some(stream);
        }
        let mut take = || self.relay.pool().take(key, exit, now, age);
        std::iter::from_fn(&mut take).find_map(|mut kept| {
            let is_silent = exchange::is_silent(&mut kept);
            is_silent.then_some(kept)
        })
    }

    fn key(&self, exit: &Exit) -> Key {
        let tunnel = (!self.is_read_by(exit)).then(|| {
            let (target, secure) = (self.plain.target.clone(), self.plain.secure.clone());
            let (project, version) = (self.ask.project.id, self.ask.project.written_at);
            Box::new(Tunnel { target, secure: secure.map(|host| (host, project, version)) })
        });
        Key { exit: exit.id, session: self.session.clone(), tunnel, worn: self.worn }
    }

    /// Sends a request without a body and reads the head of its answer.
    async fn ask(
        &self,
        mut upstream: Box<Upstream>,
        way: Way<'_>,
    ) -> Result<(Box<Upstream>, ResponseHead), AttemptError> {
        if !self.is_read_by(&upstream.exit) {
            way.open();
        }
        let request = self.render(&upstream.exit);
        let asked = async {
            exchange::write(&mut upstream, &request).await?;
            if let Some(body) = &self.held {
                exchange::write(&mut upstream, body).await?;
            }
            way.note(Event::Sent);
            exchange::read_head(&mut upstream, self.plain.upgrade).await
        };
        // Where the time for all attempts is over sooner, that is enough.
        let spec = &self.ask.project.spec;
        let answered = if spec.response_timeout < spec.connection_timeout {
            let in_time = timeout(spec.response_timeout, asked).await;
            in_time.unwrap_or(Err(AttemptError::Silent))
        } else {
            asked.await
        };
        match answered {
            Ok(response) => Ok((upstream, response)),
            Err(error) => Err(self.behind(&upstream, error)),
        }
    }

    /// The head of the request as this exit wants it.
    pub(super) fn render(&self, exit: &Exit) -> BytesMut {
        let mut out = BytesMut::with_capacity(self.head.len() + 128);
        let (authority, (slash, path)) = (self.plain.authority(), self.plain.path(self.head));
        let reads = self.is_read_by(exit);
        let mut writer = HeadWriter::new(&mut out);
        match (reads, slash) {
            (true, "*") => writer.request_line(self.head.method(), &["http://", &authority]),
            (true, _) => {
                writer.request_line(self.head.method(), &["http://", &authority, slash, path]);
            }
            (false, _) => writer.request_line(self.head.method(), &[slash, path]),
        }
        let authorization = exit.endpoint.login.as_deref().filter(|_| reads);
        let authorization = authorization.map(dial::proxy_authorization);
        let parts = RequestParts {
            authority: &authority,
            framing: self.plain.framing,
            exit_authorization: authorization.as_deref(),
            upgrade: self.plain.upgrade,
            close: self.is_fresh,
            in_place: self.worn.is_some(),
            changes: self.changes,
        };
        headers::write_request(self.head, &parts, &mut out);
        out
    }

    /// Whether the answer is the target's: an exit that reads requests can also refuse them itself,
    /// and looks the same doing it.
    async fn judge(
        &self,
        (mut upstream, response): (Box<Upstream>, ResponseHead),
    ) -> Result<(Brought, Certainty), AttemptError> {
        let ban = self.ban(&mut upstream, &response).await;
        let certainty = match response.status() {
            407 => return Err(self.behind(&upstream, AttemptError::Unauthorized)),
            403 | 502 | 503 | 504 if self.is_read_by(&upstream.exit) => Certainty::Suspect,
            _ => Certainty::Sure,
        };
        let banned = ban.as_ref().map(|ban| Certainty::Banned { is_final: !ban.retry });
        let brought = Brought { upstream, response: Some(response), ban };
        Ok((brought, banned.unwrap_or(certainty)))
    }

    /// What the project's rules say of the answer.
    pub(super) async fn ban(
        &self,
        upstream: &mut Upstream,
        response: &ResponseHead,
    ) -> Option<Box<Ban>> {
        let host = self.plain.host();
        if !self.book.bans.concern(host) {
            return None;
        }
        let judged = Judged { upstream, response, method: self.head.method(), host };
        // Boxed: most projects have no rules.
        boxed(|| verdict::judge(self.book, self.ask, judged)).await.map(Box::new)
    }

    /// What goes wrong on a tunnel that the exit has opened goes wrong at the target.
    pub(super) fn behind(&self, upstream: &Upstream, error: AttemptError) -> AttemptError {
        let is_clients = error.blame() == Blame::Client;
        if is_clients || self.is_read_by(&upstream.exit) {
            return error;
        }
        // With TLS 1.3 whoever misses a certificate says so only after the request, if at all.
        if upstream.asked_certificate && !upstream.is_reused && error.is_break() {
            self.relay.refusers().add(self.plain.target.clone());
            return AttemptError::CertificateWanted;
        }
        AttemptError::Target { source: Box::new(error) }
    }
}
