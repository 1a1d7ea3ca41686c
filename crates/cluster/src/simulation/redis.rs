//! A Redis that hangs, forgets everything, or comes back with what it had a while ago.

use std::collections::BTreeMap;

use crate::lease::Answer;
use crate::members::Member;
use crate::settings::Timing;

/// What a node asks.
#[derive(Debug, Clone)]
pub(super) enum Command {
    Hold { candidate: u64 },
    Release { candidate: u64 },
    Beat { member: Box<Member> },
    View,
    Leave { id: String },
}

#[derive(Debug, Clone)]
pub(super) enum Reply {
    Lease(Answer),
    Beaten,
    Seen(Vec<Member>),
}

#[derive(Default)]
pub(super) struct Redis {
    now: Data,
    saved: Data,
}

#[derive(Clone, Default)]
struct Data {
    /// The candidate, and when its lease ends.
    lease: Option<(u64, u64)>,
    alive: BTreeMap<String, (Member, u64)>,
}

impl Redis {
    /// Does at `now` (milliseconds) what the scripts do.
    pub(super) fn run(&mut self, command: Command, timing: &Timing, now: u64) -> Option<Reply> {
        let data = &mut self.now;
        data.lease = data.lease.filter(|(_, ends)| now < *ends);
        let ends = now + millis(timing.lease_ttl);
        Some(match command {
            Command::Hold { candidate } => Reply::Lease(match data.lease {
                None => {
                    data.lease = Some((candidate, ends));
                    Answer::Taken
                }
                Some((holder, _)) if holder == candidate => {
                    data.lease = Some((candidate, ends));
                    Answer::Kept
                }
                Some(_) => Answer::Anothers,
            }),
            Command::Release { candidate } => {
                data.lease = data.lease.filter(|(holder, _)| *holder != candidate);
                return None;
            }
            Command::Beat { member } => {
                let expires = now + millis(timing.heartbeat_ttl);
                data.alive.insert(member.id.clone(), (*member, expires));
                Reply::Beaten
            }
            Command::View => {
                data.alive.retain(|_, (_, expires)| now < *expires);
                Reply::Seen(data.alive.values().map(|(member, _)| member.clone()).collect())
            }
            Command::Leave { id } => {
                data.alive.remove(&id);
                return None;
            }
        })
    }

    pub(super) fn wipe(&mut self) {
        self.now = Data::default();
    }

    pub(super) fn save(&mut self) {
        self.saved = self.now.clone();
    }

    /// A replica takes over that has not heard the latest.
    pub(super) fn lose_latest(&mut self) {
        self.now = self.saved.clone();
    }
}

pub(super) fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
