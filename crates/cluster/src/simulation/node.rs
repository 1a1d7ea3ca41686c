//! A node as its tasks would drive it: one question at a time for each of them.

use jiff::Timestamp;
use model::Revision;
use tokio::time::Instant;

use super::database::{Query, Row};
use super::redis::{Command, Reply, millis};
use crate::lease::{Answer, Candidacy, Standing};
use crate::members::{Errand, Load, Member, MemberState, Role, Roll};
use crate::settings::Timing;

const POLL: u64 = 2_000;
const WORK: u64 = 400;
/// Questions without an answer in a row after which there is no connection.
const MOST_TIMEOUTS: u32 = 3;

/// A question that has not been answered: its number, when it was asked, when it is given up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    number: u64,
    at: u64,
    until: u64,
}

pub(super) struct Node {
    pub(super) id: String,
    timing: Timing,
    counts_from_answer: bool,
    /// The candidate it stands as: another one after each start.
    pub(super) candidate: u64,
    pub(super) candidacy: Candidacy,
    lease: Option<Asked>,
    pub(super) roll: Roll,
    errand: Option<(Asked, Errand)>,
    timeouts: u32,
    pub(super) revision: u64,
    reading: Option<u64>,
    poll_due: u64,
    /// The term for which there is an epoch, or will be.
    minted: u64,
    epoch: Option<u64>,
    work_due: u64,
}

/// What a node wants to be asked, with the number of the question.
pub(super) enum Question {
    Redis(u64, Command),
    Database(u64, Query),
}

/// Milliseconds of a world, as an instant.
#[derive(Clone, Copy)]
pub(super) struct Epoch(pub(super) Instant);

impl Epoch {
    pub(super) fn at(self, now: u64) -> Instant {
        self.0 + std::time::Duration::from_millis(now)
    }

    fn since(self, instant: Instant) -> u64 {
        // Rounded up: what is due is due not before.
        u64::try_from((instant - self.0).as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
    }
}

impl Node {
    pub(super) fn new(id: usize, candidate: u64, timing: Timing, at: (Epoch, u64)) -> Self {
        let instant = at.0.at(at.1);
        let id = format!("node-{id}");
        let me = Member {
            id: id.clone(),
            role: Role::All,
            revision: Revision(0),
            started_at: Timestamp::UNIX_EPOCH,
            addresses: Vec::new(),
            state: MemberState::Ready,
            load: Load::default(),
        };
        Self {
            id,
            timing,
            counts_from_answer: false,
            candidate,
            candidacy: Candidacy::new(timing, instant),
            lease: None,
            roll: Roll::new(me, timing, instant),
            errand: None,
            timeouts: 0,
            revision: 0,
            reading: None,
            poll_due: at.1,
            minted: 0,
            epoch: None,
            work_due: at.1,
        }
    }

    pub(super) fn counting_from_answer(mut self, wrong: bool) -> Self {
        self.counts_from_answer = wrong;
        self
    }

    pub(super) fn is_held(&self, now: Instant) -> bool {
        matches!(self.candidacy.standing(now), Standing::Elected { .. })
    }

    /// When there is something to do next.
    pub(super) fn due(&self, epoch: Epoch) -> u64 {
        let lease = self.lease.map_or(epoch.since(self.candidacy.due()), |asked| asked.until);
        let roll = match self.errand {
            Some((asked, _)) => asked.until,
            None => epoch.since(self.roll.next().0),
        };
        lease.min(roll).min(self.poll_due).min(self.work_due)
    }

