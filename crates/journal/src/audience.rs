//! Peers on which somebody watches, and what they are to be shown.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::entry::Entry;
use crate::filter::Filter;

/// How long it is believed that somebody watches.
const BELIEVED: Duration = Duration::from_secs(10);
/// Exchanges a second that one peer is shown, and at once after a quiet time.
const RATE: u32 = 500;
const BURST: u32 = 500;
/// Peers that are shown anything.
const MOST_PEERS: usize = 64;

/// Peers on which somebody watches.
#[derive(Debug, Default)]
pub(crate) struct Audience {
    peers: Mutex<HashMap<String, Peer>>,
    /// There is something to show.
    pub(crate) news: Notify,
}

#[derive(Debug)]
struct Peer {
    /// Any of them.
    filters: Vec<Filter>,
    until: Instant,
    waiting: Vec<Arc<Entry>>,
    left_out: u64,
    /// How many it may still be shown, and since when.
    allowance: u32,
    filled_at: Instant,
}

/// What a peer is to be shown.
#[derive(Debug)]
pub(crate) struct Share {
    pub(crate) peer: String,
    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) left_out: u64,
}

// === impl Audience ===

impl Audience {
    /// A peer says what is wanted there; nothing: nobody watches any more.
    pub(crate) fn watches(&self, peer: &str, filters: Vec<Filter>, now: Instant) {
        let mut peers = self.peers.lock();
        peers.retain(|_, peer| peer.until > now);
        if filters.is_empty() {
            peers.remove(peer);
        } else if let Some(known) = peers.get_mut(peer) {
            (known.filters, known.until) = (filters, now + BELIEVED);
        } else if peers.len() < MOST_PEERS {
            peers.insert(peer.to_owned(), Peer::new(filters, now));
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.peers.lock().is_empty()
    }

    /// Keeps exchanges for those who want them. Never waits.
    pub(crate) fn show(&self, entries: &[Arc<Entry>], now: Instant) {
        let mut peers = self.peers.lock();
        peers.retain(|_, peer| peer.until > now);
        for peer in peers.values_mut() {
            peer.fill(now);
            entries.iter().cloned().for_each(|entry| peer.show(entry));
        }
        if peers.values().any(Peer::has_news) {
            self.news.notify_one();
        }
    }

    /// What has been kept.
    pub(crate) fn take(&self) -> Vec<Share> {
        let mut peers = self.peers.lock();
        let waiting = peers.iter_mut().filter(|(_, peer)| peer.has_news());
        let share = |(id, peer): (&String, &mut Peer)| Share {
            peer: id.clone(),
            entries: std::mem::take(&mut peer.waiting),
            left_out: std::mem::take(&mut peer.left_out),
        };
        waiting.map(share).collect()
    }
}

// === impl Peer ===

impl Peer {
    fn new(filters: Vec<Filter>, now: Instant) -> Self {
        let waiting = Vec::new();
        let until = now + BELIEVED;
        Self { filters, until, waiting, left_out: 0, allowance: BURST, filled_at: now }
    }

    fn fill(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.filled_at).as_millis();
        let more = u32::try_from(elapsed * u128::from(RATE) / 1000).unwrap_or(BURST);
        if more > 0 {
            self.allowance = (self.allowance + more.min(BURST)).min(BURST);
            self.filled_at = now;
        }
    }

    fn show(&mut self, entry: Arc<Entry>) {
        if !self.filters.iter().any(|filter| filter.matches(&entry)) {
            return;
        }
        if self.allowance == 0 {
            self.left_out += 1;
            return;
        }
        self.allowance -= 1;
        self.waiting.push(entry);
    }

    fn has_news(&self) -> bool {
        !self.waiting.is_empty() || self.left_out > 0
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::{Wanted, samples};

    #[test]
    fn a_peer_is_shown_so_many_a_second_and_told_how_many_more_there_were() {
        let (audience, start) = (Audience::default(), Instant::now());
        let entry = Arc::new(Entry::of(&samples::exchange(), Uuid::from_u128(1), &"me".into()));
        let many = vec![entry; 700];
        audience.show(&many, start);
        assert!(audience.take().is_empty(), "nobody watches");
        audience.watches("peer", vec![Filter::default()], start);
        let shown = |wait: u64| {
            audience.show(&many, start + Duration::from_millis(wait));
            let shares = audience.take();
            shares.first().map(|share| (share.entries.len(), share.left_out))
        };
        assert_eq!(shown(0), Some((500, 200)));
        assert_eq!(shown(0), Some((0, 700)));
        assert_eq!(shown(100), Some((50, 650)));
        assert_eq!(shown(9_999), Some((500, 200)));
        assert_eq!(shown(10_000), None, "it is believed no longer");
        assert!(audience.is_empty());
    }

    #[test]
    fn a_peer_is_shown_what_somebody_wants_there_until_nobody_does() {
        let (audience, now) = (Audience::default(), Instant::now());
        let failures = Wanted { blame: Some("any".to_owned()), ..Wanted::default() };
        audience.watches("peer", vec![Filter::parse(&failures).unwrap()], now);
        let entry =
            |exchange, id| Arc::new(Entry::of(&exchange, Uuid::from_u128(id), &"me".into()));
        audience.show(&[entry(samples::exchange(), 1), entry(samples::failure(), 2)], now);
        let shares = audience.take();
        assert_eq!(shares[0].entries.iter().map(|e| e.id.as_u128()).collect::<Vec<_>>(), [2]);
        audience.watches("peer", Vec::new(), now);
        assert!(audience.is_empty());
    }
}
