//! The table of all settings: flags, variables, YAML keys, help and `.env.example` come from it.

use std::time::Duration;

use super::kind::{Action, Kind, Section, Setting};

use Action::{Check, Demo, Exit, Serve};

const PORT: Kind = Kind::Count(0, 65_535);
/// A time to wait that may be nothing.
const PAUSE: Kind = Kind::Duration(Duration::ZERO);
/// A patience, which nothing could meet if it were zero.
const LIMIT: Kind = Kind::Duration(Duration::from_millis(1));
/// Time between two turns of a task; shorter would keep the database busy with nothing.
const PERIOD: Kind = Kind::Duration(Duration::from_millis(100));

const fn setting(
    name: &'static str,
    kind: Kind,
    default: &'static str,
    doc: &'static str,
) -> Setting {
    Setting { name, kind, default, doc }
}

/// Where the file is: a flag and a variable, and no key of the file.
pub(super) const CONFIG: Setting = setting(
    "config",
    Kind::File,
    "",
    "YAML file of settings; without it ./octoprox.yaml, else /etc/octoprox/config.yaml",
);

/// All settings but [`CONFIG`], in the order in which they are shown.
pub(super) const SECTIONS: &[Section] = &[
    Section { title: "Listening", actions: &[Serve, Check], settings: LISTENING },
    Section { title: "Node", actions: &[Serve, Check], settings: NODE },
    Section { title: "Database", actions: &[Serve, Check], settings: DATABASE },
    Section { title: "Cluster", actions: &[Serve, Check], settings: CLUSTER },
    Section { title: "Keys and login", actions: &[Serve, Check], settings: KEYS },
    Section { title: "TLS", actions: &[Serve, Check], settings: TLS },
    Section { title: "Data plane", actions: &[Serve, Check], settings: RELAY },
    Section { title: "Background tasks", actions: &[Serve, Check], settings: TASKS },
    Section { title: "Request log", actions: &[Serve, Check], settings: SHOWN },
    Section { title: "Shutdown", actions: &[Serve, Check, Exit], settings: DRAIN },
    Section { title: "Log", actions: &Action::ALL, settings: LOG },
    Section { title: "Exit (octoprox exit)", actions: &[Exit, Check], settings: EXIT },
    Section { title: "Demo (octoprox demo)", actions: &[Demo, Check], settings: DEMO },
];

const LISTENING: &[Setting] = &[
    setting("host", Kind::Address, "0.0.0.0", "Address that the proxy listens on"),
    setting("proxy_port", PORT, "8080", "Port of the proxy; 0 takes any free one"),
    setting("api_host", Kind::Address, "", "Address that the API listens on; default: as host"),
    setting("api_port", PORT, "8000", "Port of the API and the UI; 0 takes any free one"),
    setting(
        "public_url",
        Kind::Url,
        "",
        "Where people reach the API; default: http://localhost:<api_port>",
    ),
    setting(
        "allowed_hosts",
        Kind::List("a host name or IP address, without a path"),
        "",
        "Further Host names that the API answers to",
    ),
    setting(
        "trusted_proxies",
        Kind::List("an address or a network, such as 10.0.0.0/8"),
        "",
        "Balancers before the API, whose X-Forwarded-For says where a client is",
    ),
];

const NODE: &[Setting] = &[
    setting(
        "takeover",
        Kind::Choice(&["no", "yes"]),
        "no",
        "Take the place of the node that runs over this data_dir, which then ends: for upgrades",
    ),
    setting("instance_id", Kind::Text, "", "Name of this node in its cluster; default: random"),
    setting(
        "role",
        Kind::Choice(&["all", "control", "data", "worker"]),
        "all",
        "What this node does: control answers operators, data relays, worker probes",
    ),
    setting(
        "control_url",
        Kind::List("an http:// or https:// URL without login, query or fragment"),
        "",
        "APIs of all or control nodes; a data node has its configuration from them (required)",
    ),
    setting(
        "data_dir",
        Kind::Path,
        "./data",
        "Folder of the database, of key files and of the sealed copy of the roster",
    ),
    setting(
        "memory_limit",
        Kind::Size,
        "",
        "Memory to stay within; default: what the control group or the machine has",
    ),
    setting("threads", Kind::Count(1, 256), "", "Data plane threads; default: number of cores"),
];

