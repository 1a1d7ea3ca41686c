//! The log: where it goes, and what is in it for a while.

use std::sync::OnceLock;
use std::time::Duration;

use cluster::{Cluster, Notice, Role, Signal};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::{Value, json};
use store::Store;
use store::log_filters::{self, LogFilter};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

use crate::settings::{Log, LogFormat, is_log_filter};

/// Between two looks at what the database says: a notice may be missed, and a time be over.
const PERIOD: Duration = Duration::from_secs(1);

/// Nodes without a database are told so often what is in force, and so long that nothing is any more.
const AGAIN: Duration = Duration::from_secs(5);
const INSISTENCE: Duration = Duration::from_secs(30);

/// The filter of the log, of which a process has one.
struct Tap {
    /// What the process was started with.
    own: String,
    now: Mutex<String>,
    turn: Box<dyn Fn(EnvFilter) + Send + Sync>,
}

static TAP: OnceLock<Tap> = OnceLock::new();

/// Sends the log to the standard error output.
pub(crate) fn to_stderr(log: &Log) {
    let filter = EnvFilter::try_new(&log.filter).unwrap_or_else(|_checked| EnvFilter::new("info"));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let turn: Box<dyn Fn(EnvFilter) + Send + Sync> = match log.format {
        LogFormat::Json => {
            let builder = builder.json().flatten_event(true).with_filter_reloading();
            let handle = builder.reload_handle();
            builder.init();
            // It fails only where there is no log any more.
            Box::new(move |filter| drop(handle.reload(filter)))
        }
        LogFormat::Text => {
            let builder = builder.with_ansi(false).with_filter_reloading();
            let handle = builder.reload_handle();
            builder.init();
            Box::new(move |filter| drop(handle.reload(filter)))
        }
    };
    let own = log.filter.clone();
    let _only_once = TAP.set(Tap { now: Mutex::new(own.clone()), own, turn });
}

/// What is logged now.
pub(crate) fn in_force() -> String {
    TAP.get().map(|tap| tap.now.lock().clone()).unwrap_or_default()
}

/// Whether these are directives.
pub(crate) fn is_filter(text: &str) -> bool {
    !text.trim().is_empty() && is_log_filter(text)
}

impl Tap {
    /// Logs what is wanted, or what the process was started with.
    fn set(&self, wanted: Option<String>) {
        let wanted = wanted.unwrap_or_else(|| self.own.clone());
        let mut now = self.now.lock();
        if *now == wanted {
            return;
        }
        // Checked before it was stored; a newer version may know more.
        let Ok(filter) = EnvFilter::try_new(&wanted) else { return };
        (self.turn)(filter);
        now.clone_from(&wanted);
        drop(now);
        tracing::info!(log.filter = wanted, "the log is filtered anew");
    }
}

/// Follows what the database says that this node is to log, until told to stop, and tells nodes that
/// have none. While the database is away nothing changes.
pub(crate) async fn follow(store: Store, cluster: Cluster, role: Role, stop: CancellationToken) {
    let Some(tap) = TAP.get() else { return };
    if role == Role::Data {
        stop.run_until_cancelled(hear(tap, &cluster, &store)).await;
        return;
    }
    let mut notices = cluster.notices();
    let mut ticks = tokio::time::interval(PERIOD);
    let mut telling = Telling::default();
    let following = async {
        loop {
            tokio::select! {
                _ = ticks.tick() => {}
                is_over = told(&mut notices) => if is_over { return },
            }
            if let Ok(filters) = log_filters::list(&store).await {
                telling.tell(&cluster, &filters).await;
                tap.set(of(cluster.instance_id(), filters));
            }
        }
    };
    stop.run_until_cancelled(following).await;
}

/// Does what peers say that the database says.
async fn hear(tap: &Tap, cluster: &Cluster, store: &Store) {
    let (mut letters, mut ticks) = (cluster.letters(), tokio::time::interval(PERIOD));
    let mut filters = Vec::new();
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            letter = letters.recv() => match letter {
                Ok(letter) => filters = read(&letter.text).unwrap_or(filters),
                // They are told again.
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
        let now = store.clock().now();
        filters.retain(|set: &LogFilter| set.until > now);
        tap.set(of(cluster.instance_id(), filters.clone()));
    }
}

/// What peers without a database have been told.
#[derive(Default)]
struct Telling {
    told: Vec<LogFilter>,
    /// When it was told last, and since when it has been the same.
    at: Option<Instant>,
    since: Option<Instant>,
}

impl Telling {
    /// Tells what is new, and from time to time what is in force: a letter may be lost, and a node start.
    async fn tell(&mut self, cluster: &Cluster, filters: &[LogFilter]) {
        let now = Instant::now();
        if self.told != filters {
            self.told = filters.to_vec();
            (self.at, self.since) = (None, Some(now));
        }
        let is_recent = self.since.is_some_and(|since| now - since < INSISTENCE);
        let is_due = self.at.is_none_or(|at| now - at >= AGAIN);
        if !is_due || (filters.is_empty() && !is_recent) {
            return;
        }
        self.at = Some(now);
        if let Err(error) = cluster.write(None, &written(filters)).await {
            tracing::debug!(%error, "nodes without a database are told later what to log");
            self.at = None;
        }
    }
}

fn written(filters: &[LogFilter]) -> String {
    let set = |set: &LogFilter| {
        let until = set.until.as_millisecond();
        json!({ "instance": set.instance, "filter": set.filter, "until": until })
    };
    json!({ "log_filters": filters.iter().map(set).collect::<Vec<_>>() }).to_string()
}

/// `None`: the letter is about something else.
fn read(letter: &str) -> Option<Vec<LogFilter>> {
    let letter: Value = serde_json::from_str(letter).ok()?;
    let set = |set: &Value| {
        let until = Timestamp::from_millisecond(set["until"].as_i64()?).ok()?;
        let instance = set["instance"].as_str().map(str::to_owned);
        Some(LogFilter { instance, filter: set["filter"].as_str()?.to_owned(), until })
    };
    Some(letter.get("log_filters")?.as_array()?.iter().filter_map(set).collect())
}

/// What is set for this node, else for all.
fn of(instance: &str, filters: Vec<LogFilter>) -> Option<String> {
    let (own, all): (Vec<_>, Vec<_>) = filters.into_iter().partition(|set| set.instance.is_some());
    let own = own.into_iter().find(|set| set.instance.as_deref() == Some(instance));
    own.or_else(|| all.into_iter().next()).map(|set| set.filter)
}

/// Waits for a notice that another filter was set. True: there are no notices any more.
async fn told(notices: &mut broadcast::Receiver<Notice>) -> bool {
    loop {
        match notices.recv().await {
            Ok(Notice { signal: Signal::LogFilterChanged | Signal::AnythingChanged, .. })
            | Err(RecvError::Lagged(_)) => return false,
            Ok(_) => {}
            Err(RecvError::Closed) => return true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read() {
        let until = Timestamp::from_second(1_800_000_000).unwrap();
        let one = |instance: Option<&str>| LogFilter {
            instance: instance.map(str::to_owned),
            filter: "info,relay=debug".to_owned(),
            until,
        };
        let filters = [one(None), one(Some("node-1"))];
        assert_eq!(read(&written(&filters)).unwrap(), filters);
        assert_eq!(read(&written(&[])), Some(Vec::new()));
        for other in [r#"{"watch":{"wanted":[]}}"#, "x", "[]"] {
            assert_eq!(read(other), None);
        }
    }
}
