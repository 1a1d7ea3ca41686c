//! Builds the next roster from the one before and what has changed.

use std::hash::Hash;
use std::sync::Arc;

use compact_str::CompactString;
use model::configuration::Deleted;
use model::connector::ConnectorKind;
use model::proxy::{Endpoint, Login, Protocol};
use model::{
    Configuration, Connector, ConnectorId, Credential, CredentialId, Host, Place, Project,
    ProjectId, Proxy, ProxyId,
};
use tokio::time::Instant;

use super::{
    Brief, ConnectorEntry, CredentialEntry, Exit, PoolEntry, ProjectEntry, Roster, Traits, low,
};
use crate::lanes::Lanes;
use crate::ledger::Ledger;
use crate::list::Pool;
use crate::tab::Bill;
use crate::table::{Map, Set};

/// What has to be drawn anew.
#[derive(Default)]
struct Drafts {
    connectors: Map<ConnectorId, Draft>,
    projects: Set<ProjectId>,
}

/// What makes up the next version of one connector.
#[derive(Default)]
struct Draft {
    connector: Option<Arc<ConnectorEntry>>,
    /// Drawn from the rows that have come.
    exits: Vec<Arc<Exit>>,
    /// Exits of the version before that are not in this one, or not as they were.
    gone: Vec<ProxyId>,
    /// Whether it is known what the version before shares among its exits.
    is_learnt: bool,
}

/// What is the same is stored once.
#[derive(Default)]
struct Shared {
    places: Set<Arc<Place>>,
    traits: Set<Arc<Traits>>,
}

impl Roster {
    /// The roster after `configuration`: a full picture stands alone, a change is applied to
    /// `previous`, of which all that it does not touch is shared. Rows that hang in the air (a
    /// connector without its project) are left out.
    #[must_use]
    pub fn build(
        configuration: Configuration,
        previous: &Self,
        ledger: &Ledger,
        now: Instant,
    ) -> Self {
        crate::moment::millis(now);
        let is_full = configuration.since.is_none();
        let mut next = if is_full { Self::default() } else { previous.copy() };
        next.revision = configuration.revision;
        if is_full || !configuration.roots.is_empty() {
            next.roots = configuration.roots.into();
        }
        let mut drafts = Drafts::default();
        for credential in configuration.credentials {
            let (id, project) = (credential.id, credential.project);
            let (written_at, login) = (credential.revision, login(&credential));
            next.credentials.insert(id, CredentialEntry { project, written_at, login });
            next.touch_users_of(id, &mut drafts);
        }
        for row in configuration.deleted {
            next.delete(row, ledger, &mut drafts);
        }
        for connector in configuration.connectors {
            let draft = drafts.of(connector.id);
            draft.connector = Some(Arc::new(entry(connector, ledger)));
        }
        let mut shared = Shared::default();
        for proxy in configuration.proxies {
            next.take(proxy, &mut drafts, ledger, &mut shared);
        }
        for (id, draft) in std::mem::take(&mut drafts.connectors) {
            let old = previous.pool(id);
            if let Some(pool) = next.draw(id, (draft, old), ledger) {
                let project = pool.connector.project;
                drafts.projects.insert(project);
                next.pools.insert(id, PoolEntry { project, pool: Arc::new(pool) });
            }
        }
        next.take_projects(configuration.projects, drafts.projects, (previous, ledger));
        next.index();
        if is_full {
            ledger.keep_only(&next);
        }
        next
    }

    fn pool(&self, connector: ConnectorId) -> Option<&Arc<Pool>> {
        self.pools.get(&connector).map(|entry| &entry.pool)
    }

    /// The same, without what is derived from the rest.
    fn copy(&self) -> Self {
        Self {
            revision: self.revision,
            projects: self.projects.clone(),
            pools: self.pools.clone(),
            credentials: self.credentials.clone(),
            roots: Arc::clone(&self.roots),
            ..Self::default()
        }
    }

    /// A credential that changes changes all exits that log in with it.
    fn touch_users_of(&self, credential: CredentialId, drafts: &mut Drafts) {
        for PoolEntry { pool, .. } in self.pools.values() {
            if pool.connector.spec.credential == Some(credential) {
                drafts.of(pool.connector.id);
            }
        }
    }

    fn delete(&mut self, row: Deleted, ledger: &Ledger, drafts: &mut Drafts) {
        match row {
            Deleted::Project(id) => {
                self.projects.remove(&id);
                self.pools.retain(|_, entry| entry.project != id);
                self.credentials.retain(|_, entry| entry.project != id);
            }
            Deleted::Credential(id) => {
                self.credentials.remove(&id);
                self.touch_users_of(id, drafts);
            }
            Deleted::Connector(id) => {
                let entry = self.pools.remove(&id);
                drafts.projects.extend(entry.map(|entry| entry.project));
            }
            Deleted::Proxy(id) => drafts.delete(id, ledger.connector_of(id)),
        }
    }

