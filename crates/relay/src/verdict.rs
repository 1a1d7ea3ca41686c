//! Judges an answer by the project's ban rules, before a byte of it reaches the client, and does what
//! they say.

use std::future::poll_fn;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use compact_str::CompactString;
use http1::{BodyDecoder, Framing, Piece, ResponseHead};
use metrics::counter;
use model::Host;
use rotation::{Ask, Exit};
use rules::{Answer, Content, MOST_RAW, Rule};
use tokio::time::{Instant, timeout_at};

use crate::client::Client;
use crate::error::RelayError;
use crate::pool::Upstream;
use crate::rulebook::Rulebook;
use crate::scratch;

/// How long the beginning of an answer is waited for; who sends nothing until then is judged by
/// what there is.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes read at a time.
const STEP: usize = 16 * 1024;
/// The largest request body that is held, so that it can be sent again.
pub(crate) const MOST_HELD: u64 = 64 * 1024;

/// A target does not want the exit that an answer came through.
#[derive(Debug, Clone)]
pub(crate) struct Ban {
    /// The rule that says so.
    pub(crate) rule: CompactString,
    pub(crate) tag: Option<CompactString>,
    /// Whether another exit is to be tried.
    pub(crate) retry: bool,
}

/// An answer whose body has not been touched: what is read of it stays in front of the rest.
pub(crate) struct Judged<'a> {
    pub(crate) upstream: &'a mut Upstream,
    pub(crate) response: &'a ResponseHead,
    pub(crate) method: &'a str,
    /// Whom the rules call the target.
    pub(crate) host: &'a Host,
}

/// What the rules of the project say of an answer. The exit is treated accordingly when this
/// returns.
pub(crate) async fn judge(book: &Rulebook, ask: &Ask, judged: Judged<'_>) -> Option<Ban> {
    let Judged { upstream, response, method, host } = judged;
    let framing = response.framing(method).ok()?;
    let announced = match framing {
        Framing::Length(length) => Some(length),
        Framing::None => Some(0),
        _ => None,
    };
    let (status, fields) = (response.status(), response.fields());
    let answer = Answer { status, fields, announced, content: Content::Unread };
    let mut judgement = book.bans.judge(host, &answer);
    let mut content = BytesMut::new();
    if judgement.undecided {
        let is_whole = match framing {
            _ if streams(response) => false,
            Framing::None => true,
            framing => read(upstream, framing, &mut content).await,
        };
        let content = if is_whole { Content::Whole(&content) } else { Content::Prefix(&content) };
        judgement = book.bans.judge(host, &Answer { content, ..answer });
    }
    for rule in &judgement.dry {
        count(ask, rule, "dry");
    }
    let rule = judgement.banned?;
    act(ask, &upstream.exit, rule);
    let tag = rule.actions.tag.as_deref().map(CompactString::from);
    Some(Ban { rule: rule.name.clone(), tag, retry: rule.actions.retry })
}

/// Whether the answer has no beginning that would come soon.
fn streams(response: &ResponseHead) -> bool {
    let kind = response.fields().get("content-type").unwrap_or_default();
    response.status() == 101 || kind.starts_with(b"text/event-stream")
}

/// Reads the beginning of a body into `content`, and leaves it where it was; whether that is all.
async fn read(upstream: &mut Upstream, framing: Framing, content: &mut BytesMut) -> bool {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let whole = decode(&upstream.input, framing, content);
        if whole != Some(false) || content.len() >= MOST_RAW || upstream.input.len() >= MOST_RAW * 2
        {
            return whole == Some(true);
        }
        let Upstream { stream, input, .. } = &mut *upstream;
        let more = poll_fn(|cx| scratch::poll_read(cx, stream, (input, STEP)));
        match timeout_at(deadline, more).await {
            Ok(Ok(0)) => return framing == Framing::UntilClose,
            Ok(Ok(_)) => {}
            // Whatever is wrong shows again when the body is carried.
            Ok(Err(_)) | Err(_) => return false,
        }
    }
}

/// Takes the framing off what has come; whether it is all. `None`: it is no body.
fn decode(input: &[u8], framing: Framing, content: &mut BytesMut) -> Option<bool> {
    let (mut decoder, mut input) = (BodyDecoder::new(framing), BytesMut::from(input));
    content.clear();
    loop {
        match decoder.decode(&mut input).ok()? {
            Some(Piece::Data(data)) => content.extend_from_slice(&data),
            Some(Piece::End) => return Some(true),
            None => return Some(decoder.is_done()),
        }
        if decoder.is_done() {
            return Some(true);
        }
    }
}

/// Does what a rule says about the exit and the session.
fn act(ask: &Ask, exit: &Exit, rule: &Rule) {
    let (now, actions, host) = (Instant::now(), &rule.actions, &ask.target.host);
    count(ask, rule, "matched");
    // A rule that would take too much of the pool away may still have requests tried elsewhere.
    let base = actions.mark.or(actions.quarantine);
    let may_keep = base
        .is_some_and(|base| ask.project.keep_from((exit.id, host), (base, rule.max_share), now));
    match (actions.mark, actions.quarantine, may_keep) {
        (None, None, _) => {}
        (_, _, false) => count(ask, rule, "capped"),
        (_, Some(rest), true) => {
            count(ask, rule, "quarantined");
            ask.project.quarantine(exit, rest, now);
        }
        (Some(_), None, true) => count(ask, rule, "marked"),
    }
    if let Some(session) = ask.wish.session.as_ref().filter(|_| actions.rotate_session) {
        count(ask, rule, "session_rotated");
        let time = ask.wish.idle.unwrap_or(ask.project.spec.session.idle);
        ask.project.keep_from_session(exit.id, session, time, now);
    }
}

fn count(ask: &Ask, rule: &Rule, outcome: &'static str) {
    let (project, rule) = (ask.project.spec.name.clone(), rule.name.to_string());
    counter!("octoprox_bans_total", "project" => project, "rule" => rule, "outcome" => outcome)
        .increment(1);
}

/// Reads the whole body of a request, so that it can be sent more than once.
pub(crate) async fn hold(
    client: &mut Client,
    length: u64,
    idle: Duration,
) -> Result<Bytes, RelayError> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    while client.input.len() < length {
        let deadline = Instant::now() + idle;
        match timeout_at(deadline, client.fill()).await {
            Err(_) => return Err(RelayError::TooSlow),
            Ok(Ok(0)) => return Err(RelayError::Truncated),
            Ok(Ok(_)) => {}
            Ok(Err(source)) => return Err(RelayError::ClientGone { source }),
        }
    }
    Ok(client.input.split_to(length).freeze())
}
