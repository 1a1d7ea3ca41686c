//! The only place where an error becomes an answer: to HTTP clients, and to SOCKS clients.

use std::time::Duration;

use bytes::BytesMut;
use http1::HeadWriter;
use model::exchange::Blame;
use rotation::Unavailable;

use crate::error::{AttemptError, RelayError};
use crate::explain::Refused;
use crate::headers::decimal;

/// An answer of our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The status; 0 when there is nobody left to answer.
    pub(crate) status: u16,
    /// The error type of `Proxy-Status` (RFC 9209 section 2.3).
    error: &'static str,
    /// The sentence in the body: what is wrong, never what the client sent.
    sentence: String,
    /// When it may be worth asking again.
    retry_after: Option<Duration>,
    blame: Blame,
}

/// What is answered to `error`.
pub(crate) fn refusal(error: &RelayError) -> Refusal {
    let (status, token) = status(error);
    let retry_after = match error {
        RelayError::LoginThrottled { retry_after }
        | RelayError::Unavailable(
            Unavailable::AllLimited { retry_after } | Unavailable::Capped { retry_after, .. },
        ) => Some(*retry_after),
        RelayError::Busy => Some(Duration::from_secs(1)),
        _ if status == 503 => Some(Duration::from_secs(1)),
        _ => None,
    };
    Refusal { status, error: token, sentence: sentence(error), retry_after, blame: error.blame() }
}

/// The error type of `Proxy-Status`.
pub(crate) fn word(error: &RelayError) -> &'static str {
    status(error).1
}

fn status(error: &RelayError) -> (u16, &'static str) {
    match error {
        RelayError::Head(error) => (error.status(), "http_request_error"),
        RelayError::Framing(error) => (error.status(), "http_request_error"),
        RelayError::Body(_)
        | RelayError::BadRequest(_)
        | RelayError::BadTarget(_)
        | RelayError::BadParameter(_)
        | RelayError::Truncated => (400, "http_request_error"),
        RelayError::Unauthenticated => (407, "http_request_denied"),
        RelayError::LoginThrottled { .. } => (429, "http_request_denied"),
        RelayError::Busy => (429, "connection_limit_reached"),
        RelayError::Overloaded => (503, "proxy_internal_error"),
        RelayError::NoDisguise => (503, "proxy_configuration_error"),
        RelayError::Forbidden(_) | RelayError::Blocked => (403, "http_request_denied"),
        RelayError::ForbiddenAddress { .. } => (403, "destination_ip_prohibited"),
        RelayError::Misdirected => (421, "http_request_error"),
        RelayError::MethodRefused => (405, "http_request_denied"),
        RelayError::ExpectationRefused => (417, "http_request_error"),
        RelayError::TooSlow => (408, "http_request_error"),
        RelayError::ClientGone { .. } => (0, ""),
        RelayError::Unavailable(unavailable) => unavailable_status(unavailable),
        RelayError::Exhausted { last, .. } => (attempt_status(last), attempt_token(last)),
        RelayError::OutOfTime { .. } => (504, "connection_timeout"),
    }
}

fn unavailable_status(unavailable: &Unavailable) -> (u16, &'static str) {
    match unavailable {
        Unavailable::DomainRefused => (403, "http_request_denied"),
        Unavailable::AllLimited { .. } => (429, "connection_limit_reached"),
        Unavailable::Capped { status, .. } => (*status, "bandwidth_limit_exceeded"),
        Unavailable::SessionLost => (502, "destination_unavailable"),
        Unavailable::NoneEligible | Unavailable::ProjectDisabled => {
            (503, "destination_unavailable")
        }
    }
}

/// 502, unless the last attempt found out that nothing may be attempted: a name that stands for an
/// address which may not be reached.
fn attempt_status(error: &AttemptError) -> u16 {
    match error {
        AttemptError::Dial(error) if error.forbidden().is_some() => 403,
        _ => 502,
    }
}

pub(crate) fn attempt_token(error: &AttemptError) -> &'static str {
    match error {
        AttemptError::Dial(error) => error.proxy_status_error(),
        AttemptError::Target { source } | AttemptError::Sent { source } => attempt_token(source),
        AttemptError::CertificateWanted | AttemptError::Disguise { check: Some(_), .. } => {
            "tls_certificate_error"
        }
        AttemptError::Disguise { .. } => "tls_protocol_error",
        AttemptError::Trust(_) | AttemptError::Unauthorized => "proxy_configuration_error",
        AttemptError::Silent => "connection_read_timeout",
        AttemptError::Closed | AttemptError::Broken { .. } => "connection_terminated",
        AttemptError::Garbage { .. } | AttemptError::Http2 { .. } => "http_protocol_error",
        AttemptError::Client { .. } | AttemptError::Stalled | AttemptError::Body(_) => {
            "http_request_error"
        }
    }
}