    /// Draws the exit of a row at once, so that a million rows are not kept twice.
    fn take(&self, proxy: Proxy, drafts: &mut Drafts, ledger: &Ledger, shared: &mut Shared) {
        let kept = self.pool(proxy.connector).map(Arc::as_ref);
        let draft = drafts.of(proxy.connector);
        if kept.is_some() {
            draft.gone.push(proxy.id);
        }
        let connector = draft.connector.as_ref().or(kept.map(|pool| &pool.connector));
        let Some(connector) = connector.filter(|_| proxy.spec.enabled) else { return };
        let known = kept.and_then(|pool| pool.exit(proxy.id)).map(|exit| &exit.traits);
        let traits = known.filter(|traits| traits.are_of(&proxy.spec)).map(Arc::clone);
        if traits.is_none() && !std::mem::replace(&mut draft.is_learnt, true) {
            shared.learn(kept);
        }
        let traits = |place, tags| traits.unwrap_or_else(|| shared.traits(place, tags));
        let exit = exit(proxy, (connector, self.login(connector)), ledger, traits);
        draft.exits.push(know(exit, ledger));
    }

    /// The login that a connector's credential gives its exits.
    fn login(&self, connector: &ConnectorEntry) -> Option<&Arc<Login>> {
        connector.spec.credential.and_then(|id| self.credentials.get(&id)?.login.as_ref())
    }

    /// Draws one connector anew; its turns go on as they were in `old`.
    fn draw(
        &self,
        id: ConnectorId,
        (draft, old): (Draft, Option<&Arc<Pool>>),
        ledger: &Ledger,
    ) -> Option<Pool> {
        let kept = self.pool(id);
        let connector = draft.connector.or_else(|| Some(Arc::clone(&kept?.connector)))?;
        let mut gone = draft.gone;
        gone.sort_unstable();
        let untouched = kept
            .iter()
            .flat_map(|pool| pool.exits.iter())
            .filter(|exit| exit.endpoint.protocol != Protocol::Direct)
            .filter(|exit| gone.binary_search(&exit.id).is_err());
        let of = (&connector, self.login(&connector));
        let again = |exit: &Arc<Exit>| {
            again(exit, of).map_or_else(|| Arc::clone(exit), |exit| know(exit, ledger))
        };
        let mut exits: Vec<Arc<Exit>> = untouched.map(again).collect();
        exits.extend(draft.exits);
        if connector.spec.kind == ConnectorKind::Direct {
            exits.push(know(direct(&connector, ledger), ledger));
        }
        Some(Pool::new(connector, exits, old.map(Arc::as_ref), ledger.outlet()))
    }

    /// Draws anew the projects that have changed, or whose connectors have.
    fn take_projects(
        &mut self,
        projects: Vec<Project>,
        mut dirty: Set<ProjectId>,
        (previous, ledger): (&Self, &Ledger),
    ) {
        let row = |project: Project| (project.id, (project.revision, Arc::new(project.spec)));
        let mut specs: Map<ProjectId, _> = projects.into_iter().map(row).collect();
        dirty.extend(specs.keys());
        let mut pools: Map<ProjectId, Vec<Pool>> = Map::default();
        for PoolEntry { project, pool } in self.pools.values() {
            if dirty.contains(project) && pool.connector.spec.enabled {
                pools.entry(*project).or_default().push(Pool::clone(pool));
            }
        }
        for id in dirty {
            let known = self.projects.get(&id);
            let known = || known.map(|entry| (entry.written_at, Arc::clone(&entry.spec)));
            let Some((written_at, spec)) = specs.remove(&id).or_else(known) else { continue };
            let old = previous.projects.get(&id);
            let pools = pools.remove(&id).unwrap_or_default();
            let lanes = Lanes::new(pools, old.map(|entry| &entry.lanes));
            let (revision, account) = (self.revision, ledger.project(id));
            let kept = old.filter(|entry| entry.keeps_all_under(&spec));
            let revoked = kept.map(|entry| entry.revoked.clone()).unwrap_or_default();
            let brief = Brief::of(&spec);
            let entry =
                ProjectEntry { brief, id, written_at, spec, revision, lanes, account, revoked };
            self.projects.insert(id, Arc::new(entry));
        }
        let projects = &self.projects;
        self.pools.retain(|_, entry| projects.contains_key(&entry.project));
    }

    fn index(&mut self) {
        for entry in self.projects.values() {
            self.accounts.insert(entry.spec.username.as_str().into(), Arc::clone(entry));
            for network in &entry.spec.source_cidrs {
                self.sources.push((*network, Arc::clone(entry)));
            }
        }
        self.sources
            .sort_by_key(|(network, entry)| (std::cmp::Reverse(network.prefix_len()), entry.id));
    }
}

