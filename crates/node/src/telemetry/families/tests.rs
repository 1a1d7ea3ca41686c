//! The table against the code that counts, the page, the dashboard and the rules.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::*;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/METRICS.md");

const HEAD: &str = "# Metrics

What `GET /metrics` of every node shows, in the text format of Prometheus. The table is generated
from `src/telemetry/families.rs` by `make generate`; a test keeps it true.

Labels that operators name (`project`, `connector`, `rule`) have MOST sets of values in each family;
what comes then is counted with the value `OTHER`, until the node starts again. When a project gets
another name, a new series begins. Counters begin at zero when a node starts. Histograms have the
same buckets everywhere, from 1 ms to 30 s, so that they can be added up over nodes. Dashboards and
rules that use them are in `deploy/`.

| name | type | labels | what |
|---|---|---|---|
";

fn page() -> String {
    let mut page = HEAD.replace("MOST", &MOST.to_string()).replace("OTHER", OTHER);
    for Family { name, kind, labels, help } in FAMILIES {
        let kind = format!("{kind:?}").to_lowercase();
        writeln!(page, "| `{name}` | {kind} | {labels} | {help} |").unwrap();
    }
    page
}

#[test]
fn the_page_of_metrics_is_up_to_date() {
    let expected = page();
    // `make generate` sets it.
    if std::env::var_os("OCTOPROX_GENERATE").is_some() {
        std::fs::write(PAGE, &expected).unwrap();
    }
    let found = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(found == expected, "METRICS.md is old: `make generate` writes it:\n{expected}");
}

/// Names in `text` that begin like this.
fn names(text: &str, prefix: &str) -> BTreeSet<String> {
    let is_name = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    // What stands behind a colon is what a rule records.
    let ours = text.match_indices(prefix).filter(|(at, _)| !text[..*at].ends_with(':'));
    ours.map(|(at, _)| {
        let rest = &text[at + prefix.len()..];
        let end = rest.find(|letter| !is_name(letter)).unwrap_or(rest.len());
        format!("{prefix}{}", &rest[..end])
    })
    .collect()
}

/// Names that the code of the crates gives to a macro of `metrics`.
fn counted() -> BTreeSet<String> {
    let files = testbed::tidy::files("crates");
    let code = files.iter().filter(|file| file.is_rust() && file.path.contains("/src/"));
    let code = code.filter(|file| {
        !file.path.contains("tests")
            && !file.path.contains("testbed")
            && !file.path.ends_with("families.rs")
    });
    code.flat_map(|file| {
        names(&file.text, "\"octoprox_").into_iter().chain(names(&file.text, "\"process_"))
    })
    .map(|name| name.trim_matches('"').to_owned())
    .collect()
}

#[test]
fn every_family_is_counted_and_everything_counted_is_a_family() {
    let known: BTreeSet<_> = FAMILIES.iter().map(|family| family.name.to_owned()).collect();
    assert_eq!(known.len(), FAMILIES.len(), "one is there twice");
    // Not metrics: files, keys, names of columns.
    let counted: BTreeSet<_> = counted().into_iter().filter(|name| name != "octoprox_").collect();
    let missing: Vec<_> = counted.difference(&known).collect();
    assert!(missing.is_empty(), "in no family: {missing:?}");
    let idle: Vec<_> = known.difference(&counted).collect();
    assert!(idle.is_empty(), "counted nowhere: {idle:?}");
}

#[test]
fn names_say_the_unit_and_the_kind() {
    for Family { name, kind, help, .. } in FAMILIES {
        assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
        assert!(*kind != Kind::Histogram || name.ends_with("_seconds"), "{name}");
        assert!(help.ends_with('.') && !help.contains('|'), "{name}");
    }
}

/// What a query may ask for: names of families, and of the series of histograms.
fn series() -> BTreeSet<String> {
    let parts = |family: &Family| match family.kind {
        Kind::Histogram => {
            ["_bucket", "_sum", "_count"].map(|end| format!("{}{end}", family.name)).to_vec()
        }
        _ => vec![family.name.to_owned()],
    };
    FAMILIES.iter().flat_map(parts).collect()
}

#[test]
fn dashboards_and_rules_ask_only_for_what_there_is() {
    let series = series();
    let files = testbed::tidy::files("deploy");
    let is_asking = |file: &&testbed::tidy::File| {
        [".rules.yml", ".json"].iter().any(|end| file.path.ends_with(end))
    };
    let texts: Vec<_> = files.iter().filter(is_asking).collect();
    assert!(texts.len() >= 2, "{texts:?}");
    for file in texts {
        let asked: BTreeSet<_> = names(&file.text, "octoprox_")
            .into_iter()
            .chain(names(&file.text, "process_"))
            .collect();
        let unknown: Vec<_> = asked.difference(&series).collect();
        assert!(unknown.is_empty() && !asked.is_empty(), "{}: {unknown:?}", file.path);
    }
}
