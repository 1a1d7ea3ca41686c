#![doc = include_str!("../README.md")]

mod settings;
mod telemetry;
mod traces;
mod descriptors;
mod memory;
mod listen;
mod takeover;
mod live;
mod exchanges;
mod peers;
mod receivers;
mod data_plane;
mod readiness;
mod assemble;
mod lifecycle;
mod roots;
mod serve;
mod exit;
mod demo;
mod say;

use std::process::ExitCode;

use clap::ArgMatches;

use crate::settings::Settings;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How far the threads of the control plane stand back where there are not cores enough (nice(7)).
const NICE: i32 = 5;

fn main() -> ExitCode {
    let matches = settings::command().get_matches();
    if matches.subcommand_name() == Some("version") {
        say::line(&format!("octoprox {}", env!("CARGO_PKG_VERSION")));
        return ExitCode::SUCCESS;
    }
    let loaded = match settings::read(&matches, settings::environment()) {
        Ok(loaded) => loaded,
        Err(mistakes) => {
            say::error(&mistakes.to_string());
            return ExitCode::from(mistakes.exit_code());
        }
    };
    if matches.subcommand_name() == Some("check") {
        loaded.warnings.iter().for_each(|warning| say::error(warning));
        say::line("The settings are valid.");
        return ExitCode::SUCCESS;
    }
    telemetry::log::to_stderr(&loaded.settings.log);
    for warning in &loaded.warnings {
        tracing::warn!("{warning}");
    }
    match run(&matches, loaded.settings) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = %format!("{error:#}"), "ended");
            ExitCode::FAILURE
        }
    }
}

/// Runs a subcommand that serves, on the runtime of the control plane.
fn run(matches: &ArgMatches, settings: Settings) -> anyhow::Result<()> {
    memory::hold_what_is_used();
    // One provider for every user of TLS, whatever the crates in between turn on.
    let _only_once = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("control")
        .on_thread_start(|| {
            // Where that is not allowed, all threads are alike.
            let _alike = rustix::process::setpriority_process(None, NICE);
        })
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(async {
        match matches.subcommand_name() {
            Some("exit") => exit::run(settings).await,
            Some("demo") => demo::run(settings).await,
            _ => serve::run(settings).await,
        }
    });
    // Lookups on blocking threads may hang for a while yet; nothing waits for them.
    runtime.shutdown_background();
    outcome
}
