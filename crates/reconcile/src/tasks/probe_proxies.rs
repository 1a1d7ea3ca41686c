//! Asks each proxy that is this node's to ask whether it works.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use cluster::{Cluster, Member, Role, Verdict};
use dial::Dialer;
use metrics::{Counter, counter};
use model::proxy::Protocol;
use model::{ProjectId, ProxyId};
use rotation::{Exit, ExitState, Ledger, Roster, rendezvous};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::activator::Activator;
use crate::error::{Failing, ProbeError};
use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

mod schedule;
mod jury;
mod question;
mod wanted;

use jury::{Evidence, Jury};
use question::{Question, Questions};
use schedule::{Planned, Schedule};
use wanted::Waiting;
pub(crate) use wanted::Wanted;
pub use wanted::{NotPassed, Passed, Probed};

/// An exit that somebody waits for has no more time than this, whatever its project says.
const LONGEST: Duration = Duration::from_secs(30);

/// Asks each proxy that is this node's to ask whether it works. An activation never waits: it takes
/// what probes have found out, begins those that are due, and says when the next one is. A probe
/// that ends activates the task.
pub(crate) struct ProbeProxies {
    dialer: Dialer,
    cluster: Cluster,
    roster: watch::Receiver<Arc<Roster>>,
    members: watch::Receiver<Arc<[Member]>>,
    tracker: TaskTracker,
    stop: CancellationToken,
    activator: Activator,
    at_once: NonZeroUsize,
    period: Duration,
    schedule: Schedule,
    questions: Questions,
    juries: HashMap<ProjectId, Jury>,
    ledger: Arc<Ledger>,
    running: HashMap<ProxyId, Arc<Exit>>,
    waiting: Waiting,
    answers: mpsc::UnboundedReceiver<Answer>,
    to_answers: mpsc::UnboundedSender<Answer>,
    /// To those who tell peers, if there are any.
    verdicts: mpsc::Sender<Verdict>,
    meters: Meters,
}

/// How long an exit took to pass, or why it did not; `None`: the probe itself broke off.
type Answer = (ProxyId, Option<Result<Passed, ProbeError>>);

/// Hands over the answer when the probe ends, however it does, and activates the task.
struct Asking {
    exit: ProxyId,
    found: Option<Result<Passed, ProbeError>>,
    answers: mpsc::UnboundedSender<Answer>,
    activator: Activator,
}

struct Meters {
    successes: Counter,
    failures: Counter,
    /// Failures that say nothing about the exit.
    ours: Counter,
}

impl ProbeProxies {
    pub(crate) fn new(
        parts: &Parts,
        verdicts: mpsc::Sender<Verdict>,
        (activator, wanted): (Activator, mpsc::Receiver<Wanted>),
    ) -> Self {
        let mut roster = parts.roster.subscribe();
        roster.mark_changed();
        // As many answers as probes that run: that is its bound.
        let (to_answers, answers) = mpsc::unbounded_channel();
        let probes = |outcome| counter!("octoprox_probes_total", "outcome" => outcome);
        Self {
            dialer: parts.dialer.clone(),
            members: parts.cluster.members(),
            cluster: parts.cluster.clone(),
            roster,
            tracker: parts.tracker.clone(),
            stop: parts.stop.clone(),
            activator,
            at_once: parts.settings.probes_at_once,
            period: parts.settings.probe_proxies,
            schedule: Schedule::default(),
            questions: Questions::new(parts.settings.echo_url.clone()),
            juries: HashMap::new(),
            ledger: Arc::clone(&parts.ledger),
            running: HashMap::new(),
            waiting: Waiting::new(wanted),
            answers,
            to_answers,
            verdicts,
            meters: Meters {
                successes: probes("success"),
                failures: probes("failure"),
                ours: probes("not_counted"),
            },
        }
    }

