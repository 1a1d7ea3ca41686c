//! Carries out what the roll says: heartbeats, and looks at the others.

use std::sync::Arc;

use model::Revision;
use parking_lot::Mutex;
use redis::Script;
use tokio::sync::{Notify, broadcast, watch};
use tokio::time::{Instant, sleep_until};

use super::{Errand, Load, Member, MemberState, Roll, orders, wire};
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
/// leave it. What comes back is the order that waits for this node.
const BEAT: &str = r"
if has_successor(KEYS[1], ARGV[4]) then return false end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local now = tonumber(redis.call('TIME')[1])
redis.call('ZADD', KEYS[2], now, ARGV[3])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - 3600)
return redis.call('GET', KEYS[3])";

/// No more heartbeats; whether there was no successor.
const LEAVE: &str = r"
if has_successor(KEYS[1], ARGV[2]) then return 0 end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1";

/// Lost nodes that are kept for a subscriber that is slow.
const LOST: usize = 256;

/// This node among the others.
pub(crate) struct Presence {
    connection: Connection,
    roll: Mutex<Roll>,
    /// There is something to do earlier than was thought.
    earlier: Notify,
    members: watch::Sender<Arc<[Member]>>,
    /// Whether somebody wants this node to be drained.
    drained: watch::Sender<bool>,
    lost: broadcast::Sender<String>,
}

// === impl Presence ===

impl Presence {
    pub(crate) fn new(connection: Connection, me: Member) -> Self {
        let members = watch::Sender::new(Arc::from([me.clone()]));
        let roll = Mutex::new(Roll::new(me, *connection.timing(), Instant::now()));
        let (drained, lost) = (watch::Sender::new(false), broadcast::Sender::new(LOST));
        Self { connection, roll, earlier: Notify::new(), members, drained, lost }
    }

    pub(crate) fn members(&self) -> watch::Receiver<Arc<[Member]>> {
        self.members.subscribe()
    }

    pub(crate) fn lost(&self) -> broadcast::Receiver<String> {
        self.lost.subscribe()
    }

    pub(crate) fn announce(&self, revision: Revision) {
        self.change(|roll, now| roll.announce(revision, now));
    }

    pub(crate) fn report(&self, load: Load) {
        self.change(|roll, _| roll.report(load));
    }

    pub(crate) fn turn(&self, state: MemberState) {
        self.change(|roll, now| roll.turn(state, now));
    }

    pub(crate) fn drained(&self) -> watch::Receiver<bool> {
        self.drained.subscribe()
    }

    /// There is something for this node to read.
    pub(crate) fn called(&self) {
        self.change(Roll::called);
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
            let me = self.roll.lock().me().id.clone();
            self.say(&me, Op::Added).await;
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
                let me = self.roll.lock().beat();
                let order = self.beat(&me).await;
                let is_news = {
                    let mut roll = self.roll.lock();
                    roll.beaten(order.is_ok(), asked, Instant::now());
                    order.is_ok() && roll.me().state == me.state && roll.take_news()
                };
                self.obey(order.ok().flatten().as_deref(), &me);
                if is_news {
                    self.say(&me.id, Op::Updated).await;
                }
            }
            Errand::View => {
                let seen = self.view().await;
                let members = self.see(seen, Instant::now());
                self.show(members);
            }
        }
    }

    /// Who is there, given who was seen and whose heartbeat has ended without a word.
    fn see(&self, seen: Result<(Vec<Member>, Vec<String>)>, now: Instant) -> Vec<Member> {
        let mut roll = self.roll.lock();
        let Ok((alive, silent)) = seen else {
            roll.saw_nothing(now);
            return roll.members();
        };
        let before = roll.members();
        roll.saw(alive, now);
        let members = roll.members();
        let is_gone = |id: &str| members.iter().all(|member| member.id != id);
        for Member { id, .. } in before.into_iter().filter(|member| is_gone(&member.id)) {
            // Whoever says goodbye leaves the index, too.
            if silent.contains(&id) && self.lost.send(id).is_err() {
                tracing::trace!("nobody asks for lost nodes");
            }
        }
        members
    }

    async fn beat(&self, me: &Member) -> Result<Option<String>> {
        let value = wire::write(me).map_err(ClusterError::Write)?;
        let script = Script::new(&format!("{SUCCESSOR}{BEAT}"));
        let mut asking = script.key(keys::instance(&me.id));
        let ttl = self.connection.timing().heartbeat_ttl.as_millis();
        asking.key(keys::INSTANCES).key(keys::drain(&me.id));
        asking.arg(value).arg(ttl.to_string()).arg(&me.id);
        asking.arg(me.started_at.to_string());
        self.connection.run(Patience::Background, &asking).await
    }

    /// Does what the order says. That there is none any more means nothing: Redis may have forgotten.
    fn obey(&self, order: Option<&str>, me: &Member) {
        let Some(is_wanted) = order.and_then(|order| orders::read(order, me)) else { return };
        self.drained.send_if_modified(|drained| std::mem::replace(drained, is_wanted) != is_wanted);
    }

    /// Leaves an order for a node, which reads it with its next heartbeat, and hurries it.
    pub(crate) async fn order(&self, to: &Member, draining: bool) -> Result<()> {
        let mut asking = redis::cmd("SET");
        asking
            .arg(keys::drain(&to.id))
            .arg(orders::write(to, draining).map_err(ClusterError::Write)?);
        asking.arg("EX").arg(orders::KEPT);
        self.connection.ask::<()>(Patience::Background, &asking).await?;
        if to.id == self.roll.lock().me().id {
            self.called();
        } else {
            self.say(&to.id, Op::Updated).await;
        }
        Ok(())
    }

    async fn view(&self) -> Result<(Vec<Member>, Vec<String>)> {
        let mut asking = redis::cmd("ZRANGE");
        asking.arg(keys::INSTANCES).arg(0).arg(-1);
        let ids: Vec<String> = self.connection.ask(Patience::Background, &asking).await?;
        if ids.is_empty() {
            return Ok((Vec::new(), Vec::new()));
        }
        let mut asking = redis::cmd("MGET");
        for id in &ids {
            asking.arg(keys::instance(id));
        }
        let values: Vec<Option<String>> =
            self.connection.ask(Patience::Background, &asking).await?;
        let alive = |(id, value): (&String, &Option<String>)| wire::read(id, value.as_deref()?);
        let members = ids.iter().zip(&values).filter_map(alive).collect();
        let silent = ids.iter().zip(&values).filter(|(_, value)| value.is_none());
        Ok((members, silent.map(|(id, _)| id.clone()).collect()))
    }

    /// Tells peers that a node comes, goes, or is another than it was, so that they need not wait to
    /// see it.
    async fn say(&self, id: &str, op: Op) {
        let said = Coming::write(id, op);
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
            self.say(&me.id, Op::Removed).await;
        }
        Ok(())
    }
}
