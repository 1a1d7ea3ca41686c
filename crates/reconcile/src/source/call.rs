//! One call of another node over HTTP/1.1: a request, an answer, both bounded.

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use dial::{Dialer, How, Stream, TlsTrust};
use http1::{BodyDecoder, HeadWriter, Limits, Piece, ResponseHead, response};
use model::Target;
use model::connector::ResolveAt;
use model::proxy::{Endpoint, Protocol};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Error, ErrorKind};
use tokio::time::timeout;

use crate::error::ControlError;

/// For the connection, TLS included.
const CONNECT: Duration = Duration::from_secs(3);
/// Between two parts of a body.
const IDLE: Duration = Duration::from_secs(10);
/// Bytes of an answer: a million proxies have a tenth of that.
const MOST: usize = 1 << 30;

/// The address of a node's API.
#[derive(Debug, Clone)]
pub(super) struct Base {
    endpoint: Endpoint,
    /// As in a `Host` field.
    authority: String,
    /// What all paths begin with; empty, or without a slash at its end.
    path: String,
}

/// What is asked.
pub(super) struct Call<'a> {
    pub(super) method: &'a str,
    pub(super) path: String,
    pub(super) fields: Vec<(&'a str, String)>,
    pub(super) body: &'a [u8],
    /// For the answer to begin.
    pub(super) patience: Duration,
}

/// What was answered.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: BytesMut,
}

impl Base {
    /// `http://host:port/path` or `https://..`; `None`: it is neither.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (protocol, default_port) = match scheme {
            "http" => (Protocol::Http, 80),
            "https" => (Protocol::Https, 443),
            _ => return None,
        };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let Target { host, port } = Target::parse_or(authority, default_port).ok()?;
        let endpoint = Endpoint { protocol, host, port, login: None };
        let path = path.trim_end_matches('/').to_owned();
        Some(Self { endpoint, authority: authority.to_owned(), path })
    }

    /// The address of one whose endpoint is known.
    pub(super) fn at(endpoint: Endpoint, authority: String) -> Self {
        Self { endpoint, authority, path: String::new() }
    }

    pub(super) async fn call(
        &self,
        dialer: &Dialer,
        call: &Call<'_>,
    ) -> Result<Answer, ControlError> {
        let how = How {
            resolve: ResolveAt::Node,
            tls: TlsTrust::new(None).map_err(ControlError::Trust)?,
            source_address: None,
            allow_targets: Arc::default(),
        };
        let dialled = timeout(CONNECT, dialer.connect(&self.endpoint, &how)).await;
        let mut stream = dialled.map_err(ControlError::Slow)?.map_err(ControlError::Dial)?;
        let asked = async {
            stream.write_all(&self.head(call)).await?;
            stream.write_all(call.body).await?;
            stream.flush().await?;
            let mut input = BytesMut::new();
            let head = head(&mut stream, &mut input).await?;
            Ok::<_, ControlError>((head, input))
        };
        let (head, input) = timeout(call.patience, asked).await.map_err(ControlError::Slow)??;
        let body = body(&mut stream, &head, call.method, input).await?;
        Ok(Answer { status: head.status(), body })
    }

    fn head(&self, call: &Call<'_>) -> BytesMut {
        let mut out = BytesMut::new();
        let mut writer = HeadWriter::new(&mut out);
        writer.request_line(call.method, &[&self.path, &call.path]);
        writer.field("Host", self.authority.as_bytes());
        for (name, value) in &call.fields {
            writer.field(name, value.as_bytes());
        }
        if !call.body.is_empty() {
            writer.field("Content-Type", b"application/octet-stream");
            writer.field("Content-Length", call.body.len().to_string().as_bytes());
        }
        writer.field("Connection", b"close");
        writer.end();
        out
    }
}

/// The final head; what stands behind it stays in `input`.
async fn head(stream: &mut Stream, input: &mut BytesMut) -> Result<ResponseHead, ControlError> {
    let limits = Limits::default();
    loop {
        while let Some(head) = response::parse(input, &limits)? {
            if head.status() >= 200 {
                return Ok(head);
            }
        }
        if stream.read_buf(input).await? == 0 {
            return Err(Error::from(ErrorKind::UnexpectedEof).into());
        }
    }
}

async fn body(
    stream: &mut Stream,
    head: &ResponseHead,
    method: &str,
    mut input: BytesMut,
) -> Result<BytesMut, ControlError> {
    let mut decoder = BodyDecoder::new(head.framing(method)?);
    let mut whole = BytesMut::new();
    loop {
        match decoder.decode(&mut input)? {
            Some(Piece::End) => return Ok(whole),
            Some(Piece::Data(_)) if whole.len() > MOST => return Err(ControlError::TooLarge),
            Some(Piece::Data(data)) => whole.extend_from_slice(&data),
            None => {
                let read = timeout(IDLE, stream.read_buf(&mut input)).await;
                if read.map_err(ControlError::Slow)?? == 0 {
                    decoder.end_of_stream()?;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_an_http_url() {
        let base = Base::parse("https://control.example/octoprox/").unwrap();
        assert_eq!((base.endpoint.protocol, base.endpoint.port), (Protocol::Https, 443));
        assert_eq!((&*base.authority, &*base.path), ("control.example", "/octoprox"));
        let base = Base::parse("http://[::1]:8000").unwrap();
        assert_eq!(base.endpoint.address(), "http://[::1]:8000");
        for bad in ["control:8000", "ftp://control", "http://", "http://127.1", "http://a b"] {
            assert!(Base::parse(bad).is_none(), "{bad}");
        }
    }
}
