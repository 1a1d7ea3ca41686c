//! Tells peers what this node saw, and believes what they saw.

use std::sync::Arc;
use std::time::Duration;

use cluster::{Cluster, ClusterError, Link, Member};
use jiff::Timestamp;
use rotation::{Exception, Ledger, Marked, Rested, Roster, Sessions};
use tokio::sync::{broadcast, mpsc, watch};
use tokio::time::{Instant, timeout};

use crate::task::{Done, Report, Task};
use crate::tasks::Parts;

mod rests;
mod marks;
mod bindings;
mod verdicts;
mod meters;

use bindings::Bindings;
use marks::Marks;
use meters::Meters;
use rests::Rests;
use verdicts::Verdicts;

/// How long an activation waits for something to tell or to believe.
const PATIENCE: Duration = Duration::from_secs(1);
/// Redis is told again so soon what it did not take.
const RETRY: Duration = Duration::from_millis(500);
/// Facts of one kind that are taken at once, so that those of another do not wait for them.
const AT_ONCE: usize = 500;
/// Verdicts of probes that may wait; the next probe says what was lost.
pub(super) const VERDICTS: usize = 1_024;

/// Tells peers what this node saw, and believes what they saw: which exits rest, which hosts ban
/// them, what sessions that are exceptions are bound to, which exits work. What is told is kept until Redis has it; what
/// Redis may have forgotten is told again, from memory.
pub(crate) struct ShareFacts {
    cluster: Cluster,
    link: watch::Receiver<Link>,
    roster: watch::Receiver<Arc<Roster>>,
    members: watch::Receiver<Arc<[Member]>>,
    /// Who was there when it was last looked, and since when they were.
    known: Vec<(String, Timestamp)>,
    rests: Rests,
    marks: Marks,
    bindings: Bindings,
    verdicts: Verdicts,
    told: Told,
    /// Redis did not take something: not before this.
    quiet_until: Option<Instant>,
    meters: Meters,
}

/// What has been seen and said.
struct Told {
    own_rests: mpsc::Receiver<Rested>,
    rests: broadcast::Receiver<Arc<[cluster::Rest]>>,
    own_marks: mpsc::Receiver<Marked>,
    marks: broadcast::Receiver<Arc<[cluster::Mark]>>,
    own_bindings: mpsc::Receiver<Exception>,
    bindings: broadcast::Receiver<Arc<[cluster::Binding]>>,
    own_verdicts: mpsc::Receiver<cluster::Verdict>,
    verdicts: broadcast::Receiver<Arc<[cluster::Verdict]>>,
}

impl ShareFacts {
    /// `None`: there are no peers, or somebody tells them already.
    pub(crate) fn new(
        parts: &Parts,
        own_verdicts: mpsc::Receiver<cluster::Verdict>,
    ) -> Option<Self> {
        let link = parts.cluster.link();
        if *link.borrow() == Link::Alone {
            return None;
        }
        let (ledger, sessions): (&Arc<Ledger>, &Arc<Sessions>) = (&parts.ledger, &parts.sessions);
        let told = Told {
            own_rests: ledger.rests()?,
            rests: parts.cluster.rests(),
            own_marks: ledger.marks()?,
            marks: parts.cluster.marks(),
            own_bindings: sessions.exceptions()?,
            bindings: parts.cluster.bindings(),
            own_verdicts,
            verdicts: parts.cluster.verdicts(),
        };
        Some(Self {
            cluster: parts.cluster.clone(),
            link,
            roster: parts.roster.subscribe(),
            members: parts.cluster.members(),
            known: Vec::new(),
            rests: Rests::new(Arc::clone(ledger)),
            marks: Marks::new(),
            bindings: Bindings::new(Arc::clone(sessions)),
            verdicts: Verdicts::new(Arc::clone(ledger)),
            told,
            quiet_until: None,
            meters: Meters::new(),
        })
    }

    /// Waits until there is something to do, and takes the first of it.
    async fn wait(&mut self) {
        let (told, now) = (&mut self.told, Instant::now);
        let quiet = self.quiet_until.unwrap_or_else(now);
        let has_more = self.rests.has_unsaid()
            || self.marks.has_unsaid()
            || self.bindings.has_more()
            || self.verdicts.has_unsaid();
        let is_away = matches!(*self.link.borrow(), Link::Away { .. });
        tokio::select! {
            Some(rested) = told.own_rests.recv() => self.rests.saw(rested),
            rests = told.rests.recv() => match rests {
                Ok(rests) => self.meters.heard_rests(self.rests.hear(&rests, now())),
                // From the beginning, then.
                Err(_) => told.rests = self.cluster.rests(),
            },
            Some(marked) = told.own_marks.recv() => self.marks.saw(marked),
            marks = told.marks.recv() => match marks {
                Ok(marks) => {
                    self.bindings.hear_marks(&marks, now());
                    let news = self.marks.hear(&marks, &self.roster.borrow(), now());
                    self.meters.heard_marks(news);
                }
                Err(_) => told.marks = self.cluster.marks(),
            },
            Some(exception) = told.own_bindings.recv() => self.bindings.saw(exception),
            bindings = told.bindings.recv() => match bindings {
                Ok(bindings) => self.meters.heard_bindings(self.bindings.hear(&bindings, now())),
                Err(_) => told.bindings = self.cluster.bindings(),
            },
            Some(verdict) = told.own_verdicts.recv() => self.verdicts.saw(verdict),
            Ok(verdicts) = told.verdicts.recv() => {
                self.meters.heard_verdicts(self.verdicts.hear(&verdicts, now()));
            }
            Ok(()) = self.roster.changed() => {
                self.rests.roster_changed(now());
                self.marks.roster_changed(&self.roster.borrow(), now());
                self.verdicts.roster_changed(now());
            }
            Ok(()) = self.members.changed() => self.look_who_came(),
            Ok(()) = self.link.changed() => self.link_changed(),
            () = tokio::time::sleep_until(quiet), if has_more && !is_away => {}
        }
    }

