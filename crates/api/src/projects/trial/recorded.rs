//! Recorded exchanges that rules are tried on, and what the rules would have done.

use std::collections::{BTreeMap, BTreeSet};

use capture::REDACTED;
use model::ProjectId;
use model::connector::ConnectorKind;
use rules::{Bans, Hidden, Outcome, Part, Rule, Said, Why};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{Page, connectors, proxies};
use utoipa::ToSchema;

use super::shown::Capture;
use crate::captures::Wanted;
use crate::captures::everywhere::{Detail, Question, Which, number};
use crate::check::Check;
use crate::problem::{Answer, Problem};
use crate::state::State;

/// Recorded exchanges of one trial.
const MOST: usize = 500;

/// Recorded exchanges: those with these numbers, and the latest ones. What both name counts once.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TriedCaptures {
    /// The `id` of records, up to 500. All must be there. Should two nodes have given the same
    /// number, both records are tried.
    ids: Vec<u64>,
    /// So many of the latest: 1-500. Absent: none, or 500 where `matching` is there.
    latest: Option<usize>,
    /// Of which only those that fit every part are taken.
    matching: Option<Matching>,
}

/// What recorded exchanges must fit, as in their list.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Matching {
    /// Part of the target's host (`shop`), or a rule (`*.example.com`, `=example.com`).
    host: Option<String>,
    /// As sent: `GET`.
    method: Option<String>,
    /// `404`, or `4xx`.
    status: Option<String>,
    /// The identifier of the exit that carried it.
    exit: Option<String>,
    session: Option<String>,
    /// Part of the URL, whatever the case.
    text: Option<String>,
    /// Only those that a ban rule has judged.
    banned: bool,
    /// Only failures.
    failed: bool,
    /// From when on, RFC 3339.
    since: Option<String>,
    /// Until when, RFC 3339.
    until: Option<String>,
}

/// What the rules say of a recorded answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CaptureVerdict {
    id: u64,
    /// The node that has it.
    node: String,
    url: String,
    /// The proxy that carried it.
    exit: Option<String>,
    /// What the target answered; `null`: it did not, so that there was nothing to judge.
    status: Option<u16>,
    /// The rule that would have banned the answer.
    banned_by: Option<String>,
    /// Rules that only count, and would have counted it.
    counted_by: Vec<String>,
    /// Whether it would have been banned is not known: see `unknown`.
    undecided: bool,
    /// What rules look at and the record does not have.
    unknown: Vec<UnknownSign>,
}

/// A part of an answer that a rule looks at and that is not in the record.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UnknownSign {
    /// The rule that looks at it.
    rule: String,
    /// `body`, or `headers/` and a name in lower case.
    part: String,
    /// `redacted`: it is secret, or parts of it are, and the rule may hang on them. `cut`: only the
    /// beginning is kept. `not_kept`: nothing is. `coded`, `multipart`, `unreadable`: nothing is,
    /// because it could not be looked into for secrets.
    why: &'static str,
}

/// What a rule would have done in the recorded exchanges.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleTrial {
    name: String,
    /// So many it would have been the first to match; of a rule that only counts: it would have
    /// counted.
    banned: usize,
    /// Of so many it is not known whether they have its signs.
    unknown: usize,
    /// The proxies that carried what it would have banned.
    exits: Vec<String>,
    /// Their share of the proxies that the project has switched on now.
    share_percent: f64,
    /// The largest share of them that a single host would have banned.
    host_share_percent: f64,
    /// This is more than the rule may take: some would have been left as they were.
    is_capped: bool,
}

/// Recorded exchanges, found.
#[derive(Debug, Default)]
pub(super) struct Recollection {
    captures: Vec<Capture>,
    /// Proxies of the project.
    pool: u64,
    pub(super) unanswered: Vec<String>,
}

// === impl TriedCaptures ===

