//! Nodes that are gone without a word, and what others do in their place.

use std::collections::HashMap;
use std::time::Duration;

use cluster::{Cluster, Link, Member};
use jiff::Timestamp;
use model::Alert;
use model::alert::{AlertKind, Condition, Severity, Subject, SubjectKind};
use store::fence::{self, Tenure};
use store::{Store, StoreError};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::time::Instant;

/// How long a node that does not come back, or a lease that was taken over, is told of.
const TOLD: Duration = Duration::from_mins(15);
/// For whoever is elected to write it down, which takes seconds.
const REMEMBERED: Duration = Duration::from_mins(5);
/// From then on it is known whether a former holder said goodbye.
const KNOWN: Duration = Duration::from_secs(20);

/// What this node has seen of others: also while it is another node's turn to judge, because that
/// one may be lost itself.
pub(super) struct Nodes {
    cluster: Cluster,
    losses: broadcast::Receiver<String>,
    lost: HashMap<String, Instant>,
    /// The latest holder of each lease.
    held: HashMap<String, Tenure>,
    /// Former holders and who came after them.
    followed: Vec<(Tenure, Tenure, Instant)>,
    taken: HashMap<String, (Condition, Instant)>,
}

impl Nodes {
    pub(super) fn new(cluster: &Cluster) -> Self {
        Self {
            cluster: cluster.clone(),
            losses: cluster.lost(),
            lost: HashMap::new(),
            held: HashMap::new(),
            followed: Vec::new(),
            taken: HashMap::new(),
        }
    }

    /// Looks who is gone, and who holds what.
    pub(super) async fn look(&mut self, store: &Store) -> Result<(), StoreError> {
        if *self.cluster.link().borrow() == Link::Alone {
            return Ok(());
        }
        let now = Instant::now();
        loop {
            match self.losses.try_recv() {
                Ok(id) => {
                    self.lost.insert(id, now);
                }
                Err(TryRecvError::Lagged(_)) => {}
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        for tenure in fence::epochs(store).await? {
            let former = self.held.insert(tenure.name.clone(), tenure.clone());
            let former = former.filter(|former| former.holder != tenure.holder);
            self.followed.extend(former.map(|former| (former, tenure, now)));
        }
        let members = self.cluster.members().borrow().clone();
        self.decide(&members);
        self.lost.retain(|id, at| !is_back(id, &members) && at.elapsed() < REMEMBERED);
        self.taken.retain(|_, (_, at)| at.elapsed() < REMEMBERED);
        Ok(())
    }

    /// Finds out which leases were taken over from somebody who had not given them up.
    fn decide(&mut self, members: &[Member]) {
        let known = self.followed.extract_if(.., |(_, _, at)| at.elapsed() >= KNOWN);
        for (former, tenure, _) in known {
            // The same process, and not another one of that name.
            let is_here =
                |member: &Member| member.id == former.holder && member.started_at < tenure.taken_at;
            if self.lost.contains_key(&former.holder) || members.iter().any(is_here) {
                let condition = taken(&tenure, &former);
                self.taken.insert(tenure.name.clone(), (condition, Instant::now()));
            }
        }
    }

    pub(super) fn conditions(&self) -> Vec<Condition> {
        let lost = self.lost.keys().map(|id| lost(id));
        lost.chain(self.taken.values().map(|(condition, _)| condition.clone())).collect()
    }
}

fn is_back(id: &str, members: &[Member]) -> bool {
    members.iter().any(|member| member.id == id)
}

/// Whether what is told of nodes is over: by what everybody knows, because whoever judges now may not
/// have seen it.
pub(super) fn is_over(alert: &Alert, members: &[Member], now: Timestamp) -> bool {
    let is_back = alert.kind == AlertKind::NodeLost && is_back(&alert.key, members);
    is_back || now >= alert.opened_at + TOLD
}

fn lost(id: &str) -> Condition {
    Condition {
        kind: AlertKind::NodeLost,
        key: id.to_owned(),
        severity: Severity::Critical,
        project: None,
        subject: Subject { kind: SubjectKind::Node, id: id.to_owned(), name: id.to_owned() },
        text: format!("Node {id} is gone without having said so."),
        once_since: None,
    }
}

fn taken(tenure: &Tenure, former: &Tenure) -> Condition {
    let Tenure { name, holder, .. } = tenure;
    Condition {
        kind: AlertKind::LeaseTakenOver,
        key: name.clone(),
        severity: Severity::Info,
        project: None,
        subject: Subject { kind: SubjectKind::Lease, id: name.clone(), name: name.clone() },
        text: format!("Node {holder} does {name} now, which {} had not given up.", former.holder),
        once_since: None,
    }
}
