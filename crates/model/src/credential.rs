//! An account at a provider.

use std::collections::BTreeMap;

use crate::id::{CredentialId, ProjectId};
use crate::revision::{Revision, Version};
use crate::secret::Secret;

/// An account at a provider: what its connectors log in with.
#[derive(Debug, Clone)]
pub struct Credential {
    /// Its identifier.
    pub id: CredentialId,
    /// The project it belongs to.
    pub project: ProjectId,
    /// How often it has been written.
    pub version: Version,
    /// The change that wrote it last.
    pub revision: Revision,
    /// What an operator decided.
    pub spec: CredentialSpec,
}

/// What an operator decides about a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialSpec {
    /// 1-255 characters, unique in the project whatever the case.
    pub name: String,
    /// The provider the account is at: `static` for a plain login.
    pub provider: String,
    /// Its fields by name. `static` knows `username` and `password`: the login of every proxy of
    /// the connector that has none of its own. Secret without exception: the API never reads them
    /// back.
    pub fields: BTreeMap<String, Secret>,
}
