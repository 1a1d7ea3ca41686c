#![doc = include_str!("../README.md")]

pub mod clock;
pub mod wire;
pub mod tls;
pub mod websocket;
pub mod client;
pub mod origin;
pub mod proxies;
pub mod process;
pub mod tools;
pub mod upstreams;
pub mod postgres;
pub mod node;
pub mod control;
pub mod world;
pub mod tidy;
