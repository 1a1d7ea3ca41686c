//! Reads a request head: what kind of request it is, and where it wants to go.

use http1::{Framing, RequestHead};
use model::target::{Host, Target};

use crate::error::RelayError;
use crate::headers;
use crate::intercept::Inside;

/// The default ports of `http://` and `https://`.
const HTTP_PORT: u16 = 80;
const HTTPS_PORT: u16 = 443;

/// A request whose head has been understood.
pub(crate) enum Asked {
    /// CONNECT: a tunnel to the target.
    Tunnel(Target),
    /// Absolute-form: one exchange with the target.
    Plain(Plain),
    /// Origin-form `/ready` or `/live`, asked of this node itself by whoever balances load.
    Probe(Probe),
}

/// A plain request.
pub(crate) struct Plain {
    pub(crate) target: Target,
    /// Whom the target has to prove to be, in TLS; `None`: it is spoken to in the clear.
    pub(crate) secure: Option<Host>,
    /// Where the path begins in the target of the head; empty there: `/`, or `*` for OPTIONS.
    path_at: usize,
    pub(crate) framing: Framing,
    /// Whether the client asks to switch protocols (RFC 9110 section 7.8).
    pub(crate) upgrade: bool,
}

/// A question about this listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Probe {
    /// Does the listener take new work?
    Ready,
    /// Does the listener run?
    Live,
}

/// Understands a head, be it inside of an intercepted tunnel.
pub(crate) fn read(head: &RequestHead, inside: Option<&Inside>) -> Result<Asked, RelayError> {
    let host = one_host(head)?;
    headers::check_connection_options(head.fields())?;
    check_expectation(head)?;
    match (head.method(), inside) {
        ("TRACE", _) | ("CONNECT", Some(_)) => Err(RelayError::MethodRefused),
        (_, Some(inside)) => read_inside(head, host, inside).map(Asked::Plain),
        ("CONNECT", None) => read_connect(head, host),
        _ if head.target().starts_with('/') => read_probe(head, host),
        _ => read_plain(head, host).map(Asked::Plain),
    }
}

/// HTTP/1.1 wants exactly one `Host`, HTTP/1.0 at most one. It has to be a sound one even where the
/// target counts instead (RFC 9112 section 3.2): whoever reads the target looks at that, too, unless
/// both are the same text.
fn one_host(head: &RequestHead) -> Result<Option<&str>, RelayError> {
    let mut hosts = head.fields().get_all("host");
    let host = hosts.next().map(|host| std::str::from_utf8(host).unwrap_or_default());
    if hosts.next().is_some() {
        return Err(RelayError::BadRequest("more than one Host"));
    }
    if host.is_none() && head.version() == http1::Version::Http11 {
        return Err(RelayError::BadRequest("Host is missing"));
    }
    Ok(host)
}

fn read_connect(head: &RequestHead, host: Option<&str>) -> Result<Asked, RelayError> {
    if head.framing()? != Framing::None {
        return Err(RelayError::BadRequest("CONNECT has no body"));
    }
    let target = Target::parse(head.target())?;
    if let Some(host) = host.filter(|host| *host != head.target()) {
        let named = Target::parse_or(host, target.port)?;
        if named != target {
            return Err(RelayError::BadRequest("Host differs from the target"));
        }
    }
    Ok(Asked::Tunnel(target))
}

fn read_probe(head: &RequestHead, host: Option<&str>) -> Result<Asked, RelayError> {
    host.map(|host| Target::parse_or(host, HTTP_PORT)).transpose()?;
    match (head.method(), head.target()) {
        ("GET" | "HEAD", "/ready") => Ok(Asked::Probe(Probe::Ready)),
        ("GET" | "HEAD", "/live") => Ok(Asked::Probe(Probe::Live)),
        _ => Err(RelayError::BadRequest(
            "this is a proxy: the target must be an absolute http:// URI",
        )),
    }
}

/// Inside of a tunnel a request is for whom the tunnel is, and says so (RFC 9110 section 7.4).
fn read_inside(
    head: &RequestHead,
    host: Option<&str>,
    inside: &Inside,
) -> Result<Plain, RelayError> {
    let (target, mut path_at) = (head.target(), 0);
    if let Some((scheme, rest)) = target.split_once("://").filter(|_| !target.starts_with('/')) {
        let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
        let named = Target::parse_or(&rest[..authority_end], HTTPS_PORT)?;
        if !scheme.eq_ignore_ascii_case("https") || !inside.is_for(&named) {
            return Err(RelayError::Misdirected);
        }
        path_at = target.len() - rest.len() + authority_end;
    } else if target == "*" && head.method() == "OPTIONS" {
        path_at = 1;
    } else if !target.starts_with('/') {
        return Err(RelayError::BadRequest("the target is neither a path nor an absolute URI"));
    }
    if let Some(host) = host {
        let named = Target::parse_or(host, HTTPS_PORT)?;
        if !inside.is_for(&named) {
            return Err(RelayError::Misdirected);
        }
    }
    let (target, secure) = (inside.target.clone(), Some(inside.name.clone()));
    Ok(Plain { target, secure, path_at, framing: head.framing()?, upgrade: wants_upgrade(head) })
}

