//! How much may go through an exit, all nodes together: tokens are handed out in batches.

use std::time::Duration;

use model::ProxyId;
use redis::Script;
use tokio::time::Instant;

use super::rests::milliseconds;
use crate::connection::{Connection, Patience};
use crate::error::Result;
use crate::keys;

/// Exits in one question: Redis does nothing else meanwhile.
const AT_ONCE: usize = 250;

/// For each exit its entries are read once and added to once; what is over is removed when there is
/// enough of it, and the life of the key is lengthened when it has to be.
const TAKE: &str = include_str!("limits/take.lua");

/// Tokens that were granted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct GrantId(pub(crate) u64);

/// What a node wants for one exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// The exit.
    pub proxy: ProxyId,
    /// Requests in any window, all nodes together.
    pub limit: u32,
    /// How long a window is.
    pub window: Duration,
    /// Tokens wanted.
    pub tokens: u32,
    /// Used since the last time without a token; counted whatever the limit says.
    pub spent: u32,
    /// Tokens of an earlier grant that were not and will not be used; once for each grant.
    pub returned: Option<(GrantId, u32)>,
    /// How long tokens that are granted now can be used.
    pub hold: Duration,
}

/// What a node got for one exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Names these tokens when some are returned.
    pub id: GrantId,
    /// The exit.
    pub proxy: ProxyId,
    /// Tokens granted.
    pub tokens: u32,
    /// From then on they are worth nothing.
    pub until: Instant,
    /// When none was granted: when there may be one.
    pub retry_after: Option<Duration>,
}

/// Asks for tokens, for many exits at once.
pub(crate) async fn take(connection: &Connection, wants: &[Want]) -> Result<Vec<Grant>> {
    let mut grants = Vec::with_capacity(wants.len());
    for some in wants.chunks(AT_ONCE) {
        let id = GrantId(rand::random());
        let script = Script::new(TAKE);
        let mut asking = script.prepare_invoke();
        asking.arg(id.to_string());
        for want in some {
            asking.key(keys::rate_limit(want.proxy));
            want.ask(&mut asking);
        }
        // Redis counts from a later moment than this node does.
        let asked = Instant::now();
        let answers: Vec<(u32, i64)> = connection.run(Patience::Prompt, &asking).await?;
        let grant = |(want, (tokens, retry)): (&Want, (u32, i64))| Grant {
            id,
            proxy: want.proxy,
            tokens,
            until: asked + want.hold,
            retry_after: u64::try_from(retry).ok().map(Duration::from_millis),
        };
        grants.extend(some.iter().zip(answers).map(grant));
    }
    Ok(grants)
}

// === impl Want ===

impl Want {
    fn ask(&self, asking: &mut redis::ScriptInvocation<'_>) {
        let (id, returned) =
            self.returned.map_or((String::new(), 0), |(id, tokens)| (id.to_string(), tokens));
        asking.arg(self.limit).arg(milliseconds(self.window)).arg(self.tokens).arg(self.spent);
        asking.arg(milliseconds(self.hold)).arg(id).arg(returned);
    }
}

// === impl GrantId ===

impl GrantId {
    /// As a number, for whoever keeps it among others.
    #[must_use]
    pub fn to_bits(self) -> u64 {
        self.0
    }

    /// The one of which [`GrantId::to_bits`] gave this number.
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        Self(bits)
    }
}

impl std::fmt::Display for GrantId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}
