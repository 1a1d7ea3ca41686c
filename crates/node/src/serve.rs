//! `octoprox serve`: a node.

use std::time::Duration;

use anyhow::Context;
use authority::Root;
use cluster::Role;
use model::Clock;
use store::{Store, StoreError};

use crate::assemble::Node;
use crate::lifecycle::Signals;
use crate::settings::{Auth, Settings};
use crate::{assemble, lifecycle, roots, say};

/// Between two attempts to open a database that is away.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs a node until it is asked to end.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    std::fs::create_dir_all(&settings.data_dir)
        .with_context(|| format!("cannot make {}", settings.data_dir.display()))?;
    let clock = Clock::system();
    let own_root = settings.ca.as_ref().filter(|_| settings.role != Role::Data);
    let own_root = own_root.map(roots::own).transpose()?;
    let store = assemble::store(&settings, &clock)?;
    let is_open = settings.role != Role::Data && open(&store).await?;
    let first = First { role: settings.role, auth: settings.auth.clone(), own_root };
    if is_open {
        first.user(&store).await?;
        roots::ensure(&store, first.own_root.as_ref()).await?;
    }
    let node = assemble::node(&settings, store, clock)?;
    if is_open {
        first.offer_setup(&node.store, &node.public_url).await?;
    } else if settings.role != Role::Data {
        open_later(&node, first);
    }
    lifecycle::run(node, settings.drain, signals).await
}

/// Opens the database. False: it is away, which may pass. Whatever else is wrong does not.
async fn open(store: &Store) -> anyhow::Result<bool> {
    match store.connect().await {
        Ok(()) => Ok(true),
        Err(StoreError::Unavailable(error)) => {
            tracing::error!(%error, "the database is away: starting without it");
            Ok(false)
        }
        Err(error) => Err(error).context("the database cannot be opened"),
    }
}

/// Opens the database as soon as it is there, and does then what is done at a start.
fn open_later(node: &Node, first: First) {
    let (store, tasks) = (node.store.clone(), node.tasks.clone());
    let public_url = node.public_url.clone();
    let opening = async move {
        let mut said = String::new();
        while let Err(error) = opened(&store, &first, &public_url).await {
            let error = format!("{error:#}");
            if error != said {
                tracing::warn!(error, "the database is still away");
                said = error;
            }
            tokio::time::sleep(PAUSE).await;
        }
        tracing::info!("the database is open");
        tasks.load_roster().wake();
    };
    let stop = node.control.tasks_stop.clone();
    node.control.tracker.spawn(stop.run_until_cancelled_owned(opening));
}

async fn opened(store: &Store, first: &First, public_url: &str) -> anyhow::Result<()> {
    store.connect().await?;
    first.user(store).await?;
    roots::ensure(store, first.own_root.as_ref()).await?;
    first.offer_setup(store, public_url).await
}

/// What a start sees to: how the first administrator comes in, by a node that answers operators, and
/// that there is a root.
struct First {
    role: Role,
    auth: Auth,
    own_root: Option<Root>,
}

impl First {
    async fn user(&self, store: &Store) -> anyhow::Result<()> {
        let Auth { username, password } = &self.auth;
        let Some(password) = password.as_ref().filter(|_| self.is_here()) else { return Ok(()) };
        if api::bootstrap::administrator(store, username, password).await? {
            tracing::info!(username, "created the first administrator");
        }
        Ok(())
    }

    async fn offer_setup(&self, store: &Store, public_url: &str) -> anyhow::Result<()> {
        if !self.is_here() {
            return Ok(());
        }
        // Not into the log, which many may read: to whoever started the node.
        if let Some(link) = api::bootstrap::setup_link(store, public_url).await? {
            say::line(&format!(
                "Nobody can log in yet. Set a password here, once:\n\n    {link}\n"
            ));
        }
        Ok(())
    }

    fn is_here(&self) -> bool {
        matches!(self.role, Role::All | Role::Control)
    }
}
