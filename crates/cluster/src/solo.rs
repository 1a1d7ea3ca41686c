//! The cluster of a node that is alone.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{Counters, ProjectId, Revision};
use parking_lot::Mutex;
use tokio::sync::{broadcast, watch};

use crate::connection::Link;
use crate::facts::{Binding, Mark, Rest, Verdict, Windows};
use crate::lease::{Lease, LeaseView};
use crate::letters::Letter;
use crate::members::{Load, Member, MemberState};
use crate::notices::Notice;

/// Notices that are kept for a subscriber that is slow.
pub(crate) const KEPT: usize = 1024;

/// One member, who talks to himself.
#[derive(Debug)]
pub(crate) struct Solo {
    id: String,
    notices: broadcast::Sender<Notice>,
    members: watch::Sender<Arc<[Member]>>,
    link: watch::Sender<Link>,
    drained: watch::Sender<bool>,
    lost: broadcast::Sender<String>,
    rests: broadcast::Sender<Arc<[Rest]>>,
    bindings: broadcast::Sender<Arc<[Binding]>>,
    verdicts: broadcast::Sender<Arc<[Verdict]>>,
    letters: broadcast::Sender<Arc<Letter>>,
    marks: broadcast::Sender<Arc<[Mark]>>,
    pub(crate) windows: Mutex<Windows>,
    live: Mutex<BTreeMap<ProjectId, Counters>>,
    /// The names of leases that somebody stands for, each as often as somebody does.
    leases: Arc<Mutex<Vec<String>>>,
}

impl Solo {
    pub(crate) fn new(me: Member) -> Self {
        let id = me.id.clone();
        let members: Arc<[Member]> = Arc::new([me]);
        let members = watch::Sender::new(members);
        let link = watch::Sender::new(Link::Alone);
        Self {
            id,
            notices: broadcast::Sender::new(KEPT),
            members,
            link,
            drained: watch::Sender::new(false),
            lost: broadcast::Sender::new(1),
            rests: broadcast::Sender::new(1),
            bindings: broadcast::Sender::new(1),
            verdicts: broadcast::Sender::new(1),
            letters: broadcast::Sender::new(1),
            marks: broadcast::Sender::new(1),
            windows: Mutex::default(),
            live: Mutex::default(),
            leases: Arc::default(),
        }
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

    pub(crate) fn turn(&self, state: MemberState) {
        self.members.send_if_modified(|members| {
            let is_news = members.iter().any(|me| me.state != state);
            if is_news {
                *members = members.iter().cloned().map(|me| Member { state, ..me }).collect();
            }
            is_news
        });
    }

    pub(crate) fn drained(&self) -> watch::Receiver<bool> {
        self.drained.subscribe()
    }

    pub(crate) fn order(&self, draining: bool) {
        self.drained.send_if_modified(|drained| std::mem::replace(drained, draining) != draining);
    }

    pub(crate) fn report(&self, load: Load) {
        self.members.send_if_modified(|members| {
            *members = members.iter().cloned().map(|me| Member { load, ..me }).collect();
            false
        });
    }

    pub(crate) fn stand(&self, name: String) -> Lease {
        self.leases.lock().push(name.clone());
        let leases = Arc::clone(&self.leases);
        Lease::alone(name, move |name| {
            let mut leases = leases.lock();
            if let Some(position) = leases.iter().position(|known| known == name) {
                leases.swap_remove(position);
            }
        })
    }

    pub(crate) fn leases(&self) -> Vec<LeaseView> {
        let mut names = self.leases.lock().clone();
        names.sort_unstable();
        names.dedup();
        let holder = &self.id;
        let view = |name| LeaseView { name, holder: holder.clone(), ttl: None };
        names.into_iter().map(view).collect()
    }

    /// Nothing ever comes from here: there is no peer to lose.
    pub(crate) fn lost(&self) -> broadcast::Receiver<String> {
        self.lost.subscribe()
    }

    /// Nothing ever comes from here: there is no peer to tell it.
    pub(crate) fn rests(&self) -> broadcast::Receiver<Arc<[Rest]>> {
        self.rests.subscribe()
    }

    /// Nothing ever comes from here: there is no peer to tell it.
    pub(crate) fn bindings(&self) -> broadcast::Receiver<Arc<[Binding]>> {
        self.bindings.subscribe()
    }

    /// Nothing ever comes from here: there is no peer to tell it.
    pub(crate) fn verdicts(&self) -> broadcast::Receiver<Arc<[Verdict]>> {
        self.verdicts.subscribe()
    }

    /// Nothing ever comes from here: there is no peer to write.
    pub(crate) fn letters(&self) -> broadcast::Receiver<Arc<Letter>> {
        self.letters.subscribe()
    }

    /// Nothing ever comes from here: there is no peer to tell it.
    pub(crate) fn marks(&self) -> broadcast::Receiver<Arc<[Mark]>> {
        self.marks.subscribe()
    }

    pub(crate) fn add_live(&self, counted: &[(ProjectId, Counters)]) {
        let mut live = self.live.lock();
        for (project, counters) in counted {
            let sum = live.entry(*project).or_default();
            sum.requests += counters.requests;
            sum.failures += counters.failures;
            sum.bytes_sent += counters.bytes_sent;
            sum.bytes_received += counters.bytes_received;
            sum.latency_microseconds += counters.latency_microseconds;
        }
    }

    pub(crate) fn live(&self) -> Vec<(ProjectId, Counters)> {
        self.live.lock().iter().map(|(project, counters)| (*project, *counters)).collect()
    }

    pub(crate) fn link(&self) -> watch::Receiver<Link> {
        self.link.subscribe()
    }

    pub(crate) fn members(&self) -> watch::Receiver<Arc<[Member]>> {
        self.members.subscribe()
    }
}
