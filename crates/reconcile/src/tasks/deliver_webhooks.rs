//! Events to their receivers, by one node at a time: each receiver has a queue of its own, so that
//! one that is dead holds nobody else up.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use cluster::{Cluster, Notice, Op, Signal};
use jiff::Timestamp;
use metrics::counter;
use model::webhook::{Delivery, DeliveryState};
use model::{Clock, DeliveryId, Webhook, WebhookId};
use store::webhooks::outbox::{self, Attempted};
use store::{Store, webhooks};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::activator::Activator;
use crate::error::ReconcileError;
use crate::office::Office;
use crate::receivers::{Receivers, Sent};
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

/// The lease under which it is done.
const LEASE: &str = "webhook_dispatcher";
/// Receivers that are sent something at a time.
const AT_ONCE: usize = 16;
/// Receivers that are looked at: more than there can be.
const MOST: u32 = 256;
/// Attempts of one delivery; the wait before each is five times as long as the one before.
const ATTEMPTS: u32 = 8;
const GROWTH: u32 = 5;

/// Events to their receivers.
pub(crate) struct DeliverWebhooks {
    store: Store,
    cluster: Cluster,
    clock: Clock,
    office: Office,
    receivers: Receivers,
    activator: Activator,
    tracker: TaskTracker,
    stop: CancellationToken,
    first_wait: Duration,
    /// What is on its way, until it is known and written down what came of it.
    under_way: HashMap<WebhookId, Delivery>,
    to_ended: mpsc::Sender<Ended>,
    ended: mpsc::Receiver<Ended>,
    /// What came of those that have not been written down yet.
    unwritten: Vec<Ended>,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy)]
struct Ended {
    webhook: WebhookId,
    delivery: DeliveryId,
    sent: Sent,
}

impl DeliverWebhooks {
    pub(crate) fn new(parts: &Parts, activator: Activator) -> Self {
        let office = Office::stand(&parts.store, &parts.cluster, LEASE);
        office.wakes(activator.clone(), &parts.tracker, &parts.stop);
        listen(parts, activator.clone());
        let (to_ended, ended) = mpsc::channel(AT_ONCE);
        Self {
            store: parts.store.clone(),
            cluster: parts.cluster.clone(),
            clock: parts.clock.clone(),
            office,
            receivers: parts.receivers.clone(),
            activator,
            tracker: parts.tracker.clone(),
            stop: parts.stop.clone(),
            first_wait: parts.settings.webhook_retry,
            under_way: HashMap::new(),
            to_ended,
            ended,
            unwritten: Vec::new(),
        }
    }

    /// Writes down what came of what was on its way; `false`: it is another node's turn, which will
    /// send it once more.
    async fn note(&mut self) -> Result<bool, ReconcileError> {
        while let Ok(ended) = self.ended.try_recv() {
            self.unwritten.push(ended);
        }
        while let Some(Ended { webhook, delivery, sent }) = self.unwritten.last().copied() {
            let Some(mut fenced) = self.office.begin().await? else { return Ok(false) };
            // Another one, if this node was not elected for a while.
            let same = |known: &&Delivery| known.id == delivery;
            if let Some(delivery) = self.under_way.get(&webhook).filter(same) {
                let attempt = self.attempted(delivery, &sent);
                outbox::attempted(&mut fenced, delivery.id, &attempt).await?;
            }
            if sent.error == Some("gone") {
                outbox::give_up(&mut fenced, webhook, "gone").await?;
                let mut change = fenced.change().await?;
                webhooks::disable(&mut change, webhook, "gone").await?;
                change.about("webhook", "disabled", Some(webhook.to_string()));
                let revision = change.commit().await?;
                let (signal, entity) = (Signal::WebhookChanged, Some(webhook.uuid()));
                self.cluster.notify(Notice { signal, entity, op: Op::Updated, revision }).await;
            } else {
                fenced.commit().await?;
            }
            self.unwritten.pop();
            self.under_way.remove(&webhook);
        }
        Ok(true)
    }