/// Tells a person what to do about it, without a word of what was sent to us and without the
/// address of anything inside.
fn sentence(error: &RelayError) -> String {
    match error {
        RelayError::Head(error) => format!("{error}"),
        RelayError::Framing(error) => format!("{error}"),
        RelayError::Body(error) => format!("{error}"),
        RelayError::BadTarget(error) => format!("{error}"),
        RelayError::BadRequest(why) | RelayError::Forbidden(why) => (*why).to_owned(),
        RelayError::BadParameter(why) => why.clone(),
        RelayError::Truncated => "the request ended in its middle".to_owned(),
        RelayError::Unauthenticated => {
            "log in with the username and the password of a project".to_owned()
        }
        RelayError::LoginThrottled { .. } => "too many wrong logins from this address".to_owned(),
        RelayError::Busy => "the project has as many requests under way as it may".to_owned(),
        RelayError::Overloaded => "this node is short of memory".to_owned(),
        RelayError::Blocked => "the project blocks this".to_owned(),
        RelayError::NoDisguise => {
            "this node was built without the browsers that the project's interception asks for"
                .to_owned()
        }
        RelayError::ForbiddenAddress { .. } => "the target is not a public address".to_owned(),
        RelayError::Misdirected => {
            "the request names another host than the tunnel it came out of".to_owned()
        }
        RelayError::MethodRefused => "this method is not relayed".to_owned(),
        RelayError::ExpectationRefused => {
            "the only expectation met here is 100-continue".to_owned()
        }
        RelayError::TooSlow => "the request came too slowly".to_owned(),
        RelayError::ClientGone { .. } => String::new(),
        RelayError::Unavailable(unavailable) => unavailable_sentence(unavailable).to_owned(),
        RelayError::Exhausted { attempts, last } => {
            format!("{attempts} exit(s) were tried; the last one: {}", attempt_sentence(last))
        }
        RelayError::OutOfTime { attempts, .. } => {
            format!("{attempts} exit(s) were tried; none answered in time")
        }
    }
}

fn unavailable_sentence(unavailable: &Unavailable) -> &'static str {
    match unavailable {
        Unavailable::DomainRefused => "the project does not allow this target",
        Unavailable::AllLimited { .. } => "every eligible exit is resting or at its limit",
        Unavailable::Capped { .. } => "as much traffic has been used as may be",
        Unavailable::SessionLost => "the session's exit can no longer be used",
        Unavailable::NoneEligible => "the project has no exit for this request",
        Unavailable::ProjectDisabled => "the project is switched off",
    }
}

fn attempt_sentence(error: &AttemptError) -> String {
    match error {
        AttemptError::Dial(error) => error.to_string(),
        other => other.to_string(),
    }
}

// === impl Refusal ===

impl Refusal {
    /// As somebody is told who has sent nothing.
    pub(crate) fn explained(self) -> Refused {
        let Self { status, error, sentence, retry_after, .. } = self;
        Refused { status, error, sentence, retry_after }
    }

    /// The one line in the log about a request that was not carried.
    pub(crate) fn log(&self, error: &RelayError) {
        let cause: &dyn std::error::Error = error;
        let (status, blame) = (self.status, self.blame.as_str());
        if self.blame == Blame::Client {
            tracing::debug!(
                exchange.status = status,
                exchange.blame = blame,
                error = cause,
                "refused"
            );
        } else {
            tracing::info!(
                exchange.status = status,
                exchange.blame = blame,
                error = cause,
                "not carried"
            );
        }
    }

    /// The answer to an HTTP client. The connection ends with it, always: what follows on it was
    /// sent in the belief that this would succeed.
    pub(crate) fn to_http(&self, head_only: bool) -> BytesMut {
        let mut out = BytesMut::with_capacity(512);
        let body = format!("{}\n", self.sentence);
        let mut writer = HeadWriter::new(&mut out);
        writer.status_line(self.status, reason(self.status).as_bytes());
        writer.field("Content-Type", b"text/plain");
        writer.field("Content-Length", decimal(body.len() as u64, &mut [0; 20]));
        writer.field("Connection", b"close");
        writer.field("Proxy-Status", self.proxy_status().as_bytes());
        if self.status == 407 {
            writer.field("Proxy-Authenticate", b"Basic realm=\"octoprox\"");
        }
        if self.status == 405 {
            writer.field("Allow", b"GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, CONNECT");
        }
        if let Some(after) = self.retry_after {
            let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
            writer.field("Retry-After", decimal(seconds.max(1), &mut [0; 20]));
        }
        writer.end();
        if !head_only {
            out.extend_from_slice(body.as_bytes());
        }
        out
    }

    fn proxy_status(&self) -> String {
        format!("octoprox; error={}; details=\"{}\"", self.error, self.blame)
    }

    /// The reply code for a SOCKS5 client (RFC 1928 section 6).
    pub(crate) fn to_socks5(&self) -> u8 {
        match (self.status, self.error) {
            (403, _) => 0x02,
            (405, _) => 0x07,
            (502, "connection_refused") => 0x05,
            (502, "dns_error" | "destination_not_found" | "destination_unavailable") => 0x04,
            (502, "destination_ip_unroutable") => 0x03,
            (504, _) => 0x06,
            _ => 0x01,
        }
    }
}

/// The reason phrase (RFC 9110 section 15) of a status of ours.
fn reason(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        403 => "Forbidden",
        405 => "Method Not Allowed",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        414 => "URI Too Long",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        509 => "Bandwidth Limit Exceeded",
        _ => "Error",
    }
}
