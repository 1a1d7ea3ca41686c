//! Rust source taken apart: what is code, and what stands in quotes.

/// A source text without its comments, its quoted texts kept apart.
#[derive(Debug, Default)]
pub struct Parts {
    /// The code; of a quoted text only the quotes are left. Lines keep their numbers.
    pub code: String,
    /// Each quoted text with the line it starts on.
    pub quoted: Vec<(usize, String)>,
}

/// Takes a source text apart. It knows line comments, nested block comments, plain and raw quoted
/// texts and characters; that is all a rule about words needs.
#[must_use]
pub fn split(text: &str) -> Parts {
    let mut reader = Reader { rest: text, line: 1, parts: Parts::default() };
    while let Some(next) = reader.rest.chars().next() {
        reader.step(next);
    }
    reader.parts
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    parts: Parts,
}

impl Reader<'_> {
    fn step(&mut self, next: char) {
        let rest = self.rest;
        if rest.starts_with("//") {
            self.skip(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.skip(block_comment(rest));
        } else if let Some(hashes) = raw_start(rest).filter(|_| !self.inside_a_name()) {
            let open = rest.find('"').unwrap_or(0) + 1;
            let close = format!("\"{}", "#".repeat(hashes));
            self.quote(open, rest[open..].find(&close).unwrap_or(rest.len() - open), close.len());
        } else if next == '"' {
            self.quote(1, plain_length(&rest[1..]), 1);
        } else if let Some(length) = character(rest) {
            self.skip(length);
        } else {
            self.parts.code.push(next);
            self.line += usize::from(next == '\n');
            self.rest = &rest[next.len_utf8()..];
        }
    }

    /// Whether the code so far ends in a letter, so that `r"` is the end of a name and not raw.
    fn inside_a_name(&self) -> bool {
        self.parts.code.ends_with(|c: char| c.is_alphanumeric() || c == '_')
    }

    fn skip(&mut self, length: usize) {
        let newlines = self.rest[..length].matches('\n').count();
        self.parts.code.extend(std::iter::repeat_n('\n', newlines));
        self.line += newlines;
        self.rest = &self.rest[length..];
    }

    fn quote(&mut self, open: usize, inner: usize, close: usize) {
        self.parts.code.push_str("\"\"");
        self.parts.quoted.push((self.line, self.rest[open..open + inner].to_owned()));
        self.skip((open + inner + close).min(self.rest.len()));
    }
}

/// How long the block comment at the front is, those nested in it included.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        match &text.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            return at;
        }
    }
    text.len()
}

/// The number of `#` when a raw text starts here.
fn raw_start(text: &str) -> Option<usize> {
    let rest = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let after = rest.trim_start_matches('#');
    after.starts_with('"').then_some(rest.len() - after.len())
}

/// How far it is to the quote that ends a plain text.
fn plain_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at,
            _ => {}
        }
    }
    text.len()
}

/// The length of a character in single quotes; `None` for a lifetime and everything else.
fn character(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('\'')?;
    if let Some(escape) = inner.strip_prefix('\\') {
        return Some(3 + escape.char_indices().skip(1).find(|(_, c)| *c == '\'')?.0);
    }
    let first = inner.chars().next()?.len_utf8();
    inner[first..].starts_with('\'').then_some(first + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_comments_and_quoted_texts_are_told_apart() {
        let text = concat!(
            "let a = \"one \\\" // not a comment\"; // a \"comment\"\n",
            "/* x /* nested */ \"no\" */ let b = r#\"raw \"two\"\"#;\n",
            "let c = '\"'; let d: &'static str = br\"three\"; let e = '\\''; // end\n",
        );
        let parts = split(text);
        let quoted: Vec<_> = parts.quoted.iter().map(|(line, text)| (*line, &**text)).collect();
        assert_eq!(
            quoted,
            [(1, "one \\\" // not a comment"), (2, "raw \"two\""), (3, "three")],
            "{}",
            parts.code
        );
        assert!(!parts.code.contains("comment") && !parts.code.contains("nested"));
        assert!(parts.code.contains("&'static str"), "{}", parts.code);
        assert_eq!(parts.code.lines().count(), 3);
    }

    #[test]
    fn an_unfinished_text_ends_with_the_file() {
        for text in ["\"abc", "/* abc", "r#\"abc\"", "'", "'\\"] {
            assert!(split(text).code.len() <= text.len() + 1, "{text}");
        }
    }
}
