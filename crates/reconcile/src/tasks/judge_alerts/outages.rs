//! What nodes depend on and what does not answer them: said by each, whoever is elected.

use std::time::Duration;

use cluster::{Cluster, Link, Op};
use jiff::Timestamp;
use model::Alert;
use model::alert::{AlertKind, Condition, Severity, Subject, SubjectKind};
use store::{Store, StoreError, alerts};
use tokio::time::Instant;

/// How long something has to be away before people are told.
const PATIENCE: Duration = Duration::from_secs(15);
/// It is over when nobody has said so for as long: those who see it say it at least once a minute.
const SILENCE: Duration = Duration::from_secs(90);

/// What this node saw.
pub(super) struct Outages {
    cluster: Cluster,
    database_away: Option<Instant>,
}

/// Whether an outage is over.
pub(super) fn is_over(alert: &Alert, now: Timestamp) -> bool {
    now >= alert.last_seen_at + SILENCE
}

impl Outages {
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self { cluster: cluster.clone(), database_away: None }
    }

    /// Says what this node sees, as long as the database can be told.
    pub(super) async fn look(&self, store: &Store) {
        let away = match *self.cluster.link().borrow() {
            Link::Away { since } => since.elapsed(),
            Link::Alone | Link::Connected => return,
        };
        if away >= PATIENCE {
            let text = "Redis does not answer: nodes are not in touch with each other.".to_owned();
            self.report(store, (AlertKind::ClusterDegraded, "redis"), text).await;
        }
    }

    /// Passes on what the database answered, and says afterwards for how long it did not.
    pub(super) fn asked<T>(&mut self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(answer, Err(StoreError::Unavailable(_))) {
            self.database_away.get_or_insert_with(Instant::now);
        }
        answer
    }

    /// Says for how long the database did not answer, once it does.
    pub(super) async fn is_back(&mut self, store: &Store) {
        let Some(since) = self.database_away.take() else { return };
        if since.elapsed() >= PATIENCE {
            let seconds = since.elapsed().as_secs();
            let text = format!("The database did not answer for {seconds} seconds.");
            self.report(store, (AlertKind::DatabaseAway, "database"), text).await;
        }
    }

    async fn report(&self, store: &Store, (kind, key): (AlertKind, &str), text: String) {
        let condition = Condition {
            kind,
            key: key.to_owned(),
            severity: Severity::Critical,
            project: None,
            subject: Subject {
                kind: SubjectKind::Installation,
                id: key.to_owned(),
                name: key.to_owned(),
            },
            text,
            once_since: None,
        };
        match alerts::report(store, &condition).await {
            Ok(None) => {}
            Ok(Some(alert)) => super::tell(&self.cluster, &alert, Op::Added).await,
            Err(error) => tracing::debug!(%error, "an outage could not be written down"),
        }
    }
}
