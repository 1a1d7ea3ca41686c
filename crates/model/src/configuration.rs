//! Everything a roster is made of, at one revision.

use crate::authority::RootCertificate;
use crate::connector::Connector;
use crate::credential::Credential;
use crate::id::{ConnectorId, CredentialId, ProjectId, ProxyId};
use crate::project::Project;
use crate::proxy::Proxy;
use crate::revision::Revision;

/// Rows of one snapshot of the database: all of them, or those written after a revision.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// The revision the snapshot was taken at.
    pub revision: Revision,
    /// What this is a change of: `None` for a full picture, else the revision before it.
    pub since: Option<Revision>,
    /// Projects.
    pub projects: Vec<Project>,
    /// Credentials, fields opened.
    pub credentials: Vec<Credential>,
    /// Connectors.
    pub connectors: Vec<Connector>,
    /// Proxies.
    pub proxies: Vec<Proxy>,
    /// The roots of interception, the oldest first: all of them in a full picture, and in a change
    /// whenever one of them has changed; else empty.
    pub roots: Vec<RootCertificate>,
    /// What has been deleted since; empty in a full picture.
    pub deleted: Vec<Deleted>,
}

/// A row that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Deleted {
    /// A project, and with it all that it held.
    Project(ProjectId),
    /// A credential.
    Credential(CredentialId),
    /// A connector, and with it its proxies.
    Connector(ConnectorId),
    /// A proxy.
    Proxy(ProxyId),
}
