#![doc = include_str!("../README.md")]

pub mod settings;
pub mod live;
pub mod bootstrap;
mod state;
mod router;
mod door;
mod openapi;
mod gate;
mod caller;
mod forwarded;
mod tokens;
mod passwords;
mod throttle;
mod body;
mod query;
mod check;
mod version;
mod page;
mod commit;
mod noun;
mod problem;
mod auth;
mod users;
mod projects;
mod credentials;
mod connectors;
mod proxies;
mod usage;
mod cluster;
mod internal;
mod health;
mod pages;

pub use live::{Live, Readiness, RosterSource, TaskStatus};
pub use router::{router, serve};
pub use settings::Settings;
pub use state::Parts;
