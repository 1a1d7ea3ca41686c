//! A configuration as sealed bytes, every secret in it included.

use std::collections::BTreeMap;

use model::configuration::Deleted;
use model::credential::CredentialSpec;
use model::{Configuration, Credential, Revision, Secret, Version};
use serde::{Deserialize, Serialize};

use super::{Lines, Result, corrupt, each_line};
use crate::configuration::read_deleted;
use crate::stored::parse;
use crate::vault::Vault;
use crate::{connectors, projects, proxies, roots};

/// Nouns are written as their rows: what a new field needs in order to be stored, it needs here.
#[derive(Serialize, Deserialize)]
enum Line {
    Start {
        revision: u64,
        since: Option<u64>,
    },
    Project(projects::Row),
    Credential {
        ids: (String, String),
        name: String,
        provider: String,
        fields: BTreeMap<String, String>,
        version: u64,
        revision: u64,
    },
    Connector(connectors::Row),
    Proxy(proxies::Row<String>),
    Root(roots::Row<String>),
    Deleted(String, String),
    End,
}

/// Seals a configuration so that it opens as being `about` the same only.
///
/// # Errors
/// When there is no randomness to be had.
pub fn seal(vault: &Vault, about: &str, configuration: &Configuration) -> Result<Vec<u8>> {
    let Configuration {
        revision,
        since,
        projects,
        credentials,
        connectors,
        proxies,
        roots,
        deleted,
    } = configuration;
    let mut lines = Lines::new();
    lines.push(&Line::Start { revision: revision.0, since: since.map(|since| since.0) })?;
    for project in projects {
        lines.push(&Line::Project(projects::write_row(project)?))?;
    }
    for credential in credentials {
        lines.push(&write_credential(credential))?;
    }
    for connector in connectors {
        lines.push(&Line::Connector(connectors::write_row(connector)?))?;
    }
    for proxy in proxies {
        lines.push(&Line::Proxy(proxies::write_open(proxy)?))?;
    }
    for root in roots {
        lines.push(&Line::Root(roots::write_open(root)))?;
    }
    for row in deleted {
        lines.push(&write_deleted(row))?;
    }
    lines.push(&Line::End)?;
    lines.seal(vault, about)
}

/// Opens what [`seal`] has sealed about the same.
///
/// # Errors
/// [`StoreError::SealedElsewhere`](crate::StoreError::SealedElsewhere) for another secret key,
/// [`StoreError::Corrupt`](crate::StoreError::Corrupt) for whatever else it may be.
pub fn open(vault: &Vault, about: &str, sealed: &[u8]) -> Result<Configuration> {
    let (mut configuration, mut logins) = (Configuration::default(), proxies::Logins::default());
    let (mut is_begun, mut is_whole) = (false, false);
    each_line(vault, about, sealed, |line: Line| {
        if is_whole || is_begun == matches!(line, Line::Start { .. }) {
            return Err(corrupt("its lines are in disorder"));
        }
        is_begun = true;
        match line {
            Line::Start { revision, since } => {
                configuration.revision = Revision(revision);
                configuration.since = since.map(Revision);
            }
            Line::Project(row) => configuration.projects.push(projects::read_row(row)?),
            Line::Connector(row) => configuration.connectors.push(connectors::read_row(row)?),
            Line::Proxy(row) => {
                configuration.proxies.push(proxies::read_open(&mut logins, row)?);
            }
            Line::Root(row) => configuration.roots.push(roots::read_open(row)?),
            Line::Deleted(kind, id) => configuration.deleted.push(read_deleted(&kind, &id)?),
            Line::End => is_whole = true,
            credential @ Line::Credential { .. } => {
                configuration.credentials.extend(read_credential(credential)?);
            }
        }
        Ok(())
    })?;
    if is_whole { Ok(configuration) } else { Err(corrupt("it ends too early")) }
}

fn write_credential(credential: &Credential) -> Line {
    let Credential { id, project, version, revision, spec } = credential;
    let field = |(name, value): (&String, &Secret)| (name.clone(), value.expose().to_owned());
    Line::Credential {
        ids: (id.to_string(), project.to_string()),
        name: spec.name.clone(),
        provider: spec.provider.clone(),
        fields: spec.fields.iter().map(field).collect(),
        version: version.0,
        revision: revision.0,
    }
}

fn read_credential(line: Line) -> Result<Option<Credential>> {
    let Line::Credential { ids: (id, project), name, provider, fields, version, revision } = line
    else {
        return Ok(None);
    };
    let fields = fields.into_iter().map(|(name, value)| (name, Secret::from(value))).collect();
    Ok(Some(Credential {
        id: parse("credential", &id)?,
        project: parse("credential", &project)?,
        version: Version(version),
        revision: Revision(revision),
        spec: CredentialSpec { name, provider, fields },
    }))
}

fn write_deleted(row: &Deleted) -> Line {
    let (kind, id) = match row {
        Deleted::Project(id) => ("project", id.to_string()),
        Deleted::Credential(id) => ("credential", id.to_string()),
        Deleted::Connector(id) => ("connector", id.to_string()),
        Deleted::Proxy(id) => ("proxy", id.to_string()),
    };
    Line::Deleted(kind.to_owned(), id)
}