    /// Gives up what is late and asks what is due.
    pub(super) fn tick(&mut self, (epoch, now): (Epoch, u64), number: &mut u64) -> Vec<Question> {
        let mut questions = Vec::new();
        let mut next = || {
            *number += 1;
            let until = now + millis(self.timing.command_timeout);
            Asked { number: *number, at: now, until }
        };
        if let Some(asked) = self.lease.filter(|asked| asked.until <= now) {
            self.lease = None;
            self.timeouts += 1;
            let asked = epoch.at(asked.at);
            self.candidacy.hear(Answer::Unknown, asked, epoch.at(now), 0.5);
        }
        if self.lease.is_none() && self.candidacy.due() <= epoch.at(now) {
            let asked = next();
            self.lease = Some(asked);
            questions
                .push(Question::Redis(asked.number, Command::Hold { candidate: self.candidate }));
        }
        if let Some((asked, errand)) = self.errand.filter(|(asked, _)| asked.until <= now) {
            self.errand = None;
            self.timeouts += 1;
            match errand {
                Errand::Beat => self.roll.beaten(false, epoch.at(asked.at), epoch.at(now)),
                Errand::View => self.roll.saw_nothing(epoch.at(now)),
            }
        }
        let (due, errand) = self.roll.next();
        if self.errand.is_none() && due <= epoch.at(now) {
            let asked = next();
            self.errand = Some((asked, errand));
            let command = match errand {
                Errand::Beat => Command::Beat { member: Box::new(self.roll.me().clone()) },
                Errand::View => Command::View,
            };
            questions.push(Question::Redis(asked.number, command));
        }
        questions.extend(self.query((epoch, now), number));
        questions
    }

    /// What is to be asked of the database: the revision, an epoch for a new term, work.
    fn query(&mut self, (epoch, now): (Epoch, u64), number: &mut u64) -> Vec<Question> {
        let mut queries = Vec::new();
        let mut ask = |query| {
            *number += 1;
            queries.push(Question::Database(*number, query));
            *number
        };
        if self.poll_due <= now {
            self.poll_due = now + POLL;
            self.reading = Some(ask(Query::Revision));
        }
        if self.work_due <= now {
            self.work_due = now + WORK;
            let standing = self.candidacy.standing(epoch.at(now));
            let candidate = self.candidate;
            match (standing, self.epoch) {
                (Standing::Elected { term }, _) if term != self.minted => {
                    (self.minted, self.epoch) = (term, None);
                    ask(Query::Mint { candidate, term });
                }
                (Standing::Elected { .. }, Some(epoch)) => {
                    ask(Query::Write { candidate, epoch });
                }
                _ => {}
            }
        }
        queries
    }

    pub(super) fn hear(
        &mut self,
        number: u64,
        reply: Reply,
        (epoch, now): (Epoch, u64),
        chance: f64,
    ) {
        let instant = epoch.at(now);
        let is_lease = self.lease.is_some_and(|asked| asked.number == number);
        let is_errand = self.errand.is_some_and(|(asked, _)| asked.number == number);
        if !is_lease && !is_errand {
            return;
        }
        if std::mem::take(&mut self.timeouts) >= MOST_TIMEOUTS {
            self.roll.connected(instant);
        }
        match reply {
            Reply::Lease(answer) => {
                let asked = self.lease.take().map_or(now, |asked| asked.at);
                let asked = if self.counts_from_answer { now } else { asked };
                self.candidacy.hear(answer, epoch.at(asked), instant, chance);
            }
            Reply::Beaten => {
                let asked = self.errand.take().map_or(now, |(asked, _)| asked.at);
                self.roll.beaten(true, epoch.at(asked), instant);
            }
            Reply::Seen(members) => {
                self.errand = None;
                self.roll.saw(members, instant);
            }
        }
    }

    pub(super) fn read(&mut self, number: u64, row: Row, now: Instant) -> Result<(), String> {
        match row {
            // Tasks load one configuration after another: an older answer has no reader any more.
            Row::Revision(revision) if self.reading == Some(number) => {
                if revision < self.revision {
                    return Err(format!("{} went back to revision {revision}", self.id));
                }
                self.revision = revision;
                self.roll.announce(Revision(revision), now);
            }
            Row::Epoch { candidate, term, epoch }
                if (candidate, term) == (self.candidate, self.minted) =>
            {
                self.epoch = Some(epoch);
            }
            // A late epoch of a former holder ends that of the present one, who mints another.
            Row::Overtaken { epoch } if self.epoch == Some(epoch) => {
                (self.minted, self.epoch) = (0, None);
            }
            _ => {}
        }
        Ok(())
    }

    /// A notice: the revision is worth a look.
    pub(super) fn wake(&mut self, now: u64) {
        self.poll_due = now;
    }

    /// Gives the lease back and stands again, as somebody else.
    pub(super) fn resign(&mut self, candidate: u64, now: Instant) -> Command {
        let release = Command::Release { candidate: self.candidate };
        self.candidate = candidate;
        self.candidacy = Candidacy::new(self.timing, now);
        (self.lease, self.minted, self.epoch) = (None, 0, None);
        release
    }
}
