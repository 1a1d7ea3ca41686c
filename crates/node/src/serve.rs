//! `octoprox serve`: a node.

use anyhow::Context;
use model::Clock;

use crate::lifecycle::Signals;
use crate::settings::Settings;
use crate::{assemble, lifecycle, say};

/// Runs a node until it is asked to end.
pub(crate) async fn run(settings: Settings) -> anyhow::Result<()> {
    let signals = Signals::listen()?;
    std::fs::create_dir_all(&settings.data_dir)
        .with_context(|| format!("cannot make {}", settings.data_dir.display()))?;
    let clock = Clock::system();
    let store = assemble::store(&settings, &clock).await?;
    if let Some(password) = &settings.auth.password {
        let username = &settings.auth.username;
        if api::bootstrap::administrator(&store, username, password).await? {
            tracing::info!(username, "created the first administrator");
        }
    }
    let node = assemble::node(&settings, store, clock)?;
    // Not into the log, which many may read: to whoever started the node.
    if let Some(link) = api::bootstrap::setup_link(&node.store, &node.public_url).await? {
        say::line(&format!("Nobody can log in yet. Set a password here, once:\n\n    {link}\n"));
    }
    lifecycle::run(node, settings.drain, signals).await
}