fn read_plain(head: &RequestHead, host: Option<&str>) -> Result<Plain, RelayError> {
    let uri = head.target();
    let (scheme, rest) = uri
        .split_once(':')
        .and_then(|(scheme, rest)| Some((scheme, rest.strip_prefix("//")?)))
        .ok_or(RelayError::BadRequest("the target is no absolute URI"))?;
    if !scheme.eq_ignore_ascii_case("http") {
        return Err(RelayError::BadRequest("only http:// is relayed; https:// needs CONNECT"));
    }
    if rest.contains('#') {
        return Err(RelayError::BadRequest("the target has a fragment"));
    }
    let authority_at = uri.len() - rest.len();
    let authority_end = rest.find(['/', '?']).unwrap_or(rest.len());
    let authority = &rest[..authority_end];
    let target = Target::parse_or(authority, HTTP_PORT)?;
    if let Some(host) = host.filter(|host| *host != authority) {
        Target::parse_or(host, HTTP_PORT)?;
    }
    let (path_at, upgrade) = (authority_at + authority_end, wants_upgrade(head));
    Ok(Plain { target, secure: None, path_at, framing: head.framing()?, upgrade })
}

/// Whether the client asks to switch protocols; an old one is not heard (RFC 9110 section 7.8).
fn wants_upgrade(head: &RequestHead) -> bool {
    let fields = head.fields();
    head.version() == http1::Version::Http11
        && fields.list_contains("connection", "upgrade")
        && fields.get("upgrade").is_some()
}

/// RFC 9110 section 10.1.1: the only expectation there is. It crosses to the target, whose 100
/// crosses back.
fn check_expectation(head: &RequestHead) -> Result<(), RelayError> {
    let mut expected = head.fields().get_all("expect");
    let is_met = expected.all(|value| value.eq_ignore_ascii_case(b"100-continue"));
    if is_met { Ok(()) } else { Err(RelayError::ExpectationRefused) }
}

// === impl Asked ===

impl Asked {
    /// Where the request wants to go.
    pub(crate) fn target(&self) -> Option<&Target> {
        match self {
            Self::Tunnel(target) => Some(target),
            Self::Plain(plain) => Some(&plain.target),
            Self::Probe(_) => None,
        }
    }
}

// === impl Plain ===

impl Plain {
    /// The target in origin-form, as an origin wants it; in front of a bare query stands `/`.
    pub(crate) fn path<'a>(&self, head: &'a RequestHead) -> (&'static str, &'a str) {
        match &head.target()[self.path_at..] {
            "" if head.method() == "OPTIONS" => ("*", ""),
            path if path.starts_with('/') => ("", path),
            path => ("/", path),
        }
    }

    /// Whom the request is for, as the client names it.
    pub(crate) fn host(&self) -> &Host {
        self.secure.as_ref().unwrap_or(&self.target.host)
    }

    /// The path without its query.
    pub(crate) fn bare_path<'a>(&self, head: &'a RequestHead) -> &'a str {
        let (_, path) = self.path(head);
        path.split('?').next().unwrap_or_default()
    }

    /// Whether sending it twice is like sending it once (RFC 9110 section 9.2.2).
    pub(crate) fn is_idempotent(head: &RequestHead) -> bool {
        matches!(head.method(), "GET" | "HEAD" | "OPTIONS" | "PUT" | "DELETE")
    }

    /// What goes into `Host`: no default port (RFC 9110 section 4.2.3).
    pub(crate) fn authority(&self) -> String {
        let default = if self.secure.is_some() { HTTPS_PORT } else { HTTP_PORT };
        let host = self.host();
        if self.target.port == default {
            return host.to_string();
        }
        Target { host: host.clone(), port: self.target.port }.to_string()
    }

    /// Whether the request may be sent again when it is not known what became of it: a safe method
    /// without a body (RFC 9110 section 9.2.2 would allow a little more).
    pub(crate) fn is_replayable(&self, head: &RequestHead) -> bool {
        self.framing == Framing::None && matches!(head.method(), "GET" | "HEAD" | "OPTIONS")
    }
}
