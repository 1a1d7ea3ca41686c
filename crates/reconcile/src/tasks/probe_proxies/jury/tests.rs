//! Failures are believed, held back or thrown away.

use super::super::schedule::tests::roster;
use super::*;

const FAST: Duration = Duration::from_millis(7);

/// Hears the evidence of the exits by their numbers, and says which outcomes were certain.
fn hear(count: u16, evidence: &[(usize, Evidence)]) -> (Vec<(usize, bool)>, bool) {
    let roster = roster(count);
    let exits: Vec<_> = roster.exits().collect();
    let mut jury = Jury::default();
    jury.seat(exits.len());
    let mut certain = Vec::new();
    for (number, evidence) in evidence {
        let mut heard: Vec<_> = jury
            .hear(exits[*number], *evidence)
            .into_iter()
            .map(|(_, state, outcome)| {
                let number =
                    exits.iter().position(|exit| Arc::ptr_eq(&exit.state, &state)).unwrap();
                (number, outcome.is_some())
            })
            .collect();
        let last = heard.len().saturating_sub(1);
        heard[..last].sort_unstable();
        certain.append(&mut heard);
    }
    (certain, jury.is_frozen())
}

#[test]
fn a_failure_counts_once_another_exit_works() {
    use Evidence::{MayFail, Works};
    assert_eq!(hear(3, &[(0, MayFail), (1, MayFail)]), (vec![], false));
    let (certain, is_frozen) = hear(3, &[(0, MayFail), (1, MayFail), (2, Works(FAST))]);
    assert_eq!(certain, [(0, false), (1, false), (2, true)]);
    assert!(!is_frozen);
}

#[test]
fn when_all_fail_none_does_until_one_works() {
    use Evidence::{MayFail, Works};
    let all = [(0, MayFail), (1, MayFail), (1, MayFail), (2, MayFail), (0, MayFail)];
    assert_eq!(hear(3, &all), (vec![], true));
    let again = [&all[..], &[(1, Works(FAST)), (0, MayFail), (1, Works(FAST))]].concat();
    assert_eq!(hear(3, &again), (vec![(1, true), (0, false), (1, true)], false));
}

#[test]
fn few_exits_and_plain_refusals_are_believed_at_once() {
    use Evidence::{Fails, MayFail};
    let both = (vec![(0, false), (1, false)], false);
    assert_eq!(hear(2, &[(0, MayFail), (1, MayFail)]), both);
    assert_eq!(hear(3, &[(0, MayFail), (1, Fails)]), both);
}

#[test]
fn a_project_that_shrinks_thaws() {
    let mut jury = Jury { exits: 3, held: HashMap::new(), is_frozen: true };
    jury.seat(2);
    assert!(!jury.is_frozen());
}
