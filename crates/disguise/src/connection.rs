//! A connection on which a browser seems to be: requests go in, answers come out.

use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http::uri::Scheme;
use http::{Response, Uri, Version};
use http_body_util::combinators::UnsyncBoxBody;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_btls::SslStream;
use tokio_util::task::TaskTracker;
use wreq_proto::conn::{TrySendError, http1, http2};
use wreq_proto::ext::on_preserve_header;
use wreq_proto::rt::Executor;

use crate::suit::Suit;
use crate::{DisguiseError, Request, fields};

/// The body of an answer, as it comes. With a whole request it is dropped to say that no more of it
/// is wanted.
pub use wreq_proto::body::Incoming;

/// The body of a request. `http_body_util` makes one of anything.
pub type Outgoing = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// A connection to one target; it ends when it is dropped. Clones share one of HTTP/2.
pub struct Connection(Sender);

enum Sender {
    Http1(http1::SendRequest<Outgoing>),
    Http2(http2::SendRequest<Outgoing>),
}

pub(crate) async fn begin<S>(
    stream: SslStream<S>,
    suit: &Suit,
    tracker: &TaskTracker,
) -> Result<Connection, DisguiseError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let sender = if stream.ssl().selected_alpn_protocol() == Some(b"h2") {
        let builder = http2::Builder::new(Tasks(tracker.clone())).options(suit.http2.clone());
        let begun = builder.handshake(stream).await;
        let (sender, driver) = begun.map_err(DisguiseError::Begin)?;
        // How it ended is told to whoever waits for an answer.
        tracker.spawn(async move { driver.await.ok() });
        Sender::Http2(sender)
    } else {
        let begun = http1::Builder::default().options(suit.http1.clone()).handshake(stream).await;
        let (sender, driver) = begun.map_err(DisguiseError::Begin)?;
        tracker.spawn(async move { driver.with_upgrades().await.ok() });
        Sender::Http1(sender)
    };
    Ok(Connection(sender))
}

impl Connection {
    /// Whether it speaks HTTP/2, and so carries many requests at once.
    #[must_use]
    pub fn is_http2(&self) -> bool {
        matches!(self.0, Sender::Http2(_))
    }

    /// Another handle to the same connection; `None` with HTTP/1.1, which carries one request after
    /// another.
    #[must_use]
    pub fn share(&self) -> Option<Self> {
        match &self.0 {
            Sender::Http1(_) => None,
            Sender::Http2(sender) => Some(Self(Sender::Http2(sender.clone()))),
        }
    }

    /// Whether a request can be sent now: with HTTP/1.1 not before the answer has been read to its
    /// end. It may still end at any time.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        match &self.0 {
            Sender::Http1(sender) => sender.is_ready(),
            Sender::Http2(sender) => sender.is_ready(),
        }
    }

    /// Whether it is over, so that nothing can be sent on it any more.
    pub fn is_closed(&mut self) -> bool {
        match &mut self.0 {
            Sender::Http1(sender) => {
                let mut context = Context::from_waker(Waker::noop());
                matches!(sender.poll_ready(&mut context), Poll::Ready(Err(_)))
            }
            Sender::Http2(sender) => sender.is_closed(),
        }
    }

    /// Waits until a request can be sent.
    ///
    /// # Errors
    /// [`DisguiseError::NotSent`] when the connection is gone.
    pub async fn ready(&mut self) -> Result<(), DisguiseError> {
        match &mut self.0 {
            Sender::Http1(sender) => sender.ready().await,
            Sender::Http2(sender) => sender.ready().await,
        }
        .map_err(DisguiseError::NotSent)
    }

    /// Sends a request and waits for the head of its answer. Both bodies stream.
    ///
    /// # Errors
    /// When the request cannot be written down, the connection is gone, or the target does not
    /// answer in HTTP.
    pub async fn send(
        &mut self,
        request: Request,
        body: Outgoing,
    ) -> Result<Response<Incoming>, DisguiseError> {
        let uri = without_default_port(request.uri)?;
        let mut message = http::Request::new(body);
        *message.method_mut() = request.method;
        let answer = match &mut self.0 {
            Sender::Http1(sender) => {
                let (headers, spelling) = fields::http1(&request.fields, &uri)?;
                *message.headers_mut() = headers;
                *message.uri_mut() = origin_form(&uri)?;
                on_preserve_header(&mut message, spelling);
                sender.try_send_request(message).await
            }
            Sender::Http2(sender) => {
                *message.headers_mut() = fields::http2(&request.fields)?;
                *message.uri_mut() = uri;
                *message.version_mut() = Version::HTTP_2;
                sender.try_send_request(message).await
            }
        };
        answer.map_err(unanswered)
    }
}

fn unanswered(mut error: TrySendError<http::Request<Outgoing>>) -> DisguiseError {
    match error.take_message() {
        Some(_) => DisguiseError::NotSent(error.into_error()),
        None => DisguiseError::Request(error.into_error()),
    }
}

/// Browsers leave out the port that goes without saying.
fn without_default_port(uri: Uri) -> Result<Uri, DisguiseError> {
    let mut parts = uri.into_parts();
    let authority = parts.authority.take().ok_or(DisguiseError::Target)?;
    let is_plain = parts.scheme.as_ref().is_some_and(|scheme| *scheme == Scheme::HTTP);
    let default = if is_plain { 80 } else { 443 };
    let short = authority.host().parse().ok().filter(|_| authority.port_u16() == Some(default));
    parts.authority = Some(short.unwrap_or(authority));
    Uri::from_parts(parts).map_err(DisguiseError::Uri)
}

fn origin_form(uri: &Uri) -> Result<Uri, DisguiseError> {
    let path = uri.path_and_query().ok_or(DisguiseError::Target)?.clone();
    Ok(Uri::from(path))
}

/// The bytes behind an answer of 101, which are no HTTP any more.
///
/// # Errors
/// When the answer was another one.
pub async fn upgrade(
    answer: Response<Incoming>,
) -> Result<impl AsyncRead + AsyncWrite + Unpin + Send + 'static, DisguiseError> {
    wreq_proto::upgrade::on(answer).await.map_err(DisguiseError::Upgrade)
}

/// Puts what the library does in the background where it is waited for.
#[derive(Clone)]
struct Tasks(TaskTracker);

impl<F> Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        self.0.spawn(task);
    }
}
