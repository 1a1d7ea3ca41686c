//! Who is believed to be alive, and what to do next about it: no clock and no Redis in here.

use std::collections::BTreeMap;
use std::time::Duration;

use model::Revision;
use tokio::time::Instant;

use super::{Load, Member, MemberState};
use crate::settings::Timing;

/// Looks in a row in which a node must be missing before it is gone.
const MOST_MISSES: u8 = 2;
/// Nodes that come in so short a time need one look.
const TOGETHER: Duration = Duration::from_millis(100);

/// What is to be done with Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Errand {
    /// Say that this node is alive.
    Beat,
    /// Look who else is.
    View,
}

/// Who is believed to be alive.
#[derive(Debug, Clone)]
pub(crate) struct Roll {
    timing: Timing,
    me: Member,
    peers: BTreeMap<String, Peer>,
    beat_due: Instant,
    view_due: Instant,
    /// Peers are to look at this node as soon as it has said what is new.
    is_news: bool,
    /// There is more to say, or to read, since the latest heartbeat was begun.
    is_hurried: bool,
    /// Until then nobody is missed: after an outage all have to come back first.
    settled: Instant,
}

#[derive(Debug, Clone)]
struct Peer {
    member: Member,
    misses: u8,
}

// === impl Roll ===

impl Roll {
    pub(crate) fn new(me: Member, timing: Timing, now: Instant) -> Self {
        let peers = BTreeMap::new();
        Self {
            timing,
            me,
            peers,
            beat_due: now,
            view_due: now,
            is_news: false,
            is_hurried: false,
            settled: now,
        }
    }

    pub(crate) fn me(&self) -> &Member {
        &self.me
    }

    /// Everybody by name.
    pub(crate) fn members(&self) -> Vec<Member> {
        let mut all: Vec<_> = self.peers.values().map(|peer| peer.member.clone()).collect();
        all.push(self.me.clone());
        all.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// What is to be done, and when.
    pub(crate) fn next(&self) -> (Instant, Errand) {
        if self.beat_due <= self.view_due {
            (self.beat_due, Errand::Beat)
        } else {
            (self.view_due, Errand::View)
        }
    }

    /// There is a connection again: all that was done before may be undone.
    pub(crate) fn connected(&mut self, now: Instant) {
        (self.beat_due, self.view_due) = (now, now);
        self.settled = now + self.timing.heartbeat;
    }

    /// The revision that this node has loaded; peers are told at once.
    pub(crate) fn announce(&mut self, revision: Revision, now: Instant) {
        if self.me.revision != revision {
            self.beat_due = now;
        }
        self.me.revision = revision;
    }

    /// How busy this node is; peers are told with the next heartbeat.
    pub(crate) fn report(&mut self, load: Load) {
        self.me.load = load;
    }

    /// Whether this node takes requests; peers are told at once.
    pub(crate) fn turn(&mut self, state: MemberState, now: Instant) {
        if self.me.state != state {
            (self.me.state, self.is_news) = (state, true);
            self.called(now);
        }
    }

    /// Redis has something for this node, which comes with the next heartbeat.
    pub(crate) fn called(&mut self, now: Instant) {
        (self.is_hurried, self.beat_due) = (true, now);
    }

    /// A heartbeat begins; what it says.
    pub(crate) fn beat(&mut self) -> Member {
        self.is_hurried = false;
        self.me.clone()
    }

    /// A heartbeat was sent at `asked`, and arrived or not.
    pub(crate) fn beaten(&mut self, arrived: bool, asked: Instant, now: Instant) {
        let soon = now + self.timing.command_timeout;
        self.beat_due = match (arrived, std::mem::take(&mut self.is_hurried)) {
            (true, true) => now,
            (true, false) => asked + self.timing.heartbeat,
            (false, _) => soon,
        };
    }

    /// Whether there is something new for peers to look at since this was last asked.
    pub(crate) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.is_news)
    }

    /// Nobody could be seen.
    pub(crate) fn saw_nothing(&mut self, now: Instant) {
        self.view_due = now + self.timing.command_timeout;
    }

    /// Who was seen to be alive.
    pub(crate) fn saw(&mut self, seen: Vec<Member>, now: Instant) {
        self.view_due = now + self.timing.view;
        let (mine, others): (Vec<_>, Vec<_>) =
            seen.into_iter().partition(|member| member.id == self.me.id);
        // A Redis that has forgotten this node has forgotten others too.
        let is_evidence = !mine.is_empty() && now >= self.settled;
        if mine.is_empty() {
            self.beat_due = now;
        }
        for peer in self.peers.values_mut().filter(|_| is_evidence) {
            peer.misses += 1;
        }
        for member in others {
            self.peers.insert(member.id.clone(), Peer { member, misses: 0 });
        }
        self.peers.retain(|_, peer| peer.misses < MOST_MISSES);
    }

    /// A node came of its own accord: it is worth a look, and so are those that come with it.
    pub(crate) fn came(&mut self, now: Instant) {
        self.view_due = self.view_due.min(now + TOGETHER);
    }

    /// A node left of its own accord.
    pub(crate) fn left(&mut self, id: &str) {
        self.peers.remove(id);
    }
}

#[cfg(test)]
mod tests;
