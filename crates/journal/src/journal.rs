//! `Journal`: the only way in.

use std::cmp::Reverse;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use cluster::{Cluster, Letter};
use model::{Clock, Exchange};
use parking_lot::Mutex;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::audience::Audience;
use crate::entry::{Entry, Numbers};
use crate::filter::{BadFilter, Filter, Wanted};
use crate::peers::{Answer, Message, Question, Questions, peers};
use crate::ring::Ring;
use crate::watcher::{Watcher, Watchers};

/// How often peers are told that somebody still watches here.
const RENEWAL: Duration = Duration::from_secs(3);
/// How long exchanges are gathered before they are shown to a peer.
const GATHER: Duration = Duration::from_millis(50);
/// How long peers have to answer.
const PATIENCE: Duration = Duration::from_secs(1);
/// Questions of peers that may wait.
const QUESTIONS: usize = 32;
/// Filters that one peer may have.
const MOST_FILTERS: usize = 64;
/// Exchanges in one answer.
const MOST_IN_ANSWER: usize = 1_001;

/// What became of requests lately, on every node. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Journal(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    node: Arc<str>,
    cluster: Cluster,
    clock: Clock,
    numbers: Mutex<Numbers>,
    ring: Mutex<Ring>,
    watchers: Arc<Watchers>,
    audience: Audience,
    questions: Questions,
}

/// Exchanges that nodes still have.
#[derive(Debug, Clone)]
pub struct Page {
    /// The newest first.
    pub entries: Vec<Arc<Entry>>,
    /// Whether there are older ones.
    pub has_more: bool,
    /// Nodes that have not answered.
    pub silent: Vec<String>,
}

/// An exchange that some node still has, or none.
#[derive(Debug, Clone)]
pub struct Found {
    /// What was looked for.
    pub entry: Option<Arc<Entry>>,
    /// Nodes that have not answered, where it was not found.
    pub silent: Vec<String>,
}

// === impl Journal ===

impl Journal {
    /// With nothing in it, and room for so many bytes. Peers are talked with by tasks on `tracker`
    /// that end with `stop`.
    #[must_use]
    pub fn start(
        bytes: usize,
        (cluster, clock): (Cluster, Clock),
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) -> Self {
        let journal = Self(Arc::new(Inner {
            node: cluster.instance_id().into(),
            cluster,
            clock,
            numbers: Mutex::new(Numbers::new(rand::random())),
            ring: Mutex::new(Ring::new(bytes)),
            watchers: Arc::default(),
            audience: Audience::default(),
            questions: Questions::default(),
        }));
        let (to_answer, asked) = mpsc::channel(QUESTIONS);
        let spawn = |task: std::pin::Pin<Box<dyn Future<Output = ()> + Send>>| {
            tracker.spawn(stop.clone().run_until_cancelled_owned(task));
        };
        spawn(Box::pin(journal.clone().hear(to_answer)));
        spawn(Box::pin(journal.clone().answer(asked)));
        spawn(Box::pin(journal.clone().tell()));
        journal
    }

    /// Takes exchanges that have finished. Never waits for anybody.
    pub fn add(&self, batch: &[Exchange]) {
        let Inner { node, ring, numbers, watchers, audience, clock, .. } = &*self.0;
        let now = clock.now();
        let entries: Vec<Arc<Entry>> = {
            let mut numbers = numbers.lock();
            let entry = |exchange| Arc::new(Entry::of(exchange, numbers.next(now), node));
            batch.iter().map(entry).collect()
        };
        {
            let mut ring = ring.lock();
            entries.iter().cloned().for_each(|entry| ring.push(entry));
        }
        watchers.show(&entries);
        if !audience.is_empty() {
            audience.show(&entries, Instant::now());
        }
    }

    /// Watches exchanges as they finish, on all nodes.
    ///
    /// # Errors
    /// When the query is not understood.
    pub fn watch(&self, wanted: Wanted) -> Result<Watcher, BadFilter> {
        let filter = Filter::parse(&wanted)?;
        Ok(Watcher::new(&self.0.watchers, wanted, filter))
    }

    /// What all nodes still have, the newest first: at most `limit` (1-1000), and only those with a
    /// smaller id than `before`.
    ///
    /// # Errors
    /// When the query is not understood.
    pub async fn page(
        &self,
        wanted: Wanted,
        before: Option<Uuid>,
        limit: usize,
    ) -> Result<Page, BadFilter> {
        let filter = Filter::parse(&wanted)?;
        // One more tells whether there are older ones.
        let limit = limit.min(MOST_IN_ANSWER - 1) + 1;
        let only = filter.node();
        let mut entries = self.own_page(&filter, before, limit);
        let question = Question::Page { wanted: Box::new(wanted.clone()), before, limit };
        let (answers, silent) = self.ask(question, only, |_| false).await;
        // A peer of an older version knows fewer parts of a filter.
        entries.extend(answers.into_iter().filter(|entry| filter.matches(entry)));
        entries.sort_unstable_by_key(|entry| Reverse(entry.id));
        let has_more = entries.len() >= limit;
        entries.truncate(limit - 1);
        Ok(Page { entries, has_more, silent })
    }

