#![doc = include_str!("../README.md")]

pub mod settings;
pub mod relay;
pub mod listener;
pub mod pressure;
mod announced;
mod connection;
mod client;
mod request;
mod admit;
mod login;
mod throttle;
mod choose;
mod attempt;
mod connect;
mod socks;
mod intercept;
mod http2;
mod tunnel;
mod idle;
mod pace;
mod scratch;
mod forward;
mod exchange;
mod upstream;
mod conduit;
mod pool;
mod body;
mod headers;
mod refuse;
mod record;
mod meter;
mod error;

pub use pressure::Pressure;
pub use relay::{Parts, Relay};
pub use settings::Settings;
