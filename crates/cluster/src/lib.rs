#![doc = include_str!("../README.md")]

mod cluster;
mod notice;
mod member;
mod lease;
mod solo;

pub use cluster::Cluster;
pub use lease::Lease;
pub use member::{Member, Role};
pub use notice::{Notice, Op, Signal};