    /// One exchange, wherever it is.
    pub async fn find(&self, id: Uuid) -> Found {
        if let Some(entry) = self.0.ring.lock().find(id) {
            return Found { entry: Some(entry), silent: Vec::new() };
        }
        let is_it = |answer: &Answer| !answer.entries.is_empty();
        let (mut found, silent) = self.ask(Question::One { id }, None, is_it).await;
        Found { entry: found.pop(), silent }
    }

    /// Asks the peers, or one of them; what they answered until all have or one `is_enough`, and who
    /// has not.
    async fn ask(
        &self,
        question: Question,
        only: Option<&str>,
        is_enough: impl Fn(&Answer) -> bool,
    ) -> (Vec<Arc<Entry>>, Vec<String>) {
        let mut silent = peers(&self.0.cluster, only);
        let (mut entries, deadline) = (Vec::new(), Instant::now() + PATIENCE);
        if silent.is_empty() {
            return (entries, silent);
        }
        let mut asking = self.0.questions.ask(silent.len());
        let asked = Message::<&Entry>::Asked { number: asking.number, question };
        if !asked.send(&self.0.cluster, only).await {
            return (entries, silent);
        }
        while !silent.is_empty() {
            let Ok(Some(answer)) = timeout_at(deadline, asking.answers.recv()).await else { break };
            silent.retain(|node| **node != *answer.node);
            let is_over = is_enough(&answer);
            entries.extend(received(&answer.node, answer.entries));
            if is_over {
                break;
            }
        }
        (entries, silent)
    }

    fn own_page(&self, filter: &Filter, before: Option<Uuid>, limit: usize) -> Vec<Arc<Entry>> {
        self.0.ring.lock().page(filter, before, limit)
    }

    // === tasks ===

    /// Reads letters. Waits for nothing else, so that none are lost.
    async fn hear(self, to_answer: mpsc::Sender<(String, u64, Question)>) {
        let mut letters = self.0.cluster.letters();
        loop {
            match letters.recv().await {
                Ok(letter) => self.read(&letter, &to_answer),
                Err(RecvError::Lagged(count)) => tracing::debug!(count, "letters were lost"),
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn read(&self, letter: &Letter, to_answer: &mpsc::Sender<(String, u64, Question)>) {
        let from = &*letter.from;
        let Ok(message) = serde_json::from_str(&letter.text) else {
            // One day nodes may write what this one does not know.
            tracing::debug!(from, "a letter that is not understood");
            return;
        };
        match message {
            Message::Watch { wanted } => {
                let filters = wanted.iter().take(MOST_FILTERS);
                let filters = filters.filter_map(|wanted| Filter::parse(wanted).ok()).collect();
                self.0.audience.watches(from, filters, Instant::now());
            }
            Message::Shown { entries, left_out } => {
                let node: Arc<str> = from.into();
                self.0.watchers.show(&received(&node, entries));
                if left_out > 0 {
                    self.0.watchers.missed(&node, left_out);
                }
            }
            Message::Asked { number, question } => {
                if to_answer.try_send((from.to_owned(), number, question)).is_err() {
                    tracing::debug!(from, "too many questions at once");
                }
            }
            Message::Answered { number, entries } => {
                self.0.questions.answered(number, Answer { node: from.into(), entries });
            }
        }
    }

    /// Answers what peers ask.
    async fn answer(self, mut asked: mpsc::Receiver<(String, u64, Question)>) {
        while let Some((from, number, question)) = asked.recv().await {
            let entries = match question {
                Question::One { id } => self.0.ring.lock().find(id).into_iter().collect(),
                Question::Page { wanted, before, limit } => match Filter::parse(&wanted) {
                    Ok(filter) => self.own_page(&filter, before, limit.min(MOST_IN_ANSWER)),
                    Err(_) => Vec::new(),
                },
            };
            let entries = entries.iter().map(|entry| &**entry).collect();
            let _told =
                Message::Answered { number, entries }.send(&self.0.cluster, Some(&from)).await;
        }
    }

    /// Tells peers what is wanted here, and shows them what they want.
    async fn tell(self) {
        let mut renewals = interval(RENEWAL);
        renewals.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut was_there = false;
        loop {
            tokio::select! {
                () = self.0.watchers.changed.notified() => self.announce(&mut was_there).await,
                _ = renewals.tick() => self.announce(&mut was_there).await,
                () = self.0.audience.news.notified() => {
                    sleep(GATHER).await;
                    self.show().await;
                }
            }
        }
    }

    async fn announce(&self, was_there: &mut bool) {
        let wanted = self.0.watchers.wanted();
        let is_there = !wanted.is_empty();
        if is_there || *was_there {
            let wanted = if wanted.len() > MOST_FILTERS { vec![Wanted::default()] } else { wanted };
            let _told = Message::<&Entry>::Watch { wanted }.send(&self.0.cluster, None).await;
        }
        *was_there = is_there;
    }

    async fn show(&self) {
        for share in self.0.audience.take() {
            let entries = share.entries.iter().map(|entry| &**entry).collect();
            let message = Message::Shown { entries, left_out: share.left_out };
            let _told = message.send(&self.0.cluster, Some(&share.peer)).await;
        }
    }
}

/// Entries as a peer has sent them.
fn received(node: &Arc<str>, entries: Vec<Entry>) -> Vec<Arc<Entry>> {
    let of_node = |entry| Arc::new(Entry { node: Arc::clone(node), ..entry });
    entries.into_iter().map(of_node).collect()
}

#[cfg(test)]
mod tests;
