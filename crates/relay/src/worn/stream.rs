//! A browser's connection to a target, as if it were one of HTTP/1.1.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::BytesMut;
use disguise::{Connection, DisguiseError, Incoming, Outgoing};
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Response, StatusCode, Uri};
use http_body::Body as _;
use http1::{Framing, Limits, RequestHead, request};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Identity;
use super::identity::go_on;
use super::received::{More, Received};
use super::upload::{self, Upload};
use crate::http2::fields::{self, Body};
use crate::http2::incoming::{end_of_head, give};

/// Writes requests, reads answers: with HTTP/1.1 one after another, with HTTP/2 one.
pub(crate) struct Stream {
    identity: Identity,
    is_http2: bool,
    asking: Asking,
    answer: Answer,
    is_head: bool,
    /// What of the answer has been written down and not been read.
    head: BytesMut,
    /// Not there while it has a request to answer, and after it has broken.
    connection: Option<Connection>,
    /// Counts the requests of one connection.
    _place: Option<Arc<()>>,
}

/// What of the request has been written.
enum Asking {
    /// A part of its head.
    Head(BytesMut),
    Body(Upload),
}

/// What of the answer has come.
enum Answer {
    Nothing,
    Waiting(Task<(Connection, Result<Response<Incoming>, DisguiseError>)>),
    Body(Received),
    /// The connection belongs to another protocol as soon as what is under way has been read.
    Switching(Task<Result<Box<dyn Raw>, DisguiseError>>),
    Switched(Box<dyn Raw>),
    /// Whoever reads is told.
    Broken(io::Error),
}

type Task<T> = Pin<Box<dyn Future<Output = T> + Send>>;

trait Raw: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Raw for T {}

// === impl Stream ===

impl Stream {
    pub(super) fn new(
        connection: Option<Connection>,
        identity: Identity,
        place: Option<Arc<()>>,
    ) -> Self {
        Self {
            identity,
            is_http2: connection.as_ref().is_some_and(Connection::is_http2),
            asking: Asking::Head(BytesMut::new()),
            answer: Answer::Nothing,
            is_head: false,
            head: BytesMut::new(),
            connection,
            _place: place,
        }
    }

    pub(crate) fn is_http2(&self) -> bool {
        self.is_http2
    }

    /// Takes bytes of a head; the request is sent when it is whole.
    fn poll_head(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let Asking::Head(begun) = &mut self.asking else { return Poll::Ready(Ok(0)) };
        let end = end_of_head(begun, bytes);
        begun.extend_from_slice(&bytes[..end]);
        let head = request::parse(begun, &Limits::default()).map_err(io::Error::other)?;
        if let Some(head) = head {
            self.ask(&head)?;
            // It begins now: nobody may read before all has been written.
            let _ = self.poll_answer(cx);
        }
        Poll::Ready(Ok(end))
    }

    fn ask(&mut self, head: &RequestHead) -> io::Result<()> {
        let mut connection = self.connection.take().ok_or(io::ErrorKind::BrokenPipe)?;
        let framing = head.framing().map_err(io::Error::other)?;
        let (upload, body) = upload::body(framing);
        let request = disguise::Request {
            method: head.method().parse().map_err(io::Error::other)?,
            uri: uri(head)?,
            fields: self.identity.fields(head.fields(), self.is_http2).map_err(io::Error::other)?,
        };
        let before = std::mem::replace(&mut self.answer, Answer::Nothing);
        if !matches!(framing, Framing::None | Framing::Length(0)) {
            go_on(head.fields(), &mut self.head);
        }
        self.is_head = head.method() == "HEAD";
        self.asking = Asking::Body(upload);
        self.answer = Answer::Waiting(Box::pin(async move {
            if let Answer::Body(mut before) = before {
                // What it broke by is told by the connection, too.
                poll_fn(|cx| before.poll_end(cx)).await.ok();
            }
            let body = Outgoing::new(body);
            let sent = async {
                connection.ready().await?;
                connection.send(request, body).await
            };
            let answer = sent.await;
            (connection, answer)
        }));
        Ok(())
    }

    /// Waits for the answer, if there is to be one.
    fn poll_answer(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Answer::Waiting(waiting) = &mut self.answer else { return Poll::Ready(()) };
        let (connection, answer) = ready!(waiting.as_mut().poll(cx));
        match answer {
            Ok(answer) => {
                self.connection = Some(connection);
                self.begin(answer);
            }
            Err(error) => self.answer = Answer::Broken(broken(error)),
        }
        Poll::Ready(())
    }

