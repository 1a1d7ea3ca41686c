//! Candidates, one after another or side by side, until one answers or the deadline says stop.
//!
//! An attempt that takes long is not cut: the next one starts beside it, and the first answer
//! wins. So an exit that hangs costs a share of the deadline, and a target that is only slow is
//! waited for. An attempt that is slower than its exit usually is gets company even earlier, as
//! long as such dials stay below a tenth of all.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use model::exchange::Blame;
use rotation::{Candidates, Exit, Failure, Turn};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::error::{AttemptError, RelayError};
use crate::relay::Relay;

mod trying;
pub(crate) mod log;

pub(crate) use log::{Event, Log};
use trying::Trying;
pub(crate) use trying::{Way, Ways, failure};

/// How much is to be tried.
pub(crate) struct Plan<'a> {
    pub(crate) relay: &'a Relay,
    pub(crate) candidates: &'a mut Candidates,
    /// When the first attempt begins: now.
    pub(crate) begun: Instant,
    /// Exits to try at the most.
    pub(crate) attempts: u8,
    /// For all of them together.
    pub(crate) deadline: Instant,
    /// The time that is shared out among the attempts before the next one starts: never more than
    /// is left until the deadline.
    pub(crate) patience: Duration,
    /// Whether a second exit may be dialled early.
    pub(crate) hedge: bool,
    /// What the attempts tell while they run.
    pub(crate) ways: &'a Ways,
}

/// How sure it is that what an attempt brought is the target's word and not the exit's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certainty {
    Sure,
    /// The exit is connected, and has not said yet whether it takes us or reaches the target. No
    /// other exit may be asked, so the race is over; whether this is a success is still open.
    Pending,
    /// The exit may have made it itself: good only when no other exit has something better.
    Suspect,
    /// The target bans the exit: better than nothing, unless another exit fares better. Nobody else
    /// is asked when `is_final`.
    Banned {
        is_final: bool,
    },
}

/// An attempt that succeeded.
pub(crate) struct Won<T> {
    pub(crate) turn: Turn,
    pub(crate) value: T,
    pub(crate) attempts: u8,
    /// When it was known.
    pub(crate) at: Instant,
}

