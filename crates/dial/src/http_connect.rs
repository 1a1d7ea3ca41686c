//! Asking an HTTP proxy for a tunnel.

use std::io::ErrorKind;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::BytesMut;
use http1::{HeadError, HeadWriter, Limits, ResponseHead, response};
use model::Target;
use model::proxy::Login;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::error::{BadAnswer, DialError};
use crate::stream::Stream;

/// Informational heads that are skipped before the answer.
const MOST_INFORMATIONAL: usize = 10;
/// Enough for the head of nearly every answer to a CONNECT.
const USUAL_HEAD_BYTES: usize = 1024;
/// `HTTP/`
const START_BYTES: usize = 5;

/// The value of `Proxy-Authorization` for a login: `Basic` (RFC 7617), the text as UTF-8.
#[must_use]
pub fn proxy_authorization(login: &Login) -> String {
    let pair = format!("{}:{}", login.username, login.password.expose());
    let mut value = String::from("Basic ");
    STANDARD.encode_string(pair, &mut value);
    value
}

/// Sends the CONNECT and reads the answer. What the exit has sent behind its head is the target's,
/// and stays in the stream.
pub(crate) async fn open(
    mut stream: Stream,
    login: Option<&Login>,
    target: &Target,
) -> Result<Stream, DialError> {
    let request = request(login, target);
    stream.write_all(&request).await.map_err(DialError::ExitClosed)?;
    stream.flush().await.map_err(DialError::ExitClosed)?;
    let mut buffer = BytesMut::with_capacity(USUAL_HEAD_BYTES);
    let status = read_answer(&mut stream, &mut buffer).await?;
    match status {
        200..=299 => Ok(stream.with_pending(buffer.freeze())),
        407 => Err(DialError::Unauthorized),
        status => Err(DialError::Refused { status }),
    }
}

fn request(login: Option<&Login>, target: &Target) -> BytesMut {
    let authority = target.to_string();
    let mut request = BytesMut::with_capacity(256);
    let mut head = HeadWriter::new(&mut request);
    head.request_line("CONNECT", &[&authority]);
    head.field("Host", authority.as_bytes());
    if let Some(login) = login {
        head.field("Proxy-Authorization", proxy_authorization(login).as_bytes());
    }
    head.end();
    request
}

/// The status of the first head that is not informational.
async fn read_answer(stream: &mut Stream, buffer: &mut BytesMut) -> Result<u16, DialError> {
    for _ in 0..=MOST_INFORMATIONAL {
        match read_head(stream, buffer).await?.status() {
            101 => break,
            100..=199 => {}
            status => return Ok(status),
        }
    }
    Err(DialError::BadAnswer(BadAnswer::Informational))
}

async fn read_head(stream: &mut Stream, buffer: &mut BytesMut) -> Result<ResponseHead, DialError> {
    let limits = Limits::default();
    let mut seen = 0;
    loop {
        // Only the first bytes (is it HTTP?), the end of a line and the limit bring news. Parsing
        // 64 KiB that come one by one after each of them would be work for seconds.
        let is_news = seen < START_BYTES
            || buffer[seen..].contains(&b'\n')
            || buffer.len() >= limits.head_bytes;
        if is_news && let Some(head) = response::parse(buffer, &limits).map_err(bad_head)? {
            return Ok(head);
        }
        seen = buffer.len();
        if stream.read_buf(buffer).await.map_err(DialError::ExitClosed)? == 0 {
            return Err(DialError::ExitClosed(ErrorKind::UnexpectedEof.into()));
        }
    }
}

fn bad_head(error: HeadError) -> DialError {
    DialError::BadAnswer(match error.status() {
        431 => BadAnswer::HeadTooLarge(error),
        _ => BadAnswer::NotHttp(error),
    })
}
