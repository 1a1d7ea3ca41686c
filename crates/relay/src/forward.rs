//! One plain request to the target, one response back, both streamed.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use compact_str::CompactString;
use http1::{Framing, HeadWriter, RequestHead, ResponseHead};
use metrics::counter;
use model::exchange::Blame;
use rotation::{Ask, Candidates, Exit, ProjectEntry};
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
use crate::headers::{self, Changes, RequestParts};
use crate::pool::{Key, Upstream};
use crate::record::Record;
use crate::relay::Relay;
use crate::request::Plain;
use crate::rulebook::Rulebook;
use crate::sample::Sample;
use crate::upstream::{self, Toward};
use crate::verdict::{self, Ban, Judged};

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
    book: &'a Rulebook,
    user_agent: Option<&'a str>,
    /// The body, where the request may have to be sent again.
    held: Option<Bytes>,
}

/// What an attempt brings: a way to send the request, or the answer to it.
struct Brought {
    upstream: Upstream,
    response: Option<ResponseHead>,
    ban: Option<Ban>,
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
    record.sample = Sample::begin(&project.spec.inspection, client, (head, plain));
    admit::check_target(relay, &project.spec, &plain.target, Door::Plain)?;
    let book = relay.rulebooks().of(&project);
    if book.rewriting.blocks(plain.host(), plain.bare_path(head)) {
        return Err(RelayError::Blocked);
    }
    let ask = Ask { project, target: plain.target.clone(), wish, client: caller.source };
    let now = Instant::now();
    let mut candidates = choose::candidates(relay, caller, &ask).await?;
    let mut told = Told::about(&ask, &candidates);
    let session = candidates.session().map(CompactString::from);
    let is_fresh = ask.is_fresh();
    let number = client.number();
    let user_agent = book.rewriting.user_agent(session.as_deref(), number, rand::random());
    let held = hold(&book, relay, client, (head, plain)).await?;
    let book = &*book;
    let sending =
        Sending { relay, head, plain, ask: &ask, session, is_fresh, book, user_agent, held };
    let ways = Ways::default();
    let tries = sending.plan(&mut candidates, (now, &ways));
    let won = attempt::first(tries, |exit, way| sending.attempt(exit, way)).await?;
    told.carried_by(&ask, won.turn.exit(), won.attempts);
    record.carried(won.turn, won.attempts);
    let Brought { upstream, response, ban } = won.value;
    let least = relay.settings().min_body_rate;
    let framing = if sending.held.is_some() { Framing::None } else { plain.framing };
    let mut exchanging = Exchanging::new(client, upstream, framing, least);
    if sending.held.is_none() {
        exchanging.up.tap = record.sample.as_ref().map(|sample| sample.up.clone());
    }
    match response {
        Some(response) => sending.respond(exchanging, (response, ban), (&told, record)).await,
        None => sending.send_and_respond(exchanging, (&told, record)).await,
    }
}

/// Reads the body of a request that may have to be sent again, because rules about bans say so.
async fn hold(
    book: &Rulebook,
    relay: &Relay,
    client: &mut Client,
    (head, plain): (&RequestHead, &Plain),
) -> Result<Option<Bytes>, RelayError> {
    let Framing::Length(length @ 1..=verdict::MOST_HELD) = plain.framing else { return Ok(None) };
    let host = plain.host();
    let may = Plain::is_idempotent(head) || book.bans.replay_unsafe(host);
    if !may || !book.bans.concern(host) || head.fields().get("expect").is_some() {
        return Ok(None);
    }
    verdict::hold(client, length, relay.settings().body_idle_timeout).await.map(Some)
}

/// Leaves the connection to the protocol it has been switched to.
pub(crate) fn switch(relay: &Arc<Relay>, client: Client, switched: Switched, record: Record) {
    let Switched { upstream, project } = switched;
    let (client, exit) = ((client.stream, client.input), (upstream.stream, upstream.input));
    connect::spawn(relay, client, exit, (project, record));
}

