#![doc = include_str!("../README.md")]

mod settings;
mod database;
mod arguments;
mod vault;
mod store;
mod change;
pub mod audit;
pub mod fence;
mod page;
mod stored;
mod batch;
pub mod projects;
pub mod credentials;
pub mod connectors;
pub mod proxies;
pub mod users;
pub mod invites;
pub mod sessions;
pub mod api_keys;
pub mod log_filters;
pub mod alerts;
pub mod webhooks;
pub mod installation;
pub mod roots;
pub mod configuration;
pub mod usage;
pub mod sealed;
pub mod backup;
mod error;

pub use change::Change;
pub use error::StoreError;
pub use page::{Listed, Page};
pub use settings::Settings;
pub use store::Store;
pub use vault::Vault;
