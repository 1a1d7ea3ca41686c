//! Ends a change: commit, then notice. Every mutation of what a roster is made of goes through
//! here.

use cluster::{Notice, Op, Signal};
use model::Revision;
use store::Change;
use uuid::Uuid;

use crate::acting;
use crate::problem::Answer;
use crate::state::State;

/// Commits with an entry in the audit log, and tells the peers that something of this kind has changed; `None` for many at once.
pub(crate) async fn commit(
    state: &State,
    mut change: Change,
    (signal, op): (Signal, Op),
    entity: Option<Uuid>,
) -> Answer<Revision> {
    acting::sign(&mut change, signal, op, entity);
    let revision = change.commit().await?;
    state.cluster.notify(Notice { signal, entity, op, revision }).await;
    Ok(revision)
}
