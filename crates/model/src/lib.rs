#![doc = include_str!("../README.md")]

pub mod words;
pub mod id;
pub mod revision;
pub mod clock;
pub mod secret;
pub mod login;
pub mod target;
pub mod domain;
pub mod place;
pub mod policy;
pub mod project;
pub mod credential;
pub mod connector;
pub mod proxy;
pub mod user;
pub mod configuration;
pub mod exchange;
pub mod health;

pub use clock::Clock;
pub use configuration::Configuration;
pub use connector::Connector;
pub use credential::Credential;
pub use domain::DomainRule;
pub use exchange::Exchange;
pub use health::{Counters, Health};
pub use id::{ConnectorId, CredentialId, ProjectId, ProxyId, UserId};
pub use place::Place;
pub use project::Project;
pub use proxy::Proxy;
pub use revision::{Revision, Version};
pub use secret::Secret;
pub use target::{Host, Target};
pub use user::User;
