//! Both directions of one plain exchange at once: the request's body up, the answer down.

use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use bytes::BytesMut;
use http1::{Framing, HeadWriter, Limits, ResponseHead, response};
use tokio::io::{AsyncRead, AsyncWriteExt, ReadBuf};
use tokio::time::Instant;

use crate::body::{BodyCopy, CopyError, Reframe};
use crate::client::Client;
use crate::error::AttemptError;
use crate::flow::Flow;
use crate::idle::IdleWatch;
use crate::pace::{self, Pace};
use crate::pool::Upstream;
use crate::scratch;

/// Bytes asked for at a time while a response head is awaited: most small answers come whole.
const READ_AHEAD: usize = 16 * 1024;
/// Informational answers in front of the real one.
pub(crate) const MOST_INTERIM: usize = 10;

/// A client and the exit that carries its request.
pub(crate) struct Exchanging<'a> {
    pub(crate) client: &'a mut Client,
    pub(crate) upstream: Box<Upstream>,
    /// The body of the request on its way.
    pub(crate) up: BodyCopy,
    /// The exit takes no more of the body; it may have answered all the same.
    is_up_broken: bool,
    /// How fast the client sends its body, and how fast it takes the answer.
    sending: Pace,
    taking: Pace,
}

/// Writes all of `bytes` to the exit.
pub(crate) async fn write(upstream: &mut Upstream, bytes: &[u8]) -> Result<(), AttemptError> {
    let written = async {
        upstream.stream.write_all(bytes).await?;
        upstream.stream.flush().await
    };
    written.await.map_err(|source| AttemptError::Broken { source })
}

/// Reads the head of the answer to a request that has been sent whole; informational answers are
/// for those who wait for something, and left out.
pub(crate) async fn read_head(
    upstream: &mut Upstream,
    may_upgrade: bool,
) -> Result<ResponseHead, AttemptError> {
    for _ in 0..=MOST_INTERIM {
        let head = read_any_head(upstream).await?;
        match head.status() {
            101 if !may_upgrade => return Err(unasked()),
            101 | 200.. => return Ok(head),
            _ => {}
        }
    }
    Err(chatter())
}

/// More informational answers than anybody has a reason to send.
pub(crate) fn chatter() -> AttemptError {
    garbage("too many informational answers")
}

async fn read_any_head(upstream: &mut Upstream) -> Result<ResponseHead, AttemptError> {
    loop {
        if let Some(head) = parse(&mut upstream.input)? {
            return Ok(head);
        }
        let Upstream { stream, input, .. } = upstream;
        match poll_fn(|cx| scratch::poll_read(cx, stream, (input, READ_AHEAD))).await {
            Ok(0) => return Err(AttemptError::Closed),
            Ok(_) => {}
            Err(source) => return Err(AttemptError::Broken { source }),
        }
    }
}

fn parse(input: &mut BytesMut) -> Result<Option<ResponseHead>, AttemptError> {
    if input.is_empty() {
        return Ok(None);
    }
    let head = response::parse(input, &Limits::default()).map_err(garbage)?;
    if let Some(interim) = head.as_ref().filter(|head| head.status() < 200) {
        // It has no body, and must not look to anybody as if it had one.
        interim.framing("").map_err(garbage)?;
    }
    Ok(head)
}

/// An answer that nobody may make sense of.
pub(crate) fn garbage(source: impl Into<Box<dyn Error + Send + Sync>>) -> AttemptError {
    AttemptError::Garbage { source: source.into() }
}

/// A switch of protocols that nobody asked for: what follows would be taken for HTTP.
fn unasked() -> AttemptError {
    garbage("protocols were switched unasked")
}

/// Whether a kept connection has neither been closed nor said anything since.
pub(crate) fn is_silent(upstream: &mut Upstream) -> bool {
    let mut byte = [0];
    let mut context = Context::from_waker(Waker::noop());
    let stream = Pin::new(&mut upstream.stream);
    stream.poll_read(&mut context, &mut ReadBuf::new(&mut byte)).is_pending()
}

impl<'a> Exchanging<'a> {
    /// `least` is the rate in bytes a second below which the client is too slow.
    pub(crate) fn new(
        client: &'a mut Client,
        upstream: Box<Upstream>,
        framing: Framing,
        least: u64,
    ) -> Self {
        let reframe = if framing == Framing::Chunked { Reframe::Chunked } else { Reframe::Plain };
        let mut up = BodyCopy::new(framing, reframe);
        if client.stream.is_http2() && upstream.stream.is_http2() {
            up.keep_trailers();
        }
        let (sending, taking) = (Pace::new(least), Pace::new(least));
        Self { client, upstream, up, is_up_broken: false, sending, taking }
    }

    /// A body on its way down.
    pub(crate) fn down(&self, framing: Framing, reframe: Reframe) -> BodyCopy {
        let mut down = BodyCopy::new(framing, reframe);
        if self.client.stream.is_http2() && self.upstream.stream.is_http2() {
            down.keep_trailers();
        }
        down
    }

    /// Sends the body on until the exit answers something, be it informational. A body may stand
    /// still for the first of the two times, an exit that has it whole may think for the second.
    pub(crate) async fn next(
        &mut self,
        may_upgrade: bool,
        (body_idle, response): (Duration, Duration),
    ) -> Result<ResponseHead, AttemptError> {
        let mut watch = IdleWatch::looking_every(pace::LOOK, body_idle);
        let mut was_sent = false;
        let head = poll_fn(|cx| {
            let before = self.up.moved;
            if self.poll_up(cx)?.is_ready() && !was_sent {
                was_sent = true;
                watch.restart(response);
            }
            match self.poll_head(cx) {
                Poll::Ready(head) => Poll::Ready(head),
                Poll::Pending if self.client.poll_gone(cx).is_ready() => Poll::Ready(Err(gone())),
                Poll::Pending if self.sends_too_slowly() => Poll::Ready(Err(AttemptError::Stalled)),
                Poll::Pending => {
                    ready!(watch.poll(cx, self.up.moved != before));
                    Poll::Ready(Err(self.late(was_sent)))
                }
            }
        })
        .await?;
        // In the middle of a body, the rest of it would be taken for the other protocol.
        let may_switch = may_upgrade && self.up.is_done();
        if head.status() == 101 && !may_switch { Err(unasked()) } else { Ok(head) }
    }

