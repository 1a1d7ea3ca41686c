//! Carries out what the roll says: heartbeats, and looks at the others.

use std::sync::Arc;

use model::Revision;
use parking_lot::Mutex;
use redis::Script;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep_until};

use super::{Errand, Load, Member, Roll, wire};
use crate::connection::{Connection, Link, Patience};
use crate::error::{ClusterError, Result};
use crate::keys;
use crate::notices::{Coming, Op};

/// Whether a process that was started later has taken over the name of this one, which may go on for
/// a while to end what it began.
const SUCCESSOR: &str = r"
local function has_successor(key, started_at)
    local value = redis.call('GET', key)
    if not value then return false end
    local is_read, member = pcall(cjson.decode, value)
    if not is_read or type(member) ~= 'table' then return false end
    return type(member.started_at) == 'string' and member.started_at > started_at
end";

/// A heartbeat, and the name in the index by the time of Redis; names nobody heard of for an hour
/// leave it.
const BEAT: &str = r"
if has_successor(KEYS[1], ARGV[4]) then return end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[2], now, ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 3600)";

/// No more heartbeats; whether there was no successor.
const LEAVE: &str = r"
if has_successor(KEYS[1], ARGV[2]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1";

/// This node among the others.
pub(crate) struct Presence {
    connection: Connection,
    roll: Mutex<Roll>,
    /// There is something to do earlier than was thought.
    earlier: Notify,
    members: watch::Sender<Arc<[Member]>>,
}

// === impl Presence ===

impl Presence {
    pub(crate) fn new(connection: Connection, me: Member) -> Self {
        let members = watch::Sender::new(Arc::from([me.clone()]));
        let roll = Mutex::new(Roll::new(me, *connection.timing(), Instant::now()));
        Self { connection, roll, earlier: Notify::new(), members }
    }

    pub(crate) fn members(&self) -> watch::Receiver<Arc<[Member]>> {
        self.members.subscribe()
    }

    pub(crate) fn announce(&self, revision: Revision) {
        self.change(|roll, now| roll.announce(revision, now));
    }

    pub(crate) fn report(&self, load: Load) {
        self.change(|roll, _| roll.report(load));
    }

    pub(crate) fn came(&self) {
        self.change(Roll::came);
    }

    pub(crate) fn left(&self, id: &str) {
        self.change(|roll, _| roll.left(id));
    }

    fn change(&self, change: impl FnOnce(&mut Roll, Instant)) {
        let members = {
            let mut roll = self.roll.lock();
            change(&mut roll, Instant::now());
            roll.members()
        };
        self.show(members);
        self.earlier.notify_one();
    }

    /// Readers see everything, and are woken by what matters to the sharing of work.
    fn show(&self, members: Vec<Member>) {
        self.members.send_if_modified(|shown| {
            let is_same = |(a, b): (&Member, &Member)| Member { load: b.load, ..a.clone() } == *b;
            let is_news = shown.len() != members.len() || !shown.iter().zip(&members).all(is_same);
            *shown = members.into();
            is_news
        });
    }

    /// Says that this node is alive and looks for the others, for as long as it is polled.
    pub(crate) async fn keep(self: Arc<Self>) {
        let mut link = self.connection.link();
        while link.wait_for(|link| *link == Link::Connected).await.is_ok() {
            self.change(Roll::connected);
            self.run(Errand::Beat).await;
            self.say(Op::Added).await;
            while *link.borrow() == Link::Connected {
                self.next(&mut link).await;
            }
        }
    }

    async fn next(&self, link: &mut watch::Receiver<Link>) {
        let (due, errand) = self.roll.lock().next();
        tokio::select! {
            () = sleep_until(due) => self.run(errand).await,
            () = self.earlier.notified() => {}
            _ = link.changed() => {}
        }
    }

    async fn run(&self, errand: Errand) {
        let asked = Instant::now();
        match errand {
            Errand::Beat => {
                let me = self.roll.lock().me().clone();
                let arrived = self.beat(&me).await.is_ok();
                self.roll.lock().beaten(arrived, asked, Instant::now());
            }
            Errand::View => {
                let seen = self.view().await;
                let members = {
                    let mut roll = self.roll.lock();
                    match seen {
                        Ok(seen) => roll.saw(seen, Instant::now()),
                        Err(_) => roll.saw_nothing(Instant::now()),
                    }
                    roll.members()
                };
                self.show(members);
            }
        }
    }

    async fn beat(&self, me: &Member) -> Result<()> {
        let value = wire::write(me).map_err(ClusterError::Write)?;
        let script = Script::new(&format!("{SUCCESSOR}{BEAT}"));
        let mut asking = script.key(keys::instance(&me.id));
        let ttl = self.connection.timing().heartbeat_ttl.as_millis();
        asking.key(keys::INSTANCES).arg(value).arg(ttl.to_string()).arg(&me.id);
        asking.arg(me.started_at.to_string());
        self.connection.run(Patience::Background, &asking).await
    }

    async fn view(&self) -> Result<Vec<Member>> {
        let mut asking = redis::cmd("ZRANGE");
        asking.arg(keys::INSTANCES).arg(0).arg(-1);
        let ids: Vec<String> = self.connection.ask(Patience::Background, &asking).await?;
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut asking = redis::cmd("MGET");
        for id in &ids {
            asking.arg(keys::instance(id));
        }
        let values: Vec<Option<String>> =
            self.connection.ask(Patience::Background, &asking).await?;
        let alive = |(id, value): (&String, &Option<String>)| wire::read(id, value.as_deref()?);
        Ok(ids.iter().zip(&values).filter_map(alive).collect())
    }

    /// Tells peers that this node comes or goes, so that they need not wait to see it.
    async fn say(&self, op: Op) {
        let said = Coming::write(&self.roll.lock().me().id, op);
        let Ok(said) = said else { return };
        let mut asking = redis::cmd("PUBLISH");
        asking.arg(keys::MEMBERS).arg(said);
        if let Err(error) = self.connection.ask::<()>(Patience::Background, &asking).await {
            tracing::debug!(%error, "peers will see by themselves who is here");
        }
    }

    /// Takes this node off the roll, but for a successor; it must not be kept any more.
    pub(crate) async fn leave(&self) -> Result<()> {
        let me = self.roll.lock().me().clone();
        let script = Script::new(&format!("{SUCCESSOR}{LEAVE}"));
        let mut asking = script.key(keys::instance(&me.id));
        asking.key(keys::INSTANCES).arg(&me.id).arg(me.started_at.to_string());
        if self.connection.run(Patience::Background, &asking).await? {
            self.say(Op::Removed).await;
        }
        Ok(())
    }
}
