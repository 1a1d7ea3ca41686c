//! One node at a time: a lease elects it. What fences it is an epoch in the database.

use std::sync::Arc;
use std::time::Duration;

use redis::Script;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::connection::{Connection, Patience};
use crate::error::Result;
use crate::keys;

mod candidacy;

pub(crate) use candidacy::{Answer, Candidacy};

/// Takes the lease when it is free, keeps it when it is ours.
const HOLD: &str = r"
local holder = redis.call('GET', KEYS[1])
if not holder then
    redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2])
    redis.call('SADD', KEYS[2], ARGV[3])
    return 'taken'
end
if holder ~= ARGV[1] then return 'anothers' end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 'kept'";

/// Gives the lease back, unless it is somebody else's by now.
const RELEASE: &str = r"
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0";

/// Stands for the right to do what only one node may do at a time, until it is dropped, which gives
/// the right back.
pub struct Lease {
    name: String,
    standing: Arc<watch::Sender<Standing>>,
    /// Until when it is ours; `None` for ever, when there is nobody to share with.
    until: Option<watch::Receiver<Option<Instant>>>,
    dropped: Option<Dropped>,
}

/// What to do about a lease that is not wanted any more.
type Dropped = Box<dyn FnOnce(&str) + Send + Sync>;

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Another node's, or nobody's.
    Standby,
    /// This node's.
    Elected {
        /// How often this [`Lease`] has been elected. A number that was not seen before means that
        /// another node may have been elected in between.
        term: u64,
    },
}

/// A lease as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeaseView {
    /// What it is the right to do.
    pub name: String,
    /// The node that has it.
    pub holder: String,
    /// How long it has it unless it renews it; `None`: for ever.
    pub ttl: Option<Duration>,
}

// === impl Lease ===

impl Lease {
    pub(crate) fn alone(name: String, dropped: impl FnOnce(&str) + Send + Sync + 'static) -> Self {
        let standing = Arc::new(watch::Sender::new(Standing::Elected { term: 1 }));
        Self { name, standing, until: None, dropped: Some(Box::new(dropped)) }
    }

    /// What it is the right to do.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whose turn it is, as it changes. Whatever is written under a lease needs more than this: see
    /// [`Lease::is_held`], and the epoch in the database.
    #[must_use]
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Whether it is this node's turn at `now`, which must be the present. Unlike [`Lease::standing`]
    /// this is right even when no task of this process ran for a while.
    #[must_use]
    pub fn is_held(&self, now: Instant) -> bool {
        match &self.until {
            None => true,
            Some(until) => until.borrow().is_some_and(|until| now < until),
        }
    }
}

impl std::fmt::Debug for Lease {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let standing = *self.standing.borrow();
        f.debug_struct("Lease")
            .field("name", &self.name)
            .field("standing", &standing)
            .finish_non_exhaustive()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(dropped) = self.dropped.take() {
            dropped(&self.name);
        }
    }
}

/// Stands for one lease in Redis.
pub(crate) struct Candidate {
    pub(crate) connection: Connection,
    pub(crate) name: String,
    /// The node, a blank, and a number that no other candidate has.
    pub(crate) holder: String,
    /// Cancelled: the lease is given back.
    pub(crate) stop: CancellationToken,
}

// === impl Candidate ===

impl Candidate {
    /// The lease, and the task that stands for it.
    pub(crate) fn stand(self) -> (Lease, impl Future<Output = ()> + Send + 'static) {
        let standing = Arc::new(watch::Sender::new(Standing::Standby));
        let (until, is_until) = watch::channel(None);
        let stop = self.stop.clone();
        let lease = Lease {
            name: self.name.clone(),
            standing: Arc::clone(&standing),
            until: Some(is_until),
            dropped: Some(Box::new(move |_| stop.cancel())),
        };
        (lease, self.run(standing, until))
    }

