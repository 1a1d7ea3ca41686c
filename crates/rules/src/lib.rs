#![doc = include_str!("../README.md")]

mod answer;
mod content;
mod expression;
mod signs;
mod bans;
mod sample;
mod recorded;
mod glob;
mod field;
mod user_agents;
mod rewriting;
mod error;

pub use answer::{Answer, Content, MOST_RAW};
pub use bans::{Bans, Judgement, Rule};
pub use content::opened;
pub use error::{BadRule, BadRules, BadSample};
pub use expression::{MOST_PATTERN, MOST_PROGRAM};
pub use recorded::{Hidden, Kept, Outcome, Part, Recorded, Said, Why};
pub use rewriting::Rewriting;
pub use sample::Sample;
