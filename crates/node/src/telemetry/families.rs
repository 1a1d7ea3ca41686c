//! Every family of metrics that a node shows: its name, its labels and what it counts.

use metrics::{describe_counter, describe_gauge, describe_histogram};

/// Label sets of one family in which a label of [`OPEN`] has a value of its own. Whatever comes
/// then is counted with the value [`OTHER`].
pub(crate) const MOST: usize = 200;
/// The value of what is counted together.
pub(crate) const OTHER: &str = "other";
/// Labels whose values are named by operators, so that there may be any number of them.
pub(crate) const OPEN: &[&str] = &["project", "connector", "rule"];

/// What a family is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// All series of one name.
#[derive(Debug)]
struct Family {
    name: &'static str,
    kind: Kind,
    /// With their values, where those are fixed.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the page, which a test writes"))]
    labels: &'static str,
    help: &'static str,
}

const fn counter(name: &'static str, labels: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Counter, labels, help }
}

const fn gauge(name: &'static str, labels: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Gauge, labels, help }
}

const fn histogram(name: &'static str, labels: &'static str, help: &'static str) -> Family {
    Family { name, kind: Kind::Histogram, labels, help }
}

const KIND: &str = "`kind`: connect, http, socks, intercepted";
const KIND_OUTCOME: &str = "`kind`; `outcome`: success, client, exit, target, node";
const OF_PROJECT: &str = "`project`: its name";
const OF_CONNECTOR: &str = "`project`, `connector`: their names";

