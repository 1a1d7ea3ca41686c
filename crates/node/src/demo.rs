//! `octoprox demo`: a node, three exits with addresses of their own, and a target that tells which
//! of them it was asked by. Everything stays on this machine, and nothing is kept.

mod echo;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use model::connector::{ConnectorKind, ConnectorSpec};
use model::project::{ProjectSpec, TargetRule};
use model::proxy::{Endpoint, Login, Protocol, ProxySpec};
use model::{Clock, Host, Place, Secret};
use store::{Store, connectors, projects, proxies};

use crate::data_plane::{DataPlane, Size};
use crate::lifecycle::{self, Signals};
use crate::settings::{Drain, Exit, Settings};
use crate::{assemble, exit, roots, say};

/// The last number of the address that each exit dials from: 127.0.0.11, ..
const EXITS: [u8; 3] = [11, 12, 13];
const LOGIN: (&str, &str) = ("demo-exit", "demo-exit-password");

/// Runs the demo until it is asked to end.
pub(crate) async fn run(mut settings: Settings) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    let folder = tempfile::Builder::new().prefix("octoprox-demo-").tempdir()?;
    let database = format!("sqlite://{}", folder.path().join("demo.db").display());
    settings.database = store::Settings::new(database);
    folder.path().clone_into(&mut settings.data_dir);
    settings.keys.secret_key = crate::settings::SecretKey::ToBeMade(folder.path().join("key"));
    // Nobody balances load to a demo.
    settings.drain = Drain { timeout: Duration::from_secs(5), delay: Duration::ZERO };
    let any = |port| SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port);
    settings.listen.proxy = any(settings.demo.proxy_port);
    settings.listen.api = any(settings.demo.api_port);

    let clock = Clock::system();
    let store = assemble::store(&settings, &clock)?;
    store.connect().await.context("the database of the demo cannot be opened")?;
    let target = echo::start(any(0)).await?;
    let exits = EXITS.map(|number| start_exit(number, target));
    let exits: Vec<DataPlane> = exits.into_iter().collect::<anyhow::Result<_>>()?;
    furnish(&store, &exits, target).await?;
    roots::ensure(&store, None).await?;
    let node = assemble::node(&settings, store, clock)?;
    let link = api::bootstrap::setup_link(&node.store, &node.public_url).await?;
    let proxy = node.data.as_ref().context("a demo relays")?.address;
    introduce(proxy, node.api, target, link.as_deref());
    let ended = lifecycle::run(node, settings.drain, signals).await;
    exits.iter().for_each(DataPlane::cut);
    ended
}

/// An exit that dials from an address of its own, and nothing but the demo's target.
fn start_exit(number: u8, target: SocketAddr) -> anyhow::Result<DataPlane> {
    let source = IpAddr::from([127, 0, 0, number]);
    let settings = Exit {
        listen: SocketAddr::new(source, 0),
        username: LOGIN.0.to_owned(),
        password: Secret::from(LOGIN.1),
        source_address: Some(source),
        connect_ports: Vec::new(),
        allow_targets: vec![rule(target)],
    };
    exit::start(&settings, Size { threads: 1, max_connections: None })
        .with_context(|| format!("the exit at {source}"))
}

fn rule(target: SocketAddr) -> TargetRule {
    TargetRule { network: target.ip().into(), port: Some(target.port()) }
}

/// Project `demo:demo` with the three exits.
async fn furnish(store: &Store, exits: &[DataPlane], target: SocketAddr) -> anyhow::Result<()> {
    let password = store.vault().login_key().digest(b"demo");
    let mut change = store.change().await?;
    let spec = ProjectSpec {
        connect_ports: Vec::new(),
        allow_targets: vec![rule(target)],
        ..ProjectSpec::new("demo".to_owned(), "demo".to_owned(), password)
    };
    let project = projects::create(&mut change, spec).await?;
    let spec = ConnectorSpec::new("local exits".to_owned(), ConnectorKind::Static);
    let connector = connectors::create(&mut change, project.id, spec).await?;
    let login = Arc::new(Login { username: LOGIN.0.into(), password: Secret::from(LOGIN.1) });
    let proxy = |exit: &DataPlane| ProxySpec {
        endpoint: Endpoint {
            protocol: Protocol::Http,
            host: Host::Ip(exit.address.ip()),
            port: exit.address.port(),
            login: Some(Arc::clone(&login)),
        },
        enabled: true,
        tags: Vec::new(),
        place: Place::default(),
    };
    let specs: Vec<_> = exits.iter().map(proxy).collect();
    proxies::import(&mut change, connector.id, &specs).await?;
    change.commit().await?;
    Ok(())
}

fn introduce(proxy: SocketAddr, api: SocketAddr, target: SocketAddr, link: Option<&str>) {
    say::line(&format!(
        "Octoprox is up, with three exits on this machine. Each request leaves through the next:\n\n    \
         for i in 1 2 3 4 5 6; do curl -x http://demo:demo@{proxy} http://{target}/; done\n\n\
         The same exit for a session, and a tunnel:\n\n    \
         curl -x http://demo-session-abc:demo@{proxy} http://{target}/\n    \
         curl -p -x http://demo:demo@{proxy} http://{target}/\n\n\
         Console: http://{api}/ (its API: http://{api}/api/docs)"
    ));
    if let Some(link) = link {
        say::line(&format!("Set a password for it, once: {link}"));
    }
    say::line("Ctrl-C ends it; nothing is kept.");
}
