//! What a credential looks like to a client.

pub(crate) mod endpoints;

use std::collections::BTreeMap;

use model::credential::CredentialSpec;
use model::{Credential, Secret};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::check::Check;
use crate::noun::created_at;
use crate::problem::Answer;

/// What an operator decides about a credential.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialSettings {
    /// 1-255 characters, unique in the project whatever the case.
    name: String,
    /// Who the account is at: `static` for a plain login.
    #[serde(default = "plain")]
    provider: String,
    /// Write-only. `static` knows `username` and `password`.
    #[serde(default)]
    #[schema(write_only)]
    fields: BTreeMap<String, String>,
}

fn plain() -> String {
    "static".to_owned()
}

/// A change of a credential. What is absent stays; a field that is `null` goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CredentialPatch {
    name: Option<String>,
    #[serde(default)]
    #[schema(write_only)]
    fields: BTreeMap<String, Option<String>>,
}

/// A credential, without what is secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CredentialView {
    id: String,
    project_id: String,
    version: u64,
    revision: u64,
    created_at: Option<String>,
    name: String,
    provider: String,
    /// Which fields have a value.
    field_names: Vec<String>,
}

impl From<Credential> for CredentialView {
    fn from(credential: Credential) -> Self {
        Self {
            id: credential.id.to_string(),
            project_id: credential.project.to_string(),
            version: credential.version.0,
            revision: credential.revision.0,
            created_at: created_at(credential.id.uuid()),
            name: credential.spec.name,
            provider: credential.spec.provider,
            field_names: credential.spec.fields.into_keys().collect(),
        }
    }
}

impl CredentialSettings {
    fn spec(self) -> Answer<CredentialSpec> {
        let secret = |(name, value): (String, String)| (name, Secret::from(value));
        let fields = self.fields.into_iter().map(secret).collect();
        checked(CredentialSpec { name: self.name, provider: self.provider, fields })
    }
}

/// What the audit log may know of a credential.
#[derive(Serialize)]
pub(crate) struct Noted {
    name: String,
    provider: String,
    field_names: Vec<String>,
}

impl From<&CredentialSpec> for Noted {
    fn from(spec: &CredentialSpec) -> Self {
        let field_names = spec.fields.keys().cloned().collect();
        Self { name: spec.name.clone(), provider: spec.provider.clone(), field_names }
    }
}

impl CredentialPatch {
    fn has_fields(&self) -> bool {
        !self.fields.is_empty()
    }

    fn apply(self, mut spec: CredentialSpec) -> Answer<CredentialSpec> {
        if let Some(name) = self.name {
            spec.name = name;
        }
        for (name, value) in self.fields {
            match value {
                Some(value) => spec.fields.insert(name, Secret::from(value)),
                None => spec.fields.remove(&name),
            };
        }
        checked(spec)
    }
}

fn checked(spec: CredentialSpec) -> Answer<CredentialSpec> {
    let mut check = Check::default();
    check.name("name", &spec.name);
    if spec.provider != "static" {
        check.fail("provider", "must be one of: static");
    }
    for (name, value) in &spec.fields {
        let field = format!("fields/{name}");
        match name.as_str() {
            "username" if (1..=255).contains(&value.expose().len()) => {}
            "password" if value.expose().len() <= 255 => {}
            "username" => check.fail(&field, "must have 1-255 bytes"),
            "password" => check.fail(&field, "must have 0-255 bytes"),
            _ => check.fail(&field, "is not a field of static: username, password"),
        }
    }
    check.done(spec)
}