const DATABASE: &[Setting] = &[
    setting(
        "database_url",
        Kind::Secret("a sqlite:// or postgres:// URL"),
        "",
        "Where the database is; default: sqlite://<data_dir>/octoprox.db",
    ),
    setting(
        "db_host",
        Kind::Text,
        "",
        "Postgres server, or several with commas of which one writes, or folder of its socket",
    ),
    setting("db_port", Kind::Count(1, 65_535), "5432", "Port of db_host"),
    setting("db_user", Kind::Text, "postgres", "Login at db_host"),
    setting("db_password", Kind::Secret("text"), "", "Password at db_host"),
    setting("db_name", Kind::Text, "octoprox", "Database at db_host"),
    setting("db_pool_size", Kind::Count(1, 100), "10", "Connections to the database at most"),
    setting("db_acquire_timeout", LIMIT, "2s", "How long to wait for a free connection"),
    setting("db_statement_timeout", LIMIT, "60s", "How long a statement may take"),
    setting("db_max_lifetime", LIMIT, "30m", "Age at which a connection is replaced"),
    setting("db_idle_timeout", LIMIT, "10m", "How long an unused connection is kept"),
];

const CLUSTER: &[Setting] = &[setting(
    "redis_url",
    Kind::Secret("a redis://, rediss:// or redis+sentinel:// URL"),
    "",
    "Where the nodes of a cluster meet; without it this node is alone",
)];

const KEYS: &[Setting] = &[
    setting(
        "secret_key",
        Kind::Secret("32 bytes that are hard to guess, as 64 hex digits or in base64"),
        "",
        "Key that seals what is stored: openssl rand -hex 32",
    ),
    setting(
        "secret_key_file",
        Kind::Path,
        "",
        "File of that key, made when missing; default: <data_dir>/secret.key",
    ),
    setting(
        "jwt_secret",
        Kind::Secret("at least 32 characters that are published nowhere"),
        "",
        "Key that signs API tokens; default: derived from the secret key",
    ),
    setting("auth_username", Kind::Text, "admin", "Name of the first user"),
    setting(
        "auth_password",
        Kind::Secret("at least 12 characters that are published nowhere"),
        "",
        "Password of the first user; without it the first start prints a setup link",
    ),
];

const TLS: &[Setting] = &[
    setting("tls_cert_file", Kind::File, "", "PEM certificate chain: the proxy also speaks TLS"),
    setting("tls_key_file", Kind::File, "", "PEM private key of that certificate"),
    setting(
        "ca_certificate_file",
        Kind::File,
        "",
        "PEM certificate of your own root of interception; default: one is made up",
    ),
    setting(
        "ca_key_file",
        Kind::File,
        "",
        "PEM private key of that root, which nobody but its owner may read (mode 600)",
    ),
];

const RELAY: &[Setting] = &[
    setting("head_timeout", LIMIT, "10s", "How long a client may take to send a request head"),
    setting("keep_alive", LIMIT, "60s", "How long a client may be silent between two requests"),
    setting(
        "body_idle_timeout",
        LIMIT,
        "60s",
        "How long a body may stand still in either direction",
    ),
    setting(
        "min_body_rate",
        Kind::Count(0, 1_000_000_000),
        "1024",
        "Bytes a second below which a client that is waited for is cut off; 0: never",
    ),
    setting("pool_idle_timeout", LIMIT, "30s", "How long an unused connection to an exit is kept"),
    setting("pool_per_exit", Kind::Count(0, 10_000), "64", "Unused connections kept for an exit"),
    setting(
        "max_connections",
        Kind::Count(1, 10_000_000),
        "",
        "Clients at once; default: 45 % of the file descriptors; at most 90 % of them",
    ),
    setting(
        "login_failures",
        Kind::Count(1, 1_000_000),
        "10",
        "Wrong passwords in a minute before an address is answered 429",
    ),
    setting(
        "proxy_protocol_from",
        Kind::List("an address or a network, such as 10.0.0.0/8"),
        "",
        "Balancers, which must begin with the PROXY protocol; then nobody else may connect",
    ),
];

