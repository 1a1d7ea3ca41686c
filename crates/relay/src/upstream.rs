//! The way through one exit: opened anew, or taken from what is kept.

use std::sync::{Arc, Weak};

use dial::{Handshake, How, OriginTrust};
use model::connector::ResolveAt;
use model::proxy::Protocol;
use model::target::Target;
use model::{ConnectorId, Host, ProjectId};
use rotation::{ConnectorEntry, Exit, ProjectEntry};
use tokio::time::Instant;

use crate::attempt::{Event, Way};
use crate::compiled::Compiled;
use crate::conduit::Conduit;
use crate::error::AttemptError;
use crate::http2;
use crate::pool::{Key, Many, Upstream};
use crate::relay::Relay;
use crate::sent::{Sent, Watched};
use crate::worn::{self, Wardrobes};

/// How the exits of each connector are dialled, made once for each version of it.
#[derive(Default)]
pub(crate) struct Routes {
    connectors: Compiled<ConnectorId, ConnectorEntry, Route>,
    projects: Compiled<ProjectId, ProjectEntry, OriginTrust>,
    wardrobes: Wardrobes,
}

#[derive(Clone)]
struct Route {
    /// Its other half, which may change alone.
    project: Weak<ProjectEntry>,
    how: Arc<How>,
}

/// Where a connection for requests is to lead.
#[derive(Clone, Copy)]
pub(crate) struct Toward<'a> {
    pub(crate) target: &'a Target,
    /// Whom the target has to prove to be, where it speaks TLS.
    pub(crate) secure: Option<&'a Host>,
    /// Whether the target may speak HTTP/2.
    pub(crate) http2: bool,
    /// As whom the target is spoken to; `None`: as ourselves.
    pub(crate) worn: Option<worn::Identity>,
    /// Which attempt it is for.
    pub(crate) way: Way<'a>,
}

/// Whether requests can be given to the exit as they are; otherwise it only opens tunnels.
pub(crate) fn reads_requests(exit: &Exit) -> bool {
    let is_http = matches!(exit.endpoint.protocol, Protocol::Http | Protocol::Https);
    is_http && exit.connector.spec.resolve == ResolveAt::Exit
}

/// Opens a tunnel to `target` through `exit`.
pub(crate) async fn tunnel(
    relay: &Relay,
    project: &Arc<ProjectEntry>,
    exit: &Exit,
    target: &Target,
) -> Result<dial::Stream, AttemptError> {
    let how = relay.routes().how(project, exit)?;
    Ok(relay.dialer().tunnel(&exit.endpoint, &how, target).await?)
}

/// Opens a connection on which requests can be sent through `exit`.
pub(crate) async fn open(
    relay: &Relay,
    project: &Arc<ProjectEntry>,
    (exit, key): (Arc<Exit>, Key),
    toward: Toward<'_>,
) -> Result<Box<Upstream>, AttemptError> {
    if let Some(host) = toward.secure {
        // Boxed: most requests never come by here.
        return Box::pin(secure(relay, project, (exit, key), (toward, host))).await;
    }
    let how = relay.routes().how(project, &exit)?;
    let stream = if reads_requests(&exit) {
        relay.dialer().connect(&exit.endpoint, &how).await?
    } else {
        relay.dialer().tunnel(&exit.endpoint, &how, toward.target).await?
    };
    toward.opened(&stream);
    Ok(Upstream::new(Conduit::Http1(stream), key, exit))
}

/// Opens a tunnel, and speaks TLS with the target at its end.
async fn secure(
    relay: &Relay,
    project: &Arc<ProjectEntry>,
    (exit, key): (Arc<Exit>, Key),
    (toward, host): (Toward<'_>, &Host),
) -> Result<Box<Upstream>, AttemptError> {
    let interception = &project.spec.interception;
    let verify = !interception.unverified.iter().any(|rule| rule.matches(host));
    if !verify {
        tracing::warn!(project.id = %project.id, host = %host, "a certificate is not verified");
    }
    let handshake = Handshake { host, http2: toward.http2, verify };
    if let Some(identity) = toward.worn {
        let wardrobe = relay.routes().wardrobes.of(project)?;
        let stream = tunnel(relay, project, &exit, toward.target).await?;
        toward.opened(&stream);
        let opened = worn::open(relay, (&wardrobe, identity), stream, handshake).await?;
        toward.way.note(Event::Secured);
        return Ok(if opened.is_http2() {
            relay.pool().share((key, exit), (Many::Worn(opened), None), Instant::now())
        } else {
            Upstream::new(Conduit::Worn(Box::new(opened.alone())), key, exit)
        });
    }
    let trust = relay.routes().trust(project)?;
    let stream = tunnel(relay, project, &exit, toward.target).await?;
    toward.opened(&stream);
    let secured = dial::secure(stream, &trust, handshake).await.inspect_err(|error| {
        if matches!(error, dial::DialError::CertificateWanted(_)) {
            relay.refusers().add(toward.target.clone());
        }
    })?;
    toward.way.note(Event::Secured);
    let sent = Sent::of(project, &secured.hello);
    let mut upstream = if secured.is_http2 {
        let connection = http2::connect(relay, Watched::new(secured.stream, sent.as_ref())).await;
        let connection = connection.map_err(|source| AttemptError::Http2 { source })?;
        relay.pool().share((key, exit), (Many::Ours(connection), sent), Instant::now())
    } else {
        let mut upstream = Upstream::new(Conduit::Http1(secured.stream), key, exit);
        upstream.sent = sent;
        upstream
    };
    upstream.asked_certificate = secured.asked_certificate;
    Ok(upstream)
}

impl Toward<'_> {
    fn opened(&self, stream: &dial::Stream) {
        self.way.note(Event::Connected(stream.made_at()));
        self.way.note(Event::Opened);
    }
}

impl Routes {
    fn how(&self, project: &Arc<ProjectEntry>, exit: &Exit) -> Result<Arc<How>, AttemptError> {
        let connector = &exit.connector;
        if let Some(Route { project: of, how }) = self.connectors.get(&connector.id, connector)
            && Weak::as_ptr(&of) == Arc::as_ptr(project)
        {
            return Ok(how);
        }
        let allow_targets = project.spec.allow_targets.as_slice().into();
        let how = Arc::new(How::new(&connector.spec, allow_targets)?);
        let route = Route { project: Arc::downgrade(project), how: Arc::clone(&how) };
        self.connectors.put(connector.id, connector, route);
        Ok(how)
    }

    /// What the targets of a project have to prove, made once for each version of it.
    fn trust(&self, project: &Arc<ProjectEntry>) -> Result<OriginTrust, AttemptError> {
        self.projects.try_of(project.id, project, || {
            Ok(OriginTrust::new(project.spec.interception.extra_roots.as_deref())?)
        })
    }
}
