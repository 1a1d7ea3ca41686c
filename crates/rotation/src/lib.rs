#![doc = include_str!("../README.md")]

pub mod ask;
pub mod username;
mod roster;
mod list;
mod spread;
mod classes;
mod lanes;
mod cursor;
mod select;
mod strategy;
pub mod rendezvous;
mod sessions;
mod marks;
mod ledger;
mod state;
mod condition;
mod totals;
mod tab;
mod limiter;
mod allotment;
mod sharing;
mod availability;
mod outlet;
mod moment;
mod table;

pub use allotment::Want;
pub use ask::{Ask, BadParameter, Wish};
pub use ledger::{ExitTotals, Ledger};
pub use marks::{Marked, MarkedBy};
pub use outlet::Rested;
pub use roster::{ConnectorEntry, Exit, ProjectEntry, Roster, Traits};
pub use select::{
    Avoided, Candidates, Choice, Explanation, Failure, Share, Standing, Turn, Unavailable, check,
    explain, select,
};
pub use sessions::{Alive, Exception, Sessions};
pub use sharing::{Allotments, Sharing};
pub use state::ExitState;
pub use tab::{Reached, Room, Tab, Terms};