    fn attempted(&self, delivery: &Delivery, sent: &Sent) -> Attempted {
        let now = self.clock.now();
        let outcome = sent.error.unwrap_or("delivered");
        counter!("octoprox_webhook_attempts_total", "outcome" => outcome).increment(1);
        let (state, next_at) = match sent.error {
            None => (DeliveryState::Delivered, now),
            Some("gone") => (DeliveryState::Dead, now),
            Some(_) if delivery.attempts + 1 >= ATTEMPTS => (DeliveryState::Dead, now),
            Some(_) => {
                let next = next(self.first_wait, delivery.attempts, rand::random());
                (DeliveryState::Pending, later(now, next))
            }
        };
        tracing::info!(
            webhook.id = %delivery.webhook,
            delivery.id = %delivery.id,
            delivery.attempts = delivery.attempts + 1,
            delivery.state = state.as_str(),
            delivery.status = sent.status,
            delivery.error = sent.error,
            "an event was sent"
        );
        Attempted { state, next_at, status: sent.status, error: sent.error }
    }

    /// Sends what is due to receivers that nothing is on its way to. How much that is.
    async fn send(&mut self) -> Result<usize, ReconcileError> {
        let busy: HashSet<_> = self.under_way.keys().copied().collect();
        let due = outbox::due(&self.store, 1, MOST).await?;
        let due = due.into_iter().filter(|delivery| !busy.contains(&delivery.webhook));
        let mut begun = 0;
        for delivery in due.take(AT_ONCE.saturating_sub(busy.len())) {
            let Some(webhook) = webhooks::find(&self.store, delivery.webhook).await? else {
                continue;
            };
            self.under_way.insert(webhook.id, delivery.clone());
            begun += 1;
            let sending = self.sending(webhook, delivery);
            self.tracker.spawn(self.stop.clone().run_until_cancelled_owned(sending));
        }
        Ok(begun)
    }

    fn sending(
        &self,
        webhook: Webhook,
        delivery: Delivery,
    ) -> impl Future<Output = ()> + Send + use<> {
        let (receivers, ended) = (self.receivers.clone(), self.to_ended.clone());
        let activator = self.activator.clone();
        async move {
            let sent = receivers.send(&webhook, &delivery.id.to_string(), &delivery.body).await;
            let came = Ended { webhook: webhook.id, delivery: delivery.id, sent };
            // Nobody listens any more when the node ends.
            if ended.send(came).await.is_ok() {
                activator.wake();
            }
        }
    }
}

impl Task for DeliverWebhooks {
    const NAME: &'static str = "deliver_webhooks";

    async fn activate(&mut self) -> Report {
        let is_ours = self.office.is_held() && self.note().await?;
        if !is_ours {
            self.under_way.clear();
            self.unwritten.clear();
            return Ok(Done::new("another node's turn"));
        }
        let begun = self.send().await?;
        Ok(Done::new(format!("sent {begun} events, {} are under way", self.under_way.len())))
    }
}

/// Until the next attempt after so many: a fifth more or less, so that receivers that were away
/// together are not met by all at once.
fn next(first: Duration, failed: u32, chance: f32) -> Duration {
    first.saturating_mul(GROWTH.saturating_pow(failed)).mul_f32(0.8 + 0.4 * chance)
}

fn later(now: Timestamp, wait: Duration) -> Timestamp {
    now.checked_add(wait).unwrap_or(Timestamp::MAX)
}

/// An alert is worth a look.
fn listen(parts: &Parts, activator: Activator) {
    let (mut notices, stop) = (parts.cluster.notices(), parts.stop.clone());
    parts.tracker.spawn(stop.run_until_cancelled_owned(async move {
        loop {
            match notices.recv().await {
                Ok(Notice { signal, .. })
                    if !matches!(signal, Signal::AlertChanged | Signal::WebhookChanged) => {}
                Err(RecvError::Closed) => return,
                Ok(_) | Err(RecvError::Lagged(_)) => activator.wake(),
            }
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_hours_and_all_attempts_take_a_day() {
        let waits =
            |chance| (0..ATTEMPTS - 1).map(move |n| next(Duration::from_secs(5), n, chance));
        assert_eq!(next(Duration::from_secs(5), 0, 0.5), Duration::from_secs(5));
        assert!(waits(0.0).sum::<Duration>() > Duration::from_hours(20));
        assert!(waits(1.0).sum::<Duration>() < Duration::from_hours(36));
        assert!(waits(0.5).is_sorted());
    }
}
