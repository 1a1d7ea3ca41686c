#![doc = include_str!("../README.md")]

pub mod list;
mod error;