    /// Plans anew when there is another roster, or when other nodes share the work.
    fn plan(&mut self, now: Instant) {
        let changed = |result: Result<bool, _>| result.unwrap_or(false);
        if !changed(self.roster.has_changed()) && !changed(self.members.has_changed()) {
            return;
        }
        let roster = Arc::clone(&self.roster.borrow_and_update());
        let members = Arc::clone(&self.members.borrow_and_update());
        let members = probers(&members);
        let me = self.cluster.instance_id();
        let is_ours = |exit: &Exit| {
            rendezvous::owner(exit.id.uuid().as_u128(), &members)
                .is_none_or(|owner| members[owner] == me)
        };
        let mine = roster.exits().filter_map(|exit| {
            let project = roster.project(exit.connector.project)?;
            let is_asked = project.spec.enabled
                && exit.connector.spec.enabled
                && exit.endpoint.protocol != Protocol::Direct
                && is_ours(exit);
            is_asked.then(|| Planned::new(exit, &project.spec))
        });
        self.schedule.plan(mine, now, rand::random);
        self.questions.keep_only(&self.schedule);
        let counts = self.schedule.count_by_project();
        self.juries.retain(|project, _| counts.contains_key(project));
        for (project, exits) in counts {
            self.juries.entry(project).or_default().seat(exits);
        }
    }

    /// Takes what the probes that have ended found out.
    fn reap(&mut self, now: Instant) {
        while let Ok((id, found)) = self.answers.try_recv() {
            let Some(exit) = self.running.remove(&id) else { continue };
            self.schedule.again(exit.id, now, rand::random);
            match &found {
                Some(found) => self.hear(&exit, found, now),
                None => self.meters.ours.increment(1),
            }
            self.waiting.tell_found(id, found.as_ref());
        }
    }

    fn hear(&mut self, exit: &Arc<Exit>, found: &Result<Passed, ProbeError>, now: Instant) {
        let evidence = match found {
            Ok(passed) => Evidence::Works(passed.latency),
            Err(error) => match error.failing() {
                Failing::Surely => Evidence::Fails,
                Failing::Perhaps => Evidence::MayFail,
                Failing::Nothing => return self.meters.ours.increment(1),
            },
        };
        match found {
            Ok(_) => self.meters.successes.increment(1),
            Err(error) => {
                self.meters.failures.increment(1);
                tracing::debug!(proxy.id = %exit.id, %error, "an exit did not pass a probe");
            }
        }
        let project = exit.connector.project;
        if !self.schedule.has(exit.id) {
            // Nobody has to ask it any more, or another node does, and somebody wanted to know.
            if self.waiting.wants(exit.id) {
                let outcome = found.as_ref().ok().map(|passed| passed.latency);
                self.decide((exit.id, Arc::clone(&exit.state), outcome), now);
            }
            return;
        }
        let Some(jury) = self.juries.get_mut(&project) else { return };
        let was_frozen = jury.is_frozen();
        let certain = jury.hear(exit, evidence);
        let is_frozen = jury.is_frozen();
        for outcome in certain {
            self.decide(outcome, now);
        }
        match (was_frozen, is_frozen) {
            (false, true) => tracing::warn!(
                project.id = %project,
                "not one exit passes its probe: this may be our own network, so none is demoted"
            ),
            (true, false) => tracing::info!(project.id = %project, "probes count again"),
            _ => {}
        }
    }

    /// An outcome counts. `None`: the exit has failed.
    fn decide(
        &self,
        (proxy, state, outcome): (ProxyId, Arc<ExitState>, Option<Duration>),
        now: Instant,
    ) {
        if let Some(works) = Ledger::probed(&state, outcome, now, rand::random()) {
            // What there is no room for the next probe says again.
            self.verdicts.try_send(Verdict { proxy, works }).ok();
        }
    }

    /// Begins the probes that somebody waits for and those that are due, as far as there is room.
    fn begin(&mut self, now: Instant) {
        self.waiting.hear();
        while self.running.len() < self.at_once.get() && !self.stop.is_cancelled() {
            if let Some(exit) = self.waiting.next() {
                self.begin_wanted(exit);
                continue;
            }
            let Some(Planned { exit, spec, .. }) = self.schedule.take_due(now) else { return };
            if self.running.contains_key(&exit.id) {
                // Somebody has just wanted it.
                self.schedule.again(exit.id, now, rand::random);
                continue;
            }
            let Some(question) = self.questions.of(&exit, &spec) else {
                self.schedule.again(exit.id, now, rand::random);
                self.meters.ours.increment(1);
                continue;
            };
            self.ask(exit, question, spec.health_check_timeout);
        }
    }

