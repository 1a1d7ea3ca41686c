//! Every setting of a project and a connector that the API shows is honoured by a running node.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "policy/parts.rs"]
mod parts;
#[path = "policy/targets.rs"]
mod targets;
#[path = "policy/logins.rs"]
mod logins;
#[path = "policy/connectors.rs"]
mod connectors;
#[path = "policy/limits.rs"]
mod limits;
#[path = "policy/upkeep.rs"]
mod upkeep;
#[path = "policy/answers.rs"]
mod answers;
