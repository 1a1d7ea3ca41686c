//! `octoprox exit`: a small forward proxy with a login, which dials targets itself through the
//! SSRF guard. It is the same data plane over a roster of one project and one direct connector.

use std::sync::Arc;

use anyhow::Context;
use capture::Recorder;
use dial::Dialer;
use model::connector::{ConnectorKind, ConnectorSpec};
use model::login::LoginKey;
use model::project::ProjectSpec;
use model::{Clock, Configuration, Connector, ConnectorId, Project, ProjectId, Revision, Version};
use rand::TryRng;
use rand::rngs::SysRng;
use relay::Pressure;
use rotation::{Ledger, Roster, Sessions};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::data_plane::{Begins, DataPlane, Size};
use crate::lifecycle::{self, Signals};
use crate::listen;
use crate::settings::{Exit, Settings};

/// Runs an exit until it is asked to end.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let exit = settings.exit.as_ref().context("an exit needs a login")?;
    let mut data = start(exit, settings.size)?;
    listen::announce("exit", data.address);
    tokio::select! {
        () = signals.next() => {}
        () = data.ended() => anyhow::bail!("every thread of the exit has ended"),
    }
    lifecycle::drain_data_plane(&mut data, settings.drain.timeout, &mut signals).await;
    Ok(())
}

/// Starts an exit.
pub(crate) fn start(exit: &Exit, size: Size) -> anyhow::Result<DataPlane> {
    let key = LoginKey::new(&random_key()?);
    let ledger = Ledger::default();
    let configuration = configuration(exit, &key);
    let roster = Roster::build(configuration, &Roster::empty(), &ledger, Instant::now());
    // Nobody changes it: the sender may go.
    let (_, roster) = watch::channel(Arc::new(roster));
    let (_, ready) = watch::channel(true);
    // Nobody counts either: a closed channel takes no exchanges.
    let (exchanges, _) = mpsc::channel(1);
    let dialer = Dialer::new(dial::Settings::default()).context("TLS cannot be set up")?;
    let data = DataPlane::start(
        listen::shared(exit.listen, size.threads)?,
        (size.max_connections, Begins::AtOnce),
        &relay::Parts {
            settings: relay::Settings::default(),
            roster,
            dialer: dialer.clone(),
            sessions: Arc::new(Sessions::default()),
            login_key: key,
            clock: Clock::system(),
            tls: None,
            exchanges,
            tracker: TaskTracker::new(),
            soft: CancellationToken::new(),
            hard: CancellationToken::new(),
            ready,
            pressure: Pressure::default(),
            recorder: Arc::new(Recorder::new(capture::Limits::default(), Clock::system().now())),
        },
    )?;
    dialer.set_own_addresses(vec![data.address]);
    Ok(data)
}

/// The key under which the one password is compared: of this run alone.
fn random_key() -> anyhow::Result<[u8; 32]> {
    let mut key = [0; 32];
    SysRng.try_fill_bytes(&mut key).context("no randomness")?;
    Ok(key)
}

fn configuration(exit: &Exit, key: &LoginKey) -> Configuration {
    let password = key.digest(exit.password.expose().as_bytes());
    let (revision, version) = (Revision(1), Version::FIRST);
    let project = Project {
        id: ProjectId::new(),
        version,
        revision,
        spec: ProjectSpec {
            connect_ports: exit.connect_ports.clone(),
            allow_targets: exit.allow_targets.clone(),
            // Whoever comes through here need not know that it is one of ours.
            reveal_exit: false,
            max_retries: 0,
            hedge: false,
            ..ProjectSpec::new("exit".to_owned(), exit.username.clone(), password)
        },
    };
    let connector = Connector {
        id: ConnectorId::new(),
        project: project.id,
        version,
        revision,
        spec: ConnectorSpec {
            source_address: exit.source_address,
            ..ConnectorSpec::new("direct".to_owned(), ConnectorKind::Direct)
        },
    };
    Configuration {
        revision,
        projects: vec![project],
        connectors: vec![connector],
        ..Configuration::default()
    }
}
