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
pub mod interception;
pub mod ban;
pub mod rewrite;
pub mod inspection;
pub mod spending;
pub mod authority;
pub mod project;
pub mod credential;
pub mod connector;
pub mod proxy;
pub mod user;
pub mod api_key;
pub mod alert;
pub mod webhook;
pub mod configuration;
pub mod exchange;
pub mod health;
pub mod measures;

pub use alert::Alert;
pub use api_key::ApiKey;
pub use authority::RootCertificate;
pub use ban::BanRule;
pub use clock::Clock;
pub use configuration::Configuration;
pub use connector::Connector;
pub use credential::Credential;
pub use domain::DomainRule;
pub use exchange::Exchange;
pub use health::{Counters, Health};
pub use id::{
    AlertId, ApiKeyId, ConnectorId, CredentialId, DeliveryId, ProjectId, ProxyId, UserId, WebhookId,
};
pub use inspection::Inspection;
pub use interception::Interception;
pub use measures::Measures;
pub use place::Place;
pub use project::Project;
pub use proxy::Proxy;
pub use revision::{Revision, Version};
pub use rewrite::Rewrites;
pub use secret::Secret;
pub use spending::{Cap, Prices, Spent};
pub use target::{Host, Target};
pub use user::User;
pub use webhook::Webhook;
