//! How long the path of one request is, from the accepted socket to the last byte.

use super::{Complaints, File};

/// The files a person reads to follow one request, in that order.
pub const REQUEST_PATH: &[&str] = &[
    "crates/relay/src/listener.rs",
    "crates/relay/src/connection.rs",
    "crates/relay/src/request.rs",
    "crates/relay/src/admit.rs",
    "crates/rotation/src/select.rs",
    "crates/relay/src/attempt.rs",
    "crates/dial/src/dial.rs",
    "crates/relay/src/connect.rs",
    "crates/relay/src/tunnel.rs",
    "crates/relay/src/forward.rs",
    "crates/relay/src/forward/sending.rs",
    "crates/relay/src/refuse.rs",
    "crates/relay/src/record.rs",
];

/// An afternoon's reading, tests and comments included. The aim was 1,600 lines for CONNECT alone;
/// plain HTTP with kept connections and hedged attempts are on the same path, and so is every request
/// inside of an intercepted tunnel, and what it tells of its attempts and counts against caps.
pub const LINES: usize = 3_000;

/// One complaint when the path has more than `budget` lines, with the share of each file.
#[must_use]
pub fn check(files: &[File], budget: usize) -> Complaints {
    let on_path = REQUEST_PATH.iter().filter_map(|path| files.iter().find(|f| f.path == *path));
    let lengths: Vec<_> = on_path.map(|file| (&file.path, file.text.lines().count())).collect();
    let sum: usize = lengths.iter().map(|(_, lines)| lines).sum();
    if sum <= budget {
        return Complaints::new();
    }
    let shares: Vec<_> = lengths.iter().map(|(path, lines)| format!("{lines:5} {path}")).collect();
    vec![format!(
        "the path of a request has {sum} lines, its budget is {budget}: take something out of it, \
         or off it\n{}",
        shares.join("\n")
    )]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_request_has_a_budget() {
        let file = |path: &str| File { path: path.to_owned(), text: "x\n".repeat(60) };
        let files = [REQUEST_PATH[0], REQUEST_PATH[12], "crates/relay/src/pool.rs"].map(file);
        assert_eq!(check(&files, 120), Complaints::new());
        let complaints = check(&files, 119);
        assert!(complaints[0].contains("has 120 lines"), "{complaints:?}");
        assert!(complaints[0].contains("   60 crates/relay/src/record.rs"), "{complaints:?}");
    }
}
