//! Nobody is missed too early, and nobody stays for ever.

use jiff::Timestamp;

use super::*;
use crate::{MemberState, Role};

fn member(id: &str) -> Member {
    Member {
        id: id.to_owned(),
        role: Role::All,
        revision: Revision(0),
        started_at: Timestamp::UNIX_EPOCH,
        addresses: Vec::new(),
        state: MemberState::Ready,
        load: Load::default(),
    }
}

fn roll(now: Instant) -> Roll {
    let mut roll = Roll::new(member("b"), Timing::default(), now);
    roll.saw(vec![member("a"), member("b"), member("c")], now);
    roll
}

fn names(roll: &Roll) -> String {
    roll.members().into_iter().map(|member| member.id).collect()
}

#[test]
fn a_node_is_gone_when_it_was_missed_twice_in_a_row() {
    let now = Instant::now();
    let mut roll = roll(now);
    for (seen, names_then) in [("ab", "abc"), ("abc", "abc"), ("ab", "abc"), ("ab", "ab")] {
        roll.saw(seen.chars().map(|id| member(&id.to_string())).collect(), now);
        assert_eq!(names(&roll), names_then);
    }
}

#[test]
fn whoever_leaves_is_gone_at_once_and_this_node_never_is() {
    let mut roll = roll(Instant::now());
    roll.left("a");
    roll.left("b");
    assert_eq!(names(&roll), "bc");
}

#[test]
fn a_wiped_redis_is_no_evidence_and_is_told_at_once_who_is_here() {
    let now = Instant::now();
    let mut roll = roll(now);
    roll.beaten(true, now, now);
    for _ in 0..5 {
        roll.saw(Vec::new(), now);
    }
    assert_eq!(names(&roll), "abc");
    assert_eq!(roll.next(), (now, Errand::Beat));
}

#[test]
fn after_an_outage_nobody_is_missed_before_all_could_come_back() {
    let now = Instant::now();
    let mut roll = roll(now);
    roll.connected(now);
    let later = now + Duration::from_millis(4_999);
    (0..5).for_each(|_| roll.saw(vec![member("b")], later));
    assert_eq!(names(&roll), "abc");
    let later = now + Duration::from_secs(5);
    (0..2).for_each(|_| roll.saw(vec![member("b")], later));
    assert_eq!(names(&roll), "b");
}

#[test]
fn a_new_revision_is_told_at_once_and_the_load_with_the_next_heartbeat() {
    let now = Instant::now();
    let mut roll = roll(now);
    roll.beaten(true, now, now);
    let load = Load { in_flight: 1, ..Load::default() };
    roll.announce(Revision(0), now);
    roll.report(load);
    assert_eq!(roll.next().1, Errand::View);
    assert_eq!(roll.me().load, load);
    roll.announce(Revision(1), now);
    assert_eq!(roll.next(), (now, Errand::Beat));
}

#[test]
fn what_failed_is_done_again_soon() {
    let now = Instant::now();
    let mut roll = roll(now);
    roll.beaten(false, now, now);
    assert_eq!(roll.next(), (now + Duration::from_millis(500), Errand::Beat));
    roll.beaten(true, now, now);
    roll.saw_nothing(now);
    assert_eq!(roll.next(), (now + Duration::from_millis(500), Errand::View));
}

#[test]
fn what_comes_up_during_a_heartbeat_is_said_with_another_one_at_once() {
    let now = Instant::now();
    let mut roll = roll(now);
    roll.beat();
    roll.turn(MemberState::Draining, now);
    roll.beaten(true, now, now);
    assert_eq!(roll.next(), (now, Errand::Beat));
    assert_eq!(roll.beat().state, MemberState::Draining);
    roll.beaten(true, now, now);
    assert!(roll.take_news() && !roll.take_news());
    assert!(roll.next().0 > now);
    roll.turn(MemberState::Draining, now);
    assert!(roll.next().0 > now && !roll.take_news(), "it has been said");
}
