//! What an operator can set, where it is read from, and everything that is wrong with it at once.

mod table;
mod kind;
mod command;
mod file;
mod layers;
mod reader;
mod parse;
mod suggest;
mod groups;
mod database;
mod redis;
mod secret;
mod ca;
mod mistakes;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use clap::ArgMatches;
use cluster::Role;
use ipnet::IpNet;
use model::Secret;
use model::project::TargetRule;

pub(crate) use ca::{CaFiles, open_for_owner};
pub(crate) use command::command;
pub(crate) use mistakes::Mistakes;
pub(crate) use secret::SecretKey;

use layers::{Layers, PLACES};
use mistakes::Area;
use reader::Reader;

use crate::data_plane::Size;
use crate::traces::Collector;

/// The settings of one process. Those that its subcommand does not read have their defaults.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The name of this node in its cluster; random unless set.
    pub(crate) instance_id: String,
    pub(crate) role: Role,
    /// The APIs that a data node asks; empty for every other.
    pub(crate) control_urls: Vec<String>,
    /// The folder of the database, of key files and of the copy of the roster; it may not be there
    /// yet.
    pub(crate) data_dir: PathBuf,
    pub(crate) listen: Listen,
    pub(crate) database: store::Settings,
    /// A `redis://`, `rediss://` or `redis+sentinel://` URL; `None`: this node is alone.
    pub(crate) redis_url: Option<Secret>,
    pub(crate) keys: Keys,
    pub(crate) auth: Auth,
    pub(crate) log: Log,
    /// `Some`: who is told of exchanges.
    pub(crate) collector: Option<Collector>,
    pub(crate) relay: relay::Settings,
    /// Of the data plane; 1 to 256 threads.
    pub(crate) size: Size,
    /// Bytes; `None`: what there is.
    pub(crate) memory_limit: Option<u64>,
    /// Bytes.
    pub(crate) request_log_size: u64,
    pub(crate) drain: Drain,
    /// Whether it takes the place of the node that runs over the same `data_dir`, if any does.
    pub(crate) takes_over: bool,
    /// `Some`: the proxy also speaks TLS.
    pub(crate) tls: Option<TlsFiles>,
    /// `Some`: the operator's own root of interception.
    pub(crate) ca: Option<CaFiles>,
    pub(crate) tasks: Tasks,
    /// Always there for `octoprox exit`.
    pub(crate) exit: Option<Exit>,
    pub(crate) demo: Demo,
}

/// Where the node listens; port 0 takes any free one.
#[derive(Debug, Clone)]
pub(crate) struct Listen {
    pub(crate) proxy: SocketAddr,
    pub(crate) api: SocketAddr,
    /// Without a slash at its end; see [`Listen::public_url`].
    pub(crate) public_url: Option<String>,
    /// Further Host names of the API, in lower case, with or without a port.
    pub(crate) allowed_hosts: Vec<String>,
    /// Balancers whose word the API takes for where its clients are.
    pub(crate) trusted_proxies: Vec<IpNet>,
}

impl Listen {
    /// Where people reach the API, given the port that it got.
    pub(crate) fn public_url(&self, api_port: u16) -> String {
        self.public_url.clone().unwrap_or_else(|| format!("http://localhost:{api_port}"))
    }
}

/// What secrets are sealed and tokens are signed with.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    pub(crate) secret_key: SecretKey,
    /// `None`: to be derived from the secret key.
    pub(crate) jwt_secret: Option<Secret>,
}

/// The first user.
#[derive(Debug, Clone)]
pub(crate) struct Auth {
    pub(crate) username: String,
    /// `None`: the first start prints a setup link.
    pub(crate) password: Option<Secret>,
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    /// Understood by `tracing_subscriber::EnvFilter`.
    pub(crate) filter: String,
    pub(crate) format: LogFormat,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LogFormat {
    Json,
    Text,
}

/// How the process ends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Drain {
    /// For running transfers to end.
    pub(crate) timeout: Duration,
    /// Between reporting not ready and closing the listeners.
    pub(crate) delay: Duration,
}

/// PEM files; both could be opened when the settings were read.
#[derive(Debug, Clone)]
pub(crate) struct TlsFiles {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

/// The background tasks.
#[derive(Debug, Clone)]
pub(crate) struct Tasks {
    pub(crate) roster_poll_interval: Duration,
    pub(crate) usage_flush_interval: Duration,
    pub(crate) probe_concurrency: usize,
    pub(crate) audit_kept: Duration,
    pub(crate) alerts_kept: Duration,
    pub(crate) webhook_retry: Duration,
    /// Non-public addresses that webhooks may be sent to.
    pub(crate) allow_receivers: Vec<TargetRule>,
}

/// `octoprox exit`.
#[derive(Debug, Clone)]
pub(crate) struct Exit {
    pub(crate) listen: SocketAddr,
    /// Without a colon.
    pub(crate) username: String,
    pub(crate) password: Secret,
    pub(crate) source_address: Option<IpAddr>,
    /// Empty: all.
    pub(crate) connect_ports: Vec<u16>,
    pub(crate) allow_targets: Vec<TargetRule>,
}

/// `octoprox demo`; port 0 takes any free one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Demo {
    pub(crate) proxy_port: u16,
    pub(crate) api_port: u16,
}

/// Settings without a mistake.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) settings: Settings,
    /// What is odd but does no harm, for the log.
    pub(crate) warnings: Vec<String>,
}

/// Whether these are directives of a log.
pub(crate) fn is_log_filter(text: &str) -> bool {
    parse::log_filter(text).is_some()
}

/// The environment of this process, for [`read`]; what is not UTF-8 in it is replaced.
pub(crate) fn environment() -> impl Iterator<Item = (String, String)> {
    let text = |text: std::ffi::OsString| text.to_string_lossy().into_owned();
    std::env::vars_os().map(move |(name, value)| (text(name), text(value)))
}

/// Reads the settings of the subcommand in `matches` (of [`command()`]): flags, then `environment`,
/// then the YAML file, then defaults. Nothing is written: [`SecretKey::load`] makes the key file.
///
/// # Errors
/// Everything that is wrong, at once.
pub(crate) fn read(
    matches: &ArgMatches,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<Loaded, Mistakes> {
    read_with(matches, environment, &PLACES)
}

fn read_with(
    matches: &ArgMatches,
    environment: impl Iterator<Item = (String, String)>,
    places: &[&str],
) -> Result<Loaded, Mistakes> {
    let Some(given) = command::given(matches) else {
        let mut mistakes = Mistakes::default();
        mistakes.note(Area::Value, "command line: this subcommand has no settings".to_owned());
        return Err(mistakes);
    };
    let action = given.action;
    let mut reader = Reader { action, layers: Layers::read(given, environment, places) };
    let settings = groups::read(&mut reader);
    let Layers { mut mistakes, warnings, .. } = reader.layers;
    mistakes.checking = action == kind::Action::Check;
    match settings {
        Ok(settings) if mistakes.is_empty() => Ok(Loaded { settings, warnings }),
        _ => Err(mistakes),
    }
}
