#![doc = include_str!("../README.md")]

pub mod settings;
pub mod live;
pub mod peers;
pub mod receivers;
pub mod bootstrap;
mod state;
mod router;
mod door;
mod openapi;
mod gate;
mod trace;
mod acting;
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
mod api_keys;
mod projects;
mod credentials;
mod connectors;
mod proxies;
mod captures;
mod relays;
mod sessions;
mod feedback;
mod watching;
mod exchanges;
mod changes;
mod certificates;
mod usage;
mod backup;
mod audit;
mod log_filter;
mod alerts;
mod webhooks;
mod cluster;
mod internal;
mod health;
mod pages;

pub use live::{
    Candidate, ConnectorShare, Explained, Live, MarkedExit, NotPassed, Passed, Question, Readiness,
    Refused, RosterSource, SessionSeen, SessionsWanted, Sighting, Soon, TaskStatus, Tested,
};
pub use peers::{Peers, Telling};
pub use receivers::{Receivers, Sending, Sent};
pub use router::{router, serve};
pub use settings::Settings;
pub use state::Parts;
