//! Builds the next roster from the one before and what has changed.

use std::collections::{HashMap, HashSet};
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

use super::{ConnectorEntry, CredentialEntry, Exit, ProjectEntry, Roster, low};
use crate::lanes::Lanes;
use crate::ledger::Ledger;
use crate::list::Pool;
use crate::state::ExitState;

/// What has to be drawn anew.
#[derive(Default)]
struct Drafts {
    connectors: HashMap<ConnectorId, Draft>,
    projects: HashSet<ProjectId>,
}

/// What makes up the next version of one connector.
#[derive(Default)]
struct Draft {
    connector: Option<Connector>,
    changed: HashMap<ProxyId, Proxy>,
    deleted: HashSet<ProxyId>,
}

/// Places and tags that are the same are stored once.
#[derive(Default)]
struct Shared {
    places: HashMap<Place, Arc<Place>>,
    tags: HashMap<Vec<CompactString>, Arc<[CompactString]>>,
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
            draft.connector = Some(connector);
        }
        for proxy in configuration.proxies {
            let draft = drafts.of(proxy.connector);
            draft.changed.insert(proxy.id, proxy);
        }
        let mut shared = Shared::default();
        for (id, draft) in std::mem::take(&mut drafts.connectors) {
            let old = previous.pools.get(&id);
            if let Some(pool) = next.draw(id, (draft, old), ledger, &mut shared) {
                drafts.projects.insert(pool.connector.project);
                next.pools.insert(id, Arc::new(pool));
            }
        }
        next.take_projects(configuration.projects, drafts.projects, (previous, ledger));
        next.index();
        if is_full {
            ledger.keep_only(&next);
        }
        next
    }

    /// The same, without what is derived from the rest.
    fn copy(&self) -> Self {
        Self {
            revision: self.revision,
            projects: self.projects.clone(),
            pools: self.pools.clone(),
            credentials: self.credentials.clone(),
            ..Self::default()
        }
    }

    /// A credential that changes changes all exits that log in with it.
    fn touch_users_of(&self, credential: CredentialId, drafts: &mut Drafts) {
        for pool in self.pools.values() {
            if pool.connector.spec.credential == Some(credential) {
                drafts.of(pool.connector.id);
            }
        }
    }

    fn delete(&mut self, row: Deleted, ledger: &Ledger, drafts: &mut Drafts) {
        match row {
            Deleted::Project(id) => {
                self.projects.remove(&id);
                self.pools.retain(|_, pool| pool.connector.project != id);
                self.credentials.retain(|_, entry| entry.project != id);
            }
            Deleted::Credential(id) => {
                self.credentials.remove(&id);
                self.touch_users_of(id, drafts);
            }
            Deleted::Connector(id) => {
                let pool = self.pools.remove(&id);
                drafts.projects.extend(pool.map(|pool| pool.connector.project));
            }
            Deleted::Proxy(id) => drafts.delete(id, ledger.connector_of(id)),
        }
    }

    /// Draws one connector anew; its turns go on as they were in `old`.
    fn draw(
        &self,
        id: ConnectorId,
        (draft, old): (Draft, Option<&Arc<Pool>>),
        ledger: &Ledger,
        shared: &mut Shared,
    ) -> Option<Pool> {
        let kept = self.pools.get(&id);
        let connector = match draft.connector {
            Some(row) => Arc::new(entry(row)),
            None => Arc::clone(&kept?.connector),
        };
        let credential =
            connector.spec.credential.and_then(|id| self.credentials.get(&id)?.login.clone());
        let untouched = kept.iter().flat_map(|pool| pool.exits.iter()).filter(|exit| {
            !draft.changed.contains_key(&exit.id)
                && !draft.deleted.contains(&exit.id)
                && exit.endpoint.protocol != Protocol::Direct
        });
        let mut exits: Vec<Arc<Exit>> =
            untouched.map(|exit| again(exit, &connector, credential.as_ref())).collect();
        for proxy in draft.changed.into_values().filter(|proxy| proxy.spec.enabled) {
            let state = ledger.state(proxy.id, id);
            let drawn = (&connector, credential.as_ref());
            exits.push(Arc::new(exit(proxy, drawn, state, shared)));
        }
        if connector.spec.kind == ConnectorKind::Direct {
            exits.push(Arc::new(direct(&connector, ledger)));
        }
        Some(Pool::new(connector, exits, old.map(Arc::as_ref), ledger.outlet()))
    }

    /// Draws anew the projects that have changed, or whose connectors have.
    fn take_projects(
        &mut self,
        projects: Vec<Project>,
        mut dirty: HashSet<ProjectId>,
        (previous, ledger): (&Self, &Ledger),
    ) {
        let row = |project: Project| (project.id, (project.revision, Arc::new(project.spec)));
        let mut specs: HashMap<ProjectId, _> = projects.into_iter().map(row).collect();
        dirty.extend(specs.keys());
        let mut pools: HashMap<ProjectId, Vec<Arc<Pool>>> = HashMap::new();
        for pool in self.pools.values().filter(|pool| pool.connector.spec.enabled) {
            if dirty.contains(&pool.connector.project) {
                pools.entry(pool.connector.project).or_default().push(Arc::clone(pool));
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
            let entry = ProjectEntry { id, written_at, spec, revision, lanes, account, revoked };
            self.projects.insert(id, Arc::new(entry));
        }
        let projects = &self.projects;
        self.pools.retain(|_, pool| projects.contains_key(&pool.connector.project));
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

fn entry(row: Connector) -> ConnectorEntry {
    ConnectorEntry {
        id: row.id,
        project: row.project,
        written_at: row.revision,
        slug: model::place::slug(&row.spec.name),
        spec: Arc::new(row.spec),
    }
}

/// The login that a credential's fields make; only a plain login is one.
fn login(credential: &Credential) -> Option<Arc<Login>> {
    let fields = &credential.spec.fields;
    let username = fields.get("username")?.expose().to_owned();
    let password = fields.get("password").cloned().unwrap_or_default();
    Some(Arc::new(Login { username, password }))
}

fn exit(
    proxy: Proxy,
    (connector, credential): (&Arc<ConnectorEntry>, Option<&Arc<Login>>),
    state: Arc<ExitState>,
    shared: &mut Shared,
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
        place: shared.place(proxy.spec.place),
        tags: shared.tags(proxy.spec.tags),
        state,
        is_login_inherited,
        written_at: low(proxy.revision),
    }
}

/// The same exit under the same connector is the same; else it is drawn again.
fn again(
    exit: &Arc<Exit>,
    connector: &Arc<ConnectorEntry>,
    credential: Option<&Arc<Login>>,
) -> Arc<Exit> {
    let is_login_same = !exit.is_login_inherited || exit.endpoint.login.as_ref() == credential;
    if Arc::ptr_eq(&exit.connector, connector) && is_login_same {
        return Arc::clone(exit);
    }
    let mut endpoint = exit.endpoint.clone();
    if exit.is_login_inherited {
        endpoint.login = credential.cloned();
    }
    Arc::new(Exit {
        id: exit.id,
        connector: Arc::clone(connector),
        endpoint,
        place: Arc::clone(&exit.place),
        tags: Arc::clone(&exit.tags),
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
        place: Arc::default(),
        tags: Arc::default(),
        state: ledger.state(id, connector.id),
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
            self.of(connector).deleted.insert(exit);
        }
    }
}

// === impl Shared ===

impl Shared {
    fn place(&mut self, place: Place) -> Arc<Place> {
        if let Some(shared) = self.places.get(&place) {
            return Arc::clone(shared);
        }
        let shared = Arc::new(place.clone());
        self.places.insert(place, Arc::clone(&shared));
        shared
    }

    fn tags(&mut self, tags: Vec<CompactString>) -> Arc<[CompactString]> {
        if let Some(shared) = self.tags.get(&tags) {
            return Arc::clone(shared);
        }
        let shared: Arc<[CompactString]> = tags.as_slice().into();
        self.tags.insert(tags, Arc::clone(&shared));
        shared
    }
}
