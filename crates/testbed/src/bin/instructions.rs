//! `make instructions`, `make instructions-check`: counts the instructions of what the bench
//! `instructions` of `relay` does, and stores the counts or compares them with the stored ones.
//!
//! Each unit is done N times and 2N times, each in a process of its own under valgrind. The
//! difference is the unit; starting, building a roster and ending are not in it.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Output, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;
use testbed::instructions::{self, Counts, FILE};
use testbed::tidy;

/// What is left of the environment: its size moves the stack.
const PATH: (&str, &str) = ("PATH", "/usr/local/bin:/usr/bin:/bin");

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["check"] => check(),
        ["write"] => write(),
        _ => Err(anyhow::anyhow!("usage: instructions check|write")),
    };
    let Err(why) = done else { return ExitCode::SUCCESS };
    say(&format!("{why:#}"));
    ExitCode::FAILURE
}

fn check() -> Result<()> {
    let stored = fs::read_to_string(tidy::root().join(FILE)).unwrap_or_default();
    let stored: Counts = stored.parse().with_context(|| format!("cannot read {FILE}"))?;
    let now = count()?;
    say(&instructions::table(&stored, &now));
    let complaints = instructions::compare(&stored, &now);
    ensure!(complaints.is_empty(), "{}", complaints.join("\n"));
    Ok(())
}

fn write() -> Result<()> {
    let now = count()?;
    fs::write(tidy::root().join(FILE), now.to_string())?;
    say(&now.to_string());
    Ok(())
}

fn count() -> Result<Counts> {
    let program = build()?;
    let units = said(Command::new(&program).arg("list"))?;
    let units = units.lines().map(|line| {
        let (name, times) = line.split_once(' ').context("expected UNIT TIMES")?;
        let count = count_unit(&program, name, times.parse()?);
        Ok((name.to_owned(), count.with_context(|| format!("cannot count {name}"))?))
    });
    Ok(Counts { compiler: compiler()?, units: units.collect::<Result<_>>()? })
}

/// Builds the bench as a release is built, and tells where it is.
fn build() -> Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["bench", "--locked", "-p", "relay", "--bench", "instructions", "--no-run"]);
    let messages = said(cargo.arg("--message-format=json").current_dir(tidy::root()))?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut programs = messages.filter_map(|message| Some(message["executable"].as_str()?.into()));
    programs.next().context("cargo built no program")
}

/// `rustc 1.95.0 x86_64`
fn compiler() -> Result<String> {
    let version = said(Command::new("rustc").arg("-V").current_dir(tidy::root()))?;
    let (number, _) = version.split_once(" (").context("rustc told no version")?;
    Ok(format!("{number} {}", std::env::consts::ARCH))
}

/// Instructions for one unit, by the difference of two runs that are under way at once.
fn count_unit(program: &PathBuf, name: &str, times: u32) -> Result<u32> {
    let once = under_valgrind(program, name, times)?;
    let twice = under_valgrind(program, name, times * 2)?;
    let (once, twice) = (once.wait_with_output()?, twice.wait_with_output()?);
    let counted = |ended: &Output| {
        let said = String::from_utf8_lossy(&ended.stderr);
        ensure!(ended.status.success(), "{}: {said}", ended.status);
        instructions::counted(&said)
    };
    let all = counted(&twice)?.checked_sub(counted(&once)?).context("twice as many took less")?;
    Ok(u32::try_from(all / u64::from(times))?)
}

fn under_valgrind(program: &PathBuf, name: &str, times: u32) -> Result<Child> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]);
    valgrind.arg(program).args([name, &times.to_string()]).env_clear().envs([PATH]);
    valgrind.stderr(Stdio::piped()).spawn().context("no valgrind: run make deps")
}

/// What a program writes, once it has ended well.
fn said(command: &mut Command) -> Result<String> {
    let ended = command.stderr(Stdio::inherit()).output()?;
    if !ended.status.success() {
        bail!("{command:?}: {}", ended.status);
    }
    Ok(String::from_utf8(ended.stdout)?)
}

/// Writes for the person at the terminal.
fn say(text: &str) {
    // Nobody may be listening any more, which is no reason to end.
    let _unheard = writeln!(std::io::stdout(), "{}", text.trim_end());
}
