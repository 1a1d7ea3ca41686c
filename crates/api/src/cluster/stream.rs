//! `GET /api/v1/live/cluster`: who is there and what they do, as it changes.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State as Shared;
use axum::response::Response;
use axum::response::sse::Event;
use cluster::{Link, Member, Notice};
use tokio::sync::{broadcast, watch};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::{ClusterView, coordination, leases, view};
use crate::problem::{Answer, Problem};
use crate::state::State;
use crate::watching::{self, Source, Watch};

/// How often it is looked for what nobody tells: leases, and revisions of nodes that went unheard.
const LOOK: Duration = Duration::from_secs(1);

/// Shows the nodes now, and again whenever a member comes, goes or has loaded another revision, a
/// lease has another holder, or coordination is degraded or no longer (server-sent events named
/// `cluster`). The stream ends within a second of the caller losing access, when the access token is
/// over, and when the node is about to end.
#[utoipa::path(get, path = "/live/cluster", tag = "cluster", operation_id = "watch_cluster",
    responses((status = 200, content_type = "text/event-stream", body = ClusterView),
        (status = 429, body = Problem)))]
pub(crate) async fn watch(Shared(state): Shared<State>, watch: Watch) -> Answer<Response> {
    let (members, link) = (state.cluster.members(), state.cluster.link());
    let notices = state.cluster.notices();
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Ok(watch.show(Nodes { state, members, link, notices, looks, is_unseen: true, shown: None }))
}

struct Nodes {
    state: State,
    members: watch::Receiver<Arc<[Member]>>,
    link: watch::Receiver<Link>,
    notices: broadcast::Receiver<Notice>,
    looks: Interval,
    /// Something happened since the last look.
    is_unseen: bool,
    shown: Option<String>,
}

impl Source for Nodes {
    async fn next(&mut self) -> Option<Event> {
        loop {
            if !self.is_unseen {
                self.wait().await;
                self.is_unseen = true;
            }
            let seen = self.look().await.ok()?;
            if self.shown.as_ref() != Some(&seen) {
                let event = watching::event("cluster", view(&self.state).await.ok()?)?;
                (self.shown, self.is_unseen) = (Some(seen), false);
                return Some(event);
            }
            self.is_unseen = false;
        }
    }
}

impl Nodes {
    /// Whatever it is, and whether or not it can be told: it is looked at.
    async fn wait(&mut self) {
        tokio::select! {
            _ = self.members.changed() => {}
            _ = self.link.changed() => {}
            _ = self.notices.recv() => {}
            _ = self.looks.tick() => {}
        }
    }

    /// What would be news if it were another.
    async fn look(&self) -> Answer<String> {
        let revision = self.state.store.revision().await?;
        let members = self.members.borrow().clone();
        let members: Vec<_> = members.iter().map(|m| (&m.id, m.role, m.revision)).collect();
        let leases = leases(&self.state).await?;
        let leases: Vec<_> = leases.iter().map(|l| (&l.name, &l.holder, l.epoch)).collect();
        Ok(format!("{revision:?} {} {members:?} {leases:?}", coordination(&self.state)))
    }
}
