//! Regular expressions over bytes, bounded in time and in size.

use regex::bytes::{Regex, RegexBuilder};

/// Bytes of one expression, compiled.
pub const MOST_PROGRAM: usize = 1 << 20;

/// Bytes of one expression, as written.
pub const MOST_PATTERN: usize = 1000;

/// Bytes that one thread keeps of what it has found out about one expression.
const CACHE: usize = 256 << 10;

/// Bytes behind a match that its last assertion (`$`, `\b`) may look at: one character.
const LOOKAHEAD: usize = 4;

/// An expression.
#[derive(Debug, Clone)]
pub(crate) struct Expression(Regex);

impl Expression {
    /// Compiles, or says what is wrong in one sentence.
    pub(crate) fn compile(pattern: &str) -> Result<Self, String> {
        if pattern.len() > MOST_PATTERN {
            return Err(format!("must have at most {MOST_PATTERN} bytes"));
        }
        let mut builder = RegexBuilder::new(pattern);
        builder.size_limit(MOST_PROGRAM).dfa_size_limit(CACHE);
        builder.build().map(Self).map_err(|error| match error {
            regex::Error::CompiledTooBig(most) => {
                format!(
                    "is a regular expression of more than {most} bytes when compiled: \
                     (?-u) keeps its classes to ASCII"
                )
            }
            error => format!("is not a regular expression: {}", last_line(&error.to_string())),
        })
    }

    pub(crate) fn matches(&self, bytes: &[u8]) -> bool {
        self.0.is_match(bytes)
    }

    /// Whether it matches what `beginning` is the beginning of, whatever comes after it.
    pub(crate) fn matches_already(&self, beginning: &[u8]) -> bool {
        self.0.shortest_match(beginning).is_some_and(|end| end + LOOKAHEAD <= beginning.len())
    }
}

/// The parser draws the place over several lines; its last one says what is wrong there.
fn last_line(text: &str) -> &str {
    let last = text.lines().next_back().unwrap_or(text);
    last.strip_prefix("error: ").unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_in_one_sentence() {
        let why = |pattern: &str| Expression::compile(pattern).unwrap_err();
        assert_eq!(why("(captcha"), "is not a regular expression: unclosed group");
        assert!(why("(?=a)").contains("look-around"), "{}", why("(?=a)"));
        assert!(why(r"\w{1000}").contains("more than 1048576 bytes"));
        assert!(Expression::compile(r"(?-u)[\w-]{36}").is_ok());
        assert!(why(&"a".repeat(1001)).contains("at most 1000 bytes"));
    }

    #[test]
    fn a_match_counts_early_only_when_nothing_can_take_it_back() {
        let end = Expression::compile("denied$").unwrap();
        assert!(end.matches(b"access denied"));
        assert!(!end.matches_already(b"access denied"), "more may come");
        let word = Expression::compile(r"\bban\b").unwrap();
        assert!(!word.matches_already(b"a ban"), "bandage");
        assert!(word.matches_already(b"a ban for you"));
        let any = Expression::compile("").unwrap();
        assert!(any.matches_already(b"1234") && !any.matches_already(b"123"));
    }

    #[test]
    fn an_expression_that_blows_up_elsewhere_takes_linear_time() {
        let evil = Expression::compile("(a*)*(a|aa)+$").unwrap();
        let mut text = vec![b'a'; 64 * 1024];
        text.push(b'!');
        assert!(!evil.matches(&text));
    }
}
