//! The command line: subcommands, flags out of the table, and what stands there besides.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::kind::{Action, Kind, Section, Setting};
use super::mistakes::shown;
use super::suggest::suggestion;
use super::table::{self, CONFIG, SECTIONS};

/// Takes what no flag takes, so that unknown flags are reported together with other mistakes.
const STRAY: &str = "stray";

/// The file that `check` is about.
const FILE: &str = "file";

const CHECK: &str = "Check the settings: exits 0 (valid), 3 (a file cannot be read), 4 (the file \
                     is not a flat YAML mapping) or 6 (a setting is wrong)";

/// What the command line says.
pub(super) struct Given {
    pub(super) action: Action,
    /// The file to read, with the name of what asked for it.
    pub(super) config: Option<(PathBuf, String)>,
    pub(super) flags: Vec<(&'static Setting, String)>,
    /// Arguments that mean nothing; no values are in them.
    pub(super) unknown: Vec<String>,
}

/// The command line of `octoprox`.
pub(crate) fn command() -> Command {
    Command::new("octoprox")
        .about("A forward proxy that rotates over many exits")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(subcommand(Action::Serve, "Run a node"))
        .subcommand(subcommand(Action::Check, CHECK))
        .subcommand(Command::new("version").about("Print the version"))
        .subcommand(subcommand(Action::Exit, "Run an exit: a small proxy that dials itself"))
        .subcommand(subcommand(Action::Demo, "Run a node with exits and a target to try it out"))
}

fn subcommand(action: Action, about: &'static str) -> Command {
    let read = |section: &&Section| section.actions.contains(&action);
    let flags = SECTIONS.iter().filter(read).flat_map(|section| {
        section.settings.iter().map(|setting| flag(setting).help_heading(section.title))
    });
    let command = Command::new(action.name()).about(about).arg(flag(&CONFIG)).args(flags);
    let file = Arg::new(FILE).value_name("FILE").allow_hyphen_values(true).help(CONFIG.doc);
    let stray = Arg::new(STRAY).num_args(0..).allow_hyphen_values(true).hide(true);
    if action == Action::Check { command.arg(file).arg(stray) } else { command.arg(stray) }
}

fn flag(setting: &'static Setting) -> Arg {
    let is_list = matches!(setting.kind, Kind::List(_));
    Arg::new(setting.name)
        .long(setting.flag())
        .value_name(setting.kind.placeholder())
        .action(if is_list { ArgAction::Append } else { ArgAction::Set })
        .help(help(setting))
}

fn help(setting: &Setting) -> String {
    let default = match setting.default {
        "" => String::new(),
        default => format!("default {default}; "),
    };
    format!("{} [{default}env {}]", setting.doc, setting.variable())
}

/// What `matches` says; `None`: its subcommand reads no settings.
pub(super) fn given(matches: &ArgMatches) -> Option<Given> {
    let (name, matches) = matches.subcommand()?;
    let action = Action::ALL.into_iter().find(|action| action.name() == name)?;
    let config = matches.get_one::<String>(CONFIG.name);
    let config = config.map(|path| (path.into(), "flag --config".to_owned()));
    let mut given = Given { action, config, flags: Vec::new(), unknown: Vec::new() };
    for setting in table::of(action) {
        if let Some(values) = matches.get_many::<String>(setting.name) {
            let values: Vec<&str> = values.map(String::as_str).collect();
            given.flags.push((setting, values.join(",")));
        }
    }
    let file = matches.try_get_one::<String>(FILE).ok().flatten().map(String::as_str);
    let stray = matches.get_many::<String>(STRAY).into_iter().flatten().map(String::as_str);
    match file {
        Some(file) if !file.starts_with('-') => {
            given.file(file);
            given.rest(stray);
        }
        _ => given.rest(file.into_iter().chain(stray)),
    }
    Some(given)
}

impl Given {
    fn file(&mut self, file: &str) {
        if self.config.replace((file.into(), "argument FILE".to_owned())).is_some() {
            self.unknown.push("flag --config and argument FILE: give one of them".to_owned());
        }
    }

    /// Takes what begins with the first thing that clap did not know. Flags in it are read on;
    /// whatever else stands there may be a secret that lost its flag: it is counted, not shown.
    fn rest<'a>(&mut self, arguments: impl Iterator<Item = &'a str>) {
        let mut lost = 0;
        let mut arguments = arguments.peekable();
        while let Some(argument) = arguments.next() {
            if !argument.starts_with('-') {
                lost += 1;
                continue;
            }
            let (name, value) = match argument.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (argument, arguments.next_if(|next| !next.starts_with('-'))),
            };
            self.flag(name, value.unwrap_or_default());
        }
        if lost > 0 {
            self.unknown.push(format!("command line: arguments that belong to no flag: {lost}"));
        }
    }

    fn flag(&mut self, name: &str, value: &str) {
        let setting = table::of(self.action).find(|setting| is_named(setting, name));
        match setting {
            Some(setting) => self.flags.push((setting, value.to_owned())),
            None if is_named(&CONFIG, name) => {
                self.config = Some((value.into(), "flag --config".to_owned()));
            }
            None if matches!(name, "--help" | "-h") => {}
            None => self.unknown.push(unknown_flag(self.action, name)),
        }
    }
}

fn is_named(setting: &Setting, flag: &str) -> bool {
    flag.strip_prefix("--").is_some_and(|name| name == setting.flag())
}

fn unknown_flag(action: Action, name: &str) -> String {
    if table::all().any(|setting| is_named(setting, name)) {
        return format!("flag {name}: not read by octoprox {}", action.name());
    }
    let known = table::of(action).chain([&CONFIG]).map(|setting| format!("--{}", setting.flag()));
    format!("flag {}: unknown{}", shown(name), suggestion(name, known))
}
