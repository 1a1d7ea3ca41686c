//! A candidate never believes for longer than Redis promised.

use super::*;

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn elected(start: Instant) -> Candidacy {
    let mut candidacy = Candidacy::new(Timing::default(), start);
    candidacy.hear(Answer::Taken, start, start + seconds(0.1), 0.5);
    candidacy
}

#[test]
fn it_is_ours_for_less_long_than_redis_says_and_from_the_question_on() {
    let start = Instant::now();
    let candidacy = elected(start);
    assert_eq!(candidacy.standing(start + seconds(3.49)), Standing::Elected { term: 1 });
    assert_eq!(candidacy.standing(start + seconds(3.5)), Standing::Standby);
    assert_eq!(candidacy.due(), start + seconds(1.5));
}

#[test]
fn an_answer_that_came_too_late_elects_nobody() {
    let start = Instant::now();
    let mut candidacy = Candidacy::new(Timing::default(), start);
    let now = start + seconds(20.0);
    candidacy.hear(Answer::Taken, start, now, 0.5);
    assert_eq!(candidacy.standing(now), Standing::Standby);
    assert!(candidacy.due() <= now);
}

#[test]
fn a_renewal_lengthens_the_term_and_a_lost_answer_is_asked_for_again() {
    let start = Instant::now();
    let mut candidacy = elected(start);
    let asked = candidacy.due();
    candidacy.hear(Answer::Unknown, asked, asked + seconds(0.5), 0.5);
    assert_eq!(candidacy.due(), asked + seconds(0.75));
    let asked = candidacy.due();
    candidacy.hear(Answer::Kept, asked, asked + seconds(0.1), 0.5);
    assert_eq!(candidacy.standing(asked + seconds(3.4)), Standing::Elected { term: 1 });
}

#[test]
fn whoever_lost_it_for_a_moment_is_elected_anew() {
    let start = Instant::now();
    let mut candidacy = elected(start);
    let asked = start + seconds(1.5);
    candidacy.hear(Answer::Taken, asked, asked, 0.5);
    assert_eq!(candidacy.standing(asked), Standing::Elected { term: 2 }, "wiped in between");
    let asked = asked + seconds(4.0);
    candidacy.hear(Answer::Kept, asked, asked, 0.5);
    assert_eq!(candidacy.standing(asked), Standing::Elected { term: 3 }, "own time was over");
}

#[test]
fn somebody_elses_lease_ends_ours_at_once() {
    let start = Instant::now();
    let mut candidacy = elected(start);
    let now = start + seconds(1.5);
    candidacy.hear(Answer::Anothers, now, now, 0.0);
    assert_eq!(candidacy.standing(now), Standing::Standby);
    assert_eq!(candidacy.due(), now + seconds(0.6));
    candidacy.hear(Answer::Anothers, now, now, 1.0);
    assert_eq!(candidacy.due(), now + seconds(0.9));
}
