//! One plain request to the target, one response back, both streamed.

use std::future::poll_fn;
use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use compact_str::CompactString;
use http1::{Framing, HeadWriter, RequestHead, ResponseHead};
use metrics::counter;
use model::exchange::Blame;
use rotation::{Ask, ProjectEntry};
use tokio::time::Instant;

use crate::admit::{self, Admitted, Caller, Door};
use crate::attempt::{self, Ways};
use crate::body::{CopyError, Reframe};
use crate::boxed::boxed;
use crate::choose;
use crate::client::Client;
use crate::connect;
use crate::connection::{Becomes, Outcome};
use crate::error::{AttemptError, RelayError};
use crate::exchange::{self, Exchanging};
use crate::headers::{self, Changes};
use crate::pool::Upstream;
use crate::record::Record;
use crate::relay::Relay;
use crate::request::Plain;
use crate::rulebook::Rulebook;
use crate::sample::Sample;
use crate::told::Told;
use crate::verdict::{self, Ban};
use crate::worn;

mod sending;

use sending::{Brought, Sending};

/// A connection that has switched protocols, on the exit's side.
pub(crate) struct Switched {
    upstream: Box<Upstream>,
    project: Arc<ProjectEntry>,
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
    admit::check_target(relay.dialer(), &project.spec, &plain.target, Door::Plain)?;
    let book = relay.rulebooks().of(&project);
    let rewrites = !book.rewriting.is_empty();
    if rewrites && book.rewriting.blocks(plain.host(), plain.bare_path(head)) {
        return Err(RelayError::Blocked);
    }
    let ask = Ask { project, target: plain.target.clone(), wish, client: caller.source };
    record.asks(&ask);
    let chosen = choose::candidates(relay, caller, &ask, record.begun()).await?;
    let (mut candidates, chosen_at) = chosen;
    record.chosen(&ask, &candidates);
    let mut told = Told::about(&ask, &candidates);
    let session = candidates.session().map(CompactString::from);
    let number = client.number();
    let user_agent = rewrites
        .then(|| book.rewriting.user_agent(session.as_deref(), number, rand::random()))
        .flatten();
    let changes = Changes { fields: book.rewriting.request(), user_agent };
    let claimed = changes.value(head.fields(), "user-agent");
    let face = worn::chosen(&ask.project.spec, plain, claimed, (session.as_deref(), number))?;
    // Browsers have a connection of its own for what is to become another protocol.
    let is_fresh = ask.is_fresh() || face.is_some() && plain.upgrade;
    let body = hold(&book, relay, client, (head, plain)).await?;
    // A client takes its time with its body.
    let now = if body.is_some() { Instant::now() } else { chosen_at };
    let book = &*book;
    let sending = Sending {
        relay,
        head,
        plain,
        ask: &ask,
        session,
        is_fresh,
        book,
        changes,
        worn: face,
        held: body,
    };
    let mut ways = Ways::logged(record.sample.as_ref().map(|sample| sample.log.clone()));
    let tries = sending.plan(&mut candidates, (now, &ways));
    let won = tokio::select! {
        biased;
        won = attempt::first(tries, |exit, way| sending.attempt(exit, way)) => won,
        () = poll_fn(|cx| client.poll_gone(cx)) => Err(RelayError::gone()),
    };
    record.tried(&mut ways);
    let won = won?;
    told.carried_by(&ask, won.turn.exit(), won.attempts);
    record.carried(won.turn, won.attempts, won.at);
    let Brought { upstream, response, ban } = won.value;
    let exchanging = begun(&sending, client, upstream, record);
    match response {
        Some(response) => sending.respond(exchanging, (response, ban), (&told, record)).await,
        // Boxed: most requests have been answered by now.
        None => boxed(|| sending.send_and_respond(exchanging, (&told, record))).await,
    }
}

/// Both directions between the client and the exit that won; a body that was held has been sent.
fn begun<'a>(
    sending: &Sending<'_>,
    client: &'a mut Client,
    upstream: Box<Upstream>,
    record: &Record,
) -> Exchanging<'a> {
    let least = sending.relay.settings().min_body_rate;
    if sending.held.is_some() {
        return Exchanging::new(client, upstream, Framing::None, least);
    }
    let mut exchanging = Exchanging::new(client, upstream, sending.plain.framing, least);
    exchanging.up.tap = record.sample.as_ref().map(|sample| sample.up.clone());
    exchanging
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
pub(crate) fn switch(relay: &Relay, client: Client, switched: Switched, record: Record) -> Becomes {
    let Switched { upstream, project } = switched;
    let Upstream { stream, input, .. } = *upstream;
    let (client, exit) = ((client.stream, client.input), (stream, input));
    connect::between(relay, client, exit, (project, record))
}

impl Sending<'_> {
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
        (response, ban): (ResponseHead, Option<Box<Ban>>),
        (told, record): (&Told, &mut Record),
    ) -> Result<Outcome, RelayError> {
        self.note(&mut exchanging, (&response, ban.as_deref()), record);
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
        let result = exchanging.carry(&mut down, idle, |up, down| record.flowed(up, down)).await;
        let ended = Instant::now();
        let held = self.held.as_ref().map_or(0, |body| body.len() as u64);
        record.moved(exchanging.up.bytes + held, down.bytes);
        if let Some(sample) = &mut record.sample {
            sample.up = exchanging.up.tap.take().unwrap_or_else(|| std::mem::take(&mut sample.up));
            sample.down = down.tap.take().unwrap_or_default();
        }
        match result {
            Ok(()) => record.succeeded(status, ended),
            Err(CopyError::Write) => {
                record.broke(status, Blame::Client);
                return Ok(Outcome::Abort);
            }
            Err(CopyError::Framing(source)) if !down.begun => {
                return Err(self.lost(&exchanging.upstream, record, exchange::garbage(source)));
            }
            Err(CopyError::Read(why)) if why.kind() == io::ErrorKind::QuotaExceeded => {
                record.broke(status, Blame::Node);
                return Ok(Outcome::Abort);
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
            self.relay.pool().keep(upstream, ended);
        }
        Ok(if is_whole && ends.keep_client { Outcome::Next } else { Outcome::Close })
    }

    /// Whether the project does not want content of that type. What need not come is counted.
    fn blocks(&self, response: &ResponseHead) -> bool {
        if self.book.rewriting.is_empty() {
            return false;
        }
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
        if record.sample.is_none() {
            return;
        }
        let elapsed = record.elapsed();
        let Some(sample) = &mut record.sample else { return };
        sample.answer = Some(response.clone());
        sample.session.clone_from(&self.session);
        sample.target = Some(if exchanging.upstream.stream.is_http2() { "h2" } else { "http/1.1" });
        sample.first_byte = Some(elapsed);
        sample.sent.clone_from(&exchanging.upstream.sent);
        if let Some(body) = &self.held {
            sample.up.see(body);
        }
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
        let keeps = sending.relay.keeps_connections();
        let (reframe, announced) = match framing {
            Framing::Chunked if speaks_chunked => (Reframe::Chunked, Framing::Chunked),
            Framing::Chunked => (Reframe::Plain, Framing::UntilClose),
            other => (Reframe::Plain, other),
        };
        Self {
            reframe,
            announced,
            keep_client: keeps
                && announced != Framing::UntilClose
                && sending.head.wants_keep_alive(),
            keep_upstream: keeps && framing != Framing::UntilClose && response.wants_keep_alive(),
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