impl TriedCaptures {
    /// Finds them, wherever they are.
    pub(super) async fn recall(&self, state: &State, project: ProjectId) -> Answer<Recollection> {
        self.check()?;
        let question = |which: Which| Question {
            project: project.to_string(),
            what: which.show(Detail::Whole),
        };
        let pool = pool(state, project).await?;
        let mut found = Recollection { pool, ..Recollection::default() };
        let mut items = Vec::new();
        if !self.ids.is_empty() {
            let asked = question(Which::Numbers(self.ids.clone()));
            let gathered = asked.everywhere(state).await?;
            self.check_found(&gathered.items, &gathered.unanswered)?;
            items.extend(gathered.items);
            found.unanswered = gathered.unanswered;
        }
        if let Some(latest) = self.latest.or(self.matching.as_ref().map(|_| MOST)) {
            let wanted = self.matching.clone().unwrap_or_default().into();
            let which = Which::Latest { wanted, before: None, limit: latest };
            let gathered = question(which).everywhere(state).await?;
            items.extend(gathered.items.into_iter().take(latest));
            found.unanswered = gathered.unanswered;
        }
        found.take(items)?;
        Ok(found)
    }

    fn check(&self) -> Answer<()> {
        let mut check = Check::default();
        check.count("captures/ids", self.ids.len(), MOST);
        if let Some(latest) = self.latest {
            check.range("captures/latest", latest, (1, MOST));
        }
        check.done(())?;
        let wanted = Wanted::from(self.matching.clone().unwrap_or_default());
        wanted.filter_at("/captures/matching/").map(|_filter| ())
    }

    fn check_found(&self, found: &[Value], unanswered: &[String]) -> Answer<()> {
        let known: BTreeSet<u64> = found.iter().map(number).collect();
        let who = match unanswered {
            [] => "no node has such a record".to_owned(),
            silent => {
                format!("no node that answered has such a record; silent: {}", silent.join(", "))
            }
        };
        let mut check = Check::default();
        for (n, _) in self.ids.iter().enumerate().filter(|(_, id)| !known.contains(id)) {
            check.fail(&format!("captures/ids/{n}"), &*who);
        }
        check.done(())
    }
}

impl From<Matching> for Wanted {
    fn from(matching: Matching) -> Self {
        let Matching { host, method, status, exit, session, text, banned, failed, since, until } =
            matching;
        Self { host, method, status, exit, session, text, banned, failed, since, until }
    }
}

/// How many exits the project has.
async fn pool(state: &State, project: ProjectId) -> Answer<u64> {
    let enabled = proxies::Filter { enabled: Some(true), ..proxies::Filter::default() };
    let one = Page { after: None, limit: 1 };
    let rows = proxies::list(&state.store, project, &enabled, &one).await?.total;
    let all = Page { after: None, limit: 1000 };
    let connectors = connectors::list(&state.store, project, None, &all).await?;
    let direct = connectors.items.iter().filter(|one| one.spec.kind == ConnectorKind::Direct);
    Ok(rows + direct.count() as u64)
}

// === impl Recollection ===

impl Recollection {
    fn take(&mut self, items: Vec<Value>) -> Answer<()> {
        let mut known = BTreeSet::new();
        for item in items {
            let capture: Capture = serde_json::from_value(item)
                .map_err(|error| Problem::broken("what a node recorded", &error))?;
            if known.insert((capture.id, capture.node.clone())) {
                self.captures.push(capture);
            }
        }
        self.captures.sort_by(|a, b| (b.id, &b.node).cmp(&(a.id, &a.node)));
        Ok(())
    }

