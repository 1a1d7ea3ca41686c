//! How often each task runs.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use cluster::Role;

/// How often each task runs, and how much of it at once.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which tasks there are: all.
    pub role: Role,
    /// The APIs of nodes that have a database, for a node that has none. Empty: it has one.
    pub control_urls: Vec<String>,
    /// Where the configuration is kept, sealed, to start from when there is nobody to ask.
    pub copy: Option<PathBuf>,
    /// Between two looks at the revision of the database, notices or not: 2 s.
    pub load_roster: Duration,
    /// Between two looks at which proxies are this node's to probe: 1 s.
    pub probe_proxies: Duration,
    /// Probes that run at a time: 200.
    pub probes_at_once: NonZeroUsize,
    /// What probes ask for where neither connector nor project says: this node's own echo, if exits
    /// can reach it. `None`: only whether the exit takes us.
    pub echo_url: Option<String>,
    /// Between two writings of usage: 5 s.
    pub flush_usage: Duration,
    /// Between two writings of what charts are drawn from: 5 s.
    pub flush_series: Duration,
    /// Between two looks for exits that are gone and can be forgotten: 1 min.
    pub forget_exits: Duration,
    /// How long the last usage is offered to a database that does not take it: 5 s. What it has not
    /// taken by then is lost.
    pub last_flush: Duration,
    /// Between two looks for usage that is old enough to be thinned: 1 min.
    pub thin_usage: Duration,
    /// Between two questions for tokens, unless a request waits for some: 200 ms.
    pub share_limits: Duration,
    /// Between two looks for deletions that every node has long heard of: 1 min.
    pub forget_deletions: Duration,
    /// Revisions within which a node is told what was deleted; one that was away for longer reads
    /// everything: 100,000.
    pub deletions_kept: u64,
    /// Between two looks for entries of the audit log that are old: 1 min.
    pub forget_audit: Duration,
    /// For how long the audit log is kept: a year.
    pub audit_kept: Duration,
    /// Between two charges of what proxies cost by the month: 1 min.
    pub charge_proxies: Duration,
    /// Between two looks for what people should know of: 5 s.
    pub judge_alerts: Duration,
    /// How long exits have to be bad before people are told: 15 s.
    pub alert_patience: Duration,
    /// For how long alerts are kept that are over: 90 days.
    pub alerts_kept: Duration,
    /// Between two looks for events that are to be sent, unless there is an alert: 1 s.
    pub deliver_webhooks: Duration,
    /// Between the first two attempts to send an event; then five times as long each time: 5 s.
    pub webhook_retry: Duration,
    /// Between two comparisons of the roster with the database: 1 min.
    pub check_digest: Duration,
    /// Between two reports to the other nodes of how busy this one is: 1 s.
    pub announce_member: Duration,
    /// Between a task's first failure and its next try; it doubles with every further one: 500 ms.
    pub first_back_off: Duration,
    /// The most that it grows to: 30 s.
    pub longest_back_off: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            role: Role::All,
            control_urls: Vec::new(),
            copy: None,
            load_roster: Duration::from_secs(2),
            probe_proxies: Duration::from_secs(1),
            probes_at_once: const { NonZeroUsize::new(200).expect("it is not zero") },
            echo_url: None,
            flush_usage: Duration::from_secs(5),
            flush_series: Duration::from_secs(5),
            forget_exits: Duration::from_mins(1),
            last_flush: Duration::from_secs(5),
            thin_usage: Duration::from_mins(1),
            share_limits: Duration::from_millis(200),
            forget_deletions: Duration::from_mins(1),
            deletions_kept: 100_000,
            forget_audit: Duration::from_mins(1),
            audit_kept: Duration::from_hours(365 * 24),
            charge_proxies: Duration::from_mins(1),
            judge_alerts: Duration::from_secs(5),
            alert_patience: Duration::from_secs(15),
            alerts_kept: Duration::from_hours(90 * 24),
            deliver_webhooks: Duration::from_secs(1),
            webhook_retry: Duration::from_secs(5),
            check_digest: Duration::from_mins(1),
            announce_member: Duration::from_secs(1),
            first_back_off: Duration::from_millis(500),
            longest_back_off: Duration::from_secs(30),
        }
    }
}
