//! A node that does nothing but take part.

use std::collections::BTreeSet;

use cluster::{
    Cluster, Link, Load, Member, MemberState, Notice, Op, Role, Settings, Signal, Standing,
};
use jiff::Timestamp;
use model::{Revision, Secret};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::server::{PATIENCE, Server, until};

pub(crate) struct Node {
    pub(crate) cluster: Cluster,
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
}

pub(crate) fn member(id: &str) -> Member {
    Member {
        id: id.to_owned(),
        role: Role::All,
        revision: Revision(0),
        started_at: Timestamp::UNIX_EPOCH,
        addresses: vec![([127, 0, 0, 1], 8080).into()],
        state: MemberState::Ready,
        load: Load::default(),
    }
}

pub(crate) fn notice(revision: u64) -> Notice {
    Notice {
        signal: Signal::ConnectorChanged,
        entity: Some(uuid::Uuid::from_u128(7)),
        op: Op::Updated,
        revision: Revision(revision),
    }
}

// === impl Node ===

impl Node {
    /// One that is connected, and hears notices.
    pub(crate) async fn start(id: &str, server: &Server) -> Self {
        let others = listeners(server).await;
        let node = Self::start_at(id, &settings(&server.url()));
        node.connected().await;
        until("a listener", async || (listeners(server).await > others).then_some(())).await;
        node
    }

    pub(crate) fn start_at(id: &str, settings: &Settings) -> Self {
        let (tracker, stop) = (TaskTracker::new(), CancellationToken::new());
        let cluster = Cluster::redis(settings, member(id), &tracker, &stop).unwrap();
        Self { cluster, tracker, stop }
    }

    pub(crate) async fn connected(&self) {
        let mut link = self.cluster.link();
        let connected = link.wait_for(|link| *link == Link::Connected);
        timeout(PATIENCE, connected).await.expect("a connection").unwrap();
    }

    pub(crate) async fn away(&self) {
        let mut link = self.cluster.link();
        let away = link.wait_for(|link| matches!(link, Link::Away { .. }));
        timeout(PATIENCE, away).await.expect("no connection").unwrap();
    }

    pub(crate) async fn sees(&self, names: &str) {
        let wanted: BTreeSet<&str> = names.split(' ').collect();
        let mut members = self.cluster.members();
        let seen = members.wait_for(|members| {
            members.iter().map(|member| &*member.id).collect::<BTreeSet<_>>() == wanted
        });
        let seen = timeout(PATIENCE, seen).await;
        assert!(seen.is_ok(), "{} does not see {names}", self.cluster.instance_id());
    }

    /// Ends without a word.
    pub(crate) async fn crash(&self) {
        self.stop.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

/// How many listen for notices.
pub(crate) async fn listeners(server: &Server) -> u32 {
    server.ask::<(String, u32)>("PUBSUB NUMSUB octoprox:events").await.1
}

pub(crate) fn settings(url: &str) -> Settings {
    Settings::parse(&Secret::from(url)).unwrap()
}

pub(crate) async fn next(notices: &mut Receiver<Notice>) -> Result<Notice, RecvError> {
    timeout(PATIENCE, notices.recv()).await.expect("a notice")
}

/// Waits for a standing.
pub(crate) async fn stands(lease: &cluster::Lease, wanted: impl Fn(Standing) -> bool) -> Standing {
    let mut standing = lease.standing();
    let found = timeout(PATIENCE, standing.wait_for(|standing| wanted(*standing))).await;
    *found.expect("another standing").unwrap()
}

pub(crate) fn is_elected(standing: Standing) -> bool {
    matches!(standing, Standing::Elected { .. })
}