const TASKS: &[Setting] = &[
    setting("roster_poll_interval", PERIOD, "2s", "How often to look for a changed configuration"),
    setting(
        "usage_flush_interval",
        PERIOD,
        "800ms",
        "How often usage is written to the database: so much a node loses that is killed",
    ),
    setting("usage_minutes_days", Kind::Count(1, 3_650), "1", "Days to keep usage by the minute"),
    setting("usage_hours_days", Kind::Count(1, 36_500), "14", "Days to keep it by the hour"),
    setting(
        "usage_six_hours_days",
        Kind::Count(1, 36_500),
        "90",
        "Days to keep it by six hours, then by day",
    ),
    setting("audit_days", Kind::Count(1, 36_500), "365", "Days to keep the audit log"),
    setting("alert_days", Kind::Count(1, 3_650), "90", "Days to keep alerts that are over"),
    setting(
        "webhook_retry",
        PERIOD,
        "5s",
        "Until a webhook is tried again; then five times as long each time, eight times in all",
    ),
    setting(
        "webhook_allow_targets",
        Kind::List("an address or a network, with or without a port, such as 10.0.0.0/8"),
        "",
        "Non-public addresses that webhooks may be sent to all the same, also by http://",
    ),
    setting("probe_concurrency", Kind::Count(1, 10_000), "200", "Health checks at once at most"),
];

const SHOWN: &[Setting] = &[setting(
    "request_log_size",
    Kind::Size,
    "8MiB",
    "Memory for the latest finished requests, which the API shows: about 400 bytes each",
)];

const DRAIN: &[Setting] = &[
    setting("drain_timeout", PAUSE, "300s", "How long running transfers may take to end"),
    setting("drain_delay", PAUSE, "3s", "From reporting not ready to closing the listeners"),
];

const LOG: &[Setting] = &[
    setting("log_level", Kind::Filter, "info", "Level, or filters such as info,relay=debug"),
    setting(
        "otlp_endpoint",
        Kind::Url,
        "",
        "Collector that is told of exchanges as traces, http://host:4318 or https://..; default: nobody is",
    ),
    setting("otlp_percent", Kind::Count(1, 100), "10", "Exchanges in a hundred that it is told of"),
    setting("log_format", Kind::Choice(&["json", "text"]), "json", "How log lines are written"),
];

const EXIT: &[Setting] = &[
    setting("exit_listen", Kind::Socket, "0.0.0.0:3128", "Where the exit listens"),
    setting("exit_username", Kind::Text, "", "Login that the exit asks for (required)"),
    setting(
        "exit_password",
        Kind::Secret("at least 8 characters that are published nowhere"),
        "",
        "Password that the exit asks for (required)",
    ),
    setting("exit_source_address", Kind::Address, "", "Address that the exit dials from"),
    setting(
        "exit_connect_ports",
        Kind::List("a port from 1 to 65535"),
        "",
        "Ports that may be asked for with CONNECT; default: all",
    ),
    setting(
        "exit_allow_targets",
        Kind::List("an address or a network, with or without a port, such as 10.0.0.0/8"),
        "",
        "Non-public targets that may be asked for all the same",
    ),
];

const DEMO: &[Setting] = &[
    setting("demo_port", PORT, "8080", "Port of the proxy of the demo; 0 takes any free one"),
    setting("demo_api_port", PORT, "8000", "Port of the API of the demo; 0 takes any free one"),
];

/// All settings but [`CONFIG`].
pub(super) fn all() -> impl Iterator<Item = &'static Setting> {
    SECTIONS.iter().flat_map(|section| section.settings)
}

/// The settings that this subcommand reads, [`CONFIG`] not among them.
pub(super) fn of(action: Action) -> impl Iterator<Item = &'static Setting> {
    let read = move |section: &&Section| section.actions.contains(&action);
    SECTIONS.iter().filter(read).flat_map(|section| section.settings)
}

/// The setting of this name; `None`: there is none.
pub(super) fn find(name: &str) -> Option<&'static Setting> {
    all().find(|setting| setting.name == name)
}
