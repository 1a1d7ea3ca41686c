//! What a probe asks of an exit, and whether the answer will do.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use bytes::BytesMut;
use dial::{Dialer, How, proxy_authorization};
use http1::{HeadWriter, Limits, response};
use model::project::ProjectSpec;
use model::proxy::{Endpoint, Protocol};
use model::{ConnectorId, Target};
use rotation::{ConnectorEntry, Exit};
use tokio::io::{AsyncReadExt, AsyncWriteExt, Error, ErrorKind};
use url::Url;

use super::schedule::Schedule;
use crate::error::{ProbeError, chain};

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
    /// Asks it of the exit at `endpoint`. There is no deadline in here.
    pub(super) async fn ask(&self, dialer: &Dialer, endpoint: &Endpoint) -> Result<(), ProbeError> {
        match &self.about {
            About::Exit => Ok(dialer.knock(endpoint, &self.how).await?),
            About::Tunnel(target) => {
                dialer.tunnel(endpoint, &self.how, target).await?;
                Ok(())
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
                let status = status(stream, &request).await?;
                let is_good = (200..400).contains(&status);
                is_good.then_some(()).ok_or(ProbeError::BadStatus { status })
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

/// Sends the request and reads the final status; what follows is not waited for.
async fn status(mut stream: dial::Stream, request: &[u8]) -> Result<u16, ProbeError> {
    stream.write_all(request).await?;
    stream.flush().await?;
    let (mut input, limits) = (BytesMut::new(), Limits::default());
    loop {
        if stream.read_buf(&mut input).await? == 0 {
            return Err(Error::from(ErrorKind::UnexpectedEof).into());
        }
        while let Some(head) = response::parse(&mut input, &limits)? {
            if head.status() >= 200 {
                return Ok(head.status());
            }
        }
    }
}
