#![doc = include_str!("../README.md")]

mod certificate;
mod root;
mod leaf;
mod cache;
mod budget;
mod authorities;
mod server;
mod error;

#[cfg(test)]
mod tests;

pub use authorities::{Authorities, LEAVES_PER_MINUTE, Turn};
pub use cache::Authority;
pub use certificate::Certificate;
pub use error::AuthorityError;
pub use root::Root;
pub use server::server_config_from_pem;
