//! A stream of requests as hyper serves it, from memory.

use std::cell::RefCell;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;

use crate::exchange::{End, Reading, Request};

/// Far more than any connection here needs.
const MOST_POLLS: usize = 100_000;

/// What hyper takes for requests; `Refused` is any error, a cut among them.
pub fn read(bytes: &[u8]) -> Reading {
    let requests = Rc::new(RefCell::new(Vec::new()));
    let service = service_fn(|request| serve(request, Rc::clone(&requests)));
    let stream = Stream { unread: Bytes::copy_from_slice(bytes), answer: Vec::new() };
    let mut server = http1::Builder::new();
    server.half_close(true);
    let mut connection = pin!(server.serve_connection(stream, service).without_shutdown());
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..MOST_POLLS {
        if let Poll::Ready(result) = connection.as_mut().poll(&mut context) {
            let requests = requests.take();
            let is_refused = result.map_or(true, |parts| has_refused(&parts.io.answer, &requests));
            return Reading { requests, end: if is_refused { End::Refused } else { End::Closed } };
        }
    }
    panic!("hyper does not come to an end");
}

/// hyper answers some faults itself and then ends the connection without an error.
fn has_refused(answers: &[u8], served: &[Request]) -> bool {
    let count = answers.windows(9).filter(|part| part == b"HTTP/1.1 " || part == b"HTTP/1.0 ");
    let informational = answers.windows(12).filter(|part| part.ends_with(b" 100")).count();
    count.count() - informational > served.len()
}

async fn serve(
    request: hyper::Request<Incoming>,
    requests: Rc<RefCell<Vec<Request>>>,
) -> Result<hyper::Response<Empty<Bytes>>, hyper::Error> {
    let method = request.method().to_string();
    let target = request.uri().to_string();
    let is_tunnel = requests.borrow().last().is_some_and(|last: &Request| last.method == "CONNECT");
    let body = if method == "CONNECT" {
        Bytes::new()
    } else {
        request.into_body().collect().await?.to_bytes()
    };
    if !is_tunnel {
        requests.borrow_mut().push(Request { method, target, body: body.to_vec() });
    }
    Ok(hyper::Response::new(Empty::new()))
}

/// Reads from memory, and keeps what is written.
struct Stream {
    unread: Bytes,
    answer: Vec<u8>,
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let length = self.unread.len().min(buffer.remaining());
        buffer.put_slice(&self.unread.split_to(length));
        Poll::Ready(Ok(()))
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.answer.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
