//! What a user looks like to a client.

pub(crate) mod endpoints;
pub(crate) mod me;

use std::collections::BTreeMap;

use model::user::{Role, UserSpec};
use model::{ProjectId, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::body::yes;
use crate::check::Check;
use crate::problem::Answer;

/// What an administrator decides about a user.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserSettings {
    /// 1-255 characters, unique whatever the case.
    username: String,
    /// Empty, or an address.
    #[serde(default)]
    email: String,
    /// `viewer`, `editor` or `admin`.
    #[serde(default = "viewer")]
    role: String,
    #[serde(default = "yes")]
    active: bool,
    /// What they may do in which project, by its identifier: `viewer` or `editor`. They see no other
    /// project, and nothing that is about all; up to 256. `null`: what their role says, everywhere.
    #[serde(default)]
    grants: Option<BTreeMap<String, String>>,
    /// 12-256 characters, write-only; absent at creation: the user is invited.
    #[serde(default, skip_serializing)]
    #[schema(write_only)]
    password: Option<String>,
}

fn viewer() -> String {
    Role::Viewer.to_string()
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    id: String,
    version: u64,
    username: String,
    email: String,
    role: &'static str,
    active: bool,
    /// What they may do in which project; `null`: what their role says, in all.
    grants: Option<BTreeMap<String, &'static str>>,
    /// False: invited, and not yet set.
    has_password: bool,
    created_at: String,
    last_login_at: Option<String>,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id.to_string(),
            version: user.version.0,
            username: user.spec.username,
            email: user.spec.email,
            role: user.spec.role.as_str(),
            active: user.spec.active,
            grants: user.spec.grants.map(|grants| {
                grants.into_iter().map(|(id, role)| (id.to_string(), role.as_str())).collect()
            }),
            has_password: user.password_hash.is_some(),
            created_at: user.created_at.to_string(),
            last_login_at: user.last_login_at.map(|at| at.to_string()),
        }
    }
}

impl From<UserSpec> for UserSettings {
    fn from(spec: UserSpec) -> Self {
        Self {
            username: spec.username,
            email: spec.email,
            role: spec.role.to_string(),
            active: spec.active,
            grants: spec.grants.map(|grants| {
                grants.into_iter().map(|(id, role)| (id.to_string(), role.to_string())).collect()
            }),
            password: None,
        }
    }
}

impl UserSettings {
    /// Checks every field; the password comes apart.
    fn spec(self) -> Answer<(UserSpec, Option<String>)> {
        let mut check = Check::default();
        check.name("username", &self.username);
        check.text("email", &self.email, 255);
        let shape = self
            .email
            .split_once('@')
            .filter(|(user, host)| !user.is_empty() && host.contains('.') && !host.contains('@'));
        if !self.email.is_empty() && (shape.is_none() || self.email.contains(char::is_whitespace)) {
            check.fail("email", "must be an address, or empty");
        }
        if let Some(password) = &self.password {
            check.new_password("password", password, &self.username);
        }
        let role = check.parse("role", &self.role).unwrap_or(Role::Viewer);
        let grants = self.grants.map(|grants| checked_grants(&mut check, role, grants));
        let (username, email, active) = (self.username, self.email, self.active);
        let spec = UserSpec { username, email, role, active, grants };
        check.done((spec, self.password))
    }
}

fn checked_grants(
    check: &mut Check,
    role: Role,
    grants: BTreeMap<String, String>,
) -> BTreeMap<ProjectId, Role> {
    check.count("grants", grants.len(), 256);
    if role == Role::Admin {
        check.fail("grants", "cannot be given to an admin, who may do everything");
    }
    let mut read = BTreeMap::new();
    for (id, role) in grants {
        let field = format!("grants/{id}");
        let role = check.parse::<Role>(&field, &role).unwrap_or(Role::Viewer);
        if role == Role::Admin {
            check.fail(&field, "must be one of: viewer, editor");
        }
        match id.parse() {
            Ok(id) => drop(read.insert(id, role)),
            Err(_) => check.fail(&field, "is not the identifier of a project"),
        }
    }
    read
}
