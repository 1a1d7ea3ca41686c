//! What a probe asks of an exit, and whether the answer will do.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use dial::{Dialer, How, proxy_authorization};
use http1::{BodyDecoder, HeadWriter, Limits, Piece, ResponseHead, response};
use model::project::ProjectSpec;
use model::proxy::{Endpoint, Protocol};
use model::{ConnectorId, Target};
use rotation::{ConnectorEntry, Exit};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Error, ErrorKind};
use tokio::time::{Instant, timeout};
use url::Url;

use super::schedule::Schedule;
use super::wanted::Passed;
use crate::error::{ProbeError, chain};

/// For what is behind the head of an answer that has passed already.
const LEARN: Duration = Duration::from_secs(2);
/// Bytes of it that are looked at.
const MOST: usize = 4096;

/// What is asked of the exits of each connector, found out once for each version of it.
pub(super) struct Questions {
    known: HashMap<ConnectorId, Known>,
    /// What is asked for where nobody has said anything else.
    echo_url: Option<String>,
}

struct Known {
    connector: Arc<ConnectorEntry>,
    spec: Arc<ProjectSpec>,
    /// `None`: the connector's certificates cannot be used.
    question: Option<Arc<Question>>,
}

/// What is asked of an exit.
pub(super) struct Question {
    how: How,
    about: About,
}

enum About {
    /// Are you there, do you take us?
    Exit,
    /// Can you open a tunnel to this target?
    Tunnel(Target),
    /// Can you bring us this page?
    Page { target: Target, authority: String, path: String },
}

/// A page that has come as far as its head.
struct Page {
    stream: dial::Stream,
    head: ResponseHead,
    input: BytesMut,
}

// === impl Questions ===

impl Questions {
    pub(super) fn new(echo_url: Option<String>) -> Self {
        Self { known: HashMap::new(), echo_url }
    }

    /// What is asked of an exit; `None` when there is no way to ask it.
    pub(super) fn of(&mut self, exit: &Exit, spec: &Arc<ProjectSpec>) -> Option<Arc<Question>> {
        let connector = &exit.connector;
        if let Some(known) = self.known.get(&connector.id)
            && Arc::ptr_eq(&known.connector, connector)
            && Arc::ptr_eq(&known.spec, spec)
        {
            return known.question.clone();
        }
        let question = match How::new(&connector.spec, spec.allow_targets.as_slice().into()) {
            Ok(how) => Some(Arc::new(Question {
                how,
                about: About::new(connector, spec, self.echo_url.as_ref()),
            })),
            Err(error) => {
                tracing::warn!(
                    connector.id = %connector.id,
                    error = chain(&error),
                    "the connector's certificates cannot be used: its exits are not probed"
                );
                None
            }
        };
        let known = Known {
            connector: Arc::clone(connector),
            spec: Arc::clone(spec),
            question: question.clone(),
        };
        self.known.insert(connector.id, known);
        question
    }

    /// Forgets connectors that have no exit in the schedule.
    pub(super) fn keep_only(&mut self, schedule: &Schedule) {
        let present: HashSet<ConnectorId> =
            schedule.exits().map(|exit| exit.connector.id).collect();
        self.known.retain(|id, _| present.contains(id));
    }

    /// Connectors whose exits cannot be asked.
    pub(super) fn broken(&self) -> usize {
        self.known.values().filter(|known| known.question.is_none()).count()
    }
}

// === impl About ===

impl About {
    fn new(connector: &ConnectorEntry, project: &ProjectSpec, echo_url: Option<&String>) -> Self {
        let url = connector.spec.health_check_url.as_ref();
        let url = url.or(project.health_check_url.as_ref()).or(echo_url);
        url.and_then(|url| Self::read(url)).unwrap_or(Self::Exit)
    }

    /// A URL that is none, or of another scheme, asks for nothing.
    fn read(url: &str) -> Option<Self> {
        let url = Url::parse(url).ok()?;
        let target = Target::parse_or(url.host_str()?, url.port_or_known_default()?).ok()?;
        match url.scheme() {
            "https" => Some(Self::Tunnel(target)),
            "http" => {
                let authority = match url.port() {
                    Some(_) => target.to_string(),
                    None => target.host.to_string(),
                };
                let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
                Some(Self::Page { target, authority, path: format!("{}{query}", url.path()) })
            }
            _ => None,
        }
    }
}

// === impl Question ===

