//! Everything that is wrong with the settings, said at once.

use std::fmt;

/// Status of a program that was called wrongly (`EX_USAGE` of sysexits.h).
const USAGE: u8 = 64;

/// What is wrong with the settings, one line a mistake. No line holds the value of a secret.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    lines: Vec<(Area, String)>,
    /// For `octoprox check`, whose exit code tells the areas apart.
    pub(super) checking: bool,
}

/// Where a mistake lies; the first in this order decides the exit code of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Area {
    /// A file cannot be read.
    Io,
    /// The file is no YAML, or not a flat mapping.
    Syntax,
    /// A setting is unknown, missing or wrong.
    Value,
}

/// A value could not be had; the mistake behind it has been noted.
#[derive(Debug)]
pub(super) struct Noted;

impl Mistakes {
    pub(super) fn note(&mut self, area: Area, line: String) -> Noted {
        self.lines.push((area, line));
        Noted
    }

    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// What the process exits with: 64, or for `check` 3 (a file cannot be read), 4 (the file is
    /// not YAML as expected here), 6 (a setting is wrong).
    pub(crate) fn exit_code(&self) -> u8 {
        if !self.checking {
            return USAGE;
        }
        match self.lines.iter().map(|(area, _)| *area).min() {
            Some(Area::Io) => 3,
            Some(Area::Syntax) => 4,
            Some(Area::Value) | None => 6,
        }
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (_, line)) in self.lines.iter().enumerate() {
            let separator = if number == 0 { "" } else { "\n" };
            write!(f, "{separator}{line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// A name that is not known, as far as it is shown: more than a name can be may be a secret.
pub(super) fn shown(name: &str) -> String {
    name.chars().take(40).flat_map(char::escape_debug).collect()
}
