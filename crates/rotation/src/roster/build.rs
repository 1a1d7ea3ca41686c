//! Builds the next roster from the one before and what has changed.

use super::*;

use model::configuration::Deleted;
use model::{Configuration, Connector, Credential, Project, Proxy};
use tokio::time::Instant;

use crate::ledger::Ledger;

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
        let nothing = Self::default();
        let base = if configuration.since.is_some() { previous } else { &nothing };
        let mut next = Self {
            revision: configuration.revision,
            projects: base.projects.clone(),
            pools: base.pools.clone(),
            logins: base.logins.clone(),
            ..Self::default()
        };
        let mut drafts = HashMap::new();
        let mut dirty: HashSet<ProjectId> = HashSet::new();
        next.take_credentials(configuration.credentials, &mut drafts);
        next.take_deleted(&configuration.deleted, ledger, (&mut drafts, &mut dirty));
        for connector in configuration.connectors {
            let draft: &mut Draft = drafts.entry(connector.id).or_default();
            draft.connector = Some(connector);
        }
        for proxy in configuration.proxies {
            let draft: &mut Draft = drafts.entry(proxy.connector).or_default();
            draft.changed.insert(proxy.id, proxy);
        }
        let mut shared = Shared::default();
        for (id, draft) in drafts {
            next.draw(id, draft, (ledger, &mut shared), &mut dirty);
        }
        next.take_projects(configuration.projects, &mut dirty, ledger);
        next.index();
        if configuration.since.is_none() {
            ledger.keep_only(&next);
        }
        next
    }

    /// A credential that changes changes all exits that log in with it.
    fn take_credentials(
        &mut self,
        credentials: Vec<Credential>,
        drafts: &mut HashMap<ConnectorId, Draft>,
    ) {
        for credential in credentials {
            self.logins.insert(credential.id, login(&credential));
            for pool in self.pools.values() {
                if pool.connector.spec.credential == Some(credential.id) {
                    drafts.entry(pool.connector.id).or_default();
                }
            }
        }
    }

    fn take_deleted(
        &mut self,
        deleted: &[Deleted],
        ledger: &Ledger,
        (drafts, dirty): (&mut HashMap<ConnectorId, Draft>, &mut HashSet<ProjectId>),
    ) {
        for row in deleted {
            match row {
                Deleted::Project(id) => {
                    self.projects.remove(id);
                    self.pools.retain(|_, pool| pool.connector.project != *id);
                }
                Deleted::Credential(id) => {
                    self.logins.remove(id);
                }
                Deleted::Connector(id) => {
                    if let Some(pool) = self.pools.remove(id) {
                        dirty.insert(pool.connector.project);
                    }
                }
                Deleted::Proxy(id) => {
                    if let Some(connector) = ledger.connector_of(*id) {
                        drafts.entry(connector).or_default().deleted.insert(*id);
                    }
                }
            }
        }
    }

    /// Draws one connector anew.
    fn draw(
        &mut self,
        id: ConnectorId,
        draft: Draft,
        (ledger, shared): (&Ledger, &mut Shared),
        dirty: &mut HashSet<ProjectId>,
    ) {
        let old = self.pools.get(&id).cloned();
        let connector = match (draft.connector, &old) {
            (Some(row), _) => Arc::new(ConnectorEntry {
                id,
                project: row.project,
                slug: model::place::slug(&row.spec.name),
                spec: Arc::new(row.spec),
            }),
            (None, Some(pool)) => Arc::clone(&pool.connector),
            (None, None) => return,
        };
        let credential = connector.spec.credential.and_then(|id| self.logins.get(&id)?.clone());
        let kept = old.iter().flat_map(|pool| pool.exits.iter()).filter(|exit| {
            !draft.changed.contains_key(&exit.id)
                && !draft.deleted.contains(&exit.id)
                && exit.endpoint.protocol != Protocol::Direct
        });
        let mut exits: Vec<Arc<Exit>> =
            kept.map(|exit| again(exit, &connector, credential.as_ref())).collect();
        for proxy in draft.changed.into_values().filter(|proxy| proxy.spec.enabled) {
            let state = ledger.state(proxy.id, id);
            let drawn = (&connector, credential.as_ref());
            exits.push(Arc::new(exit(proxy, drawn, state, shared)));
        }
        if connector.spec.kind == ConnectorKind::Direct {
            exits.push(Arc::new(direct(&connector, ledger)));
        }
        dirty.insert(connector.project);
        self.pools.insert(id, Arc::new(Pool::new(connector, exits)));
    }

    /// Draws anew the projects that have changed, or whose connectors have.
    fn take_projects(
        &mut self,
        projects: Vec<Project>,
        dirty: &mut HashSet<ProjectId>,
        ledger: &Ledger,
    ) {
        let mut specs: HashMap<ProjectId, Arc<ProjectSpec>> =
            projects.into_iter().map(|project| (project.id, Arc::new(project.spec))).collect();
        dirty.extend(specs.keys());
        for id in dirty.iter() {
            let known = || self.projects.get(id).map(|entry| Arc::clone(&entry.spec));
            let Some(spec) = specs.remove(id).or_else(known) else { continue };
            let mut pools: Vec<Arc<Pool>> = self
                .pools
                .values()
                .filter(|pool| pool.connector.project == *id && pool.connector.spec.enabled)
                .cloned()
                .collect();
            pools.sort_by_key(|pool| (pool.connector.spec.priority, pool.connector.id));
            let entry = ProjectEntry {
                id: *id,
                spec,
                pools,
                turns: Mutex::default(),
                totals: ledger.project(*id),
            };
            self.projects.insert(*id, Arc::new(entry));
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