/// All of them, in the order of the page.
const FAMILIES: &[Family] = &[
    counter("octoprox_requests_total", KIND_OUTCOME, "Requests and tunnels that have ended."),
    counter(
        "octoprox_bytes_total",
        "`direction`: sent, received",
        "Bytes of requests and tunnels that have ended, to and from targets.",
    ),
    gauge("octoprox_client_connections", "", "Connections of clients to the proxy that are open."),
    counter(
        "octoprox_exchanges_total",
        "`kind`; `outcome`; `status`: none, 1xx to 5xx",
        "Requests that have ended, by what the client was told; those of octoprox_exchanges_lost_total are missing.",
    ),
    counter(
        "octoprox_exchanges_lost_total",
        "",
        "Requests whose details were dropped because nobody kept up with reading them.",
    ),
    histogram(
        "octoprox_exchange_latency_seconds",
        KIND,
        "Time to the opened tunnel or the head of the answer, of successes.",
    ),
    histogram(
        "octoprox_exchange_duration_seconds",
        KIND,
        "Time to the end of the request or tunnel.",
    ),
    counter(
        "octoprox_project_requests_total",
        "`project`: its name, or none; `outcome`",
        "Requests and tunnels of a project that have ended.",
    ),
    counter(
        "octoprox_project_bytes_total",
        "`project`; `direction`",
        "Bytes of requests and tunnels of a project that have ended.",
    ),
    histogram(
        "octoprox_project_latency_seconds",
        OF_PROJECT,
        "Time to the opened tunnel or the head of the answer, of a project's successes.",
    ),
    gauge(
        "octoprox_project_exits",
        "`project`; `state`: quarantined, or as in the API",
        "Exits of a project on this node's roster, by what this node believes of them.",
    ),
    counter(
        "octoprox_connector_requests_total",
        "`project`, `connector`: their names; `outcome`",
        "Requests and tunnels that an exit of a connector carried to their end.",
    ),
    counter(
        "octoprox_connector_bytes_total",
        "`project`, `connector`; `direction`",
        "Bytes of requests and tunnels through exits of a connector that have ended.",
    ),
    histogram(
        "octoprox_connector_latency_seconds",
        OF_CONNECTOR,
        "Time to the opened tunnel or the head of the answer through exits of a connector, of successes.",
    ),
    counter("octoprox_spans_told_total", "", "Exchanges that a collector of traces was told of."),
    counter(
        "octoprox_spans_dropped_total",
        "",
        "Exchanges that it should have been told of, and was not: it was away or too slow.",
    ),
    counter(
        "octoprox_bans_total",
        "`project`, `rule`: their names; `outcome`: matched, marked, quarantined, session_rotated, capped, dry",
        "Answers that a ban rule has judged.",
    ),
    counter(
        "octoprox_feedback_total",
        "`project`: its name; `verdict`: ban, bad, good; `outcome`: marked, counted",
        "What clients told of answers.",
    ),
    counter(
        "octoprox_bytes_saved_total",
        "",
        "Bytes of content that rewrites kept from being transferred.",
    ),
    gauge(
        "octoprox_roster_revision",
        "",
        "Revision of the configuration that requests are served from.",
    ),
    gauge("octoprox_roster_exits", "", "Exits on the roster that requests are served from."),
    gauge(
        "octoprox_roster_confirmed_timestamp_seconds",
        "",
        "When the roster was last known to be the latest, in seconds since 1970.",
    ),
    counter(
        "octoprox_digest_mismatches_total",
        "",
        "Times that the roster was not what the database had, and was read anew.",
    ),
    counter(
        "octoprox_probes_total",
        "`outcome`: success, failure, not_counted",
        "Health checks of exits that have ended.",
    ),
    counter(
        "octoprox_facts_total",
        "`kind`: rest, binding, verdict; `direction`: told, heard",
        "What nodes told each other of exits.",
    ),
    counter(
        "octoprox_limit_tokens_granted_total",
        "",
        "Tokens of rate limits that Redis granted to this node.",
    ),
    gauge(
        "octoprox_limits_shared",
        "",
        "1 while rate limits are kept together with the other nodes, 0 while with a share of this node's own.",
    ),
    gauge("octoprox_cluster_members", "", "Nodes that are alive, as this one sees it."),
    gauge(
        "octoprox_cluster_connected",
        "",
        "1 while Redis answers or the node is alone, 0 while coordination is degraded.",
    ),
    counter(
        "octoprox_cluster_malformed_messages_total",
        "",
        "Messages in Redis that this node could not read.",
    ),
    counter("octoprox_task_failures_total", "`task`", "Background tasks that ended in an error."),
    gauge(
        "octoprox_alerts_open",
        "`kind`",
        "Alerts that are open, as the database has them: every node that does tasks shows the same.",
    ),
    counter(
        "octoprox_webhook_attempts_total",
        "`outcome`: delivered, or why not",
        "Events that were sent to webhooks.",
    ),
    counter("octoprox_usage_rows_written_total", "", "Rows of usage that the database took."),
    gauge("octoprox_usage_rows_pending", "", "Rows of usage that wait for the database."),
    counter(
        "octoprox_api_requests_total",
        "`method`; `status`: 1xx to 5xx",
        "Requests to the API, probes and metrics among them.",
    ),
    histogram(
        "octoprox_api_request_duration_seconds",
        "`method`",
        "Time to the head of the API's answer.",
    ),
    counter(
        "octoprox_internal_refusals_total",
        "",
        "Nodes that asked for configuration with a wrong key.",
    ),
    gauge("octoprox_build_info", "`version`, `role`", "Always 1."),
    gauge("process_resident_memory_bytes", "", "Memory that the process holds."),
    counter(
        "process_cpu_seconds_total",
        "",
        "Time of processors that the process has used, in whole seconds.",
    ),
    gauge("process_open_fds", "", "File descriptors that are open."),
    gauge("process_max_fds", "", "File descriptors that may be open."),
    gauge("process_start_time_seconds", "", "When the process started, in seconds since 1970."),
];

/// Tells the recorder what each family is, so that Prometheus is told.
pub(crate) fn describe() {
    for Family { name, kind, help, .. } in FAMILIES {
        match kind {
            Kind::Counter => describe_counter!(*name, *help),
            Kind::Gauge => describe_gauge!(*name, *help),
            Kind::Histogram => describe_histogram!(*name, *help),
        }
    }
}

#[cfg(test)]
mod tests;