    /// What the rules say of each, and what each rule would have done.
    pub(super) fn judged_by(&self, bans: &Bans) -> (Vec<CaptureVerdict>, Vec<RuleTrial>) {
        if self.captures.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let mut sums: BTreeMap<usize, (&Rule, Sum)> =
            bans.rules().map(|rule| (rule.index, (rule, Sum::default()))).collect();
        let mut verdicts = Vec::with_capacity(self.captures.len());
        for capture in &self.captures {
            let said = match (capture.host(), capture.recorded(REDACTED)) {
                (Some(host), Some(recorded)) => bans.recall(&host, &recorded),
                _ => Vec::new(),
            };
            let verdict = CaptureVerdict::of(capture, &said);
            for said in &said {
                sums.entry(said.rule.index).and_modify(|(_, sum)| sum.add(capture, said, &verdict));
            }
            verdicts.push(verdict);
        }
        (verdicts, sums.into_values().map(|(rule, sum)| sum.shown(rule, self.pool)).collect())
    }
}

/// What a rule would have done so far.
#[derive(Default)]
struct Sum {
    banned: usize,
    unknown: usize,
    exits: BTreeSet<String>,
    hosts: BTreeMap<String, BTreeSet<String>>,
}

impl Sum {
    fn add(&mut self, capture: &Capture, said: &Said<'_>, verdict: &CaptureVerdict) {
        let name = said.rule.name.as_str();
        let is_first = verdict.banned_by.as_deref() == Some(name);
        if is_first || verdict.counted_by.iter().any(|rule| rule == name) {
            self.banned += 1;
            let host = capture.host().map(|host| host.to_string()).unwrap_or_default();
            self.exits.extend(capture.exit.clone());
            self.hosts.entry(host).or_default().extend(capture.exit.clone());
        }
        self.unknown += usize::from(said.outcome == Outcome::Unknown);
    }

    #[expect(clippy::cast_precision_loss, reason = "a share of a pool, for people")]
    fn shown(self, rule: &Rule, pool: u64) -> RuleTrial {
        let percent = |exits: usize| exits as f64 * 100.0 / (pool.max(exits as u64).max(1) as f64);
        let most = self.hosts.values().map(BTreeSet::len).max().unwrap_or_default();
        RuleTrial {
            name: rule.name.to_string(),
            banned: self.banned,
            unknown: self.unknown,
            share_percent: percent(self.exits.len()),
            exits: self.exits.into_iter().collect(),
            host_share_percent: percent(most),
            is_capped: percent(most) > f64::from(rule.max_share),
        }
    }
}

// === impl CaptureVerdict ===

impl CaptureVerdict {
    /// The first rule that matches counts, unless one before it may have.
    fn of(capture: &Capture, said: &[Said<'_>]) -> Self {
        let (mut banned_by, mut counted_by, mut undecided) = (None, Vec::new(), false);
        let mut unknown = Vec::new();
        for Said { rule, outcome, hidden } in said {
            unknown.extend(hidden.iter().map(|hidden| UnknownSign::of(capture, (rule, hidden))));
            match (outcome, rule.dry_run) {
                (Outcome::Matches, true) => counted_by.push(rule.name.to_string()),
                (Outcome::Matches, false) => {
                    banned_by = (!undecided).then(|| rule.name.to_string());
                    break;
                }
                (Outcome::Unknown, false) => undecided = true,
                (Outcome::Unknown, true) | (Outcome::Differs, _) => {}
            }
        }
        Self {
            id: capture.id,
            node: capture.node.clone(),
            url: capture.url.clone(),
            exit: capture.exit.clone(),
            status: capture.response.as_ref().map(|seen| seen.status),
            banned_by,
            counted_by,
            undecided,
            unknown,
        }
    }
}

impl UnknownSign {
    fn of(capture: &Capture, (rule, hidden): (&Rule, &Hidden)) -> Self {
        let why = match hidden.why {
            Why::Redacted => "redacted",
            Why::Cut => "cut",
            Why::NotKept => capture.withheld().map_or("not_kept", capture::Withheld::as_str),
        };
        let part = match &hidden.part {
            Part::Field(name) => format!("headers/{name}"),
            Part::Body => "body".to_owned(),
        };
        Self { rule: rule.name.to_string(), part, why }
    }
}
