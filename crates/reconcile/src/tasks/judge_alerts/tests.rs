//! What opens, what lasts and what is over, without a clock.

use model::alert::{AlertKind, Severity, Subject, SubjectKind};
use model::spending::{CapAction, Measure, Period};
use model::{AlertId, Cap, ProjectId, Spent};
use store::usage::DaySpent;

use super::caps::Capped;
use super::exits::Share;
use super::*;

fn subject() -> Subject {
    Subject { kind: SubjectKind::Project, id: "x".to_owned(), name: "shop".to_owned() }
}

fn capped(limit: u64) -> Capped {
    let (measure, period) = (Measure::Bytes, Period::Day);
    let cap = Cap { measure, limit, period, action: CapAction::Block, status: 509 };
    Capped { project: ProjectId::new(), subject: subject(), caps: vec![cap] }
}

fn used(bytes: u64) -> [DaySpent; 1] {
    let spent = Spent { bytes, ..Spent::default() };
    let day = "2026-11-24T00:00:00Z".parse().unwrap();
    [DaySpent { subject: "x".to_owned(), day, spent }]
}

#[test]
fn a_cap_is_told_at_eighty_percent_and_when_it_is_reached_in_each_period() {
    let now = "2026-11-24T18:00:00Z".parse().unwrap();
    let kinds = |bytes, now| -> Vec<_> {
        let found = capped(1000).conditions(&used(bytes), now);
        found.iter().map(|condition| condition.kind).collect()
    };
    assert_eq!(kinds(799, now), []);
    assert_eq!(kinds(800, now), [AlertKind::CapNear]);
    assert_eq!(kinds(999, now), [AlertKind::CapNear]);
    assert_eq!(kinds(1000, now), [AlertKind::CapNear, AlertKind::CapReached]);
    let tomorrow = now + Duration::from_hours(6);
    assert_eq!(kinds(1000, tomorrow), []);
    let reached = capped(1000).conditions(&used(1234), now).remove(1);
    let text = "shop has used 1234 of 1000 bytes of the day (123 %). New requests are refused.";
    assert_eq!((&*reached.text, reached.severity), (text, Severity::Critical));
    // As much as there can be.
    assert_eq!(capped(1 << 62).conditions(&used(u64::MAX >> 1), now).len(), 2);
}

#[test]
fn what_was_low_stays_so_until_it_is_clearly_more() {
    let share = |some| Share { some, all: 100 };
    assert!(share(49).is_low(50, false) && !share(50).is_low(50, false));
    assert!(share(59).is_low(50, true) && !share(60).is_low(50, true));
    assert!(!Share::default().is_low(50, true), "nothing is not too little");
}

fn alert(kind: AlertKind, key: &str, seen: &str) -> Alert {
    let at = seen.parse().unwrap();
    Alert {
        id: AlertId::new(),
        kind,
        key: key.to_owned(),
        severity: Severity::Warning,
        project: None,
        subject: subject(),
        text: String::new(),
        opened_at: at,
        last_seen_at: at,
        count: 1,
        resolved_at: None,
        acknowledged_at: None,
        acknowledged_by: None,
    }
}

fn condition(kind: AlertKind, key: &str) -> Condition {
    let (severity, text) = (Severity::Warning, String::new());
    let key = key.to_owned();
    Condition { kind, key, severity, project: None, subject: subject(), text, once_since: None }
}

#[test]
fn only_what_is_news_is_written() {
    let now = "2026-11-24T18:00:00Z".parse().unwrap();
    let open = [
        alert(AlertKind::CapNear, "fresh", "2026-11-24T17:59:30Z"),
        alert(AlertKind::CapNear, "old", "2026-11-24T17:58:00Z"),
        alert(AlertKind::CapNear, "over", "2026-11-24T17:59:59Z"),
        alert(AlertKind::ClusterDegraded, "redis", "2026-11-24T17:59:00Z"),
        alert(AlertKind::DatabaseAway, "database", "2026-11-24T17:58:00Z"),
    ];
    let found = ["fresh", "old", "new"].map(|key| condition(AlertKind::CapNear, key));
    let view = View { members: &[], knows_exits: false, now };
    let plan = plan(found.to_vec(), &open, &view);
    let keys: Vec<_> = plan.found.iter().map(|condition| &*condition.key).collect();
    assert_eq!(keys, ["old", "new"]);
    assert_eq!(plan.over, [open[2].id, open[4].id]);
}

#[test]
fn whoever_has_just_begun_to_judge_ends_nothing_that_it_does_not_know() {
    let now = "2026-11-24T18:00:00Z".parse().unwrap();
    let open = [
        alert(AlertKind::PoolShrank, "x", "2026-11-24T17:59:00Z"),
        alert(AlertKind::NodeLost, "b", "2026-11-24T17:50:00Z"),
        alert(AlertKind::NodeLost, "c", "2026-11-24T17:44:00Z"),
        alert(AlertKind::LeaseTakenOver, "d", "2026-11-24T17:50:00Z"),
    ];
    let over = |knows_exits, members: &[Member]| {
        super::plan(Vec::new(), &open, &View { members, knows_exits, now }).over
    };
    assert_eq!(over(false, &[]), [open[2].id]);
    assert_eq!(over(true, &[]), [open[0].id, open[2].id]);
    let back = Member {
        id: "b".to_owned(),
        role: cluster::Role::All,
        revision: Revision(0),
        started_at: now,
        addresses: Vec::new(),
        state: cluster::MemberState::Ready,
        load: cluster::Load::default(),
    };
    assert_eq!(over(false, &[back]), [open[1].id, open[2].id]);
}
