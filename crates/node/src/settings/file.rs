//! The YAML file: a flat mapping of scalars and lists of scalars, with their lines.

use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput};

/// One `key: value`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) value: Value,
}

/// The value as it was written: `0123` and `yes` stay what they are. Null is the empty scalar.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Value {
    Scalar(String),
    List(Vec<String>),
}

/// A line that is not as expected, and why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) line: usize,
    pub(super) what: String,
}

/// Reads all entries and notes every fault; what cannot be parsed ends the reading.
///
/// The events of the parser are read rather than a serde type, because a serde type stops at the
/// first fault and turns plain scalars into numbers, and a password may look like one.
pub(super) fn parse(text: &str) -> (Vec<Entry>, Vec<Fault>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut walk = Walk { parser: Parser::new_from_str(text), entries: vec![], faults: vec![] };
    if let Err(fault) = walk.document() {
        walk.faults.push(fault);
    }
    (walk.entries, walk.faults)
}

struct Walk<'a> {
    parser: Parser<'a, StrInput<'a>>,
    entries: Vec<Entry>,
    faults: Vec<Fault>,
}

impl<'a> Walk<'a> {
    fn document(&mut self) -> Result<(), Fault> {
        let mut documents = 0;
        while let Some((event, line)) = self.next()? {
            match event {
                Event::DocumentStart(..) => documents += 1,
                Event::MappingStart(..) if documents == 1 => self.mapping()?,
                Event::Scalar(text, style, _, None) if is_null(&text, style) => {}
                Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..) => {
                    self.fault(line, "expected one mapping of setting names to values");
                    self.skip(&event)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn mapping(&mut self) -> Result<(), Fault> {
        while let Some((event, line)) = self.next()? {
            match event {
                Event::MappingEnd => break,
                Event::Scalar(key, _, _, None) => self.entry(key.into_owned(), line)?,
                other => {
                    self.fault(line, "expected the name of a setting");
                    self.skip(&other)?;
                    self.skip_next()?;
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, key: String, line: usize) -> Result<(), Fault> {
        let Some((event, at)) = self.next()? else { return Ok(()) };
        let value = match event {
            Event::Scalar(text, style, _, None) => Value::Scalar(scalar(&text, style)),
            Event::SequenceStart(_, _, None) => Value::List(self.list()?),
            other => {
                let what = "expected a value or a list of values, without tags and aliases";
                self.fault(at, &format!("{}: {what}", key.escape_debug()));
                return self.skip(&other);
            }
        };
        self.entries.push(Entry { key, line, value });
        Ok(())
    }

    fn list(&mut self) -> Result<Vec<String>, Fault> {
        let mut items = Vec::new();
        while let Some((event, line)) = self.next()? {
            match event {
                Event::SequenceEnd => break,
                Event::Scalar(text, style, _, None) => items.push(scalar(&text, style)),
                other => {
                    self.fault(line, "expected a list of plain values");
                    self.skip(&other)?;
                }
            }
        }
        Ok(items)
    }

    /// Passes over the rest of a node whose first event was `first`.
    fn skip(&mut self, first: &Event<'a>) -> Result<(), Fault> {
        let mut depth = depth_change(first);
        while depth > 0 {
            let Some((event, _)) = self.next()? else { break };
            depth += depth_change(&event);
        }
        Ok(())
    }

    fn skip_next(&mut self) -> Result<(), Fault> {
        match self.next()? {
            Some((first, _)) => self.skip(&first),
            None => Ok(()),
        }
    }

    fn next(&mut self) -> Result<Option<(Event<'a>, usize)>, Fault> {
        let unreadable = |error: ScanError| Fault {
            line: error.marker().line(),
            what: format!("cannot be read as YAML: {}", error.info()),
        };
        let event = self.parser.next_event().transpose().map_err(unreadable)?;
        Ok(event.map(|(event, span): (_, Span)| (event, span.start.line())))
    }

    fn fault(&mut self, line: usize, what: &str) {
        self.faults.push(Fault { line, what: what.to_owned() });
    }
}

fn depth_change(event: &Event<'_>) -> i32 {
    match event {
        Event::SequenceStart(..) | Event::MappingStart(..) => 1,
        Event::SequenceEnd | Event::MappingEnd => -1,
        _ => 0,
    }
}

fn scalar(text: &str, style: ScalarStyle) -> String {
    if is_null(text, style) { String::new() } else { text.to_owned() }
}

fn is_null(text: &str, style: ScalarStyle) -> bool {
    style == ScalarStyle::Plain && matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scalar(key: &str, line: usize, text: &str) -> Entry {
        Entry { key: key.to_owned(), line, value: Value::Scalar(text.to_owned()) }
    }

    #[test]
    fn scalars_stay_as_written_and_carry_their_lines() {
        let text = "\u{feff}# settings\n---\na: 0123\nb: \"x # y\"\nc: ~\n\nd: yes\n\
                    e: >-\n  folded\n  text\nf: [1, two]\ng:\n  - 3\n";
        let (entries, faults) = parse(text);
        assert_eq!(faults, []);
        let list = |key: &str, line, items: &[&str]| Entry {
            key: key.to_owned(),
            line,
            value: Value::List(items.iter().map(|item| (*item).to_owned()).collect()),
        };
        let expected = [
            scalar("a", 3, "0123"),
            scalar("b", 4, "x # y"),
            scalar("c", 5, ""),
            scalar("d", 7, "yes"),
            scalar("e", 8, "folded text"),
            list("f", 11, &["1", "two"]),
            list("g", 12, &["3"]),
        ];
        assert_eq!(entries, expected);
        for empty in ["", "# nothing\n", "---\n", "~\n", "{}\n"] {
            assert_eq!(parse(empty), (vec![], vec![]), "{empty:?}");
        }
    }

    #[test]
    fn every_misshapen_part_is_named_and_the_rest_is_read() {
        let text = "a: 1\nb:\n  nested: {x: [1]}\nc: &here 2\nd: *here\ne: [[1], 2]\n\
                    ? [k]\n: v\nf: !secret x\ng: 3\n--- {h: 4}\n";
        let (entries, faults) = parse(text);
        let keys: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
        assert_eq!(keys, ["a", "c", "e", "g"]);
        let lines: Vec<usize> = faults.iter().map(|fault| fault.line).collect();
        assert_eq!(lines, [3, 5, 6, 7, 9, 11]);
        assert_eq!(parse("- a\n- b\n").1[0].line, 1);
    }

    #[test]
    fn broken_yaml_is_a_fault_that_does_not_quote_the_file() {
        for text in
            ["a: 1\nauth_password: \"hunter2", "a: 1\n\thunter2: x: y\n", "a: 1\n*hunter2\n"]
        {
            let (_, faults) = parse(text);
            assert!(faults.iter().all(|fault| fault.line >= 1), "{faults:?}");
            assert!(!faults.is_empty() && !format!("{faults:?}").contains("hunter2"), "{faults:?}");
        }
    }
}
