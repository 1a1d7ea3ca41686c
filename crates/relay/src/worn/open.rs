//! Connections as a browser makes them, over tunnels that exits have opened.

use std::sync::Arc;

use dial::Handshake;
use disguise::{Connection, Disguise, DisguiseError, Protocols, Roots, Target};
use model::{Host, ProjectId};
use rotation::ProjectEntry;

use super::{Identity, Stream};
use crate::compiled::Compiled;
use crate::error::AttemptError;
use crate::relay::Relay;

/// What the targets of each project have to prove to browsers, made once for each version of it.
#[derive(Default)]
pub(crate) struct Wardrobes(Compiled<ProjectId, ProjectEntry, Arc<Disguise>>);

/// A connection, and as whom it speaks.
pub(crate) struct Opened {
    connection: Connection,
    identity: Identity,
}

impl Wardrobes {
    pub(crate) fn of(&self, project: &Arc<ProjectEntry>) -> Result<Arc<Disguise>, AttemptError> {
        self.0.try_of(project.id, project, || {
            let roots = roots(project).map_err(failed)?;
            Ok(Arc::new(Disguise::new(roots)))
        })
    }
}

fn roots(project: &ProjectEntry) -> Result<Roots, DisguiseError> {
    let mut roots = Roots::public()?;
    if let Some(pem) = &project.spec.interception.extra_roots {
        roots.add_pem(pem)?;
    }
    Ok(roots)
}

/// Speaks TLS with the target at the end of a tunnel, and begins HTTP. What it does in the background
/// ends with the connection.
pub(crate) async fn open(
    relay: &Relay,
    (disguise, identity): (&Arc<Disguise>, Identity),
    tunnel: dial::Stream,
    handshake: Handshake<'_>,
) -> Result<Opened, AttemptError> {
    let host = match handshake.host {
        Host::Ip(address) => address.to_string(),
        Host::Name(name) => name.to_string(),
    };
    let protocols = if handshake.http2 { Protocols::All } else { Protocols::Http1 };
    let (browser, verify) = (identity.browser, handshake.verify);
    let target = Target { host: &host, identity: browser, protocols, verify };
    let connected = Box::pin(disguise.connect(tunnel, target, relay.tracker())).await;
    Ok(Opened { connection: connected.map_err(failed)?, identity })
}

fn failed(error: DisguiseError) -> AttemptError {
    let check = match error {
        DisguiseError::Certificate { check } => Some(check),
        _ => None,
    };
    AttemptError::Disguise { check, source: error.into() }
}

// === impl Opened ===

impl Opened {
    pub(crate) fn is_http2(&self) -> bool {
        self.connection.is_http2()
    }

    pub(crate) fn is_open(&mut self) -> bool {
        !self.connection.is_closed()
    }

    /// One request of many; `place` counts them.
    pub(crate) fn share(&self, place: Arc<()>) -> Stream {
        Stream::new(self.connection.share(), self.identity, Some(place))
    }

    /// One request after another.
    pub(crate) fn alone(self) -> Stream {
        Stream::new(Some(self.connection), self.identity, None)
    }
}
