//! Lines for the person at the terminal, as opposed to the log.

use std::io::Write;

/// Writes to the standard output.
pub(crate) fn line(text: &str) {
    // Nobody may be listening any more, which is no reason to end.
    let _unheard = writeln!(std::io::stdout(), "{text}");
}

/// Writes to the standard error output.
pub(crate) fn error(text: &str) {
    let _unheard = writeln!(std::io::stderr(), "{text}");
}
