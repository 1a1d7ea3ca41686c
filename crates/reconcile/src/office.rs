//! What only one node may do at a time: elected by a lease, fenced by an epoch.

use cluster::{Cluster, Lease, Standing};
use futures_util::future::BoxFuture;
use store::fence::{self, Epoch, Fenced};
use store::{Store, StoreError};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::activator::Activator;
use crate::error::ReconcileError;

/// Epochs that are begun for one transaction. Whoever else holds itself to be elected may do the same.
const ATTEMPTS: u32 = 2;
/// Rows of one transaction of a [sweep](Office::sweep): nobody else waits long for it.
pub(crate) const ROWS: u32 = 2_000;
/// Transactions of one sweep.
const STEPS: u32 = 50;

/// How many rows a step took.
type Step<'a> = BoxFuture<'a, Result<u64, StoreError>>;

/// What only one node may do at a time. The lease may be lost without anybody noticing, so it is the
/// epoch that decides, in the transaction of each write.
pub(crate) struct Office {
    store: Store,
    holder: String,
    lease: Lease,
    standing: watch::Receiver<Standing>,
    /// In which term of the lease the epoch was minted.
    epoch: Option<(u64, Epoch)>,
}

impl Office {
    /// Stands for it from now on.
    pub(crate) fn stand(store: &Store, cluster: &Cluster, name: &str) -> Self {
        let lease = cluster.stand(name);
        let (holder, standing) = (cluster.instance_id().to_owned(), lease.standing());
        Self { store: store.clone(), holder, lease, standing, epoch: None }
    }

    /// Activates a task whenever it may have become this node's turn.
    pub(crate) fn wakes(
        &self,
        activator: Activator,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) {
        let mut standing = self.standing.clone();
        tracker.spawn(stop.clone().run_until_cancelled_owned(async move {
            while standing.changed().await.is_ok() {
                activator.wake();
            }
        }));
    }

    /// A transaction to write in; `None` when it is another node's turn.
    ///
    /// A former holder that was slow to begin its epoch ends that of the present one, which is
    /// refused then although it is its turn: it begins another.
    pub(crate) async fn begin(&mut self) -> Result<Option<Fenced>, ReconcileError> {
        for _ in 0..ATTEMPTS {
            let Some(term) = self.term() else { return Ok(None) };
            let epoch = match self.epoch.take() {
                Some((minted, epoch)) if minted == term => epoch,
                _ => fence::mint(&self.store, self.lease.name(), &self.holder).await?,
            };
            let begun = self.store.fenced(&epoch).await;
            if matches!(begun, Err(StoreError::Fenced)) {
                continue;
            }
            self.epoch = Some((term, epoch));
            let fenced = begun?;
            // Either of the two may have taken long.
            return Ok(Some(fenced).filter(|_| self.term() == Some(term)));
        }
        Ok(None)
    }

    /// Takes `step` after `step`, each in a transaction of its own, until one finds nothing left to do,
    /// or it has been enough for once. How many rows they took; `None`: it is another node's turn.
    pub(crate) async fn sweep(
        &mut self,
        mut step: impl for<'a> FnMut(&'a mut Fenced) -> Step<'a>,
    ) -> Result<Option<u64>, ReconcileError> {
        let mut swept = 0;
        for _ in 0..STEPS {
            let Some(mut fenced) = self.begin().await? else { return Ok(None) };
            let rows = step(&mut fenced).await?;
            fenced.commit().await?;
            swept += rows;
            if rows == 0 {
                break;
            }
        }
        Ok(Some(swept))
    }

    /// Whether it is this node's turn, as far as that is known without the database.
    pub(crate) fn is_held(&self) -> bool {
        self.term().is_some()
    }

    /// In which term of the lease this node is; `None`: it is another node's turn.
    fn term(&self) -> Option<u64> {
        match *self.standing.borrow() {
            Standing::Elected { term } => self.lease.is_held(Instant::now()).then_some(term),
            Standing::Standby => None,
        }
    }
}

#[cfg(test)]
mod tests;
