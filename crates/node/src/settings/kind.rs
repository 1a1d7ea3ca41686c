//! What a setting is: its names, and what its value must look like.

use std::time::Duration;

/// The longest duration any setting takes.
pub(super) const LONGEST: Duration = Duration::from_hours(24);

/// What a value must look like. Every kind but `Secret` is quoted in messages.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Text,
    Address,
    Socket,
    /// A file that must be there.
    File,
    Path,
    Url,
    /// What the `tracing` filters understand.
    Filter,
    /// A whole number, with the least and the greatest.
    Count(u64, u64),
    /// A number of bytes.
    Size,
    /// A duration, with the shortest; the longest is [`LONGEST`].
    Duration(Duration),
    Choice(&'static [&'static str]),
    /// Comma-separated, or a YAML list; the words describe one item.
    List(&'static str),
    /// Never shown; the words say what is expected of it.
    Secret(&'static str),
}

/// One setting: a line of the table.
#[derive(Debug)]
pub(super) struct Setting {
    /// The YAML key, from which the flag and the environment variable come.
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Empty: none, or it depends on other settings, as `doc` then says.
    pub(super) default: &'static str,
    pub(super) doc: &'static str,
}

/// A subcommand that reads settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Serve,
    Check,
    Exit,
    Demo,
}

/// Settings that are shown together and read by the same subcommands.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) actions: &'static [Action],
    pub(super) settings: &'static [Setting],
}

// === impl Action ===

impl Action {
    pub(super) const ALL: [Self; 4] = [Self::Serve, Self::Check, Self::Exit, Self::Demo];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Serve => "serve",
            Self::Check => "check",
            Self::Exit => "exit",
            Self::Demo => "demo",
        }
    }
}

// === impl Setting ===

impl Setting {
    pub(super) fn flag(&self) -> String {
        self.name.replace('_', "-")
    }

    pub(super) fn variable(&self) -> String {
        format!("OCTOPROX_{}", self.name.to_ascii_uppercase())
    }

    pub(super) fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Secret(_))
    }
}

// === impl Kind ===

impl Kind {
    /// The placeholder of `--help`.
    pub(super) fn placeholder(&self) -> &'static str {
        match self {
            Self::Text => "TEXT",
            Self::Address => "ADDRESS",
            Self::Socket => "ADDRESS:PORT",
            Self::File | Self::Path => "PATH",
            Self::Url => "URL",
            Self::Filter => "FILTER",
            Self::Count(..) => "NUMBER",
            Self::Size => "SIZE",
            Self::Duration(_) => "DURATION",
            Self::Choice(_) => "WORD",
            Self::List(_) => "LIST",
            Self::Secret(_) => "SECRET",
        }
    }

    /// What a mistake says was expected.
    pub(super) fn expected(&self) -> String {
        match self {
            Self::Text => "1 to 255 bytes of text without control characters".to_owned(),
            Self::Address => "an IP address, such as 0.0.0.0 or ::1".to_owned(),
            Self::Socket => "an IP address and a port, such as 0.0.0.0:3128".to_owned(),
            Self::File => "the path of a file that can be read".to_owned(),
            Self::Path => "a path".to_owned(),
            Self::Url => "an http:// or https:// URL without login, query or fragment".to_owned(),
            Self::Filter => {
                "a level (error, warn, info, debug, trace) or filters such as info,relay=debug"
                    .to_owned()
            }
            Self::Count(least, greatest) => format!("a whole number from {least} to {greatest}"),
            Self::Size => "a size of at least 1MiB, such as 512MiB or 4GiB".to_owned(),
            Self::Duration(shortest) => format!(
                "a duration from {shortest:?} to 24h, such as 500ms, 90s, 10m or 1h; a bare number \
                 is seconds"
            ),
            Self::Choice(words) => format!("one of {}", words.join(", ")),
            Self::List(item) => format!("a list, each item {item}"),
            Self::Secret(what) => (*what).to_owned(),
        }
    }
}
