//! A key that a program calls the control plane with, for a user.

use jiff::Timestamp;

use crate::id::{ApiKeyId, ProjectId, UserId};
use crate::user::Role;

/// A key. What it is made of is known to whoever has it; only a digest is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its identifier.
    pub id: ApiKeyId,
    /// For whom it calls: it can do no more than they can.
    pub user: UserId,
    /// 1-255 characters.
    pub name: String,
    /// What it may do at most.
    pub role: Role,
    /// The projects that it may see; `None`: all that its user may.
    pub projects: Option<Vec<ProjectId>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is worth nothing; `None`: never.
    pub expires_at: Option<Timestamp>,
    /// When it was last shown, within a minute.
    pub last_used_at: Option<Timestamp>,
}
