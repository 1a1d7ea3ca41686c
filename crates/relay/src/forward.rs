//! One plain request to the target, one response back, both streamed.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use compact_str::CompactString;
use http1::{Framing, HeadWriter, RequestHead, ResponseHead};
use model::exchange::Blame;
use rotation::{Ask, Exit, ProjectEntry};
use tokio::time::{Instant, timeout};

use crate::admit::{self, Admitted, Caller, Door};
use crate::attempt::{self, Certainty, Plan, Way, Ways};
use crate::body::{CopyError, Reframe};
use crate::choose;
use crate::client::Client;
use crate::connect::{self, Told};
use crate::connection::Outcome;
use crate::error::{AttemptError, RelayError};
use crate::exchange::{self, Exchanging};
use crate::headers::{self, RequestParts};
use crate::pool::{Key, Upstream};
use crate::record::Record;
use crate::relay::Relay;
use crate::request::Plain;
use crate::upstream::{self, Toward};

/// A request that must not be sent twice uses a kept connection only when the exit has had next to
/// no time to close it unnoticed.
const FRESH: Duration = Duration::from_secs(2);

/// A connection that has switched protocols, on the exit's side.
pub(crate) struct Switched {
    upstream: Upstream,
    project: Arc<ProjectEntry>,
}

/// What is being sent, to whichever exit.
struct Sending<'a> {
    relay: &'a Relay,
    head: &'a RequestHead,
    plain: &'a Plain,
    ask: &'a Ask,
    session: Option<CompactString>,
    /// Whether the project or the request wants a connection of its own.
    is_fresh: bool,
}

/// Carries one plain request.
pub(crate) async fn answer(
    relay: &Arc<Relay>,
    caller: &Caller<'_>,
    (client, head, plain): (&mut Client, &RequestHead, &Plain),
    admitted: Admitted,
    record: &mut Record,
) -> Result<Outcome, RelayError> {
    let Admitted { project, wish } = admitted;
    record.project(&project)?;
    admit::check_target(relay, &project.spec, &plain.target, Door::Plain)?;
    let ask = Ask { project, target: plain.target.clone(), wish, client: caller.source };
    let now = Instant::now();
    let mut candidates = choose::candidates(relay, caller, &ask).await?;
    let mut told = Told::about(&ask, &candidates);
    let session = candidates.session().map(CompactString::from);
    let is_fresh = ask.is_fresh();
    let sending = Sending { relay, head, plain, ask: &ask, session, is_fresh };
    let spec = &ask.project.spec;
    let is_replayable = plain.is_replayable(head);
    let wait = if is_replayable { spec.response_timeout } else { spec.connection_timeout };
    let tries = Plan {
        relay,
        candidates: &mut candidates,
        attempts: connect::attempts(&ask),
        deadline: now + wait.max(spec.connection_timeout),
        patience: spec.connection_timeout,
        hedge: spec.hedge,
        ways: &Ways::default(),
    };
    let won = attempt::first(tries, |exit, way| sending.attempt(exit, way, is_replayable)).await?;
    told.carried_by(&ask, won.turn.exit(), won.attempts);
    record.carried(won.turn, won.attempts);
    let (upstream, answered) = won.value;
    let least = relay.settings().min_body_rate;
    let exchanging = Exchanging::new(client, upstream, plain.framing, least);
    match answered {
        Some(response) => sending.respond(exchanging, response, (&told, record)).await,
        None => sending.send_and_respond(exchanging, (&told, record)).await,
    }
}

/// Leaves the connection to the protocol it has been switched to.
pub(crate) fn switch(relay: &Arc<Relay>, client: Client, switched: Switched, record: Record) {
    let Switched { upstream, project } = switched;
    let (client, exit) = ((client.stream, client.input), (upstream.stream, upstream.input));
    connect::spawn(relay, client, exit, (project, record));
}

