//! Candidates, one after another or side by side, until one answers or the deadline says stop.
//!
//! An attempt that takes long is not cut: the next one starts beside it, and the first answer
//! wins. So an exit that hangs costs a share of the deadline, and a target that is only slow is
//! waited for. An attempt that is slower than its exit usually is gets company even earlier, as
//! long as such dials stay below a tenth of all.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use dial::DialError;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use model::exchange::Blame;
use rotation::{Candidates, Exit, Failure, Turn};
use tokio::time::{Instant, sleep_until, timeout_at};

use crate::error::{AttemptError, RelayError};
use crate::relay::Relay;

/// How much is to be tried.
pub(crate) struct Plan<'a> {
    pub(crate) relay: &'a Relay,
    pub(crate) candidates: &'a mut Candidates,
    /// Exits to try at the most.
    pub(crate) attempts: u8,
    /// For all of them together.
    pub(crate) deadline: Instant,
    /// The time that is shared out among the attempts before the next one starts: never more than
    /// is left until the deadline.
    pub(crate) patience: Duration,
    /// Whether a second exit may be dialled early.
    pub(crate) hedge: bool,
}

/// How sure it is that what an attempt brought is the target's word and not the exit's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certainty {
    Sure,
    /// The exit may have made it itself: good only when no other exit has something better.
    Suspect,
}

/// An attempt that succeeded.
pub(crate) struct Won<T> {
    pub(crate) turn: Turn,
    pub(crate) value: T,
    pub(crate) attempts: u8,
}

/// Tries exits until one of them brings a `T`.
pub(crate) async fn first<T, F, A>(mut plan: Plan<'_>, attempt: F) -> Result<Won<T>, RelayError>
where
    F: Fn(Arc<Exit>) -> A,
    A: Future<Output = Result<(T, Certainty), AttemptError>>,
{
    let share = plan.patience / u32::from(plan.attempts.max(1));
    let mut race = Race { attempts: 0, last: None, fallback: None, doubtful: Vec::new() };
    let Some(turn) = plan.next() else { return Err(race.over()) };
    let early = plan.early(&turn, share);
    race.attempts = 1;
    // The first attempt is polled where it stands; only when it needs company are futures boxed.
    let mut head = std::pin::pin!(try_one(turn, share, &attempt));
    let patient = Instant::now() + early.unwrap_or(share);
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
        let is_late = head_runs || !others.is_empty();
        if race.attempts < plan.attempts
            && Instant::now() < plan.deadline
            && let Some(turn) = plan.next()
        {
            race.attempts += 1;
            others.push(try_one(turn, share, &attempt));
        } else if !is_late {
            return race.finish();
        }
        let wait = Instant::now() + share;
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
                    return race.out_of_time();
                }
            }
        }
    }
}

/// What came of one attempt.
type Tried<T> = Result<(Trying, T, Certainty), (Trying, AttemptError)>;

/// One attempt through one exit.
async fn try_one<T, F, A>(turn: Turn, patience: Duration, attempt: &F) -> Tried<T>
where
    F: Fn(Arc<Exit>) -> A,
    A: Future<Output = Result<(T, Certainty), AttemptError>>,
{
    let exit = Arc::clone(turn.exit());
    let trying = Trying { turn: Some(turn), begun: Instant::now(), patience };
    match attempt(exit).await {
        Ok((value, certainty)) => Ok((trying, value, certainty)),
        Err(error) => Err((trying, error)),
    }
}

/// What a failed attempt says about its exit.
pub(crate) fn failure(error: &AttemptError) -> Failure {
    match error {
        AttemptError::Dial(error) => dial_failure(error),
        AttemptError::Silent => Failure::Silent,
        AttemptError::Closed | AttemptError::Broken { .. } => Failure::Unreachable,
        AttemptError::Garbage { .. } => Failure::Garbage,
        AttemptError::Unauthorized => Failure::Unauthorized,
        AttemptError::Client { .. } | AttemptError::Body(_) | AttemptError::Trust(_) => {
            Failure::Cancelled
        }
    }
}