impl Question {
    /// Asks it of the exit at `endpoint`, which has `most` of time. Where that `learns` something, an
    /// answer that says from which address it was asked is read, too.
    pub(super) async fn ask(
        &self,
        dialer: &Dialer,
        endpoint: &Endpoint,
        (most, learns): (Duration, bool),
    ) -> Result<Passed, ProbeError> {
        let begun = Instant::now();
        let asked = timeout(most, self.put(dialer, endpoint)).await;
        let page = asked.unwrap_or(Err(ProbeError::Silent))?;
        let latency = begun.elapsed();
        let address = match page.filter(|_| learns) {
            Some(page) => timeout(LEARN, page.address()).await.ok().flatten(),
            None => None,
        };
        Ok(Passed { latency, address })
    }

    /// There is no deadline in here.
    async fn put(&self, dialer: &Dialer, endpoint: &Endpoint) -> Result<Option<Page>, ProbeError> {
        match &self.about {
            About::Exit => {
                dialer.knock(endpoint, &self.how).await?;
                Ok(None)
            }
            About::Tunnel(target) => {
                dialer.tunnel(endpoint, &self.how, target).await?;
                Ok(None)
            }
            About::Page { target, authority, path } => {
                let reads_requests = matches!(endpoint.protocol, Protocol::Http | Protocol::Https);
                let stream = if reads_requests {
                    dialer.connect(endpoint, &self.how).await?
                } else {
                    dialer.tunnel(endpoint, &self.how, target).await?
                };
                let login = endpoint.login.as_deref().filter(|_| reads_requests);
                let login = login.map(proxy_authorization);
                let prefix = if reads_requests { ["http://", authority] } else { ["", ""] };
                let request = request(&[prefix[0], prefix[1], path], authority, login);
                let page = page(stream, &request).await?;
                let status = page.head.status();
                let is_good = (200..400).contains(&status);
                is_good.then_some(Some(page)).ok_or(ProbeError::BadStatus { status })
            }
        }
    }
}

fn request(target: &[&str], authority: &str, login: Option<String>) -> BytesMut {
    let mut out = BytesMut::new();
    let mut writer = HeadWriter::new(&mut out);
    writer.request_line("GET", target);
    writer.field("Host", authority.as_bytes());
    if let Some(login) = login {
        writer.field("Proxy-Authorization", login.as_bytes());
    }
    writer.field("Accept", b"*/*");
    writer.field("Connection", b"close");
    writer.end();
    out
}

/// Sends the request and reads the final head.
async fn page(mut stream: dial::Stream, request: &[u8]) -> Result<Page, ProbeError> {
    stream.write_all(request).await?;
    stream.flush().await?;
    let (mut input, limits) = (BytesMut::new(), Limits::default());
    loop {
        if stream.read_buf(&mut input).await? == 0 {
            return Err(Error::from(ErrorKind::UnexpectedEof).into());
        }
        while let Some(head) = response::parse(&mut input, &limits)? {
            if head.status() >= 200 {
                return Ok(Page { stream, head, input });
            }
        }
    }
}

// === impl Page ===

impl Page {
    /// The address that it says it was asked for from.
    async fn address(mut self) -> Option<IpAddr> {
        let mut decoder = BodyDecoder::new(self.head.framing("GET").ok()?);
        let mut body = Vec::new();
        while body.len() < MOST {
            match decoder.decode(&mut self.input).ok()? {
                Some(Piece::End) => break,
                Some(Piece::Data(data)) => body.extend_from_slice(&data),
                None => match self.stream.read_buf(&mut self.input).await.ok()? {
                    0 => decoder.end_of_stream().ok()?,
                    _read => {}
                },
            }
        }
        address_in(std::str::from_utf8(&body).ok()?)
    }
}

/// The address that is the whole text, or the field `ip` of the JSON that it is, as of `/echo`.
fn address_in(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let field = || {
        let (_, value) = text.strip_prefix('{')?.split_once("\"ip\"")?;
        let value = value.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
        value.split('"').next()?.parse().ok()
    };
    text.parse().ok().or_else(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_all_there_is_or_the_field_ip() {
        for (text, address) in [
            ("192.0.2.1\n", Some("192.0.2.1")),
            (r#"{"ip":"2001:db8::1"}"#, Some("2001:db8::1")),
            (r#"{ "country": "de", "ip" : "192.0.2.2" }"#, Some("192.0.2.2")),
            (r#"{"ip":null}"#, None),
            (r#"{"ip":"none"}"#, None),
            ("<p>192.0.2.1</p>", None),
            ("", None),
        ] {
            assert_eq!(address_in(text), address.map(|address| address.parse().unwrap()), "{text}");
        }
    }
}