impl Sending<'_> {
    /// How much is to be tried. Exits are not asked side by side when only a ban may have the request
    /// sent twice.
    fn plan<'a>(
        &'a self,
        candidates: &'a mut Candidates,
        (now, ways): (Instant, &'a Ways),
    ) -> Plan<'a> {
        let spec = &self.ask.project.spec;
        let (replays, once) = (self.is_replayable(), self.is_once());
        let wait = if replays { spec.response_timeout } else { spec.connection_timeout };
        let wait = wait.max(spec.connection_timeout);
        let attempts = connect::attempts(self.ask);
        Plan {
            relay: self.relay,
            candidates,
            attempts,
            deadline: now + wait,
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
    async fn attempt(
        &self,
        exit: Arc<Exit>,
        way: Way<'_>,
    ) -> Result<(Brought, Certainty), AttemptError> {
        let key = self.key(&exit);
        if !self.is_replayable() {
            // A tunnel says that the target is there; a connection to a proxy says nothing yet.
            let is_read = self.is_read_by(&exit);
            let certainty = if is_read { Certainty::Pending } else { Certainty::Sure };
            let upstream = self.way(exit, key).await?;
            return Ok((Brought { upstream, response: None, ban: None }, certainty));
        }
        if self.is_once() {
            let upstream = self.way(exit, key).await?;
            let sent = |source| AttemptError::Sent { source: Box::new(source) };
            return self.judge(self.ask(upstream, way).await.map_err(sent)?).await;
        }
        // A kept connection may be closed at this very moment; that is nobody's fault.
        if let Some(kept) = self.kept(&key, &exit, Duration::MAX)
            && let Ok(answered) = self.ask(kept, way).await
        {
            return self.judge(answered).await;
        }
        let upstream = upstream::open(self.relay, &self.ask.project, (exit, key), self.toward());
        self.judge(self.ask(upstream.await?, way).await?).await
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
            if let Some(body) = &self.held {
                exchange::write(&mut upstream, body).await?;
            }
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
            changes: Changes { fields: self.book.rewriting.request(), user_agent: self.user_agent },
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
                    let ban = self.ban(&mut exchanging.upstream, &head).await;
                    return self.respond(exchanging, (head, ban), (told, record)).await;
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
        (response, ban): (ResponseHead, Option<Ban>),
        (told, record): (&Told, &mut Record),
    ) -> Result<Outcome, RelayError> {
        self.note(&mut exchanging, (&response, ban.as_ref()), record);
        if self.blocks(&response) {
            return Err(RelayError::Blocked);
        }
        let framing = response
            .framing(self.head.method())
            .map_err(|source| self.lost(&exchanging.upstream, record, exchange::garbage(source)))?;
        let ends = Ends::of(self, &response, framing);
        let status = response.status();
        let tap = record.sample.as_ref().map(|sample| sample.down.clone());
        let mut down = exchanging.down(framing, ends.reframe);
        down.tap = tap;
        down.prepend(ends.head(self, &response, told));
        // It lies in the buffer that the body is to be read into.
        drop(response);
        let idle = self.relay.settings().body_idle_timeout;
        let result = exchanging.carry(&mut down, idle).await;
        let held = self.held.as_ref().map_or(0, |body| body.len() as u64);
        record.moved(exchanging.up.bytes + held, down.bytes);
        if let Some(sample) = &mut record.sample {
            sample.up = exchanging.up.tap.take().unwrap_or_else(|| std::mem::take(&mut sample.up));
            sample.down = down.tap.take().unwrap_or_default();
        }
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
    async fn judge(
        &self,
        (mut upstream, response): (Upstream, ResponseHead),
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
    async fn ban(&self, upstream: &mut Upstream, response: &ResponseHead) -> Option<Ban> {
        let host = self.plain.host();
        if !self.book.bans.concern(host) {
            return None;
        }
        let judged = Judged { upstream, response, method: self.head.method(), host };
        // Boxed: most projects have no rules.
        Box::pin(verdict::judge(self.book, self.ask, judged)).await
    }

    /// Whether the project does not want content of that type. What need not come is counted.
    fn blocks(&self, response: &ResponseHead) -> bool {
        let kind = response.fields().get("content-type");
        let path = self.plain.bare_path(self.head);
        let blocks = self.book.rewriting.blocks_content(self.plain.host(), path, kind);
        if let (true, Ok(Framing::Length(length))) = (blocks, response.framing(self.head.method()))
        {
            counter!("octoprox_bytes_saved_total").increment(length);
        }
        blocks
    }

    /// Puts down what is known when the head of the answer is there.
    fn note(
        &self,
        exchanging: &mut Exchanging<'_>,
        (response, ban): (&ResponseHead, Option<&Ban>),
        record: &mut Record,
    ) {
        if let Some(ban) = ban {
            record.banned(ban);
        }
        let elapsed = record.elapsed();
        let Some(sample) = &mut record.sample else { return };
        sample.answer = Some(response.clone());
        sample.session.clone_from(&self.session);
        sample.target = Some(if exchanging.upstream.stream.is_http2() { "h2" } else { "http/1.1" });
        sample.first_byte = Some(elapsed);
        if let Some(body) = &self.held {
            sample.up.see(body);
        }
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
        let fields = sending.book.rewriting.response();
        let changes = (switches, Changes { fields, user_agent: None });
        headers::write_response(response, self.announced, changes, &mut writer);
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
