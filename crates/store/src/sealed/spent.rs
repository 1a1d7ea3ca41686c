//! What has been used, asked and told as sealed bytes.

use jiff::Timestamp;
use model::Spent;
use serde::{Deserialize, Serialize};

use super::{Lines, Result, corrupt, each_line};
use crate::usage::DaySpent;
use crate::vault::Vault;

const QUESTION: &str = "what was spent?";

/// Of whom it is asked, and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The ids of projects and connectors.
    pub subjects: Vec<String>,
    /// From the day on that this lies in.
    pub since: Timestamp,
    /// What the answer is to begin with, so that no old one is taken for it.
    pub nonce: String,
}

#[derive(Serialize, Deserialize)]
enum Line {
    Start {
        since: i64,
        nonce: String,
    },
    Subject(String),
    /// Whose, the second on which the day begins, bytes, requests, cost.
    Day(String, i64, [u64; 3]),
    End,
}

/// Seals a question.
///
/// # Errors
/// When there is no randomness to be had.
pub fn seal_question(vault: &Vault, question: &Question) -> Result<Vec<u8>> {
    let mut lines = Lines::new();
    let (since, nonce) = (question.since.as_second(), question.nonce.clone());
    lines.push(&Line::Start { since, nonce })?;
    for subject in &question.subjects {
        lines.push(&Line::Subject(subject.clone()))?;
    }
    lines.push(&Line::End)?;
    lines.seal(vault, QUESTION)
}

/// Opens a question.
///
/// # Errors
/// [`StoreError::SealedElsewhere`](crate::StoreError::SealedElsewhere) for another secret key,
/// [`StoreError::Corrupt`](crate::StoreError::Corrupt) for whatever else it may be.
pub fn open_question(vault: &Vault, sealed: &[u8]) -> Result<Question> {
    let (mut start, mut subjects, mut is_whole) = (None, Vec::new(), false);
    each_line(vault, QUESTION, sealed, |line: Line| {
        match line {
            Line::Start { since, nonce } if start.is_none() => {
                start = Some((Timestamp::from_second(since).map_err(corrupt)?, nonce));
            }
            Line::Subject(subject) if start.is_some() && !is_whole => subjects.push(subject),
            Line::End if !is_whole => is_whole = true,
            _ => return Err(corrupt("its lines are in disorder")),
        }
        Ok(())
    })?;
    let (since, nonce) = start.filter(|_| is_whole).ok_or_else(|| corrupt("it ends too early"))?;
    Ok(Question { subjects, since, nonce })
}

fn about(nonce: &str) -> String {
    format!("spent:{nonce}")
}

/// Seals the answer to the question of that nonce.
///
/// # Errors
/// When there is no randomness to be had.
pub fn seal_answer(vault: &Vault, nonce: &str, days: &[DaySpent]) -> Result<Vec<u8>> {
    let mut lines = Lines::new();
    for DaySpent { subject, day, spent: Spent { bytes, requests, cost_nanos } } in days {
        let numbers = [*bytes, *requests, *cost_nanos];
        lines.push(&Line::Day(subject.clone(), day.as_second(), numbers))?;
    }
    lines.push(&Line::End)?;
    lines.seal(vault, &about(nonce))
}

/// Opens the answer to the question of that nonce.
///
/// # Errors
/// As [`open_question`].
pub fn open_answer(vault: &Vault, nonce: &str, sealed: &[u8]) -> Result<Vec<DaySpent>> {
    let (mut days, mut is_whole) = (Vec::new(), false);
    each_line(vault, &about(nonce), sealed, |line: Line| {
        match line {
            Line::Day(subject, day, [bytes, requests, cost_nanos]) if !is_whole => {
                let day = Timestamp::from_second(day).map_err(corrupt)?;
                days.push(DaySpent { subject, day, spent: Spent { bytes, requests, cost_nanos } });
            }
            Line::End if !is_whole => is_whole = true,
            _ => return Err(corrupt("its lines are in disorder")),
        }
        Ok(())
    })?;
    if is_whole { Ok(days) } else { Err(corrupt("it ends too early")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_and_its_answer_come_back_whole_and_belong_together() {
        let vault = Vault::new([7; 32]);
        let since = Timestamp::from_second(1_800_000_000).unwrap();
        let question = Question { subjects: vec!["a".into()], since, nonce: "n".into() };
        let sealed = seal_question(&vault, &question).unwrap();
        assert_eq!(open_question(&vault, &sealed).unwrap(), question);
        let spent = Spent { bytes: 1, requests: 2, cost_nanos: 3 };
        let days = [DaySpent { subject: "a".into(), day: since, spent }];
        let sealed = seal_answer(&vault, "n", &days).unwrap();
        assert_eq!(open_answer(&vault, "n", &sealed).unwrap(), days);
        assert!(open_answer(&vault, "m", &sealed).is_err());
        assert!(open_question(&vault, &sealed).is_err());
    }
}
