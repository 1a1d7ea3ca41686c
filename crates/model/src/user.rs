//! A person who may use the control plane, and their role.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::id::{ProjectId, UserId};
use crate::revision::Version;
use crate::words;

words! {
    /// What a person may do. Each role may do all that the ones before it may.
    pub enum Role {
        /// Read.
        Viewer = "viewer",
        /// Change projects and what is in them.
        Editor = "editor",
        /// Change users and the installation.
        Admin = "admin",
    }
}

/// A person.
#[derive(Debug, Clone)]
pub struct User {
    /// Their identifier.
    pub id: UserId,
    /// How often the row has been written.
    pub version: Version,
    /// What an administrator decided.
    pub spec: UserSpec,
    /// Argon2id in PHC form; `None`: invited, and not yet set.
    pub password_hash: Option<String>,
    /// Grows when their sessions end all at once: a token of another generation is refused.
    pub token_generation: u64,
    /// When they were created.
    pub created_at: Timestamp,
    /// When they last logged in.
    pub last_login_at: Option<Timestamp>,
}

/// What an administrator decides about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSpec {
    /// 1-255 characters, unique whatever the case.
    pub username: String,
    /// Empty, or an address, unique where present.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Whether they may do it now.
    pub active: bool,
    /// What they may do in which project; they see no other. `None`: what their role says, in all.
    pub grants: Option<BTreeMap<ProjectId, Role>>,
}