    fn begin_wanted(&mut self, id: ProxyId) {
        if self.running.contains_key(&id) {
            return;
        }
        let roster = Arc::clone(&self.roster.borrow());
        let exit = self.ledger.exit(id, &roster);
        let found = exit
            .and_then(|exit| Some((roster.project(exit.connector.project)?.spec.clone(), exit)));
        let Some((spec, exit)) = found else {
            return self.waiting.tell(id, &Err(NotPassed::unknown()));
        };
        match self.questions.of(&exit, &spec) {
            Some(question) => self.ask(exit, question, spec.health_check_timeout.min(LONGEST)),
            None => self.waiting.tell(id, &Err(NotPassed::unaskable())),
        }
    }

    fn ask(&mut self, exit: Arc<Exit>, question: Arc<Question>, most: Duration) {
        let mut asking = Asking {
            exit: exit.id,
            found: None,
            answers: self.to_answers.clone(),
            activator: self.activator.clone(),
        };
        self.running.insert(exit.id, Arc::clone(&exit));
        let (dialer, learns) = (self.dialer.clone(), self.waiting.wants(exit.id));
        self.tracker.spawn(self.stop.clone().run_until_cancelled_owned(async move {
            asking.answered(question.ask(&dialer, &exit.endpoint, (most, learns)).await);
        }));
    }

    fn done(&mut self, now: Instant) -> Done {
        let frozen = self.juries.values().filter(|jury| jury.is_frozen()).count();
        let (exits, running) = (self.schedule.len(), self.running.len());
        let mut text = format!("{exits} exits to ask, {running} being asked");
        if frozen > 0 {
            let more = "may be our own network, none is demoted";
            text = format!("{text}; in {frozen} projects not one passes: {more}");
        }
        let broken = self.questions.broken();
        if broken > 0 {
            text = format!("{text}; the certificates of {broken} connectors cannot be used");
        }
        // With no room, the end of a probe is what to wait for.
        let is_full = running >= self.at_once.get();
        let next = self.schedule.next_due().filter(|_| !is_full);
        let wait = next.map_or(self.period, |due| due.saturating_duration_since(now));
        Done::new(text).again_in(wait.min(self.period))
    }
}

/// Those who share the probes, by name: nodes that are there for it, or else those that relay.
#[must_use]
pub fn probers(members: &[Member]) -> Vec<&str> {
    let of = |roles: &[Role]| -> Vec<&str> {
        let those = members.iter().filter(|member| roles.contains(&member.role));
        those.map(|member| member.id.as_str()).collect()
    };
    let workers = of(&[Role::All, Role::Worker]);
    if workers.is_empty() { of(&[Role::Data]) } else { workers }
}

impl Task for ProbeProxies {
    const NAME: &'static str = "probe_proxies";

    async fn activate(&mut self) -> Report {
        let now = Instant::now();
        self.plan(now);
        self.reap(now);
        self.begin(now);
        Ok(self.done(now))
    }
}

impl Asking {
    fn answered(&mut self, answer: Result<Passed, ProbeError>) {
        self.found = Some(answer);
    }
}

impl Drop for Asking {
    fn drop(&mut self) {
        // Nobody takes it when the task has ended.
        self.answers.send((self.exit, self.found.take())).ok();
        self.activator.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probes_are_the_workers_or_else_those_that_relay() {
        let member = |(id, role): (&str, Role)| Member {
            id: id.to_owned(),
            role,
            revision: model::Revision(0),
            started_at: jiff::Timestamp::UNIX_EPOCH,
            addresses: Vec::new(),
            state: cluster::MemberState::Ready,
            load: cluster::Load::default(),
        };
        let all = [("c", Role::Control), ("d", Role::Data), ("w", Role::Worker), ("a", Role::All)];
        let members = all.map(member);
        assert_eq!(probers(&members), ["w", "a"]);
        assert_eq!(probers(&members[..2]), ["d"]);
        assert!(probers(&members[..1]).is_empty());
    }
}
