#![doc = include_str!("../README.md")]

mod cluster;
mod settings;
mod connection;
mod keys;
mod members;
mod notices;
mod lease;
mod facts;
mod letters;
mod solo;
mod shared;
mod error;
#[cfg(test)]
mod simulation;

pub use cluster::Cluster;
pub use connection::Link;
pub use error::ClusterError;
pub use facts::{Binding, Grant, GrantId, Mark, MarkBy, Rest, Verdict, Want};
pub use lease::{Lease, LeaseView, Standing};
pub use letters::Letter;
pub use members::{Load, Member, MemberState, Role};
pub use notices::{Notice, Op, Signal};
pub use settings::{Settings, Timing};
