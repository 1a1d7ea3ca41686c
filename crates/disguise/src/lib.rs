#![doc = include_str!("../README.md")]
#![cfg(feature = "browsers")]

mod identity;
mod user_agent;
mod dress;
mod roots;
mod suit;
mod certificates;
mod disguise;
mod connection;
mod fields;
mod error;

pub use connection::{Connection, Incoming, Outgoing, upgrade};
pub use disguise::{Disguise, Protocols, Target};
pub use error::DisguiseError;
pub use fields::{Field, Request};
pub use identity::Identity;
pub use roots::Roots;