fn dial_failure(error: &DialError) -> Failure {
    match error.blame() {
        Blame::Target => Failure::TargetUnreachable,
        Blame::Exit => match error {
            DialError::Unauthorized => Failure::Unauthorized,
            DialError::BadAnswer(_) => Failure::Garbage,
            DialError::Refused { .. }
            | DialError::Socks5Refused { .. }
            | DialError::Socks4Refused { .. } => Failure::Refused,
            _ => Failure::Unreachable,
        },
        Blame::Client | Blame::Node => Failure::Cancelled,
    }
}

// === Trying ===

/// A turn that is being used. Dropped without a verdict it has lost a race: that is no fault of
/// the exit, unless it kept us waiting for all of its share.
struct Trying {
    turn: Option<Turn>,
    begun: Instant,
    patience: Duration,
}

impl Trying {
    fn failed(&mut self, why: Failure) {
        if let Some(mut turn) = self.turn.take() {
            turn.failed(why, Instant::now());
        }
    }

    fn opened(mut self) -> Option<Turn> {
        let mut turn = self.turn.take()?;
        turn.opened(self.begun.elapsed(), Instant::now());
        Some(turn)
    }
}

impl Drop for Trying {
    fn drop(&mut self) {
        let waited_long = self.begun.elapsed() >= self.patience;
        self.failed(if waited_long { Failure::Silent } else { Failure::Cancelled });
    }
}

// === impl Plan ===

impl Plan<'_> {
    fn next(&mut self) -> Option<Turn> {
        let turn = self.candidates.next(Instant::now())?;
        self.relay.count_dial();
        Some(turn)
    }

    /// How soon the first attempt counts as slower than usual, if that may cost a second dial.
    fn early(&self, turn: &Turn, share: Duration) -> Option<Duration> {
        if !self.hedge || self.attempts < 2 {
            return None;
        }
        let usual = turn.exit().state.latency_p95()?;
        (usual < share && self.relay.may_hedge()).then_some(usual)
    }
}

// === Race ===

/// What has come of the attempts so far.
struct Race<T> {
    attempts: u8,
    last: Option<AttemptError>,
    /// The first answer that may be the exit's own.
    fallback: Option<(Trying, T)>,
    /// Exits that say the target cannot be reached: believed, unless another one reaches it.
    doubtful: Vec<Trying>,
}

impl<T> Race<T> {
    /// Takes the outcome of one attempt. The race is over when it is one to be sure of, or a failure
    /// that no other exit can mend.
    fn take(&mut self, tried: Tried<T>) -> Option<Result<Won<T>, RelayError>> {
        match tried {
            Ok((trying, value, Certainty::Sure)) => {
                let suspect = self.fallback.take().map(|(suspect, _)| suspect);
                for mut wrong in suspect.into_iter().chain(self.doubtful.drain(..)) {
                    wrong.failed(Failure::Refused);
                }
                self.won(trying, value).map(Ok)
            }
            Ok((trying, value, Certainty::Suspect)) => {
                match &self.fallback {
                    None => self.fallback = Some((trying, value)),
                    // The same answer again: now it looks like the target's.
                    Some(_) => drop(trying.opened()),
                }
                None
            }
            Err((mut trying, error)) => {
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

    fn won(&self, trying: Trying, value: T) -> Option<Won<T>> {
        let turn = trying.opened()?;
        Some(Won { turn, value, attempts: self.attempts })
    }

    /// Nothing is running and nothing is left to try.
    fn finish(mut self) -> Result<Won<T>, RelayError> {
        for mut right in self.doubtful.drain(..) {
            right.failed(Failure::TargetUnreachable);
        }
        if let Some((trying, value)) = self.fallback.take()
            && let Some(won) = self.won(trying, value)
        {
            return Ok(won);
        }
        Err(self.over())
    }

    fn out_of_time(self) -> Result<Won<T>, RelayError> {
        let attempts = self.attempts;
        self.finish().or(Err(RelayError::OutOfTime { attempts }))
    }

    fn over(&mut self) -> RelayError {
        let last = Box::new(self.last.take().unwrap_or(AttemptError::Silent));
        RelayError::Exhausted { attempts: self.attempts, last }
    }
}