    /// Whether the client, whose body is waited for, lets it drip.
    fn sends_too_slowly(&mut self) -> bool {
        let is_clients_turn = !self.up.is_done() && !self.is_up_broken && self.up.owes_nothing();
        self.sending.is_too_slow(Instant::now(), self.up.bytes, is_clients_turn)
    }

    /// Nothing has moved for too long: the client stopped in its body, or the exit is silent.
    fn late(&self, was_sent: bool) -> AttemptError {
        let is_clients_turn = !was_sent && self.up.owes_nothing();
        if is_clients_turn { AttemptError::Stalled } else { AttemptError::Silent }
    }

    fn poll_up(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), AttemptError>> {
        if self.up.is_done() || self.is_up_broken {
            return Poll::Ready(Ok(()));
        }
        let from = (&mut self.client.stream, &mut self.client.input);
        match ready!(self.up.poll_copy(cx, from, &mut self.upstream.stream)) {
            Ok(()) => Poll::Ready(Ok(())),
            Err(CopyError::Read(source)) => Poll::Ready(Err(AttemptError::Client { source })),
            Err(CopyError::Framing(source)) => Poll::Ready(Err(AttemptError::Body(source))),
            Err(CopyError::Write) => {
                self.is_up_broken = true;
                Poll::Ready(Ok(()))
            }
        }
    }

    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<Result<ResponseHead, AttemptError>> {
        loop {
            if let Some(head) = parse(&mut self.upstream.input)? {
                return Poll::Ready(Ok(head));
            }
            let Upstream { stream, input, .. } = &mut *self.upstream;
            match ready!(scratch::poll_read(cx, stream, (input, READ_AHEAD))) {
                Ok(0) => return Poll::Ready(Err(AttemptError::Closed)),
                Ok(_) => {}
                Err(source) => return Poll::Ready(Err(AttemptError::Broken { source })),
            }
        }
    }

    /// Carries the answer down, and what is left of the request up, until the answer is whole. What
    /// is wrong with the request by now is no reason to keep the answer back.
    pub(crate) async fn carry(
        &mut self,
        down: &mut BodyCopy,
        idle: Duration,
        flowed: impl FnMut(u64, u64) -> bool,
    ) -> Result<(), CopyError> {
        let (mut watch, mut flow): (Option<IdleWatch>, _) = (None, Flow::new(flowed));
        poll_fn(|cx| {
            let before = (self.up.moved, down.moved);
            if let Poll::Ready(Err(_)) = self.poll_up(cx) {
                self.is_up_broken = true;
            }
            let from = (&mut self.upstream.stream, &mut self.upstream.input);
            match down.poll_copy(cx, from, &mut self.client.stream) {
                Poll::Ready(result) => Poll::Ready(result),
                Poll::Pending if !flow.goes_on(self.up.bytes, down.bytes) => {
                    Poll::Ready(Err(capped()))
                }
                Poll::Pending if self.is_unwanted(cx, down) => Poll::Ready(Err(CopyError::Write)),
                Poll::Pending => {
                    let moved = (self.up.moved, down.moved) != before;
                    // Most answers are whole at once and need none of this.
                    self.client.stream.hold_little();
                    let watch =
                        watch.get_or_insert_with(|| IdleWatch::looking_every(pace::LOOK, idle));
                    ready!(watch.poll(cx, moved));
                    // Who does not take the answer is the client.
                    Poll::Ready(Err(late(down)))
                }
            }
        })
        .await
    }

    /// Whether the client is gone, or as good as that.
    fn is_unwanted(&mut self, cx: &mut Context<'_>, down: &BodyCopy) -> bool {
        self.client.poll_gone(cx).is_ready() || self.is_too_slow(down)
    }

    /// Whether the client takes the answer drop by drop, or lets the rest of its body drip.
    fn is_too_slow(&mut self, down: &BodyCopy) -> bool {
        let takes = self.taking.is_too_slow(Instant::now(), down.written, !down.owes_nothing());
        takes || self.sends_too_slowly()
    }
}

/// The client has taken its request back.
fn gone() -> AttemptError {
    AttemptError::Client { source: io::ErrorKind::ConnectionReset.into() }
}

/// A cap has been reached.
fn capped() -> CopyError {
    CopyError::Read(io::ErrorKind::QuotaExceeded.into())
}

/// Nothing of an answer has moved for too long: the client does not take it, or no more comes.
fn late(down: &BodyCopy) -> CopyError {
    if down.owes_nothing() {
        CopyError::Read(io::ErrorKind::TimedOut.into())
    } else {
        CopyError::Write
    }
}

/// An informational answer, reduced to what crosses a hop.
pub(crate) fn interim(head: &ResponseHead) -> BytesMut {
    let mut out = BytesMut::with_capacity(head.len());
    let mut writer = HeadWriter::new(&mut out);
    writer.status_line(head.status(), head.reason());
    crate::headers::write_response(
        head,
        Framing::UntilClose,
        (false, crate::headers::Changes::default()),
        &mut writer,
    );
    writer.end();
    out
}
