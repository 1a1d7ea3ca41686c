//! Which exits of a connector no filter tells apart, so that a filter looks at a class and not at
//! each of them.

use std::sync::Arc;

use crate::roster::{Exit, Traits};
use crate::table::Map;

/// Exits in a class, on average; where there are fewer, classes save nothing.
const LEAST_IN_CLASS: usize = 4;

/// The classes of the exits of one connector.
#[derive(Debug)]
pub(crate) struct Classes {
    /// What the exits of each have in common.
    classes: Box<[Arc<Traits>]>,
    /// The class of the exit at each place.
    of: Box<[u16]>,
}

// === impl Classes ===

impl Classes {
    /// The classes of these exits; `None`: there are nearly as many as exits.
    pub(crate) fn new(exits: &[Arc<Exit>]) -> Option<Self> {
        let most = (exits.len() / LEAST_IN_CLASS).min(usize::from(u16::MAX));
        let (mut classes, mut of) = (Vec::new(), Vec::with_capacity(exits.len()));
        let mut known = Map::default();
        for exit in exits {
            // What is the same is stored once, so it is the same if it is stored in one place.
            let class = *known.entry(Arc::as_ptr(&exit.traits)).or_insert_with(|| {
                classes.push(Arc::clone(&exit.traits));
                classes.len() - 1
            });
            if classes.len() > most {
                return None;
            }
            of.push(u16::try_from(class).ok()?);
        }
        Some(Self { classes: classes.into(), of: of.into() })
    }

    /// The classes, for whoever draws more exits like these.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Traits>> {
        self.classes.iter()
    }

    /// The places of the exits whose class is admitted.
    pub(crate) fn places(&self, admits: impl Fn(&Traits) -> bool) -> Vec<u32> {
        let is_admitted: Vec<bool> = self.classes.iter().map(|class| admits(class)).collect();
        let places = (0..).zip(&self.of).filter(|(_, class)| is_admitted[usize::from(**class)]);
        places.map(|(place, _)| place).collect()
    }
}