    async fn run(
        self,
        standing: Arc<watch::Sender<Standing>>,
        until: watch::Sender<Option<Instant>>,
    ) {
        let mut candidacy = Candidacy::new(*self.connection.timing(), Instant::now());
        loop {
            let now = Instant::now();
            until.send_replace(candidacy.until());
            tell(&standing, candidacy.standing(now), &self.name);
            let is_held = candidacy.until().filter(|until| now < *until);
            let wake = is_held.map_or(candidacy.due(), |until| until.min(candidacy.due()));
            let woken = self.stop.run_until_cancelled(sleep_until(wake)).await;
            if woken.is_none() {
                break;
            }
            let asked = Instant::now();
            if asked < candidacy.due() {
                continue;
            }
            // What is cut short here may still be granted; it is given back below.
            let asking = self.ask(is_held.is_some());
            let Some(answer) = self.stop.run_until_cancelled(asking).await else { break };
            candidacy.hear(answer, asked, Instant::now(), rand::random());
        }
        until.send_replace(None);
        tell(&standing, Standing::Standby, &self.name);
        if let Err(error) = self.release().await {
            tracing::debug!(lease.name = self.name, %error, "a lease is left to end by itself");
        }
    }

    /// Those who stand by ask far more often than holders, and nearly always in vain: a look is a
    /// third of what the script costs.
    async fn ask(&self, is_held: bool) -> Answer {
        if !is_held {
            let mut look = redis::cmd("GET");
            look.arg(keys::lease(&self.name));
            match self.connection.ask::<Option<String>>(Patience::Background, &look).await {
                Ok(Some(holder)) if holder != self.holder => return Answer::Anothers,
                Ok(_) => {}
                Err(_) => return Answer::Unknown,
            }
        }
        let script = Script::new(HOLD);
        let mut asking = script.key(keys::lease(&self.name));
        let ttl = self.connection.timing().lease_ttl.as_millis();
        asking.key(keys::LEASES).arg(&self.holder).arg(ttl.to_string()).arg(&self.name);
        match self.connection.run::<String>(Patience::Background, &asking).await.as_deref() {
            Ok("taken") => Answer::Taken,
            Ok("kept") => Answer::Kept,
            Ok(_) => Answer::Anothers,
            Err(_) => Answer::Unknown,
        }
    }

    async fn release(&self) -> Result<()> {
        let script = Script::new(RELEASE);
        let mut asking = script.key(keys::lease(&self.name));
        self.connection.run(Patience::Background, asking.arg(&self.holder)).await
    }
}

fn tell(standing: &watch::Sender<Standing>, now: Standing, name: &str) {
    standing.send_if_modified(|known| {
        let is_news = *known != now;
        *known = now;
        if is_news {
            tracing::info!(lease.name = name, standing = ?now, "whose turn it is has changed");
        }
        is_news
    });
}

/// Every lease that some node has now, by name.
pub(crate) async fn list(connection: &Connection) -> Result<Vec<LeaseView>> {
    let mut names: Vec<String> =
        connection.ask(Patience::Background, redis::cmd("SMEMBERS").arg(keys::LEASES)).await?;
    names.sort_unstable();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut asking = redis::pipe();
    for name in &names {
        asking.cmd("GET").arg(keys::lease(name)).cmd("PTTL").arg(keys::lease(name));
    }
    let answers: Vec<redis::Value> = connection.ask_all(Patience::Background, &asking).await?;
    let view = |(name, answer): (String, &[redis::Value])| {
        let holder: Option<String> = redis::from_redis_value(answer[0].clone()).ok()?;
        let ttl: i64 = redis::from_redis_value(answer[1].clone()).ok()?;
        let holder = holder?;
        let id = holder.rsplit_once(' ').map_or(&*holder, |(id, _)| id).to_owned();
        Some(LeaseView {
            name,
            holder: id,
            ttl: u64::try_from(ttl).ok().map(Duration::from_millis),
        })
    };
    Ok(names.into_iter().zip(answers.chunks_exact(2)).filter_map(view).collect())
}
