//! A cheap sum of the configuration, by which a node finds out that it missed something.

use std::collections::BTreeMap;

use model::{Configuration, ConnectorId, Revision};

use crate::database::Transaction;
use crate::error::StoreError;
use crate::store::Store;
use crate::stored::parse;

/// Count, sum and sum of squares of the revisions of some rows, in whatever order. Each write gives
/// a row a revision that it has not had, so rows that are missing, left over or old show up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slice {
    count: u64,
    sum: u64,
    squares: u64,
}

/// The sum of a configuration at one revision: a slice a noun, for proxies one a connector.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// Of which revision.
    pub revision: Revision,
    /// Projects.
    pub projects: Slice,
    /// Credentials.
    pub credentials: Slice,
    /// Connectors.
    pub connectors: Slice,
    /// Roots of interception.
    pub roots: Slice,
    /// Proxies that are on, of each connector that has any: what is off reaches no request.
    pub proxies: BTreeMap<ConnectorId, Slice>,
}

/// A part of a configuration that two digests do not agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Some project.
    Projects,
    /// Some credential.
    Credentials,
    /// Some connector.
    Connectors,
    /// Some root of interception.
    Roots,
    /// Some proxy of this connector.
    Proxies(ConnectorId),
}

/// Revisions are summed modulo this before they are squared: a million squares fit into 63 bits.
const MODULUS: u64 = 65_521;

impl Slice {
    /// Takes in a row by the revision that it was written at.
    pub const fn add(&mut self, revision: Revision) {
        let rest = revision.0 % MODULUS;
        self.count += 1;
        self.sum = self.sum.wrapping_add(revision.0);
        self.squares = self.squares.wrapping_add(rest * rest);
    }
}

impl Digest {
    /// The digest of a full picture.
    #[must_use]
    pub fn of(configuration: &Configuration) -> Self {
        let mut digest = Self { revision: configuration.revision, ..Self::default() };
        configuration.projects.iter().for_each(|row| digest.projects.add(row.revision));
        configuration.credentials.iter().for_each(|row| digest.credentials.add(row.revision));
        configuration.connectors.iter().for_each(|row| digest.connectors.add(row.revision));
        configuration.roots.iter().for_each(|row| digest.roots.add(row.revision));
        for row in configuration.proxies.iter().filter(|row| row.spec.enabled) {
            digest.proxies.entry(row.connector).or_default().add(row.revision);
        }
        digest
    }

    /// What the two do not agree on. Empty as well when they are of different revisions: then one is
    /// only later, and nothing can be said.
    #[must_use]
    pub fn differences(&self, other: &Self) -> Vec<Part> {
        if self.revision != other.revision {
            return Vec::new();
        }
        let nouns = [
            (Part::Projects, self.projects != other.projects),
            (Part::Credentials, self.credentials != other.credentials),
            (Part::Connectors, self.connectors != other.connectors),
            (Part::Roots, self.roots != other.roots),
        ];
        let nouns = nouns.into_iter().filter_map(|(part, differs)| differs.then_some(part));
        let only_there = other.proxies.keys().filter(|id| !self.proxies.contains_key(id));
        let differ = |id: &&ConnectorId| self.proxies.get(id) != other.proxies.get(id);
        let proxies = self.proxies.keys().chain(only_there).filter(differ);
        nouns.chain(proxies.map(|id| Part::Proxies(*id))).collect()
    }
}

/// Sums up the configuration, in one snapshot and without reading it: some 30 ms for 100,000 proxies.
///
/// A node compares it with the digest of what its requests go by. For that it takes in the revision
/// of every project, credential, connector, root and exit it has, each exit under its connector.
/// What is changed behind our back without a revision of its own is not seen.
///
/// # Errors
/// [`StoreError::Unavailable`].
pub async fn digest(store: &Store) -> Result<Digest, StoreError> {
    let mut snapshot = store.snapshot().await?;
    let rows = snapshot.fetch::<(i64,)>("SELECT revision FROM installation", vec![]).await?;
    let revision = rows.first().map_or(0, |(revision,)| revision.cast_unsigned());
    let mut digest = Digest { revision: Revision(revision), ..Digest::default() };
    digest.projects = slice(&mut snapshot, SUM_PROJECTS).await?;
    digest.credentials = slice(&mut snapshot, SUM_CREDENTIALS).await?;
    digest.connectors = slice(&mut snapshot, SUM_CONNECTORS).await?;
    digest.roots = slice(&mut snapshot, SUM_ROOTS).await?;
    for (connector, count, sum, squares) in snapshot.fetch::<Row>(SUM_PROXIES, vec![]).await? {
        let connector = parse("proxy", &connector)?;
        digest.proxies.insert(connector, read((count, sum, squares)));
    }
    Ok(digest)
}

type Row = (String, i64, i64, i64);

const SUM_PROJECTS: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(revision), 0) AS BIGINT), \
     CAST(COALESCE(SUM((revision % 65521) * (revision % 65521)), 0) AS BIGINT) FROM projects";
const SUM_CREDENTIALS: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(revision), 0) AS BIGINT), \
     CAST(COALESCE(SUM((revision % 65521) * (revision % 65521)), 0) AS BIGINT) FROM credentials";
const SUM_CONNECTORS: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(revision), 0) AS BIGINT), \
     CAST(COALESCE(SUM((revision % 65521) * (revision % 65521)), 0) AS BIGINT) FROM connectors";
const SUM_ROOTS: &str = "SELECT COUNT(*), CAST(COALESCE(SUM(revision), 0) AS BIGINT), \
     CAST(COALESCE(SUM((revision % 65521) * (revision % 65521)), 0) AS BIGINT) FROM roots";
const SUM_PROXIES: &str = "SELECT connector_id, COUNT(*), CAST(SUM(revision) AS BIGINT), \
     CAST(SUM((revision % 65521) * (revision % 65521)) AS BIGINT) FROM proxies \
     WHERE enabled GROUP BY connector_id";

async fn slice(snapshot: &mut Transaction, sql: &'static str) -> Result<Slice, StoreError> {
    let rows = snapshot.fetch::<(i64, i64, i64)>(sql, vec![]).await?;
    Ok(rows.first().copied().map(read).unwrap_or_default())
}

const fn read((count, sum, squares): (i64, i64, i64)) -> Slice {
    Slice {
        count: count.cast_unsigned(),
        sum: sum.cast_unsigned(),
        squares: squares.cast_unsigned(),
    }
}