    /// Writes down the head of the answer.
    fn begin(&mut self, answer: Response<Incoming>) {
        let (mut parts, incoming) = answer.into_parts();
        let body = match (self.is_head, incoming.is_end_stream()) {
            (true, _) => Body::OfHead,
            (_, true) => Body::Empty,
            (_, false) => Body::Streams,
        };
        // It has been taken off.
        parts.headers.remove(TRANSFER_ENCODING);
        let head = Response::from_parts(parts, ());
        fields::write_response(&head, body, &mut self.head);
        let is_bare = matches!(head.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let has_length = head.headers().contains_key(CONTENT_LENGTH);
        let is_chunked = body == Body::Streams && !has_length && !is_bare;
        self.answer = if head.status() == StatusCode::SWITCHING_PROTOCOLS {
            let answer = head.map(|()| incoming);
            Answer::Switching(Box::pin(async move {
                Ok(Box::new(disguise::upgrade(answer).await?) as Box<dyn Raw>)
            }))
        } else {
            Answer::Body(Received::new(incoming, is_chunked))
        };
    }

    /// The bytes of the protocol that the connection has been switched to.
    fn poll_raw(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<&mut Box<dyn Raw>>>> {
        if let Answer::Switching(switching) = &mut self.answer {
            let raw = ready!(switching.as_mut().poll(cx)).map_err(broken)?;
            self.answer = Answer::Switched(raw);
        }
        match &mut self.answer {
            Answer::Switched(raw) => Poll::Ready(Ok(Some(raw))),
            _ => Poll::Ready(Ok(None)),
        }
    }

    /// Lets the next request begin when the answer to the last one has been read.
    fn rest(&mut self) {
        if let Answer::Body(received) = &self.answer
            && received.is_read()
        {
            self.answer = Answer::Nothing;
        }
        if let (Answer::Nothing | Answer::Body(_), Asking::Body(upload)) =
            (&self.answer, &self.asking)
            && upload.is_done()
        {
            self.asking = Asking::Head(BytesMut::new());
        }
    }

    /// It is told once; then there is nothing more.
    fn take_error(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.answer, Answer::Nothing) {
            Answer::Broken(error) => Err(error),
            _ => Ok(()),
        }
    }

    /// The end of the stream, where the connection has ended.
    fn poll_closed(&mut self) -> Poll<io::Result<()>> {
        let is_closed = self.connection.as_mut().is_none_or(Connection::is_closed);
        if is_closed { Poll::Ready(Ok(())) } else { Poll::Pending }
    }
}

/// What went wrong, for those who read and write bytes.
pub(super) fn broken(error: impl Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionReset, error)
}

fn uri(head: &RequestHead) -> io::Result<Uri> {
    let host = head.fields().get("host").ok_or(io::ErrorKind::InvalidData)?;
    let path = match head.target() {
        "*" => "/",
        path => path,
    };
    let uri = Uri::builder().scheme("https").authority(host).path_and_query(path);
    uri.build().map_err(io::Error::other)
}

impl AsyncRead for Stream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Asking::Body(upload) = &mut this.asking {
            // Who takes no more of it may have answered all the same.
            let _ = upload.poll_flush(cx);
        }
        loop {
            if give(&mut this.head, buffer) {
                return Poll::Ready(Ok(()));
            }
            match &mut this.answer {
                // Between two requests: whoever reads wants to know whether it is still there.
                Answer::Nothing => return this.poll_closed(),
                Answer::Waiting(_) => ready!(this.poll_answer(cx)),
                Answer::Body(body) => match ready!(body.poll_read(cx, buffer))? {
                    More::Some => return Poll::Ready(Ok(())),
                    More::None => this.rest(),
                },
                Answer::Switching(_) => {
                    ready!(this.poll_raw(cx))?;
                }
                Answer::Broken(_) => return Poll::Ready(this.take_error()),
                Answer::Switched(raw) => return Pin::new(raw).poll_read(cx, buffer),
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if let Some(raw) = ready!(this.poll_raw(cx))? {
            return Pin::new(raw).poll_write(cx, bytes);
        }
        let _ = this.poll_answer(cx);
        this.rest();
        match &mut this.asking {
            Asking::Head(_) => this.poll_head(cx, bytes),
            Asking::Body(upload) => upload.poll_write(cx, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let _ = this.poll_answer(cx);
        match (&mut this.answer, &mut this.asking) {
            (Answer::Switched(raw), _) => Pin::new(raw).poll_flush(cx),
            (_, Asking::Body(upload)) => upload.poll_flush(cx),
            (_, Asking::Head(_)) => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().answer {
            Answer::Switched(raw) => Pin::new(raw).poll_shutdown(cx),
            _ => Poll::Ready(Ok(())),
        }
    }
}