fn entry(row: Connector, ledger: &Ledger) -> ConnectorEntry {
    ConnectorEntry {
        max_in_flight: row.spec.max_in_flight,
        has_rate: row.spec.rate_limit.is_some(),
        id: row.id,
        project: row.project,
        written_at: row.revision,
        slug: model::place::slug(&row.spec.name),
        bill: bill(&row, ledger).map(Box::new),
        spec: Arc::new(row.spec),
    }
}

fn bill(row: &Connector, ledger: &Ledger) -> Option<Bill> {
    let (prices, is_capped) = (row.spec.prices, !row.spec.caps.is_empty());
    (prices.is_metered() || is_capped).then(|| {
        let project = Arc::clone(&ledger.project(row.project).tab);
        Bill::new(ledger.tab(row.id), project, (prices, is_capped))
    })
}

/// The login that a credential's fields make; only a plain login is one.
fn login(credential: &Credential) -> Option<Arc<Login>> {
    let fields = &credential.spec.fields;
    let username = fields.get("username")?.expose().to_owned();
    let password = fields.get("password").cloned().unwrap_or_default();
    Some(Arc::new(Login { username, password }))
}

/// An exit that has just been drawn.
fn know(exit: Exit, ledger: &Ledger) -> Arc<Exit> {
    let exit = Arc::new(exit);
    ledger.know(&exit);
    exit
}

fn exit(
    proxy: Proxy,
    (connector, credential): (&Arc<ConnectorEntry>, Option<&Arc<Login>>),
    ledger: &Ledger,
    traits: impl FnOnce(Place, Vec<CompactString>) -> Arc<Traits>,
) -> Exit {
    let mut endpoint = proxy.spec.endpoint;
    let is_login_inherited = endpoint.login.is_none();
    if is_login_inherited {
        endpoint.login = credential.cloned();
    }
    Exit {
        id: proxy.id,
        connector: Arc::clone(connector),
        endpoint,
        traits: traits(proxy.spec.place, proxy.spec.tags),
        state: ledger.state(proxy.id),
        is_login_inherited,
        written_at: low(proxy.revision),
    }
}

/// The exit drawn again; `None`: under the same connector it is the same.
fn again(
    exit: &Exit,
    (connector, credential): (&Arc<ConnectorEntry>, Option<&Arc<Login>>),
) -> Option<Exit> {
    let is_login_same = !exit.is_login_inherited || exit.endpoint.login.as_ref() == credential;
    if Arc::ptr_eq(&exit.connector, connector) && is_login_same {
        return None;
    }
    let mut endpoint = exit.endpoint.clone();
    if exit.is_login_inherited {
        endpoint.login = credential.cloned();
    }
    Some(Exit {
        id: exit.id,
        connector: Arc::clone(connector),
        endpoint,
        traits: Arc::clone(&exit.traits),
        state: Arc::clone(&exit.state),
        is_login_inherited: exit.is_login_inherited,
        written_at: exit.written_at,
    })
}

/// The one exit of a connector of kind `direct`; its id is the connector's, so that it has the same
/// one on every node.
fn direct(connector: &Arc<ConnectorEntry>, ledger: &Ledger) -> Exit {
    let id = ProxyId::from(connector.id.uuid());
    let host = Host::Name(CompactString::const_new("direct"));
    Exit {
        id,
        connector: Arc::clone(connector),
        endpoint: Endpoint { protocol: Protocol::Direct, host, port: 0, login: None },
        traits: Arc::default(),
        state: ledger.state(id),
        is_login_inherited: false,
        written_at: 0,
    }
}

// === impl Drafts ===

impl Drafts {
    fn of(&mut self, connector: ConnectorId) -> &mut Draft {
        self.connectors.entry(connector).or_default()
    }

    /// An exit that no connector is known to have is gone already.
    fn delete(&mut self, exit: ProxyId, connector: Option<ConnectorId>) {
        if let Some(connector) = connector {
            self.of(connector).gone.push(exit);
        }
    }
}

// === impl Shared ===

impl Shared {
    /// What is drawn anew shares what the exits of that pool share.
    fn learn(&mut self, pool: Option<&Pool>) {
        for traits in pool.into_iter().flat_map(Pool::classes) {
            self.places.insert(Arc::clone(&traits.place));
            self.traits.insert(Arc::clone(traits));
        }
    }

    fn traits(&mut self, place: Place, tags: Vec<CompactString>) -> Arc<Traits> {
        let place = share(&mut self.places, place);
        share(&mut self.traits, Traits { place, tags })
    }
}

/// The one that is like `value`.
fn share<T: Hash + Eq>(known: &mut Set<Arc<T>>, value: T) -> Arc<T> {
    if let Some(shared) = known.get(&value) {
        return Arc::clone(shared);
    }
    let shared = Arc::new(value);
    known.insert(Arc::clone(&shared));
    shared
}
