//! What this node's data plane sees now, for people to read.

use std::net::IpAddr;
use std::time::Duration;

use cluster::Member;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use model::place::Country;
use model::proxy::Status;
use model::{ConnectorId, Counters, Health, Host, ProjectId, ProxyId, Revision, Target};
use serde::{Deserialize, Serialize};

/// What takes a while.
pub type Soon<'a, T> = BoxFuture<'a, T>;

/// What this node's data plane sees now. Readings are of this node alone, since its start.
pub trait Live: Send + Sync {
    /// The state of an exit; `None` while it is in no roster.
    fn health(&self, proxy: ProxyId) -> Option<Health>;
    /// What went through an exit.
    fn proxy(&self, proxy: ProxyId) -> Counters;
    /// What went through a connector.
    fn connector(&self, connector: ConnectorId) -> Counters;
    /// What a project asked for.
    fn project(&self, project: ProjectId) -> Counters;
    /// Lets an exit rest, or with `None` ends its rest. False: it is in no roster.
    fn quarantine(&self, proxy: ProxyId, rest: Option<Duration>) -> bool;
    /// Does it for many, and waits until those that tell peers have heard of each. How many of them are
    /// in a roster.
    fn quarantine_all<'a>(
        &'a self,
        proxies: &'a [ProxyId],
        rest: Option<Duration>,
    ) -> Soon<'a, usize>;
    /// The exits of a project that are on: of its proxies, and nothing else. Looks at each of them.
    fn exits_of(&self, project: ProjectId) -> Vec<Sighting>;
    /// Asks exits now whether they work, as the probes do, in the order of their ends; `None`: this
    /// node asks none.
    fn test(&self, proxies: Vec<ProxyId>) -> Soon<'_, Option<Vec<Tested>>>;
    /// The revision that requests are served from.
    fn revision(&self) -> Revision;
    /// Where the roster came from; `None`: there is none yet.
    fn roster(&self) -> Option<RosterSource>;
    /// How many exits the roster has.
    fn exits(&self) -> usize;
    /// How many exits are each of these nodes' to probe.
    fn exits_owned(&self, members: &[Member]) -> Vec<usize>;
    /// Whose connector it is; `None` while it is in no roster.
    fn project_of(&self, connector: ConnectorId) -> Option<ProjectId>;
    /// What would become of a request here and now; `None` while its project is in no roster. Looks at
    /// every exit of the project: not for a thread that others wait for.
    fn explain(&self, question: Question) -> Option<Explained>;
    /// The sessions of a project that are alive on this node, in no order. Looks at every session of
    /// the node: not for a thread that others wait for.
    fn sessions(&self, _project: ProjectId, _wanted: &SessionsWanted) -> Vec<SessionSeen> {
        Vec::new()
    }
    /// Gives a session another exit than this one from its next request on, as far as this node can
    /// tell others. False: no other exit is left to it.
    fn rotate_session(&self, _project: ProjectId, _session: &str, _exit: ProxyId) -> bool {
        false
    }
    /// Keeps an exit of a project away from a host, on every node: for `base`, and longer each time,
    /// unless more than `max_share` per cent of the project's exits would be. `None`: the project has
    /// no such exit here.
    fn keep_from(
        &self,
        _project: ProjectId,
        (_exit, _host): (ProxyId, &Host),
        (_base, _max_share): (Duration, u8),
    ) -> Option<bool> {
        None
    }
    /// What this node logs now, as directives.
    fn log_filter(&self) -> String {
        String::new()
    }
    /// Whether these are directives of a log.
    fn may_log(&self, filter: &str) -> bool {
        !filter.is_empty()
    }
    /// What each background task did last.
    fn tasks(&self) -> Vec<TaskStatus>;
}

/// What this node knows of an exit.
#[derive(Debug, Clone, Copy)]
pub struct Sighting {
    /// Which one.
    pub exit: ProxyId,
    /// Its connector.
    pub connector: ConnectorId,
    /// Where it is.
    pub country: Option<Country>,
    /// What is believed.
    pub status: Status,
    /// Whether it rests because of a limit or a verdict.
    pub is_resting: bool,
}

/// What came of a test.
#[derive(Debug, Clone)]
pub struct Tested {
    /// The exit.
    pub proxy: ProxyId,
    /// Whether it passed.
    pub outcome: Result<Passed, NotPassed>,
}

/// A test was passed.
#[derive(Debug, Clone, Copy)]
pub struct Passed {
    /// How long the exit took.
    pub latency: Duration,
    /// The address that was seen behind it, where that was told.
    pub address: Option<IpAddr>,
}

/// A test was not passed, or there was none.
#[derive(Debug, Clone)]
pub struct NotPassed {
    /// An error type of `Proxy-Status`, or `not_in_roster`.
    pub error: &'static str,
    /// What happened, for people.
    pub detail: String,
}

/// Which sessions are wanted: those that fit every part.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsWanted {
    /// Bound to this exit, by its identifier.
    pub exit: Option<String>,
    /// With this name.
    pub session: Option<String>,
    /// Whose name begins like this.
    pub prefix: Option<String>,
    /// Whose name comes after this one.
    pub after: Option<String>,
}

