//! The rules of the house, applied to this workspace: what each says is in `testbed::tidy`.

use std::collections::BTreeMap;

use testbed::tidy::graph::{self, Manifest};
use testbed::tidy::{self, Complaints, File, audited, budget, files, libraries, words};

#[track_caller]
fn none(complaints: &Complaints) {
    assert!(complaints.is_empty(), "\n\n{}\n", complaints.join("\n"));
}

/// Everything that people write and that is not the web UI, which has its own rules.
fn written() -> Vec<File> {
    ["crates", "migrations", "haproxy", "deploy"].into_iter().flat_map(tidy::files).collect()
}

fn crates() -> Vec<String> {
    let is_crate = |name: &String| tidy::root().join("crates").join(name).is_dir();
    tidy::entries("crates").into_iter().filter(is_crate).collect()
}

fn manifests() -> BTreeMap<String, Manifest> {
    let read = |name: String| {
        let path = tidy::root().join("crates").join(&name).join("Cargo.toml");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        (name, graph::read(&text))
    };
    crates().into_iter().map(read).collect()
}

#[test]
fn there_is_something_to_look_at() {
    assert!(written().iter().any(|file| file.path == "crates/testbed/tests/tidy.rs"));
    assert!(manifests()["node"].normal.contains("relay"), "{:?}", manifests());
}

#[test]
fn crates_import_only_what_the_table_allows() {
    none(&graph::check(&manifests()));
}

#[test]
fn each_library_has_one_owner() {
    none(&libraries::check(&manifests()));
}

/// `BoringSSL` takes minutes to build, and tools that nothing else needs.
#[test]
fn nobody_builds_browsers_who_does_not_ask() {
    let path = tidy::root().join("crates/disguise/Cargo.toml");
    let manifest = std::fs::read_to_string(path).unwrap_or_default();
    let section = |name: &str| manifest.split(&format!("\n[{name}]\n")).nth(1)?.split("\n[").next();
    let features = section("features").unwrap_or_default();
    assert!(features.contains("browsers = [") && !features.contains("default"), "{features}");
    let needed = section("dependencies").unwrap_or_default().lines();
    let always: Vec<_> = needed.filter(|line| !line.ends_with("optional = true }")).collect();
    assert_eq!(always, [""; 0], "`disguise` needs them without being asked for browsers");
}

#[test]
fn no_file_is_long() {
    none(&files::long(&written()));
}

#[test]
fn every_name_says_what_is_inside() {
    let written = written();
    none(&files::badly_named(&written.iter().map(|file| &*file.path).collect::<Vec<_>>()));
}

#[test]
fn every_file_introduces_itself() {
    none(&files::unintroduced(&written()));
}

#[test]
fn a_request_can_be_read_in_one_sitting() {
    none(&budget::check(&written(), budget::LINES));
}

#[test]
fn every_crate_is_described_and_on_the_map() {
    let with_readme =
        |name: &String| tidy::root().join("crates").join(name).join("README.md").is_file();
    let readmes: Vec<_> = crates().into_iter().filter(with_readme).collect();
    let map = std::fs::read_to_string(tidy::root().join("crates/README.md")).ok();
    none(&files::undescribed(&crates(), &readmes, map.as_deref()));
}

#[test]
fn nothing_strays_at_the_top_level() {
    none(&files::stray(&tidy::entries(".")));
}

#[test]
fn nothing_is_unfinished_or_switched_off() {
    none(&words::forbidden(&written()));
}

#[test]
fn lines_and_files_end_cleanly() {
    none(&words::untidy_ends(&written()));
}

#[test]
fn every_endpoint_that_changes_something_is_in_the_audit_log() {
    none(&audited::check(&written()));
}

#[test]
fn sql_stays_in_the_store() {
    none(&words::sql_abroad(&written()));
}

/// Tests that a table of ours names and that do not exist.
fn missing_tests(table: &str, least: usize) -> Complaints {
    let text = std::fs::read_to_string(tidy::root().join(table)).unwrap_or_default();
    let code: String = written().iter().map(|file| file.text.as_str()).collect();
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let last_cells = rows.filter_map(|row| row.trim_end_matches([' ', '|']).rsplit('|').next());
    let names = last_cells.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let is_test = |name: &&str| name.matches('_').count() > 2 && !name.contains('/');
    let names: Vec<_> = names.map(|name| name.rsplit("::").next().unwrap_or(name)).collect();
    assert!(names.len() > least, "{names:?}");
    let missing = names.into_iter().filter(is_test);
    let missing = missing.filter(|name| !code.contains(&format!("fn {name}(")));
    missing.map(|name| format!("{table}: there is no test `{name}`")).collect()
}

#[test]
fn every_threat_names_a_test_there_is() {
    none(&missing_tests("crates/THREATS.md", 80));
}

#[test]
fn every_fault_names_a_test_there_is() {
    none(&missing_tests("crates/FAULTS.md", 28));
}
