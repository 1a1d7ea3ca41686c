//! What proxies cost by the month, by one node at a time.

use std::collections::HashMap;
use std::sync::Arc;

use model::{ConnectorId, Revision};
use rotation::Roster;
use store::usage::{self, Rent};
use tokio::sync::watch;
use tokio_util::task::TaskTracker;

use crate::activator::Activator;
use crate::error::ReconcileError;
use crate::office::Office;
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

/// The lease under which it is done.
const LEASE: &str = "proxy_charges";

/// What proxies cost by the month.
pub(crate) struct ChargeProxies {
    office: Office,
    roster: watch::Receiver<Arc<Roster>>,
    tracker: TaskTracker,
    /// Whether something was charged by the month, so that the end of that is to be written.
    had_some: bool,
}

impl ChargeProxies {
    pub(crate) fn new(parts: &Parts, activator: Activator) -> Self {
        let office = Office::stand(&parts.store, &parts.cluster, LEASE);
        office.wakes(activator, &parts.tracker, &parts.stop);
        let (roster, tracker) = (parts.roster.subscribe(), parts.tracker.clone());
        // Another node may have charged something.
        Self { office, roster, tracker, had_some: true }
    }
}

impl Task for ChargeProxies {
    const NAME: &'static str = "charge_proxies";

    async fn activate(&mut self) -> Report {
        let roster = Arc::clone(&self.roster.borrow());
        if !self.office.is_held() || roster.revision() == Revision(0) {
            self.had_some = true;
            return Ok(Done::new("another node's turn"));
        }
        let counting = self.tracker.spawn_blocking(move || rents(&roster));
        let rents = counting.await.map_err(ReconcileError::Build)?;
        if rents.is_empty() && !self.had_some {
            return Ok(Done::new("nothing costs by the month"));
        }
        let Some(mut fenced) = self.office.begin().await? else {
            return Ok(Done::new("another node's turn"));
        };
        let charged = usage::charge(&mut fenced, &rents).await?;
        fenced.commit().await?;
        self.had_some = !rents.is_empty();
        Ok(Done::new(format!("charged for the proxies of {charged} connectors")))
    }
}

/// What costs by the month, and how much of it there is: proxies that are enabled, whether or not
/// their connector is, because their provider does not ask.
fn rents(roster: &Roster) -> Vec<Rent> {
    let connectors = roster.connectors();
    let priced = connectors.filter(|connector| connector.spec.prices.per_proxy_month > 0);
    let mut rents: HashMap<ConnectorId, Rent> = priced
        .map(|connector| {
            let (project, id) = (connector.project, connector.id);
            let per_month = connector.spec.prices.per_proxy_month;
            (id, Rent { project, connector: id, proxies: 0, per_month })
        })
        .collect();
    if rents.is_empty() {
        return Vec::new();
    }
    // The exit of a direct connector is no row.
    for exit in roster.exits().filter(|exit| roster.written_at(exit).is_some()) {
        if let Some(rent) = rents.get_mut(&exit.connector.id) {
            rent.proxies += 1;
        }
    }
    rents.into_values().collect()
}
