//! Typed values out of the layers; every value that is wrong is noted, and the reading goes on.

use std::net::IpAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use model::Secret;

use super::kind::{Action, Kind, LONGEST, Setting};
use super::layers::Layers;
use super::mistakes::{Area, Noted};
use super::{parse, table};

type Read<T> = Result<T, Noted>;

/// Reads what one subcommand may read; for the rest it finds the defaults.
pub(super) struct Reader {
    pub(super) action: Action,
    pub(super) layers: Layers,
}

impl Reader {
    /// Whether a flag, the environment or the file sets it.
    pub(super) fn is_set(&self, name: &str) -> bool {
        let read = table::of(self.action).any(|setting| setting.name == name);
        read && self.layers.values.contains_key(name)
    }

    /// Notes what is wrong with a setting, where it was set.
    pub(super) fn wrong(&mut self, name: &str, what: &str) -> Noted {
        let line = format!("{}: {what}", self.place(name));
        self.layers.mistakes.note(Area::Value, line)
    }

    pub(super) fn warn(&mut self, name: &str, what: &str) {
        let line = format!("{}: {what}", self.place(name));
        self.layers.warnings.push(line);
    }

    /// Where a setting was set, or its name.
    fn place(&self, name: &str) -> String {
        let set = self.layers.values.get(name).zip(table::find(name));
        set.map_or_else(|| name.to_owned(), |(set, setting)| set.source.of(setting))
    }

    /// The value; `None`: not set and without a default.
    pub(super) fn optional<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str, &Setting) -> Option<T>,
    ) -> Read<Option<T>> {
        debug_assert!(table::find(name).is_some(), "{name} is not in the table");
        let Some(setting) = table::find(name) else { return Ok(None) };
        let set = self.layers.values.get(name).filter(|_| self.is_set(name));
        let text = set.map_or(setting.default, |set| &set.text);
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(value) = parse(text, setting) {
            return Ok(Some(value));
        }
        let found = quoted(text, setting);
        let what = format!("expected {}{found}", setting.kind.expected());
        Err(self.wrong(name, &what))
    }

    /// The value, which must be set or have a default.
    pub(super) fn required<T>(
        &mut self,
        name: &str,
        parse: impl FnOnce(&str, &Setting) -> Option<T>,
    ) -> Read<T> {
        match self.optional(name, parse)? {
            Some(value) => Ok(value),
            None => Err(self.missing(name)),
        }
    }

    pub(super) fn missing(&mut self, name: &str) -> Noted {
        let ways = table::find(name).map_or_else(String::new, |setting| {
            format!(" (flag --{}, environment {})", setting.flag(), setting.variable())
        });
        let line = format!("{name}: must be set{ways}");
        self.layers.mistakes.note(Area::Value, line)
    }

    pub(super) fn text(&mut self, name: &str) -> Read<String> {
        self.required(name, |text, _| parse::text(text))
    }

    pub(super) fn parsed<T: FromStr>(&mut self, name: &str) -> Read<T> {
        self.required(name, |text, _| text.parse().ok())
    }

    pub(super) fn address(&mut self, name: &str) -> Read<Option<IpAddr>> {
        self.optional(name, |text, _| text.parse().ok())
    }

    pub(super) fn path(&mut self, name: &str) -> Read<Option<PathBuf>> {
        self.optional(name, |text, _| Some(PathBuf::from(text)))
    }

    /// The path of a file that can be opened.
    pub(super) fn file(&mut self, name: &str) -> Read<Option<PathBuf>> {
        let Some(path) = self.path(name)? else { return Ok(None) };
        match std::fs::File::open(&path).and_then(|file| file.metadata()) {
            Ok(found) if found.is_file() => Ok(Some(path)),
            Ok(_) => Err(self.wrong(name, &format!("{}: not a file", path.display()))),
            Err(error) => {
                let what = format!("{}: cannot be read: {error}", path.display());
                Err(self.wrong(name, &what))
            }
        }
    }

    pub(super) fn count<T: TryFrom<u64>>(&mut self, name: &str) -> Read<T> {
        self.required(name, count)
    }

    pub(super) fn optional_count<T: TryFrom<u64>>(&mut self, name: &str) -> Read<Option<T>> {
        self.optional(name, count)
    }

    pub(super) fn duration(&mut self, name: &str) -> Read<Duration> {
        self.required(name, |text, setting| {
            let Kind::Duration(shortest) = setting.kind else { return None };
            parse::duration(text).filter(|value| (shortest..=LONGEST).contains(value))
        })
    }

    /// Comma-separated items; the first that `parse` refuses is quoted.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Read<Vec<T>> {
        let text = self.optional(name, |text, _| Some(text.to_owned()))?.unwrap_or_default();
        let mut values = Vec::new();
        for item in parse::items(&text) {
            let Some(value) = parse(item) else {
                let expected = table::find(name).map_or_else(String::new, |s| s.kind.expected());
                let what = format!("expected {expected}, found {:?}", short(item));
                return Err(self.wrong(name, &what));
            };
            values.push(value);
        }
        Ok(values)
    }

    pub(super) fn secret(&mut self, name: &str, least: usize) -> Read<Option<Secret>> {
        self.optional(name, |text, _| (text.chars().count() >= least).then(|| Secret::from(text)))
    }
}

fn count<T: TryFrom<u64>>(text: &str, setting: &Setting) -> Option<T> {
    let Kind::Count(least, greatest) = setting.kind else { return None };
    let number: u64 = text.parse().ok()?;
    T::try_from(number).ok().filter(|_| (least..=greatest).contains(&number))
}

fn quoted(text: &str, setting: &Setting) -> String {
    if setting.is_secret() { String::new() } else { format!(", found {:?}", short(text)) }
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}
