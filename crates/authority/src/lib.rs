#![doc = include_str!("../README.md")]

mod root;
mod leaf;
mod cache;
mod server;
mod error;

#[cfg(test)]
mod tests;

pub use cache::Authority;
pub use error::AuthorityError;
pub use root::Root;
pub use server::server_config_from_pem;
