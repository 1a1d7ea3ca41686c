//! What is made once for each version of something in the roster, and goes with it.

use std::collections::HashMap;
use std::convert::Infallible;
use std::hash::Hash;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

/// What has been made from entries of type `E`, of which there is another one for each version.
pub(crate) struct Compiled<K, E, T>(Mutex<Shelf<K, E, T>>);

struct Shelf<K, E, T> {
    made: HashMap<K, (Weak<E>, T)>,
    /// As many may there be before those are looked for whose entries are gone.
    most: usize,
}

// === impl Compiled ===

impl<K: Hash + Eq, E, T: Clone> Compiled<K, E, T> {
    /// What was made from this version.
    pub(crate) fn get(&self, key: &K, from: &Arc<E>) -> Option<T> {
        let kept = self.0.lock();
        let (of, made) = kept.made.get(key)?;
        // As long as the weak one is there, nothing else is at that address.
        (Weak::as_ptr(of) == Arc::as_ptr(from)).then(|| made.clone())
    }

    /// In place of what was made from an earlier one.
    pub(crate) fn put(&self, key: K, from: &Arc<E>, made: T) {
        let mut kept = self.0.lock();
        if kept.made.len() >= kept.most {
            kept.made.retain(|_key, (of, _made)| of.strong_count() > 0);
            kept.most = (kept.made.len() * 2).max(16);
        }
        kept.made.insert(key, (Arc::downgrade(from), made));
    }

    /// What was made from this version, or is now.
    pub(crate) fn try_of<F>(
        &self,
        key: K,
        from: &Arc<E>,
        make: impl FnOnce() -> Result<T, F>,
    ) -> Result<T, F> {
        if let Some(known) = self.get(&key, from) {
            return Ok(known);
        }
        let new = make()?;
        self.put(key, from, new.clone());
        Ok(new)
    }

    /// The same where nothing can go wrong.
    pub(crate) fn of(&self, key: K, from: &Arc<E>, make: impl FnOnce() -> T) -> T {
        let Ok(value) = self.try_of(key, from, || Ok::<_, Infallible>(make()));
        value
    }
}

impl<K, E, T> Default for Compiled<K, E, T> {
    fn default() -> Self {
        Self(Mutex::new(Shelf { made: HashMap::new(), most: 16 }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_made_once_for_each_version() {
        let compiled = Compiled::<u8, u8, &str>::default();
        let (first, second) = (Arc::new(1), Arc::new(1));
        assert_eq!(compiled.of(7, &first, || "first"), "first");
        assert_eq!(compiled.of(7, &first, || "again"), "first");
        assert_eq!(compiled.of(7, &second, || "second"), "second");
        assert_eq!(compiled.try_of(8, &first, || Err("why not")), Err("why not"));
        assert_eq!(compiled.get(&8, &first), None);
    }

    #[test]
    fn what_is_gone_from_the_roster_does_not_pile_up() {
        let compiled = Compiled::<u32, u32, u32>::default();
        let stays: Vec<_> = (0..10).map(Arc::new).collect();
        for entry in &stays {
            compiled.put(**entry, entry, **entry);
        }
        for key in 10..10_000 {
            compiled.put(key, &Arc::new(key), key);
        }
        assert!(compiled.0.lock().made.len() <= 32, "{}", compiled.0.lock().made.len());
        assert!(stays.iter().all(|entry| compiled.get(entry, entry) == Some(**entry)));
    }
}
