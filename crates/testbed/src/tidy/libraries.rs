//! Which crate alone may name a library, so that an effect stays where it belongs.

use std::collections::BTreeMap;

use super::Complaints;
use super::graph::Manifest;

/// A library and who may use it.
struct Owned {
    library: &'static str,
    /// Crates whose code may use it.
    by: &'static [&'static str],
    /// Crates whose tests may use it besides.
    in_tests_of: &'static [&'static str],
}

/// `testbed` is all tests, so it stands in the last column and its plain dependencies count there.
const OWNED: &[Owned] = &[
    Owned { library: "twox-hash", by: &["rotation"], in_tests_of: &[] },
    Owned { library: "rcgen", by: &["authority"], in_tests_of: &["cluster", "dial", "testbed"] },
    Owned { library: "sqlx", by: &["store"], in_tests_of: &[] },
    Owned { library: "chacha20poly1305", by: &["store"], in_tests_of: &[] },
    Owned { library: "axum", by: &["api"], in_tests_of: &[] },
    Owned { library: "rust-embed", by: &["console"], in_tests_of: &[] },
    Owned { library: "jsonwebtoken", by: &["api"], in_tests_of: &[] },
    Owned { library: "argon2", by: &["api"], in_tests_of: &[] },
    Owned { library: "md-5", by: &["fingerprint"], in_tests_of: &[] },
    Owned { library: "sha2", by: &["fingerprint"], in_tests_of: &[] },
    Owned { library: "regex", by: &["rules"], in_tests_of: &[] },
    Owned { library: "brotli-decompressor", by: &["rules"], in_tests_of: &[] },
    Owned { library: "ruzstd", by: &["rules"], in_tests_of: &[] },
    Owned { library: "wreq", by: &["disguise"], in_tests_of: &[] },
    Owned { library: "btls", by: &["disguise"], in_tests_of: &[] },
    Owned { library: "csv-core", by: &["provider"], in_tests_of: &[] },
    Owned { library: "redis", by: &["cluster"], in_tests_of: &[] },
    Owned { library: "anyhow", by: &["node"], in_tests_of: &["testbed"] },
    Owned { library: "clap", by: &["node"], in_tests_of: &[] },
    Owned { library: "serde-saphyr", by: &["node"], in_tests_of: &["testbed"] },
];

/// Libraries that a crate uses although they are another's.
#[must_use]
pub fn check(manifests: &BTreeMap<String, Manifest>) -> Complaints {
    let mut complaints = Complaints::new();
    for (name, manifest) in manifests {
        for owned in OWNED {
            let in_code = manifest.normal.contains(owned.library) && name != "testbed";
            let in_tests = manifest.dev.contains(owned.library)
                || (manifest.normal.contains(owned.library) && name == "testbed");
            let owner = owned.by.contains(&name.as_str());
            let tester = owner || owned.in_tests_of.contains(&name.as_str());
            if (in_code && !owner) || (in_tests && !tester) {
                complaints.push(format!(
                    "`{name}` uses `{}`, which only {:?} may: ask that crate for what you need",
                    owned.library, owned.by
                ));
            }
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::graph;

    fn complaints(name: &str, manifest: &str) -> usize {
        check(&[(name.to_owned(), graph::read(manifest))].into()).len()
    }

    #[test]
    fn a_library_has_one_owner() {
        assert_eq!(complaints("store", "[dependencies]\nsqlx.workspace = true\n"), 0);
        assert_eq!(complaints("api", "[dependencies]\nsqlx.workspace = true\n"), 1);
        assert_eq!(complaints("api", "[dev-dependencies]\nsqlx.workspace = true\n"), 1);
        assert_eq!(complaints("relay", "[dependencies]\nrcgen = \"0.14\"\n"), 1);
        assert_eq!(complaints("dial", "[dev-dependencies]\nrcgen = \"0.14\"\n"), 0);
        assert_eq!(complaints("dial", "[dependencies]\nrcgen = \"0.14\"\n"), 1);
        assert_eq!(complaints("testbed", "[dependencies]\nrcgen = \"0.14\"\nanyhow = \"1\"\n"), 0);
        assert_eq!(complaints("relay", "[dependencies]\nx = { package = \"anyhow\" }\n"), 1);
    }
}
