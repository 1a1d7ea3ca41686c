//! Whoever changes something through the API is in the audit log.

use super::{Complaints, File};

/// Operations that leave no entry, and why.
const SILENT: &[(&str, &str)] = &[
    ("refresh", "exchanges the caller's own token"),
    ("logout", "ends the caller's own session"),
    ("test_bans", "changes nothing"),
    ("explain_choice", "changes nothing"),
    ("send_feedback", "is a client's, as its requests are, and counted"),
    ("login", "leaves it in `identified`"),
    ("create_session", "leaves it in `identified`"),
    ("end_session", "ends the caller's own session"),
];

/// What leaves an entry: the one way to end a change, or a note of what is no change of the
/// configuration; by name, or through a function of the same file that does.
const LEAVES: &[&str] = &["commit(", "notify(", "commit_key(", "acting::record(", "set(&state"];

/// Endpoints of the API that change something and leave no entry in the audit log.
#[must_use]
pub fn check(files: &[File]) -> Complaints {
    let endpoints = files.iter().filter(|file| {
        file.path.starts_with("crates/api/src/") && file.text.contains("#[utoipa::path(")
    });
    endpoints.flat_map(of).collect()
}

fn of(file: &File) -> Complaints {
    let mut complaints = Complaints::new();
    for text in file.text.split("#[utoipa::path(").skip(1) {
        let method = text.trim_start().split(',').next().unwrap_or_default();
        let operation =
            text.split("operation_id = \"").nth(1).and_then(|rest| rest.split('"').next());
        let operation = operation.unwrap_or_default();
        let body = text.split("\n}\n").next().unwrap_or_default();
        let is_silent = SILENT.iter().any(|(name, _why)| *name == operation);
        let is_audited = LEAVES.iter().any(|call| body.contains(call));
        if matches!(method, "post" | "put" | "patch" | "delete") && !is_silent && !is_audited {
            complaints.push(format!(
                "{}: `{operation}` leaves no entry in the audit log: end it with `commit`, or \
                 `acting::record` what it did",
                file.path
            ));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(method: &str, operation: &str, body: &str) -> usize {
        let text = format!(
            "#[utoipa::path({method}, path = \"/x\", tag = \"x\", operation_id = \"{operation}\",\n \
             responses((status = 204)))]\npub(crate) async fn x() {{\n    {body}\n}}\n\nfn y() {{\n    \
             commit(&state)\n}}\n"
        );
        check(&[File { path: "crates/api/src/x.rs".to_owned(), text }]).len()
    }

    #[test]
    fn what_changes_something_says_so() {
        assert_eq!(complaints("post", "create_x", "commit(&state, change)"), 0);
        assert_eq!(complaints("put", "set_x", "acting::record(&state)"), 0);
        assert_eq!(complaints("get", "get_x", "state.x()"), 0);
        assert_eq!(complaints("post", "logout", "state.x()"), 0);
        for method in ["post", "put", "patch", "delete"] {
            assert_eq!(complaints(method, "do_x", "state.x()"), 1, "{method}");
        }
    }
}