/// A session that is alive on a node.
#[derive(Debug, Clone)]
pub struct SessionSeen {
    /// What the client calls it.
    pub session: String,
    /// Its exit.
    pub exit: ProxyId,
    /// The exit's connector.
    pub connector: ConnectorId,
    /// Where the exit is.
    pub country: Option<Country>,
    /// For how long it has been bound to that exit.
    pub age: Duration,
    /// How long ago it was last used.
    pub idle: Option<Duration>,
    /// How much longer it is bound, unless it is used again; `None`: for ever.
    pub left: Option<Duration>,
    /// Whether the node had to tell its peers.
    pub is_told: bool,
}

impl SessionsWanted {
    /// Whether they fit.
    #[must_use]
    pub fn fits(&self, session: &str, exit: ProxyId) -> bool {
        self.exit.as_deref().is_none_or(|wanted| exit.to_string() == wanted)
            && self.session.as_deref().is_none_or(|wanted| wanted == session)
            && self.prefix.as_deref().is_none_or(|wanted| session.starts_with(wanted))
            && self.after.as_deref().is_none_or(|after| after < session)
    }
}

/// A request that nobody has sent.
#[derive(Debug, Clone)]
pub struct Question {
    /// Whose it would be.
    pub project: ProjectId,
    /// What would stand behind the account.
    pub parameters: String,
    /// Where it would go.
    pub target: Target,
    /// Whether it would ask for a tunnel there.
    pub is_tunnel: bool,
    /// Where it would come from.
    pub client: IpAddr,
}

/// What would become of a request.
#[derive(Debug, Clone, Default)]
pub struct Explained {
    /// The configuration it would be served from.
    pub revision: Revision,
    /// What orders the exits.
    pub strategy: &'static str,
    /// How many exits pass each stage and all before it.
    pub stages: Vec<(&'static str, usize)>,
    /// In the order of their tiers.
    pub connectors: Vec<ConnectorShare>,
    /// The exits in the order in which they would be tried, ten at most.
    pub candidates: Vec<Candidate>,
    /// Exits that nothing but a mark keeps away, ten at most.
    pub marked: Vec<MarkedExit>,
    /// The exit that the session is bound to.
    pub bound: Option<ProxyId>,
    /// What would be answered instead.
    pub refusal: Option<Refused>,
    /// In one line, as `debug` has it.
    pub why: Option<String>,
}

/// What a connector has to offer.
#[derive(Debug, Clone)]
pub struct ConnectorShare {
    /// Which one.
    pub connector: ConnectorId,
    /// All of a tier come before any of the next.
    pub tier: u8,
    /// Its part of the requests of its tier.
    pub weight: u8,
    /// Exits that it has.
    pub exits: usize,
    /// Those that could carry the request.
    pub left: usize,
}

/// An exit that would be tried.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Which one.
    pub exit: ProxyId,
    /// Its connector.
    pub connector: ConnectorId,
    /// Where it is.
    pub country: Option<Country>,
    /// The tier of its connector.
    pub tier: u8,
    /// The weight of its connector.
    pub weight: u8,
    /// How good it has been lately: above 0, and 1 at the most.
    pub score: f32,
    /// Requests that are going through it.
    pub in_flight: u32,
    /// What it was slower than in one case of twenty.
    pub latency_p95: Option<Duration>,
}

/// An exit that is kept away.
#[derive(Debug, Clone)]
pub struct MarkedExit {
    /// Which one.
    pub exit: ProxyId,
    /// Whether from the host; else from the session.
    pub by_host: bool,
    /// For how much longer.
    pub left: Duration,
}

/// What would be answered to a request that is not carried.
#[derive(Debug, Clone)]
pub struct Refused {
    /// The status.
    pub status: u16,
    /// The error type of `Proxy-Status`.
    pub error: &'static str,
    /// What the body says.
    pub sentence: String,
    /// When it may be worth asking again.
    pub retry_after: Option<Duration>,
}

/// Where a roster came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RosterSource {
    /// `database`, `control` or `copy`.
    pub origin: &'static str,
    /// When it was last known to be the latest.
    pub confirmed_at: Timestamp,
}

/// What a background task did last.
#[derive(Debug, Clone)]
pub struct TaskStatus {
    /// Its name.
    pub name: String,
    /// When it last ended.
    pub ended_at: Option<Timestamp>,
    /// What it said then.
    pub outcome: String,
    /// How often it ran.
    pub runs: u64,
    /// How often it failed.
    pub failures: u64,
    /// How often it failed since it last succeeded.
    pub consecutive_failures: u64,
}

/// Whether traffic may be sent here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// The first roster is not there yet.
    Starting,
    /// Yes.
    Ready,
    /// Not now: an operator wants it to be drained.
    Draining,
    /// No more: the node is about to end.
    Ending,
}

impl Readiness {
    /// In a word, as `/ready` has it: what is about to end is draining, too.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Ready => "ready",
            Self::Draining | Self::Ending => "draining",
        }
    }
}