impl Sending<'_> {
    /// One attempt: a replayable request is sent and its answer awaited; for any other it is only
    /// the way that is made, because what follows can be done once.
    async fn attempt(
        &self,
        exit: Arc<Exit>,
        way: Way<'_>,
        is_replayable: bool,
    ) -> Result<((Upstream, Option<ResponseHead>), Certainty), AttemptError> {
        let key = self.key(&exit);
        if !is_replayable {
            // A tunnel says that the target is there; a connection to a proxy says nothing yet.
            let is_read = self.is_read_by(&exit);
            let certainty = if is_read { Certainty::Pending } else { Certainty::Sure };
            let upstream = self.way(exit, key).await?;
            return Ok(((upstream, None), certainty));
        }
        // A kept connection may be closed at this very moment; that is nobody's fault.
        if let Some(kept) = self.kept(&key, &exit, Duration::MAX)
            && let Ok(answered) = self.ask(kept, way).await
        {
            return self.judge(answered);
        }
        let upstream = upstream::open(self.relay, &self.ask.project, (exit, key), self.toward());
        self.judge(self.ask(upstream.await?, way).await?)
    }

    /// A connection for a request that can be sent once.
    async fn way(&self, exit: Arc<Exit>, key: Key) -> Result<Upstream, AttemptError> {
        if let Some(kept) = self.kept(&key, &exit, FRESH) {
            return Ok(kept);
        }
        upstream::open(self.relay, &self.ask.project, (exit, key), self.toward()).await
    }

    fn toward(&self) -> Toward<'_> {
        let Plain { target, secure, upgrade, .. } = self.plain;
        // What HTTP/2 has instead of switching protocols (RFC 8441) few targets know.
        Toward { target, secure: secure.as_ref(), http2: !upgrade }
    }

    /// Whether the exit is given the request itself, and not only a tunnel to open.
    fn is_read_by(&self, exit: &Exit) -> bool {
        self.plain.secure.is_none() && upstream::reads_requests(exit)
    }

    /// A kept connection on which nothing has come since: what has come answers no request of
    /// ours, and is mostly a farewell.
    fn kept(&self, key: &Key, exit: &Arc<Exit>, age: Duration) -> Option<Upstream> {
        if self.is_fresh {
            return None;
        }
        let now = Instant::now();
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
        let target = (!self.is_read_by(exit)).then(|| self.plain.target.clone());
        let (secure, session) = (self.plain.secure.clone(), self.session.clone());
        let project = secure.as_ref().map(|_| self.ask.project.id);
        Key { exit: exit.id, session, target, secure, project }
    }

    /// Sends a request without a body and reads the head of its answer.
    async fn ask(
        &self,
        mut upstream: Upstream,
        way: Way<'_>,
    ) -> Result<(Upstream, ResponseHead), AttemptError> {
        if !self.is_read_by(&upstream.exit) {
            way.open();
        }
        let request = self.render(&upstream.exit);
        let asked = async {
            exchange::write(&mut upstream, &request).await?;
            exchange::read_head(&mut upstream, self.plain.upgrade).await
        };
        let patience = self.ask.project.spec.response_timeout;
        match timeout(patience, asked).await.unwrap_or(Err(AttemptError::Silent)) {
            Ok(response) => Ok((upstream, response)),
            Err(error) => Err(self.behind(&upstream, error)),
        }
    }

    /// The head of the request as this exit wants it.
    fn render(&self, exit: &Exit) -> BytesMut {
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
        };
        headers::write_request(self.head, &parts, &mut out);
        out
    }

    /// Sends a request with its body, which can be done once, and carries the answer.
    async fn send_and_respond(
        &self,
        mut exchanging: Exchanging<'_>,
        (told, record): (&Told, &mut Record),
    ) -> Result<Outcome, RelayError> {
        let head = self.render(&exchanging.upstream.exit);
        exchanging.up.prepend(head);
        let timeouts =
            (self.relay.settings().body_idle_timeout, self.ask.project.spec.response_timeout);
        for _ in 0..=exchange::MOST_INTERIM {
            let head = match exchanging.next(self.plain.upgrade, timeouts).await {
                Ok(head) => head,
                Err(error) => return Err(self.lost(&exchanging.upstream, record, error)),
            };
            match head.status() {
                407 => {
                    return Err(self.lost(
                        &exchanging.upstream,
                        record,
                        AttemptError::Unauthorized,
                    ));
                }
                101 | 200.. => {
                    record.answered();
                    return self.respond(exchanging, head, (told, record)).await;
                }
                _ if self.head.version() == http1::Version::Http11 => {
                    exchanging.client.write(&exchange::interim(&head)).await?;
                }
                _ => {}
            }
        }
        Err(self.lost(&exchanging.upstream, record, exchange::chatter()))
    }

    /// Carries the answer to the client, and what is left of the request to the exit.
    async fn respond(
        &self,
        mut exchanging: Exchanging<'_>,
        response: ResponseHead,
        (told, record): (&Told, &mut Record),
    ) -> Result<Outcome, RelayError> {
        let framing = response
            .framing(self.head.method())
            .map_err(|source| self.lost(&exchanging.upstream, record, exchange::garbage(source)))?;
        let ends = Ends::of(self, &response, framing);
        let status = response.status();
        let mut down = exchanging.down(framing, ends.reframe);
        down.prepend(ends.head(self, &response, told));
        // It lies in the buffer that the body is to be read into.
        drop(response);
        let idle = self.relay.settings().body_idle_timeout;
        let result = exchanging.carry(&mut down, idle).await;
        record.moved(exchanging.up.bytes, down.bytes);
        match result {
            Ok(()) => record.succeeded(status),
            Err(CopyError::Write) => {
                record.broke(status, Blame::Client);
                return Ok(Outcome::Abort);
            }
            Err(CopyError::Framing(source)) if !down.begun => {
                return Err(self.lost(&exchanging.upstream, record, exchange::garbage(source)));
            }
            Err(CopyError::Read(_) | CopyError::Framing(_)) => {
                record.broke(status, Blame::Exit);
                return Ok(Outcome::Abort);
            }
        }
        let is_whole = exchanging.up.is_done();
        let upstream = exchanging.upstream;
        if status == 101 {
            let project = Arc::clone(&self.ask.project);
            return Ok(Outcome::Switched(Box::new(Switched { upstream, project })));
        }
        if is_whole && ends.keep_upstream && !self.is_fresh {
            self.relay.pool().keep(upstream, Instant::now());
        }
        Ok(if is_whole && ends.keep_client { Outcome::Next } else { Outcome::Close })
    }

    /// Whether the answer is the target's: an exit that reads requests can also refuse them itself,
    /// and looks the same doing it.
    fn judge(
        &self,
        (upstream, response): (Upstream, ResponseHead),
    ) -> Result<((Upstream, Option<ResponseHead>), Certainty), AttemptError> {
        let certainty = match response.status() {
            407 => return Err(self.behind(&upstream, AttemptError::Unauthorized)),
            403 | 502 | 503 | 504 if self.is_read_by(&upstream.exit) => Certainty::Suspect,
            _ => Certainty::Sure,
        };
        Ok(((upstream, Some(response)), certainty))
    }

    /// What goes wrong on a tunnel that the exit has opened goes wrong at the target.
    fn behind(&self, upstream: &Upstream, error: AttemptError) -> AttemptError {
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

    /// The exit that had been chosen, or the target behind it, did not do its work after all.
    fn lost(&self, upstream: &Upstream, record: &mut Record, error: AttemptError) -> RelayError {
        match self.behind(upstream, error) {
            AttemptError::Client { source } => RelayError::ClientGone { source },
            AttemptError::Body(source) => RelayError::Body(source),
            AttemptError::Stalled => RelayError::TooSlow,
            error => {
                let (attempts, blame) =
                    (record.exit_failed(attempt::failure(&error)), error.blame());
                if error.is_silence() {
                    return RelayError::OutOfTime { attempts, blame };
                }
                RelayError::Exhausted { attempts, last: Box::new(error) }
            }
        }
    }
}

