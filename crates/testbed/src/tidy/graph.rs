//! Which crate may import which: read from the manifests, compared with the table.

use std::collections::{BTreeMap, BTreeSet};

use super::Complaints;

/// Every crate of the workspace and what it may import of ours. A new arrow is a decision: it is
/// written down here and in `crates/README.md`, or it is not made.
pub const ALLOWED: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("http1", &[]),
    ("authority", &[]),
    ("fingerprint", &[]),
    ("rules", &["model", "http1"]),
    ("capture", &["model", "http1"]),
    ("disguise", &["model"]),
    ("rotation", &["model"]),
    ("dial", &["model", "http1"]),
    (
        "relay",
        &[
            "model",
            "http1",
            "fingerprint",
            "rules",
            "capture",
            "rotation",
            "dial",
            "authority",
            "disguise",
        ],
    ),
    ("store", &["model"]),
    ("provider", &["model"]),
    ("cluster", &["model"]),
    ("console", &[]),
    ("journal", &["model", "cluster"]),
    (
        "api",
        &[
            "model",
            "rules",
            "capture",
            "authority",
            "provider",
            "store",
            "cluster",
            "journal",
            "console",
        ],
    ),
    ("reconcile", &["model", "http1", "rotation", "dial", "provider", "store", "cluster"]),
    (
        "node",
        &[
            "model",
            "http1",
            "rules",
            "rotation",
            "dial",
            "authority",
            "capture",
            "relay",
            "store",
            "api",
            "provider",
            "cluster",
            "journal",
            "reconcile",
        ],
    ),
    ("testbed", &["model", "node", "http1", "fingerprint"]),
];

/// What one `Cargo.toml` asks for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// `[dependencies]`, for every target, and `[build-dependencies]`.
    pub normal: BTreeSet<String>,
    /// `[dev-dependencies]`.
    pub dev: BTreeSet<String>,
}

/// Reads the names of the dependencies out of a manifest. A renamed one counts under the name of
/// its package.
#[must_use]
pub fn read(manifest: &str) -> Manifest {
    let mut found = Manifest::default();
    let mut section = String::new();
    for line in manifest.lines().map(|line| line.split('#').next().unwrap_or_default().trim()) {
        if let Some(header) = line.strip_prefix('[') {
            header.trim_matches(['[', ']']).clone_into(&mut section);
        }
        let (table, name) = match section.rsplit_once("dependencies.") {
            Some((kind, name)) => (format!("{kind}dependencies"), Some(name.to_owned())),
            None => (section.clone(), dependency_name(line)),
        };
        let Some(name) = name.filter(|_| table.ends_with("dependencies")) else { continue };
        let dev = table.rsplit('.').next() == Some("dev-dependencies");
        if dev {
            found.dev.insert(name)
        } else {
            found.normal.insert(name)
        };
    }
    found
}

fn dependency_name(line: &str) -> Option<String> {
    let (key, value) = line.split_once('=')?;
    let package = value.split_once("package").and_then(|(_, rest)| rest.split('"').nth(1));
    let name = key.trim().split('.').next()?.trim_matches('"');
    Some(package.unwrap_or(name).to_owned())
}

/// The arrows of the workspace that the table does not have, and crates it does not know. Both
/// graphs go along, for whoever has to decide.
#[must_use]
pub fn check(manifests: &BTreeMap<String, Manifest>) -> Complaints {
    let mut complaints = Complaints::new();
    for (name, manifest) in manifests {
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| known == name) else {
            complaints.push(format!(
                "crate `{name}` is in no row of the table in testbed/src/tidy/graph.rs: \
                 say there and in crates/README.md what it may import"
            ));
            continue;
        };
        for import in ours(manifest, manifests).filter(|import| !allowed.contains(import)) {
            complaints.push(format!(
                "`{name}` imports `{import}`, which it may not: move the code to the crate it \
                 belongs to, or make the new arrow a decision (crates/DECISIONS.md, \
                 crates/README.md, testbed/src/tidy/graph.rs)"
            ));
        }
    }
    if !complaints.is_empty() {
        complaints.push(drawn(manifests));
    }
    complaints
}

fn ours<'a>(
    manifest: &'a Manifest,
    all: &'a BTreeMap<String, Manifest>,
) -> impl Iterator<Item = &'a str> {
    manifest.normal.iter().filter(|name| all.contains_key(*name)).map(String::as_str)
}

fn drawn(manifests: &BTreeMap<String, Manifest>) -> String {
    let row = |name: &str, imports: &[&str]| format!("    {name} -> {}\n", imports.join(" "));
    let is = manifests.iter().map(|(name, manifest)| {
        let imports: Vec<_> = ours(manifest, manifests).collect();
        row(name, &imports)
    });
    let may_be = ALLOWED.iter().map(|(name, imports)| row(name, imports));
    format!("as it is:\n{}as it may be:\n{}", is.collect::<String>(), may_be.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace(manifests: &[(&str, &str)]) -> BTreeMap<String, Manifest> {
        manifests.iter().map(|(name, text)| ((*name).to_owned(), read(text))).collect()
    }

    #[test]
    fn a_manifest_is_read_whatever_its_spelling() {
        let manifest = read(
            "[package]\nname = \"x\"\n[dependencies]\nmodel.workspace = true\n\
             other = { package = \"sqlx\", version = \"1\" } # why\n\
             [dependencies.axum]\nversion = \"0.8\"\n\
             [target.'cfg(unix)'.dependencies]\nrustix = \"1\"\n\
             [build-dependencies]\ncc = \"1\"\n[dev-dependencies]\ntempfile = \"3\"\n\
             [features]\nmodel = []\n",
        );
        let normal: Vec<_> = manifest.normal.iter().map(String::as_str).collect();
        assert_eq!(normal, ["axum", "cc", "model", "rustix", "sqlx"]);
        assert_eq!(manifest.dev.iter().collect::<Vec<_>>(), ["tempfile"]);
    }

    #[test]
    fn an_arrow_that_the_table_lacks_is_refused_and_both_graphs_are_shown() {
        let complaints = check(&workspace(&[
            ("model", ""),
            ("store", "[dependencies]\nmodel.workspace = true\n"),
            ("relay", "[dependencies]\nmodel.workspace = true\nstore.workspace = true\n"),
        ]));
        assert_eq!(complaints.len(), 2, "{complaints:#?}");
        assert!(complaints[0].contains("`relay` imports `store`"), "{complaints:#?}");
        assert!(complaints[1].contains("    relay -> model store\n"), "{complaints:#?}");
    }

    #[test]
    fn what_only_tests_import_is_no_arrow() {
        let manifests =
            workspace(&[("store", ""), ("relay", "[dev-dependencies]\nstore.workspace = true\n")]);
        assert_eq!(check(&manifests), Complaints::new());
    }

    #[test]
    fn a_crate_that_the_table_lacks_is_refused() {
        let complaints = check(&workspace(&[("gadget", "")]));
        assert!(complaints[0].contains("crate `gadget`"), "{complaints:#?}");
    }
}
