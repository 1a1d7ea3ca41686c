//! One value a setting: file, environment and flags laid over one another.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::command::Given;
use super::file::{self, Value};
use super::kind::{Kind, Setting};
use super::mistakes::{Area, Mistakes, shown};
use super::suggest::suggestion;
use super::table::{self, CONFIG};

/// More than any file of settings has; a log given by accident is not read into memory.
const LARGEST_FILE: u64 = 1 << 20;

/// Where files are looked for when none is named.
pub(super) const PLACES: [&str; 2] = ["./octoprox.yaml", "/etc/octoprox/config.yaml"];

/// The values that are set, by name of the setting.
#[derive(Default)]
pub(super) struct Layers {
    pub(super) values: HashMap<&'static str, Set>,
    pub(super) mistakes: Mistakes,
    pub(super) warnings: Vec<String>,
}

/// A value, and where it was set.
pub(super) struct Set {
    pub(super) text: String,
    pub(super) source: Source,
}

pub(super) enum Source {
    Flag,
    Environment,
    File { name: String, line: usize },
}

// === impl Source ===

impl Source {
    /// How a mistake names it.
    pub(super) fn of(&self, setting: &Setting) -> String {
        match self {
            Self::Flag => format!("flag --{}", setting.flag()),
            Self::Environment => format!("environment {}", setting.variable()),
            Self::File { name, line } => format!("{name} line {line}, {}", setting.name),
        }
    }
}

// === impl Layers ===

impl Layers {
    /// Lays the flags over the environment over the file, which is the one that is named, or else
    /// the first of `places` that is there. What is empty is not set.
    pub(super) fn read(
        given: Given,
        environment: impl Iterator<Item = (String, String)>,
        places: &[&str],
    ) -> Self {
        let mut layers = Self::default();
        for line in given.unknown {
            layers.mistakes.note(Area::Value, line);
        }
        let mut variables: Vec<(String, String)> = environment
            .filter(|(name, text)| name.starts_with("OCTOPROX_") && !text.is_empty())
            .collect();
        variables.sort();
        let variable = |(name, _): &&(String, String)| *name == CONFIG.variable();
        let by_variable = variables
            .iter()
            .find(variable)
            .map(|(name, path)| (PathBuf::from(path), format!("environment {name}")));
        layers.file(given.config.or(by_variable), places);
        for (name, text) in variables {
            layers.variable(&name, text);
        }
        for (setting, text) in given.flags {
            layers.set(setting, text, Source::Flag);
        }
        layers
    }

    fn set(&mut self, setting: &'static Setting, text: String, source: Source) {
        if !text.is_empty() {
            self.values.insert(setting.name, Set { text, source });
        }
    }

    fn variable(&mut self, name: &str, text: String) {
        let Some(setting) = table::all().find(|setting| setting.variable() == name) else {
            if name != CONFIG.variable() {
                let known = table::all().map(Setting::variable);
                let nearest = suggestion(name, known);
                self.warnings.push(format!("environment {name}: unknown, not used{nearest}"));
            }
            return;
        };
        // For a service named octoprox-proxy, Kubernetes sets OCTOPROX_PROXY_PORT=tcp://10.0.0.1:80
        if matches!(setting.kind, Kind::Count(..)) && text.starts_with("tcp://") {
            let why = "looks as if Kubernetes had set it for a service of that name";
            let line = format!("environment {name}: not used; it {why} (enableServiceLinks)");
            return self.warnings.push(line);
        }
        self.set(setting, text, Source::Environment);
    }

    fn file(&mut self, named: Option<(PathBuf, String)>, places: &[&str]) {
        let found = || places.iter().map(PathBuf::from).find(|path| path.exists());
        let Some((path, asked_by)) = named.or_else(|| Some((found()?, "settings file".to_owned())))
        else {
            return;
        };
        match read_file(&path) {
            Ok(text) => self.entries(&path, &text),
            Err((area, what)) => {
                self.mistakes.note(area, format!("{asked_by}: {}: {what}", path.display()));
            }
        }
    }

    fn entries(&mut self, path: &Path, text: &str) {
        let file = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let (entries, faults) = file::parse(text);
        for fault in faults {
            let line = format!("{file} line {}: {}", fault.line, fault.what);
            self.mistakes.note(Area::Syntax, line);
        }
        let mut seen = HashMap::new();
        for entry in entries {
            let at = format!("{file} line {}", entry.line);
            let Some(setting) = table::find(&entry.key) else {
                let line = format!("{at}, {}: unknown{}", shown(&entry.key), nearest(&entry.key));
                self.mistakes.note(Area::Value, line);
                continue;
            };
            if let Some(first) = seen.insert(setting.name, entry.line) {
                let line = format!("{at}, {}: set on line {first} already", setting.name);
                self.mistakes.note(Area::Value, line);
            }
            let text = match (entry.value, setting.kind) {
                (Value::Scalar(text), _) => text,
                (Value::List(items), Kind::List(_)) => items.join(","),
                (Value::List(_), kind) => {
                    let line = format!(
                        "{at}, {}: expected {}, found a list",
                        setting.name,
                        kind.expected()
                    );
                    self.mistakes.note(Area::Value, line);
                    continue;
                }
            };
            self.set(setting, text, Source::File { name: file.clone(), line: entry.line });
        }
    }
}

fn nearest(key: &str) -> String {
    suggestion(key, table::all().map(|setting| setting.name.to_owned()))
}

fn read_file(path: &Path) -> Result<String, (Area, String)> {
    let unreadable = |error: std::io::Error| (Area::Io, format!("cannot be read: {error}"));
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > LARGEST_FILE {
        return Err((Area::Syntax, format!("larger than {LARGEST_FILE} bytes")));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|error| (Area::Syntax, error.utf8_error().to_string()))
}
