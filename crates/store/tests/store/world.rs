//! An empty store on each database.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use model::connector::{ConnectorKind, ConnectorSpec};
use model::project::ProjectSpec;
use model::proxy::{Endpoint, Login, Protocol, ProxySpec};
use model::{Clock, Connector, Host, Project, Secret};
use store::{Settings, Store, Vault, connectors, projects};
use testbed::postgres::Postgres;

pub(crate) const KEY: [u8; 32] = [7; 32];

/// A store, and where it lies.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) settings: Settings,
    /// The files of the database: to look for secrets in.
    pub(crate) files: PathBuf,
}

impl World {
    async fn open(url: String, files: PathBuf) -> Self {
        let clock = Clock::held(Timestamp::from_second(1_800_000_000).unwrap());
        let settings = Settings::new(url);
        let store = Store::open(&settings, Vault::new(KEY), clock.clone()).await.unwrap();
        Self { store, clock, settings, files }
    }
}

/// Runs a test on SQLite, then on Postgres.
pub(crate) async fn both(test: impl AsyncFn(World)) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    test(World::open(url, folder.path().to_owned()).await).await;
    let postgres = Postgres::start().await.unwrap();
    test(World::open(postgres.url(), postgres.folder().to_owned()).await).await;
}

/// A project, committed.
pub(crate) async fn project(store: &Store, name: &str) -> Project {
    let mut change = store.change().await.unwrap();
    let project = projects::create(&mut change, project_spec(store, name)).await.unwrap();
    change.commit().await.unwrap();
    project
}

pub(crate) fn project_spec(store: &Store, name: &str) -> ProjectSpec {
    let password = store.vault().login_key().digest(b"canary-project-password");
    ProjectSpec::new(name.to_owned(), name.to_lowercase(), password)
}

/// A connector with a list, committed.
pub(crate) async fn connector(store: &Store, project: &Project, name: &str) -> Connector {
    let mut change = store.change().await.unwrap();
    let spec = ConnectorSpec::new(name.to_owned(), ConnectorKind::Static);
    let connector = connectors::create(&mut change, project.id, spec).await.unwrap();
    change.commit().await.unwrap();
    connector
}

/// The `n`th proxy of a list.
pub(crate) fn proxy(n: u32) -> ProxySpec {
    let login = Login {
        username: format!("user{}", n / 10),
        password: Secret::from("canary-proxy-password"),
    };
    let endpoint = Endpoint {
        protocol: Protocol::Http,
        host: Host::parse(&format!("p{n}.example.com")).unwrap(),
        port: 3128,
        login: Some(Arc::new(login)),
    };
    ProxySpec { endpoint, enabled: true, tags: Vec::new(), place: model::Place::default() }
}
