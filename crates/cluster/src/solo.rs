//! The cluster of a node that is alone.

use std::sync::Arc;

use model::Revision;
use tokio::sync::{broadcast, watch};

use crate::member::Member;
use crate::notice::Notice;

/// Notices that are kept for a subscriber that is slow.
const KEPT: usize = 1024;

/// One member, who talks to himself.
#[derive(Debug)]
pub(crate) struct Solo {
    id: String,
    notices: broadcast::Sender<Notice>,
    members: watch::Sender<Arc<[Member]>>,
}

impl Solo {
    pub(crate) fn new(me: Member) -> Self {
        let id = me.id.clone();
        let members: Arc<[Member]> = Arc::new([me]);
        Self { id, notices: broadcast::Sender::new(KEPT), members: watch::Sender::new(members) }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn notify(&self, notice: Notice) {
        if self.notices.send(notice).is_err() {
            tracing::trace!(signal = notice.signal.as_str(), "nobody listens for notices");
        }
    }

    pub(crate) fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    pub(crate) fn announce(&self, revision: Revision) {
        self.members.send_if_modified(|members| {
            let is_news = members.iter().any(|me| me.revision != revision);
            if is_news {
                *members = members.iter().cloned().map(|me| Member { revision, ..me }).collect();
            }
            is_news
        });
    }

    pub(crate) fn members(&self) -> watch::Receiver<Arc<[Member]>> {
        self.members.subscribe()
    }
}
