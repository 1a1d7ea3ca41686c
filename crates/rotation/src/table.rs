//! Hash tables for what every request looks up.

use std::collections::{HashMap, HashSet};

use foldhash::quality::RandomState;

/// A map whose hashes cost a few nanoseconds, and differ from process to process.
pub(crate) type Map<K, V> = HashMap<K, V, RandomState>;

/// A set like that.
pub(crate) type Set<K> = HashSet<K, RandomState>;
