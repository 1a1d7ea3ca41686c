//! What may not be written: unfinished code, tests that do not run, blanks at the end, SQL abroad.

use std::path::Path;

use super::source::{self, Parts};
use super::{Complaints, File};

/// Searched for in code, where neither comments nor quoted texts count.
const FORBIDDEN: &[(&str, &str)] = &[
    ("#[ignore", "a test runs, or it is deleted"),
    ("should_panic", "return the error and compare it"),
    ("todo!", "finish it, or leave it out"),
    ("unimplemented!", "finish it, or leave it out"),
    ("dbg!", "use tracing, or take it out"),
];

/// Files of these kinds have no blanks at the end of a line, and end in one newline.
const TEXT: &[&str] = &["rs", "toml", "md", "sql", "yml", "yaml", "cfg", "http", "Makefile"];

/// Code that is unfinished or switched off.
#[must_use]
pub fn forbidden(files: &[File]) -> Complaints {
    let mut complaints = Complaints::new();
    for file in files.iter().filter(|file| file.is_rust()) {
        let code = source::split(&file.text).code;
        for (number, line) in code.lines().enumerate() {
            let found = FORBIDDEN.iter().filter(|(word, _)| line.contains(word));
            complaints.extend(found.map(|(word, instead)| {
                format!("{}:{}: `{word}`: {instead}", file.path, number + 1)
            }));
        }
    }
    complaints
}

/// Blanks at the end of a line, and files that do not end in exactly one newline.
#[must_use]
pub fn untidy_ends(files: &[File]) -> Complaints {
    let mut complaints = Complaints::new();
    let named = |path: &str| TEXT.iter().any(|kind| path.rsplit(['.', '/']).next() == Some(*kind));
    for file in files.iter().filter(|file| named(&file.path)) {
        for (number, line) in file.text.split('\n').enumerate() {
            if line.ends_with([' ', '\t', '\r']) {
                let place = format!("{}:{}", file.path, number + 1);
                complaints.push(format!("{place}: a blank at the end of the line: take it out"));
            }
        }
        let ends_well = file.text.ends_with('\n') && !file.text.ends_with("\n\n");
        if !ends_well && !file.text.is_empty() {
            complaints.push(format!("{}: end the file in exactly one newline", file.path));
        }
    }
    complaints
}

/// SQL outside `crates/store` and `migrations`.
#[must_use]
pub fn sql_abroad(files: &[File]) -> Complaints {
    let abroad =
        |path: &str| !path.starts_with("crates/store/") && !path.starts_with("migrations/");
    let mut complaints = Complaints::new();
    for file in files.iter().filter(|file| abroad(&file.path)) {
        let path = &file.path;
        if Path::new(path).extension().is_some_and(|extension| extension == "sql") {
            complaints.push(format!("{path}: SQL files live in migrations"));
        }
        if file.is_rust() {
            let Parts { quoted, .. } = source::split(&file.text);
            let statements = quoted.iter().filter(|(_, text)| is_sql(text));
            complaints.extend(statements.map(|(line, _)| {
                format!("{path}:{line}: SQL belongs in crates/store: ask the store for it")
            }));
        }
    }
    complaints
}

/// Whether a quoted text starts as a statement does, and goes on as one.
fn is_sql(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let words: Vec<&str> = text.split_whitespace().take(400).collect();
    match words.as_slice() {
        ["select", rest @ ..] => rest.contains(&"from"),
        [verb, noun, ..] if matches!(*verb, "create" | "alter" | "drop") => {
            matches!(*noun, "table" | "index" | "view" | "database" | "schema")
        }
        words => {
            matches!(
                words,
                ["update", _, "set", ..] | ["insert", "into", ..] | ["delete", "from", ..]
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn unfinished_code_is_refused() {
        for bad in ["    todo!();", "#[ignore = \"slow\"]", "#[should_panic]", "dbg!(x)"] {
            assert_eq!(forbidden(&[file("a.rs", bad)]).len(), 1, "{bad}");
        }
        for good in ["// todo! is banned", "let a = \"todo!\";", "ignored()"] {
            assert_eq!(forbidden(&[file("a.rs", good)]), Complaints::new(), "{good}");
        }
    }

    #[test]
    fn lines_and_files_end_cleanly() {
        assert_eq!(untidy_ends(&[file("a.rs", "a \nb\n")]).len(), 1);
        assert_eq!(untidy_ends(&[file("Makefile", "a\t\n")]).len(), 1);
        assert_eq!(untidy_ends(&[file("a.toml", "a")]).len(), 1);
        assert_eq!(untidy_ends(&[file("a.md", "a\n\n")]).len(), 1);
        assert_eq!(untidy_ends(&[file("a.rs", "a\r\n")]).len(), 1);
        assert_eq!(untidy_ends(&[file("a.rs", "a\n"), file("a.png", "a ")]), Complaints::new());
    }

    #[test]
    fn sql_stays_in_the_store() {
        for bad in [
            "let q = \"SELECT number FROM revision\";",
            "q(r#\"\n    update revision\n    set number = 1\"#)",
            "q(\"insert into proxies values (1)\")",
            "q(\"create table t (a int)\")",
        ] {
            assert_eq!(sql_abroad(&[file("crates/api/src/a.rs", bad)]).len(), 1, "{bad}");
            assert_eq!(sql_abroad(&[file("crates/store/src/a.rs", bad)]), Complaints::new());
        }
        for good in ["select(from)", "\"select an exit\"", "// \"delete from x\"", "\"update\""] {
            assert_eq!(sql_abroad(&[file("crates/api/src/a.rs", good)]), Complaints::new());
        }
        assert_eq!(sql_abroad(&[file("crates/api/x.sql", "")]).len(), 1);
        assert_eq!(sql_abroad(&[file("migrations/sqlite/x.sql", "")]), Complaints::new());
    }
}
