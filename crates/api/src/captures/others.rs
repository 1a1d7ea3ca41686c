//! What other nodes record, soon after they have: asked for again and again.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use crate::captures::Wanted;
use crate::captures::everywhere::{Detail, Question, Which, age, number};
use crate::relays::Told;
use crate::state::State;

/// Between two questions.
const PACE: Duration = Duration::from_secs(1);
/// Records that a node tells at a time, the oldest first; the next ones a second later.
const AT_ONCE: usize = 1_000;
/// How long a question may be on its way: a little too much is shown rather than too little.
const UNDER_WAY: Duration = Duration::from_millis(100);
/// By how much others may be behind what this node has shown.
const BEHIND: Duration = Duration::from_secs(2);

/// What other nodes record from now on.
pub(crate) struct Others {
    state: State,
    project: String,
    wanted: Wanted,
    pace: Interval,
    asking: Option<BoxFuture<'static, Told<Value>>>,
    /// Up to which record each node has told them.
    told: HashMap<String, u64>,
    /// Since when nodes tell them: clocks of nodes differ, but all of them go at the same pace.
    since: Instant,
    waiting: VecDeque<Value>,
}

impl Others {
    /// From now on, or from about the record `after` on.
    pub(crate) fn new(state: State, project: String, wanted: Wanted, after: Option<u64>) -> Self {
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let back = after.map_or(UNDER_WAY, |after| age(&state, after) + BEHIND);
        let now = Instant::now();
        Self {
            state,
            project,
            wanted,
            pace,
            asking: None,
            told: HashMap::new(),
            since: now.checked_sub(back).unwrap_or(now),
            waiting: VecDeque::new(),
        }
    }

    /// The next one, as `CaptureView` in JSON. Nothing is lost when the waiting is given up.
    pub(crate) async fn next(&mut self) -> Value {
        loop {
            if let Some(record) = self.waiting.pop_front() {
                return record;
            }
            if self.asking.is_none() {
                self.pace.tick().await;
                self.asking = Some(self.ask());
            }
            if let Some(asking) = &mut self.asking {
                let told = asking.await;
                self.asking = None;
                self.take(told);
            }
        }
    }

    fn ask(&self) -> BoxFuture<'static, Told<Value>> {
        let (wanted, told) = (self.wanted.clone(), self.told.clone());
        let which = Which::Next { wanted, told, within: self.since.elapsed(), limit: AT_ONCE };
        let (state, project) = (self.state.clone(), self.project.clone());
        let question = Question { project, what: which.show(Detail::Row) };
        async move { question.elsewhere(&state).await }.boxed()
    }

    fn take(&mut self, Told { answers, .. }: Told<Value>) {
        for (name, records) in answers {
            if let Some(newest) = records.iter().map(number).max() {
                self.told.insert(name, newest);
            }
            self.waiting.extend(records);
        }
    }
}
