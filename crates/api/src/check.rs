//! Checks the fields of a body and collects every mistake, not only the first.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use crate::problem::{Mistake, Problem};

/// Seconds of a day.
pub(crate) const DAY: u64 = 86_400;

/// Collects mistakes. A field that is wrong is noted and replaced by something harmless; in the
/// end [`Check::done`] lets nothing through that has a mistake.
#[derive(Debug, Default)]
pub(crate) struct Check(Vec<Mistake>);

impl Check {
    pub(crate) fn fail(&mut self, field: &str, detail: impl Into<String>) {
        self.0.push(Mistake { pointer: format!("/{field}"), detail: detail.into() });
    }

    /// Passes when there was no mistake.
    pub(crate) fn done<T>(self, value: T) -> Result<T, Problem> {
        if self.0.is_empty() { Ok(value) } else { Err(Problem::invalid(self.0)) }
    }

    /// A name: 1-255 characters, none of them a control character, no white space around it.
    pub(crate) fn name(&mut self, field: &str, text: &str) {
        let length = text.chars().count();
        if !(1..=255).contains(&length) {
            self.fail(field, "must have 1-255 characters");
        } else if text.trim() != text || text.chars().any(char::is_control) {
            self.fail(field, "must not have white space around it, or control characters");
        }
    }

    /// A text of limited length.
    pub(crate) fn text(&mut self, field: &str, text: &str, most: usize) {
        if text.chars().count() > most {
            self.fail(field, format!("must have at most {most} characters"));
        }
    }

    /// The length of a list.
    pub(crate) fn count(&mut self, field: &str, length: usize, most: usize) {
        if length > most {
            self.fail(field, format!("must have at most {most} entries"));
        }
    }

    /// A number within limits.
    pub(crate) fn range<N: PartialOrd + Display + Copy>(
        &mut self,
        field: &str,
        number: N,
        (least, most): (N, N),
    ) {
        if number < least || number > most {
            self.fail(field, format!("must be from {least} to {most}"));
        }
    }

    /// Seconds within limits.
    pub(crate) fn seconds(&mut self, field: &str, seconds: u64, limits: (u64, u64)) -> Duration {
        self.range(field, seconds, limits);
        Duration::from_secs(seconds)
    }

    /// Something that is written as text.
    pub(crate) fn parse<T: FromStr>(&mut self, field: &str, text: &str) -> Option<T>
    where
        T::Err: Display,
    {
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.fail(field, error.to_string());
                None
            }
        }
    }

    /// A list of things that are written as text, of limited length.
    pub(crate) fn parse_all<T: FromStr>(
        &mut self,
        field: &str,
        texts: &[String],
        most: usize,
    ) -> Vec<T>
    where
        T::Err: Display,
    {
        if texts.len() > most {
            self.fail(field, format!("must have at most {most} entries"));
            return Vec::new();
        }
        let indexed = texts.iter().enumerate();
        indexed.filter_map(|(n, text)| self.parse(&format!("{field}/{n}"), text)).collect()
    }

    /// A URL that probes may ask for.
    pub(crate) fn url(&mut self, field: &str, url: Option<&str>) {
        let Some(url) = url else { return };
        let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        let authority = rest.and_then(|rest| rest.split(['/', '?']).next());
        let plain = url.len() <= 2048 && url.bytes().all(|byte| byte.is_ascii_graphic());
        let good = authority.is_some_and(|authority| {
            !authority.contains('@') && model::Target::parse_or(authority, 80).is_ok()
        });
        if !plain || !good || url.contains('#') {
            self.fail(field, "must be an http:// or https:// URL without user info or fragment");
        }
    }

    /// A password that people log in to this API with.
    pub(crate) fn new_password(&mut self, field: &str, password: &str, username: &str) {
        if !(12..=256).contains(&password.chars().count()) {
            self.fail(field, "must have 12-256 characters");
        } else if password.eq_ignore_ascii_case(username) {
            self.fail(field, "must not be the username");
        }
    }
}