    /// Takes what else this node has seen meanwhile.
    fn take(&mut self) {
        let told = &mut self.told;
        for _ in 0..AT_ONCE {
            let Ok(rested) = told.own_rests.try_recv() else { break };
            self.rests.saw(rested);
        }
        for _ in 0..AT_ONCE {
            let Ok(marked) = told.own_marks.try_recv() else { break };
            self.marks.saw(marked);
        }
        while !self.bindings.is_full()
            && let Ok(exception) = told.own_bindings.try_recv()
        {
            self.bindings.saw(exception);
        }
        for _ in 0..AT_ONCE {
            let Ok(verdict) = told.own_verdicts.try_recv() else { break };
            self.verdicts.saw(verdict);
        }
    }

    /// Redis may have been another one, or have forgotten everything, while it was away.
    fn link_changed(&mut self) {
        let link = *self.link.borrow_and_update();
        match link {
            Link::Connected => self.tell_all_again(),
            Link::Away { .. } => self.verdicts.forget_unsaid(),
            Link::Alone => {}
        }
    }

    /// Whoever has just come reads from Redis what there is, so it has to be there.
    fn look_who_came(&mut self) {
        let members = self.members.borrow_and_update();
        let now: Vec<_> = members.iter().map(|m| (m.id.clone(), m.started_at)).collect();
        drop(members);
        let is_new = now.iter().any(|member| !self.known.contains(member));
        self.known = now;
        if is_new {
            self.tell_all_again();
        }
    }

    fn tell_all_again(&mut self) {
        let now = Instant::now();
        self.rests.tell_again(now);
        self.marks.tell_again(now);
        self.bindings.tell_again(now);
    }

    /// Tells what there is to tell, most urgent first, a part of it at a time.
    async fn tell(&mut self) -> Result<(), ClusterError> {
        let rests = self.rests.unsaid(AT_ONCE, Instant::now());
        if !rests.is_empty() {
            self.cluster.rest(&rests).await?;
            self.rests.said(&rests, Instant::now());
            self.meters.told_rests(rests.len());
        }
        let marks = self.marks.unsaid(Instant::now());
        if !marks.is_empty() {
            self.cluster.tell_marks(&marks).await?;
            self.marks.said(&marks, Instant::now());
            self.meters.told_marks(marks.len());
        }
        let verdicts = self.verdicts.unsaid();
        if !verdicts.is_empty() {
            self.cluster.tell_verdicts(&verdicts).await?;
            self.verdicts.forget_unsaid();
            self.meters.told_verdicts(verdicts.len());
        }
        let bindings = self.bindings.next(Instant::now());
        if !bindings.is_empty() {
            let winners = self.cluster.share_bindings(&bindings).await?;
            self.meters.told_bindings(bindings.len() - winners.len());
            self.meters.heard_bindings(self.bindings.hear(&winners, Instant::now()));
        }
        Ok(())
    }
}

impl Task for ShareFacts {
    const NAME: &'static str = "share_facts";

    async fn activate(&mut self) -> Report {
        // That nothing came is no failure.
        timeout(PATIENCE, self.wait()).await.ok();
        let now = Instant::now();
        self.take();
        self.rests.look(now);
        self.marks.look(now);
        let away = matches!(*self.link.borrow(), Link::Away { .. });
        let is_quiet = self.quiet_until.is_some_and(|until| now < until);
        if away || is_quiet {
            // What was seen meanwhile is still there when all of it is told again.
            self.bindings.put_off(now);
        } else if let Err(error) = self.tell().await {
            tracing::debug!(%error, "peers will be told again what this node saw");
            self.quiet_until = Some(now + RETRY);
            self.tell_all_again();
        } else {
            self.quiet_until = None;
        }
        let away = if away { "; Redis is away, so peers are told later" } else { "" };
        let done = Done::new(format!("{} exits rest here or elsewhere{away}", self.rests.len()));
        Ok(done.again_in(Duration::ZERO))
    }
}
