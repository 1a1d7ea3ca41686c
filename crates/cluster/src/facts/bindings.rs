//! Sessions and the exits they are bound to: the first binding of a session wins.

use std::sync::Arc;
use std::time::Duration;

use model::place::Country;
use model::{ConnectorId, ProjectId, ProxyId};
use redis::Script;
use tokio::sync::broadcast;

use super::rests::milliseconds;
use super::scan;
use crate::connection::{Connection, Patience};
use crate::error::{ClusterError, Result};
use crate::keys;

mod wire;

/// Binds sessions that are free, lengthens bindings that are the same, replaces one that is known;
/// for all others: what they are bound to, and for how long.
const BIND: &str = r"
local answers = {}
for i, key in ipairs(KEYS) do
    local value, life, exit, old = ARGV[4*i-3], ARGV[4*i-2], ARGV[4*i-1], ARGV[4*i]
    local answer = false
    if not redis.call('SET', key, value, 'NX', 'PX', life) then
        local known = redis.call('GET', key)
        local is_json, found = pcall(cjson.decode, known)
        local bound = is_json and type(found) == 'table' and found.exit
        if not bound or bound == exit or bound == old then
            redis.call('SET', key, value, 'PX', life)
        else
            answer = {known, redis.call('PTTL', key)}
        end
    end
    answers[i] = answer
end
return answers";

/// Batches that are kept for a reader that is slow.
const KEPT: usize = 1_024;
/// Bindings in one question and in one message.
const AT_ONCE: usize = 500;
/// Bindings that are read at the start and after an outage.
const MOST: usize = 200_000;
/// How long a binding without an end is kept after it was last told.
const LONGEST: Duration = Duration::from_hours(24);

/// A session is bound to an exit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// Whose session it is.
    pub project: ProjectId,
    /// The name that the client gave it.
    pub session: String,
    /// The exit.
    pub exit: ProxyId,
    /// The exit's connector.
    pub connector: ConnectorId,
    /// Where the exit is, so that another one there can take its place.
    pub country: Option<Country>,
    /// How much longer it is bound at most; `None`: for as long as it is used.
    pub ttl: Option<Duration>,
    /// How long it stays bound without being used; `None`: for ever.
    pub idle: Option<Duration>,
    /// The exit that it was bound to before and is not any more, as far as this node knows.
    pub replaces: Option<ProxyId>,
}

/// What sessions are bound to elsewhere.
pub(crate) struct Bindings {
    connection: Connection,
    told: broadcast::Sender<Arc<[Binding]>>,
}

/// For each session: nothing, or what it is bound to and for how many milliseconds.
type Answers = Vec<Option<Answer>>;
type Answer = (String, i64);

// === impl Bindings ===

impl Bindings {
    pub(crate) fn new(connection: Connection) -> Self {
        Self { connection, told: broadcast::Sender::new(KEPT) }
    }

    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<[Binding]>> {
        self.told.subscribe()
    }

    /// Binds, and tells peers what was bound. Returned are the bindings of sessions that were bound
    /// to another exit already.
    pub(crate) async fn share(&self, bindings: &[Binding], me: &str) -> Result<Vec<Binding>> {
        let mut winners = Vec::new();
        for some in bindings.chunks(AT_ONCE) {
            let answers = self.bind(some).await?;
            let mut bound = Vec::with_capacity(some.len());
            for (binding, answer) in some.iter().zip(answers) {
                match answer.and_then(|answer| wire::winner(binding, &answer)) {
                    Some(winner) => winners.push(winner),
                    None => bound.push(binding),
                }
            }
            self.tell(&bound, me).await?;
        }
        Ok(winners)
    }

    async fn bind(&self, bindings: &[Binding]) -> Result<Answers> {
        let script = Script::new(BIND);
        let mut asking = script.prepare_invoke();
        for binding in bindings {
            let value = wire::write(binding).map_err(ClusterError::Write)?;
            let old = binding.replaces.map_or_else(String::new, |old| old.to_string());
            asking.key(keys::sticky(binding.project, &binding.session));
            asking.arg(value).arg(binding.life().to_string());
            asking.arg(binding.exit.to_string()).arg(old);
        }
        self.connection.run(Patience::Background, &asking).await
    }

    async fn tell(&self, bindings: &[&Binding], me: &str) -> Result<()> {
        if bindings.is_empty() {
            return Ok(());
        }
        let message = wire::write_message(bindings, me).map_err(ClusterError::Write)?;
        let mut asking = redis::cmd("PUBLISH");
        asking.arg(keys::STICKY).arg(message);
        self.connection.ask(Patience::Background, &asking).await
    }

    /// A message of a peer; whether it said anything.
    pub(crate) fn hear(&self, payload: &[u8], me: &str) -> bool {
        let Some((from, bindings)) = wire::read_message(payload) else { return false };
        if from != me {
            self.pass_on(bindings);
        }
        true
    }

    fn pass_on(&self, bindings: Vec<Binding>) {
        if !bindings.is_empty() && self.told.send(bindings.into()).is_err() {
            tracing::trace!("nobody wants to know what sessions are bound to");
        }
    }

    /// Reads every binding there is.
    pub(crate) async fn read_all(&self) -> Result<()> {
        let found = scan::keys(&self.connection, keys::STICKY_KEY, MOST).await?;
        for some in found.chunks(AT_ONCE) {
            let mut asking = redis::pipe();
            for key in some {
                asking.cmd("GET").arg(key).cmd("PTTL").arg(key);
            }
            let answers: Vec<redis::Value> =
                self.connection.ask_all(Patience::Background, &asking).await?;
            let binding = |(key, answer): (&String, &[redis::Value])| {
                let (project, session) = keys::session(key)?;
                let value: String = redis::from_redis_value(answer[0].clone()).ok()?;
                let left: i64 = redis::from_redis_value(answer[1].clone()).ok()?;
                wire::read(project, session, &value, left)
            };
            self.pass_on(some.iter().zip(answers.chunks_exact(2)).filter_map(binding).collect());
        }
        Ok(())
    }
}

// === impl Binding ===

impl Binding {
    /// How long Redis keeps it, milliseconds.
    fn life(&self) -> u64 {
        let life = [self.ttl, self.idle].into_iter().flatten().min().unwrap_or(LONGEST);
        milliseconds(life).max(1)
    }
}
