//! How many instructions units of work take, as stored in the repository and as it is now.
//!
//! `bin/instructions` counts them: unlike time, they are the same on a machine that has other things
//! to do. Tests in here give the rule what it must refuse.

use std::str::FromStr;
use std::{fmt, iter};

use anyhow::{Context, Error, Result, ensure};

/// Where the counts are stored, from the root of the workspace.
pub const FILE: &str = "crates/testbed/instructions.txt";

/// A unit may take so many hundredths more than is stored.
const TOLERANCE: u64 = 5;

/// How to agree with what has been found.
const ANEW: &str = "if this is meant, `make instructions` writes the file anew";

/// How many instructions each unit takes, and what compiled it. Its text is the stored file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counts {
    /// The compiler and what it compiles for: what another one makes of the code cannot be compared.
    pub compiler: String,
    /// Units in their order, and instructions for one of each.
    pub units: Vec<(String, u32)>,
}

/// What valgrind (`--tool=cachegrind`) counted, of everything that it said.
///
/// # Errors
/// When it said no number.
pub fn counted(said: &str) -> Result<u64> {
    let mut parts = said.lines().filter_map(|line| line.split_once("refs:"));
    let (_, number) =
        parts.find(|(what, _)| what.trim_end().ends_with(" I")).context("no count")?;
    Ok(number.trim().replace(',', "").parse()?)
}

/// What is wrong with the counts now; empty is good.
#[must_use]
pub fn compare(stored: &Counts, now: &Counts) -> Vec<String> {
    if stored.compiler != now.compiler {
        let (then, now) = (&stored.compiler, &now.compiler);
        return vec![format!("the stored counts are of {then}, this is {now}: {ANEW}")];
    }
    let gone = stored.units.iter().filter(|(name, _)| now.of(name).is_none());
    let gone = gone.map(|(name, _)| format!("{name}: stored, but there is no such unit; {ANEW}"));
    let worse = now.units.iter().filter_map(|(name, now)| {
        let Some(stored) = stored.of(name) else {
            return Some(format!("{name}: {now} instructions, and none are stored; {ANEW}"));
        };
        let is_worse = u64::from(*now) * 100 > u64::from(stored) * (100 + TOLERANCE);
        is_worse.then(|| {
            let change = change(stored, *now);
            format!(
                "{name}: {now} instructions, {stored} are stored: {change:+.1} %, and {TOLERANCE} % \
                 are allowed; {ANEW}"
            )
        })
    });
    worse.chain(gone).collect()
}

/// Both counts of every unit side by side.
#[must_use]
pub fn table(stored: &Counts, now: &Counts) -> String {
    let head = format!("{:<24} {:>8} {:>8}\n", "instructions for one", "stored", "now");
    let rows = now.units.iter().map(|(name, now)| {
        let (then, change) = match stored.of(name) {
            Some(stored) => (stored.to_string(), format!("{:+.1} %", change(stored, *now))),
            None => ("-".to_owned(), String::new()),
        };
        format!("{name:<24} {then:>8} {now:>8} {change:>9}\n")
    });
    iter::once(head).chain(rows).collect()
}

/// In hundredths of what is stored.
fn change(stored: u32, now: u32) -> f64 {
    (f64::from(now) / f64::from(stored.max(1)) - 1.0) * 100.0
}

// === impl Counts ===

impl Counts {
    /// How many instructions a unit takes.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<u32> {
        self.units.iter().find(|(known, _)| known == name).map(|(_, count)| *count)
    }
}

impl FromStr for Counts {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let mut lines = text.lines();
        let compiler = lines.next().unwrap_or_default().to_owned();
        ensure!(!compiler.is_empty(), "the first line names no compiler");
        let unit = |line| unit(line).with_context(|| format!("cannot read `{line}`"));
        Ok(Self { compiler, units: lines.map(unit).collect::<Result<_>>()? })
    }
}

fn unit(line: &str) -> Result<(String, u32)> {
    let (name, count) = line.split_once(' ').context("expected UNIT COUNT")?;
    Ok((name.to_owned(), count.parse()?))
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.compiler)?;
        self.units.iter().try_for_each(|(name, count)| writeln!(f, "{name} {count}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(units: &[(&str, u32)]) -> Counts {
        let units = units.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Counts { compiler: "rustc 1.95.0".to_owned(), units }
    }

    #[test]
    fn the_count_is_the_one_of_instructions() {
        let said = "==7== D   refs:     1 (2 rd + 3 wr)\n==7== I   refs:      1,234,567\n";
        assert_eq!(counted(said).unwrap(), 1_234_567);
        assert_eq!(counted("==7== I refs:        89\n").unwrap(), 89);
        assert!(counted("==7== Process terminating: I refs to speak").is_err());
    }

    #[test]
    fn a_rise_of_more_than_a_twentieth_is_refused() {
        let stored = counts(&[("select", 1100)]);
        for good in [1, 1100, 1155] {
            assert_eq!(compare(&stored, &counts(&[("select", good)])), [""; 0], "{good}");
        }
        assert_eq!(compare(&stored, &counts(&[("select", 1156)])).len(), 1);
        assert_eq!(
            compare(&stored, &counts(&[("select", 1234)])),
            [
                "select: 1234 instructions, 1100 are stored: +12.2 %, and 5 % are allowed; if this is \
              meant, `make instructions` writes the file anew"
            ]
        );
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let stored = counts(&[("a", 1), ("b", 1)]);
        let complaints = compare(&stored, &counts(&[("a", 1), ("c", 1)]));
        assert!(complaints[0].starts_with("c: 1 instructions, and none"), "{complaints:?}");
        assert!(complaints[1].starts_with("b: stored, but"), "{complaints:?}");
        let other = Counts { compiler: "rustc 1.96.0".to_owned(), ..stored.clone() };
        let complaints = compare(&stored, &other);
        let wrong = "the stored counts are of rustc 1.95.0, this is rustc 1.96.0";
        assert!(complaints[0].starts_with(wrong), "{complaints:?}");
    }

    #[test]
    fn counts_are_read_as_they_are_written() {
        let written = counts(&[("select_round_robin", 1100), ("tunnel", 90_000)]);
        assert_eq!(written.to_string().parse::<Counts>().unwrap(), written);
        for bad in ["", "rustc 1.95.0\nselect", "rustc 1.95.0\nselect many"] {
            assert!(bad.parse::<Counts>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_stored_file_can_be_read() {
        let text = std::fs::read_to_string(crate::tidy::root().join(FILE)).unwrap();
        assert!(text.parse::<Counts>().unwrap().units.len() > 5, "{text}");
    }
}
