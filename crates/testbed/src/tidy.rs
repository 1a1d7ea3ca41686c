//! The rules of the house as functions: text in, complaints out.
//!
//! `tests/tidy.rs` gives them the workspace; the tests in here give them what they must refuse, so
//! that a rule which has stopped biting is noticed.

pub mod source;
pub mod graph;
pub mod libraries;
pub mod files;
pub mod words;
pub mod budget;
pub mod audited;

use std::fs;
use std::path::{Path, PathBuf};

/// What one rule found; empty is good. Each complaint names the place and says what to do.
pub type Complaints = Vec<String>;

/// One file of the workspace.
#[derive(Debug)]
pub struct File {
    /// From the root of the workspace, with `/`.
    pub path: String,
    /// Its contents; bytes that are not UTF-8 are replaced.
    pub text: String,
}

impl File {
    /// Whether it is a source file of Rust.
    #[must_use]
    pub fn is_rust(&self) -> bool {
        Path::new(&self.path).extension().is_some_and(|extension| extension == "rs")
    }
}

/// The root of the workspace this crate is in.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").components().collect()
}

/// Every file below `folder` of the workspace, in order, build output and packages left out.
///
#[must_use]
pub fn files(folder: &str) -> Vec<File> {
    let root = root();
    let mut found = Vec::new();
    collect(&root, &root.join(folder), &mut found);
    found.sort_by(|a: &File, b: &File| a.path.cmp(&b.path));
    found
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<File>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() && !matches!(&*name, "target" | "node_modules" | ".git") {
            collect(root, &path, found);
        } else if path.is_file() {
            let bytes = fs::read(&path).unwrap_or_default();
            let inside = path.strip_prefix(root).unwrap_or(&path);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            found.push(File { path: inside.to_string_lossy().replace('\\', "/"), text });
        }
    }
}

/// Names of what lies directly in a folder of the workspace.
#[must_use]
pub fn entries(folder: &str) -> Vec<String> {
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return Vec::new() };
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}
