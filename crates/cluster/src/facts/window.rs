//! The same limits for a node that is alone: the window is in memory.

use std::collections::HashMap;
use std::time::Duration;

use model::ProxyId;
use tokio::time::Instant;

use super::{Grant, GrantId, Want};

/// What went through each exit lately.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    entries: HashMap<ProxyId, Vec<Entry>>,
    grants: u64,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The grant; `None`: spent without one.
    id: Option<GrantId>,
    tokens: u32,
    /// When it counts no more.
    ends: Instant,
    returned: bool,
}

// === impl Windows ===

impl Windows {
    pub(crate) fn take(&mut self, wants: &[Want], now: Instant) -> Vec<Grant> {
        self.grants += 1;
        let id = GrantId(self.grants);
        self.entries.retain(|_, entries| {
            entries.retain(|entry| now < entry.ends);
            !entries.is_empty()
        });
        wants.iter().map(|want| self.grant(want, id, now)).collect()
    }

    fn grant(&mut self, want: &Want, id: GrantId, now: Instant) -> Grant {
        let entries = self.entries.entry(want.proxy).or_default();
        if let Some((returned, tokens)) = want.returned {
            let owned = entries.iter_mut().find(|entry| entry.id == Some(returned));
            if let Some(owned) = owned.filter(|owned| !owned.returned) {
                owned.tokens = owned.tokens.saturating_sub(tokens);
                owned.returned = true;
            }
        }
        let mut add = |id, tokens, ends| {
            if tokens > 0 {
                entries.push(Entry { id, tokens, ends, returned: false });
            }
        };
        add(None, want.spent, now + want.window);
        let used: u32 = entries.iter().map(|entry| entry.tokens).sum();
        let tokens = want.tokens.min(want.limit.saturating_sub(used));
        let retry_after = (tokens == 0).then(|| retry(entries, want, now)).flatten();
        if tokens > 0 {
            let ends = now + want.hold + want.window;
            entries.push(Entry { id: Some(id), tokens, ends, returned: false });
        }
        Grant { id, proxy: want.proxy, tokens, until: now + want.hold, retry_after }
    }
}

/// When there may be a token.
fn retry(entries: &mut [Entry], want: &Want, now: Instant) -> Option<Duration> {
    entries.sort_unstable_by_key(|entry| entry.ends);
    let mut used: u32 = entries.iter().map(|entry| entry.tokens).sum();
    for entry in entries.iter() {
        used -= entry.tokens;
        if used < want.limit {
            return Some(entry.ends - now);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn want(proxy: ProxyId, tokens: u32) -> Want {
        let window = 10 * SECOND;
        Want { proxy, limit: 5, window, tokens, spent: 0, returned: None, hold: SECOND }
    }

    #[test]
    fn a_window_never_holds_more_than_the_limit() {
        let (mut windows, proxy, start) = (Windows::default(), ProxyId::new(), Instant::now());
        let first = windows.take(&[want(proxy, 3)], start)[0];
        assert_eq!((first.tokens, first.until, first.retry_after), (3, start + SECOND, None));
        assert_eq!(windows.take(&[want(proxy, 3)], start + SECOND)[0].tokens, 2);
        let full = windows.take(&[want(proxy, 3)], start + 2 * SECOND)[0];
        assert_eq!((full.tokens, full.retry_after), (0, Some(9 * SECOND)));
        assert_eq!(windows.take(&[want(proxy, 9)], start + 11 * SECOND)[0].tokens, 3);
        assert_eq!(windows.take(&[want(ProxyId::new(), 9)], start)[0].tokens, 5, "another exit");
    }

    #[test]
    fn what_is_returned_once_is_free_once() {
        let (mut windows, proxy, now) = (Windows::default(), ProxyId::new(), Instant::now());
        let id = windows.take(&[want(proxy, 5)], now)[0].id;
        let back = Want { returned: Some((id, 2)), ..want(proxy, 5) };
        assert_eq!(windows.take(&[back], now)[0].tokens, 2);
        assert_eq!(windows.take(&[back], now)[0].tokens, 0);
    }

    #[test]
    fn what_was_spent_counts_whatever_the_limit_says() {
        let (mut windows, proxy, now) = (Windows::default(), ProxyId::new(), Instant::now());
        let spent = windows.take(&[Want { spent: 7, ..want(proxy, 1) }], now)[0];
        assert_eq!((spent.tokens, spent.retry_after), (0, Some(10 * SECOND)));
        let none = windows.take(&[Want { limit: 0, ..want(proxy, 1) }], now)[0];
        assert_eq!((none.tokens, none.retry_after), (0, None));
        assert_eq!(windows.take(&[want(proxy, 1)], now + 10 * SECOND)[0].tokens, 1);
        assert!(windows.take(&[], now + 99 * SECOND).is_empty() && windows.entries.is_empty());
    }
}
