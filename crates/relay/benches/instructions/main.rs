//! Work to count the instructions of: `make instructions` runs each unit under valgrind.
//!
//! Run with a unit and a number, it does that unit so many times. What the program costs besides is
//! found by doing it twice as often. Run with nothing, as tests do, it does everything a little.

mod rows;
mod choice;
mod head;
mod relayed;

use std::io::{self, Write};
use std::process::ExitCode;

/// What the node runs with: a request is also what it allocates.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Something to count.
struct Unit {
    name: &'static str,
    /// How often it is done, so that chance and what happens by the clock do not show.
    times: u32,
    work: fn(u32),
}

const UNITS: &[Unit] = &[
    Unit { name: "select_round_robin", times: 50_000, work: choice::round_robin },
    Unit { name: "select_country_session", times: 50_000, work: choice::country_session },
    Unit { name: "username_parameters", times: 20_000, work: choice::username_parameters },
    Unit { name: "request_head", times: 20_000, work: head::request },
    Unit { name: "response_head", times: 20_000, work: head::response },
    Unit { name: "relayed_request", times: 5_000, work: relayed::requests },
    Unit { name: "tunnel", times: 1_000, work: relayed::tunnels },
];

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["list"] => list(),
        [name, times] => count(name, times),
        _ => {
            for unit in UNITS {
                (unit.work)(3);
            }
            ExitCode::SUCCESS
        }
    }
}

/// Tells what there is to count, and how often it should be done.
fn list() -> ExitCode {
    let mut out = io::stdout();
    let told = UNITS.iter().try_for_each(|unit| writeln!(out, "{} {}", unit.name, unit.times));
    if told.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn count(name: &str, times: &str) -> ExitCode {
    let unit = UNITS.iter().find(|unit| unit.name == name);
    let (Some(unit), Ok(times)) = (unit, times.parse()) else { return ExitCode::FAILURE };
    (unit.work)(times);
    ExitCode::SUCCESS
}