/// How the two connections go on after a response.
struct Ends {
    reframe: Reframe,
    announced: Framing,
    keep_client: bool,
    keep_upstream: bool,
}

impl Ends {
    fn of(sending: &Sending<'_>, response: &ResponseHead, framing: Framing) -> Self {
        let speaks_chunked = sending.head.version() == http1::Version::Http11;
        let (reframe, announced) = match framing {
            Framing::Chunked if speaks_chunked => (Reframe::Chunked, Framing::Chunked),
            Framing::Chunked => (Reframe::Plain, Framing::UntilClose),
            other => (Reframe::Plain, other),
        };
        Self {
            reframe,
            announced,
            keep_client: announced != Framing::UntilClose
                && sending.head.wants_keep_alive()
                && sending.relay.keeps_connections(),
            keep_upstream: framing != Framing::UntilClose
                && response.wants_keep_alive()
                && sending.relay.keeps_connections(),
        }
    }

    /// The head of the response as the client gets it.
    fn head(&self, sending: &Sending<'_>, response: &ResponseHead, told: &Told) -> BytesMut {
        let switches = response.status() == 101;
        let mut out = BytesMut::with_capacity(response.len() + 256);
        let mut writer = HeadWriter::new(&mut out);
        writer.status_line(response.status(), response.reason());
        headers::write_response(response, self.announced, switches, &mut writer);
        if !switches && !self.keep_client {
            writer.field("Connection", b"close");
        } else if !switches && sending.head.version() == http1::Version::Http10 {
            writer.field("Connection", b"keep-alive");
        }
        told.write(&mut writer);
        writer.end();
        out
    }
}
