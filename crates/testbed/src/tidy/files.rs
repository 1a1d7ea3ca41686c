//! Length, name and first line of a file; what lies at the top of the repository.

use super::{Complaints, File};

/// A file is shorter than this, its tests included.
pub const LINES: usize = 500;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "common", "core", "helper", "helpers", "manager", "misc", "service",
    "services", "types",
];

/// What may lie at the top of the repository, besides dotfiles.
const TOP_LEVEL: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "Makefile",
    "README.md",
    "crates",
    "deploy",
    "docker-compose.cluster.yml",
    "docker-compose.yml",
    "haproxy",
    "migrations",
    "rust-toolchain.toml",
    "target",
    "web",
];

/// Files of [`LINES`] lines or more.
#[must_use]
pub fn long(files: &[File]) -> Complaints {
    let rust = files.iter().filter(|file| file.is_rust());
    rust.map(|file| (file, file.text.lines().count()))
        .filter(|(_, lines)| *lines >= LINES)
        .map(|(file, lines)| {
            format!(
                "{} has {lines} lines; a file has fewer than {LINES}: split it by meaning, or \
                 move its tests to a file of their own",
                file.path
            )
        })
        .collect()
}

/// Files and folders that are named after nothing.
#[must_use]
pub fn badly_named(paths: &[&str]) -> Complaints {
    let mut complaints = Complaints::new();
    for path in paths {
        let mut parts: Vec<&str> = path.split('/').collect();
        let file = parts.pop().unwrap_or_default();
        if file == "mod.rs" {
            complaints.push(format!("{path}: write x.rs beside x/, not x/mod.rs"));
        }
        parts.push(file.split('.').next().unwrap_or_default());
        if let Some(name) = parts.iter().find(|part| EMPTY_NAMES.contains(part)) {
            complaints.push(format!("{path}: `{name}` says nothing: name it after what it holds"));
        }
    }
    complaints
}

/// Rust files that do not begin by saying what they are.
#[must_use]
pub fn unintroduced(files: &[File]) -> Complaints {
    let rust = files.iter().filter(|file| file.is_rust());
    rust.filter(|file| !introduces(&file.path, file.text.lines().next().unwrap_or_default()))
        .map(|file| format!("{}: let the first line be `//! ` and what the file is", file.path))
        .collect()
}

fn introduces(path: &str, first: &str) -> bool {
    let sentence = first.strip_prefix("//! ").is_some_and(|text| text.trim().len() > 8);
    let readme = first == "#![doc = include_str!(\"../README.md\")]";
    let is_root = path.ends_with("src/lib.rs") || path.ends_with("src/main.rs");
    sentence || (readme && is_root)
}

/// Entries at the top of the repository that do not belong there.
#[must_use]
pub fn stray(entries: &[String]) -> Complaints {
    let strays = entries.iter().filter(|name| !name.starts_with('.'));
    strays
        .filter(|name| !TOP_LEVEL.contains(&name.as_str()))
        .map(|name| format!("{name} does not belong at the top level: crates/README.md says what"))
        .collect()
}

/// Crates without a README, or that the map of the crates does not name.
#[must_use]
pub fn undescribed(crates: &[String], readmes: &[String], map: Option<&str>) -> Complaints {
    let mut complaints = Complaints::new();
    for name in crates {
        if !readmes.contains(name) {
            complaints
                .push(format!("crates/{name}/README.md is missing: what, one way in, limits"));
        }
        if !map.is_some_and(|map| map.contains(&format!("`{name}`"))) {
            complaints.push(format!("crates/README.md does not name `{name}`"));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_file_of_five_hundred_lines_is_too_long() {
        assert!(long(&[file("a.rs", &"x\n".repeat(499))]).is_empty());
        assert_eq!(long(&[file("a.rs", &"x\n".repeat(500))]).len(), 1);
        assert_eq!(long(&[file("a.rs", &"x\n".repeat(501))]).len(), 1);
        assert!(long(&[file("a.md", &"x\n".repeat(501))]).is_empty());
    }

    #[test]
    fn a_name_says_what_is_inside() {
        let bad = ["crates/x/src/utils.rs", "crates/common/src/lib.rs", "crates/x/src/a/mod.rs"];
        assert_eq!(badly_named(&bad).len(), 3);
        let good = ["crates/x/src/corers.rs", "crates/model/src/id.rs", "crates/x/tests/modes.rs"];
        assert_eq!(badly_named(&good), Complaints::new());
    }

    #[test]
    fn a_file_introduces_itself() {
        for bad in ["", "use std::fs;", "//!", "//! .", "// A comment.", "/// Not of the file."] {
            assert_eq!(unintroduced(&[file("crates/x/src/a.rs", bad)]).len(), 1, "{bad}");
        }
        let readme = "#![doc = include_str!(\"../README.md\")]\n";
        assert_eq!(unintroduced(&[file("crates/x/src/a.rs", readme)]).len(), 1);
        assert_eq!(unintroduced(&[file("crates/x/src/lib.rs", readme)]).len(), 0);
        assert_eq!(unintroduced(&[file("crates/x/src/a.rs", "//! What it is.\n")]).len(), 0);
    }

    #[test]
    fn the_top_level_is_a_closed_list() {
        let names = ["Cargo.toml", ".github", "fuzz", "scripts"].map(str::to_owned);
        assert_eq!(stray(&names).len(), 2);
    }

    #[test]
    fn a_crate_is_described_and_on_the_map() {
        let crates = ["a", "b"].map(str::to_owned);
        assert_eq!(undescribed(&crates, &crates[..1], Some("| `a` |")).len(), 2);
        assert_eq!(undescribed(&crates, &crates, Some("`a` and `b`")), Complaints::new());
        assert_eq!(undescribed(&crates, &crates, None).len(), 2);
    }
}
