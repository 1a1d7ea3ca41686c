//! Asks for what this node may start of what all nodes together may start through an exit.

use std::collections::HashMap;
use std::sync::Arc;

use cluster::{Cluster, Grant, GrantId, Link};
use metrics::{Counter, Gauge, counter, gauge};
use model::ProxyId;
use model::policy::RateLimit;
use rotation::{Allotments, Exit, Sharing};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::activator::Activator;
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

/// Asks for tokens: at once when a request waits for them, else for all exits together that have run
/// low since the last time.
pub(crate) struct ShareLimits {
    cluster: Cluster,
    allotments: Arc<Allotments>,
    granted: Counter,
    is_shared: Gauge,
}

/// What is asked for one exit.
struct Asked {
    exit: Arc<Exit>,
    rate: RateLimit,
    want: cluster::Want,
}

impl ShareLimits {
    pub(crate) fn new(parts: &Parts) -> Self {
        Self {
            cluster: parts.cluster.clone(),
            allotments: Arc::clone(parts.ledger.allotments()),
            granted: counter!("octoprox_limit_tokens_granted_total"),
            is_shared: gauge!("octoprox_limits_shared"),
        }
    }

    /// Activates the task whenever a request waits for tokens.
    pub(crate) fn wakes(
        &self,
        activator: Activator,
        tracker: &TaskTracker,
        stop: &CancellationToken,
    ) {
        let allotments = Arc::clone(&self.allotments);
        tracker.spawn(stop.clone().run_until_cancelled_owned(async move {
            loop {
                allotments.hurried().await;
                activator.wake();
            }
        }));
    }

    /// How limits are kept now: together while Redis answers, else each node its part.
    fn share(&self, does_answer: bool) -> Sharing {
        let sharing = match *self.cluster.link().borrow() {
            Link::Alone => Sharing::Alone,
            Link::Connected if does_answer => Sharing::Tokens,
            Link::Connected | Link::Away { .. } => self.part(),
        };
        self.allotments.share(sharing);
        self.is_shared.set(if sharing == Sharing::Tokens { 1.0 } else { 0.0 });
        sharing
    }

    /// The part of this node among those that were alive when that was last known.
    fn part(&self) -> Sharing {
        let members = self.cluster.members().borrow().clone();
        let mut ids: Vec<&str> = members
            .iter()
            .filter(|member| matches!(member.role, cluster::Role::All | cluster::Role::Data))
            .map(|member| member.id.as_str())
            .collect();
        ids.sort_unstable();
        let position = ids.iter().position(|id| *id == self.cluster.instance_id());
        let number = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
        Sharing::Away {
            nodes: number(ids.len().max(1)),
            position: number(position.unwrap_or_default()),
        }
    }

    /// What the exits want, each once.
    fn wants(&self, now: Instant) -> Vec<Asked> {
        let exits: HashMap<ProxyId, Arc<Exit>> =
            self.allotments.take_wanting().into_iter().map(|exit| (exit.id, exit)).collect();
        let asked = exits.into_values().filter_map(|exit| {
            let rate = exit.connector.spec.rate_limit?;
            let wanted = exit.state.want(&rate, now)?;
            let returned =
                wanted.returned.map(|(grant, tokens)| (GrantId::from_bits(grant), tokens));
            let want = cluster::Want {
                proxy: exit.id,
                limit: rate.max_requests.get(),
                window: rate.window,
                tokens: wanted.tokens,
                spent: wanted.spent,
                returned,
                hold: wanted.hold,
            };
            Some(Asked { exit, rate, want })
        });
        asked.collect()
    }

    fn give(&self, asked: &Asked, grant: &Grant) {
        self.granted.increment(u64::from(grant.tokens));
        asked.exit.state.granted(
            &asked.rate,
            (grant.id.to_bits(), grant.tokens, grant.until),
            (asked.want.tokens, grant.retry_after),
            (Instant::now(), rand::random()),
        );
    }
}

impl Task for ShareLimits {
    const NAME: &'static str = "share_limits";

    async fn activate(&mut self) -> Report {
        let sharing = self.share(true);
        if sharing != Sharing::Tokens {
            return Ok(Done::new(match sharing {
                Sharing::Away { nodes, .. } => format!("Redis is away: one part of {nodes}"),
                _ => "alone".to_owned(),
            }));
        }
        let asked = self.wants(Instant::now());
        if asked.is_empty() {
            return Ok(Done::new("no exit wants tokens"));
        }
        let wants: Vec<_> = asked.iter().map(|asked| asked.want).collect();
        match self.cluster.take(&wants).await {
            Ok(grants) => {
                for (asked, grant) in asked.iter().zip(&grants) {
                    self.give(asked, grant);
                }
                Ok(Done::new(format!("asked for {} exits", asked.len())))
            }
            Err(error) => {
                // Until the next activation, which is a period away: requests do not wait for that.
                self.share(false);
                tracing::debug!(%error, "no tokens; each node keeps to its part for a moment");
                Ok(Done::new("Redis does not answer in time: each node keeps to its part"))
            }
        }
    }
}
