//! `make cluster-local`: what it prints is true, and it leaves nothing behind.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};
use testbed::client::{Client, login};
use testbed::clock::eventually;
use testbed::haproxy::Fronts;
use testbed::process::Process;
use testbed::tools::Tool;

const PATIENCE: Duration = Duration::from_mins(1);

fn start(fronts: Fronts) -> Process {
    let folder = tempfile::tempdir().unwrap();
    let temporary = folder.path().join("temporary");
    std::fs::create_dir(&temporary).unwrap();
    // Postgres runs under an account of its own.
    for path in [folder.path(), &temporary] {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let tool = Tool::ours(env!("CARGO_BIN_EXE_cluster-local"));
    let tool = tool.with("TMPDIR", temporary.display().to_string());
    let addresses = [fronts.proxy, fronts.api, fronts.stats].map(|address| address.to_string());
    let arguments: Vec<&str> = addresses.iter().map(String::as_str).collect();
    tool.start(folder, &arguments).unwrap()
}

/// The numbers of the processes in the table that it prints.
fn processes(log: &[String]) -> Vec<Pid> {
    let begun = log.iter().skip_while(|line| !line.ends_with("  log")).skip(1);
    let rows = begun.take_while(|line| !line.is_empty());
    let id = |line: &String| line.split_whitespace().nth(1).unwrap().parse().unwrap();
    rows.map(|line| Pid::from_raw(id(line)).unwrap()).collect()
}

fn runs(process: Pid) -> bool {
    test_kill_process(process).is_ok()
}

#[tokio::test]
async fn the_cluster_of_this_machine_serves_and_leaves_nothing_behind() {
    let fronts = Fronts::own();
    let mut local = start(fronts);
    let up = || async { local.log().iter().any(|line| line.starts_with("Ctrl-C")).then_some(()) };
    let came = eventually("a cluster", PATIENCE, up).await;
    came.unwrap_or_else(|why| panic!("{why}: {:#?}", local.log()));
    let log = local.log();
    let line = log.iter().find(|line| line.trim().starts_with("for i in")).unwrap();
    let target = line.split_whitespace().find_map(|word| word.strip_suffix("/;")).unwrap();
    assert!(line.contains(&format!("demo:demo-password@{} ", fronts.proxy)), "{line}");
    let mut exits = BTreeSet::new();
    for _ in 0..12 {
        let mut client = Client::connect(fronts.proxy).await.unwrap();
        let fields = login("demo", "demo-password");
        let answer = client.ask("GET", &format!("{target}/"), &fields).await.unwrap();
        assert_eq!(answer.status(), 200, "{}", answer.text());
        exits.insert(answer.text());
    }
    assert_eq!(exits.len(), 3, "{exits:?}");

    let processes = processes(&log);
    assert_eq!(processes.len(), 5, "{log:#?}");
    assert!(processes.iter().all(|process| runs(*process)));
    local.terminate().unwrap();
    assert_eq!(local.ended(PATIENCE).await.unwrap().code(), Some(0), "{:#?}", local.log());
    assert!(!processes.iter().any(|process| runs(*process)));
    let left: Vec<_> = entries(&local.folder().join("temporary"));
    assert!(left.is_empty(), "{left:?}");
}

fn entries(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn a_taken_port_is_told_in_one_line() {
    let fronts = Fronts::own();
    let _taken = std::net::TcpListener::bind(fronts.api).unwrap();
    let mut local = start(fronts);
    assert_eq!(local.ended(PATIENCE).await.unwrap().code(), Some(1));
    let log = local.log();
    assert!(log.len() == 1 && log[0].contains("API_PORT"), "{log:?}");
}