/// Tries exits until one of them brings a `T`.
pub(crate) async fn first<'a, T, F, A>(mut plan: Plan<'a>, attempt: F) -> Result<Won<T>, RelayError>
where
    F: Fn(Arc<Exit>, Way<'a>) -> A,
    A: Future<Output = Result<(T, Certainty), AttemptError>>,
{
    let share = plan.patience / u32::from(plan.attempts.max(1));
    let ways = plan.ways;
    let mut race =
        Race { attempts: 0, last: None, fallback: None, banned: None, doubtful: Vec::new() };
    let begun = plan.begun;
    let Some(turn) = plan.next(begun) else { return Err(race.over()) };
    let early = plan.early(&turn, share);
    race.attempts = 1;
    // The first attempt is polled where it stands; only when it needs company are futures boxed.
    let mut head = std::pin::pin!(try_one(turn, share, (&attempt, ways.of(1, begun))));
    let patient = begun + early.unwrap_or(share);
    let mut head_runs = true;
    match timeout_at(patient.min(plan.deadline), &mut head).await {
        Ok(result) => {
            head_runs = false;
            if let Some(over) = race.take(result) {
                return over;
            }
        }
        Err(_) if early.is_some() => plan.relay.count_hedge(),
        Err(_) => {}
    }
    let mut others = FuturesUnordered::new();
    loop {
        let (now, is_late) = (Instant::now(), head_runs || !others.is_empty());
        if race.attempts < plan.attempts
            && now < plan.deadline
            && let Some(turn) = plan.next(now)
        {
            race.attempts += 1;
            others.push(try_one(turn, share, (&attempt, ways.of(race.attempts, now))));
        } else if !is_late {
            return race.finish();
        }
        let wait = now + share;
        tokio::select! {
            result = &mut head, if head_runs => {
                head_runs = false;
                if let Some(over) = race.take(result) { return over }
            }
            Some(result) = others.next() => {
                if let Some(over) = race.take(result) { return over }
            }
            () = sleep_until(wait.min(plan.deadline)) => {
                if Instant::now() >= plan.deadline {
                    return race.out_of_time(ways);
                }
            }
        }
    }
}

/// What came of one attempt.
type Tried<'a, T> = Result<(Trying<'a>, T, Certainty), (Trying<'a>, AttemptError)>;

/// One attempt through one exit.
async fn try_one<'a, T, F, A>(
    turn: Turn,
    share: Duration,
    (attempt, way): (&F, Way<'a>),
) -> Tried<'a, T>
where
    F: Fn(Arc<Exit>, Way<'a>) -> A,
    A: Future<Output = Result<(T, Certainty), AttemptError>>,
{
    let exit = Arc::clone(turn.exit());
    let trying = Trying::new(turn, share, way);
    match attempt(exit, way).await {
        Ok((value, certainty)) => Ok((trying, value, certainty)),
        Err(error) => Err((trying, error)),
    }
}

// === impl Plan ===

impl Plan<'_> {
    fn next(&mut self, now: Instant) -> Option<Turn> {
        let turn = self.candidates.next(now)?;
        self.relay.count_dial();
        Some(turn)
    }

    /// How soon the first attempt counts as slower than usual, if that may cost a second dial.
    fn early(&self, turn: &Turn, share: Duration) -> Option<Duration> {
        if !self.hedge || self.attempts < 2 || self.candidates.is_tied() {
            return None;
        }
        let usual = turn.exit().state.latency_p95()?;
        (usual < share && self.relay.may_hedge()).then_some(usual)
    }
}

// === Race ===

/// What has come of the attempts so far.
struct Race<'a, T> {
    attempts: u8,
    last: Option<AttemptError>,
    /// The first answer that may be the exit's own.
    fallback: Option<Box<(Trying<'a>, T)>>,
    /// The latest answer that no exit is to blame for, and that nobody wants.
    banned: Option<Box<(Turn, T)>>,
    /// Exits that say the target cannot be reached: believed, unless another one reaches it.
    doubtful: Vec<Trying<'a>>,
}

impl<'a, T> Race<'a, T> {
    /// Takes the outcome of one attempt. The race is over when it is one to be sure of, or a failure
    /// that no other exit can mend.
    fn take(&mut self, tried: Tried<'a, T>) -> Option<Result<Won<T>, RelayError>> {
        match tried {
            Ok((trying, value, Certainty::Sure)) => {
                let suspect = self.fallback.take().map(|fallback| fallback.0);
                for mut wrong in suspect.into_iter().chain(self.doubtful.drain(..)) {
                    wrong.failed(Failure::Refused);
                }
                self.won(trying, value).map(Ok)
            }
            Ok((trying, value, Certainty::Pending)) => {
                self.believe();
                let (turn, at) = trying.pending()?;
                Some(Ok(Won { turn, value, attempts: self.attempts, at }))
            }
            Ok((trying, value, Certainty::Banned { is_final })) => {
                self.banned = trying.banned().map(|turn| Box::new((turn, value)));
                is_final.then(|| self.finish())
            }
            Ok((trying, value, Certainty::Suspect)) => {
                match &self.fallback {
                    None => self.fallback = Some(Box::new((trying, value))),
                    // The same answer again: now it looks like the target's.
                    Some(_) => drop(trying.opened()),
                }
                None
            }
            Err((mut trying, error)) => {
                trying.because(&error);
                match failure(&error) {
                    Failure::TargetUnreachable => self.doubtful.push(trying),
                    why => trying.failed(why),
                }
                let is_final = !error.may_try_another();
                self.last = Some(error);
                is_final.then(|| Err(self.over()))
            }
        }
    }

    /// Takes the word of exits that blame the target: nothing says otherwise.
    fn believe(&mut self) {
        for mut right in self.doubtful.drain(..) {
            right.failed(Failure::TargetUnreachable);
        }
    }

    fn won(&self, trying: Trying<'_>, value: T) -> Option<Won<T>> {
        let (turn, at) = trying.opened()?;
        Some(Won { turn, value, attempts: self.attempts, at })
    }

    /// Nothing is running and nothing is left to try.
    fn finish(&mut self) -> Result<Won<T>, RelayError> {
        self.believe();
        let attempts = self.attempts;
        if let Some((trying, value)) = self.fallback.take().map(|fallback| *fallback)
            && let Some(won) = self.won(trying, value)
        {
            return Ok(won);
        }
        match self.banned.take().map(|banned| *banned) {
            Some((turn, value)) => Ok(Won { turn, value, attempts, at: Instant::now() }),
            None => Err(self.over()),
        }
    }

    fn out_of_time(mut self, ways: &Ways) -> Result<Won<T>, RelayError> {
        let attempts = self.attempts;
        let blame = if ways.is_any_open() { Blame::Target } else { Blame::Exit };
        self.finish().or(Err(RelayError::OutOfTime { attempts, blame }))
    }

    fn over(&mut self) -> RelayError {
        let last = self.last.take().unwrap_or(AttemptError::Silent);
        let attempts = self.attempts;
        if last.is_silence() {
            return RelayError::OutOfTime { attempts, blame: last.blame() };
        }
        RelayError::Exhausted { attempts, last: Box::new(last) }
    }
}
