//! The way through one exit: opened anew, or taken from what is kept.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::BytesMut;
use dial::How;
use model::ConnectorId;
use model::connector::ResolveAt;
use model::proxy::Protocol;
use model::target::Target;
use parking_lot::Mutex;
use rotation::{ConnectorEntry, Exit, ProjectEntry};

use crate::error::AttemptError;
use crate::pool::{Key, Upstream};
use crate::relay::Relay;

/// How the exits of each connector are dialled, made once for each version of it.
#[derive(Default)]
pub(crate) struct Routes(Mutex<HashMap<ConnectorId, Route>>);

struct Route {
    connector: Arc<ConnectorEntry>,
    project: Arc<ProjectEntry>,
    how: Arc<How>,
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

/// Opens a connection on which plain requests to `target` can be sent through `exit`.
pub(crate) async fn open(
    relay: &Relay,
    project: &Arc<ProjectEntry>,
    (exit, key): (Arc<Exit>, Key),
    target: &Target,
) -> Result<Upstream, AttemptError> {
    let how = relay.routes().how(project, &exit)?;
    let stream = if reads_requests(&exit) {
        relay.dialer().connect(&exit.endpoint, &how).await?
    } else {
        relay.dialer().tunnel(&exit.endpoint, &how, target).await?
    };
    Ok(Upstream { stream, input: BytesMut::new(), key, exit, is_reused: false })
}

impl Routes {
    fn how(&self, project: &Arc<ProjectEntry>, exit: &Exit) -> Result<Arc<How>, AttemptError> {
        let connector = &exit.connector;
        let mut routes = self.0.lock();
        if let Some(route) = routes.get(&connector.id)
            && Arc::ptr_eq(&route.connector, connector)
            && Arc::ptr_eq(&route.project, project)
        {
            return Ok(Arc::clone(&route.how));
        }
        let allow_targets = project.spec.allow_targets.as_slice().into();
        let how = Arc::new(How::new(&connector.spec, allow_targets)?);
        let route = Route {
            connector: Arc::clone(connector),
            project: Arc::clone(project),
            how: Arc::clone(&how),
        };
        routes.insert(connector.id, route);
        Ok(how)
    }
}
