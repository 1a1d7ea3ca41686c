//! Whatever is changed, in whatever order: the roster stays what the database has.

use std::collections::BTreeMap;

use model::connector::{ConnectorKind, ConnectorSpec};
use model::credential::CredentialSpec;
use model::project::ProjectSpec;
use model::proxy::{Endpoint, Protocol, ProxySpec};
use model::{Clock, Configuration, Host, Place, ProjectId, Proxy, RootCertificate};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rotation::Ledger;
use store::{Change, Vault, connectors, credentials, projects, proxies, roots};
use tokio::time::Instant;

use super::*;

/// Somebody who changes something, and two nodes: one that hears of every change, and one that
/// hears of some of them together.
struct World {
    store: Store,
    random: SmallRng,
    made: u32,
    _folder: tempfile::TempDir,
}

struct Node {
    roster: Roster,
    ledger: Ledger,
}

impl Node {
    async fn load(&mut self, store: &Store, is_full: bool) {
        let since = Some(self.roster.revision()).filter(|_| !is_full);
        let configuration = configuration::load(store, since).await.unwrap();
        self.roster = Roster::build(configuration, &self.roster, &self.ledger, Instant::now());
    }
}

impl World {
    async fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        let (settings, vault) = (store::Settings::new(url), Vault::new([7; 32]));
        let store = Store::open(&settings, vault, Clock::system()).await.unwrap();
        Self { store, random: SmallRng::seed_from_u64(seed), made: 0, _folder: folder }
    }

    /// A name that nothing else has.
    fn name(&mut self) -> String {
        self.made += 1;
        format!("n{}", self.made)
    }

    /// One to three changes at one revision.
    async fn disturb(&mut self) {
        let all = configuration::load(&self.store, None).await.unwrap();
        let mut change = self.store.change().await.unwrap();
        let is_done = match self.random.random_range(0..10) {
            0 | 1 => self.begin(&mut change, &all).await,
            2 => self.change_project(&mut change, &all).await,
            3 => self.change_credential(&mut change, &all).await,
            4 => self.change_connector(&mut change, &all).await,
            5 => self.change_roots(&mut change, &all).await,
            _ => self.change_proxies(&mut change, &all).await,
        };
        if is_done {
            change.commit().await.unwrap();
        }
    }

    async fn begin(&mut self, change: &mut Change, all: &Configuration) -> bool {
        let kept = all.projects.choose(&mut self.random).filter(|_| all.projects.len() > 3);
        let project = if let Some(kept) = kept {
            kept.id
        } else {
            let (name, login) = (self.name(), self.store.vault().login_key().digest(b"p"));
            let spec = ProjectSpec::new(name.clone(), name, login);
            projects::create(change, spec).await.unwrap().id
        };
        let fields = BTreeMap::from([("username".to_owned(), "u".to_owned().into())]);
        let spec = CredentialSpec { name: self.name(), provider: "static".to_owned(), fields };
        let credential = credentials::create(change, project, spec).await.unwrap().id;
        let kinds = [ConnectorKind::Static, ConnectorKind::Static, ConnectorKind::Direct];
        let mut spec = ConnectorSpec::new(self.name(), *kinds.choose(&mut self.random).unwrap());
        if spec.kind == ConnectorKind::Static {
            spec.credential = Some(credential).filter(|_| self.random.random());
        }
        connectors::create(change, project, spec).await.unwrap();
        true
    }

    async fn change_project(&mut self, change: &mut Change, all: &Configuration) -> bool {
        let Some(row) = all.projects.choose(&mut self.random) else { return false };
        if self.random.random_ratio(1, 3) {
            projects::delete(change, row.id, row.version).await.unwrap();
        } else {
            let spec = ProjectSpec { name: self.name(), ..row.spec.clone() };
            projects::update(change, row.id, row.version, spec).await.unwrap();
        }
        true
    }

    async fn change_credential(&mut self, change: &mut Change, all: &Configuration) -> bool {
        let Some(row) = all.credentials.choose(&mut self.random) else { return false };
        let of = (row.project, row.id);
        if self.random.random() {
            // One that is used stays.
            return credentials::delete(change, of, row.version).await.is_ok();
        }
        let spec = CredentialSpec { name: self.name(), ..row.spec.clone() };
        credentials::update(change, of, row.version, spec).await.unwrap();
        true
    }

    async fn change_connector(&mut self, change: &mut Change, all: &Configuration) -> bool {
        let Some(row) = all.connectors.choose(&mut self.random) else { return false };
        let of = (row.project, row.id);
        if self.random.random_ratio(1, 3) {
            connectors::delete(change, of, row.version).await.unwrap();
        } else {
            let mut spec = ConnectorSpec { name: self.name(), ..row.spec.clone() };
            spec.enabled = self.random.random();
            connectors::update(change, of, row.version, spec).await.unwrap();
        }
        true
    }

    async fn change_roots(&mut self, change: &mut Change, all: &Configuration) -> bool {
        if let Some(old) = all.roots.choose(&mut self.random).filter(|_| all.roots.len() > 3) {
            // The one that signs stays.
            return roots::delete(change, &old.fingerprint).await.is_ok();
        }
        let root = RootCertificate {
            fingerprint: self.name(),
            certificate_pem: String::new(),
            key_pem: "key".into(),
            signs_from: Clock::system().now(),
            revision: change.revision(),
        };
        roots::add(change, root).await.unwrap();
        true
    }

    /// More proxies, or other ones, or fewer; some in the same change.
    async fn change_proxies(&mut self, change: &mut Change, all: &Configuration) -> bool {
        let lists = all.connectors.iter().filter(|row| row.spec.kind == ConnectorKind::Static);
        let lists: Vec<_> = lists.collect();
        let Some(list) = lists.choose(&mut self.random) else { return false };
        if self.random.random() {
            let specs: Vec<_> =
                (0..self.random.random_range(1..20)).map(|_| self.proxy()).collect();
            proxies::import(change, list.id, &specs).await.unwrap();
        }
        for row in all.proxies.iter().filter(|row| row.connector == list.id) {
            self.change_proxy(change, list.project, row).await;
        }
        true
    }

    async fn change_proxy(&mut self, change: &mut Change, project: ProjectId, row: &Proxy) {
        let of = (project, row.id);
        let dice = self.random.random_range(0..6);
        if dice == 0 {
            proxies::delete(change, of, row.version).await.unwrap();
        } else if dice == 1 {
            let spec = ProxySpec { enabled: self.random.random(), ..row.spec.clone() };
            proxies::update(change, of, row.version, spec).await.unwrap();
        }
    }

    fn proxy(&mut self) -> ProxySpec {
        let host = Host::parse(&format!("{}.example.com", self.name())).unwrap();
        let endpoint = Endpoint { protocol: Protocol::Http, host, port: 80, login: None };
        let (enabled, tags) = (self.random.random_ratio(4, 5), Vec::new());
        ProxySpec { endpoint, enabled, tags, place: Place::default() }
    }
}

/// Sixty changes; how many exits and credentials there were to compare, summed up.
async fn go_through(seed: u64) -> (usize, usize) {
    let mut world = World::new(seed).await;
    let new = || Node { roster: Roster::empty(), ledger: Ledger::default() };
    let (mut near, mut far) = (new(), new());
    let (mut exits, mut credentials) = (0, 0);
    for step in 0..60 {
        world.disturb().await;
        near.load(&world.store, step == 0).await;
        let stored = configuration::digest(&world.store).await.unwrap();
        assert_eq!(of(&near.roster), stored, "seed {seed}, step {step}: changes");
        if step % 7 == 0 {
            far.load(&world.store, step % 3 == 0).await;
            assert_eq!(of(&far.roster), stored, "seed {seed}, step {step}: some together");
        }
        exits += near.roster.exit_count();
        credentials += near.roster.credentials().count();
    }
    (exits, credentials)
}

#[tokio::test]
async fn no_series_of_changes_brings_a_node_off_the_database() {
    for seed in 0..12 {
        let (exits, credentials) = go_through(seed).await;
        assert!(exits > 100 && credentials > 60, "seed {seed}: {exits}, {credentials}");
    }
}
