//! An answer that somebody recorded without its secrets, and what rules can still say of it.

use model::Host;
use model::ban::BODY_PREFIX;

use crate::answer::MOST_RAW;
use crate::bans::{Bans, Rule};
use crate::expression::Expression;
use crate::signs::Signs;

/// What may stand in the place of a secret besides the mark: a sign that is seen with each of them
/// does not hang on it.
const FILLERS: [&str; 3] = ["x", "0", "\u{1}"];

/// What a record has of an answer.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// 100-999.
    pub status: u16,
    /// Names and values, in their order.
    pub fields: Vec<(String, String)>,
    /// Bytes of the whole content, as they were sent.
    pub size: u64,
    /// What is kept of the content.
    pub content: Kept,
    /// What stands wherever a secret was.
    pub mark: &'static str,
}

/// What is kept of a content, its codings taken off.
#[derive(Debug, Clone)]
pub enum Kept {
    /// All of it.
    Whole(Vec<u8>),
    /// The beginning.
    Beginning(Vec<u8>),
    /// Nothing, although there was something, or may have been.
    Nothing,
}

/// What a rule says of a recorded answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It has all signs.
    Matches,
    /// A sign is missing.
    Differs,
    /// What would tell is not in the record.
    Unknown,
}

/// A rule, and what it says.
#[derive(Debug)]
pub struct Said<'r> {
    /// The rule.
    pub rule: &'r Rule,
    /// What it says.
    pub outcome: Outcome,
    /// What would tell; of an unknown outcome only.
    pub hidden: Vec<Hidden>,
}

/// A part of an answer that a rule looks at and that is not in the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hidden {
    /// Which one.
    pub part: Part,
    /// Why it is not there.
    pub why: Why,
}

/// A part of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// A field: its name in lower case.
    Field(String),
    /// The content.
    Body,
}

/// Why something is not in a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is secret, or may be, and has been taken out.
    Redacted,
    /// Only the beginning is kept.
    Cut,
    /// Nothing is kept.
    NotKept,
}

/// What one sign says.
type Sign = Result<bool, Why>;

impl Bans {
    /// What each rule about `host` says of an answer that was recorded, in the order of the rules.
    /// Where a secret was, no rule is said to match or to differ that would hang on it.
    #[must_use]
    pub fn recall<'r>(&'r self, host: &Host, answer: &Recorded) -> Vec<Said<'r>> {
        let say = |rule: &'r Rule| {
            let (outcome, hidden) = rule.signs().recall(answer);
            Said { rule, outcome, hidden }
        };
        self.about(host).map(say).collect()
    }
}

impl Signs {
    fn recall(&self, answer: &Recorded) -> (Outcome, Vec<Hidden>) {
        let mut signs: Vec<(Part, Sign)> = Vec::new();
        if let Some((name, value)) = &self.header {
            let name = name.to_ascii_lowercase();
            signs.push((Part::Field(name.clone()), answer.field(&name, value)));
        }
        if let Some(target) = &self.redirect {
            let is_redirect = (300..400).contains(&answer.status);
            let seen = if is_redirect { answer.field("location", target) } else { Ok(false) };
            signs.push((Part::Field("location".to_owned()), seen));
        }
        if let Some(body) = &self.body {
            signs.push((Part::Body, answer.body(body)));
        }
        let in_head =
            self.has_status(answer.status) && self.size.is_none_or(|s| answer.has_size(s));
        if !in_head || signs.iter().any(|(_, seen)| *seen == Ok(false)) {
            return (Outcome::Differs, Vec::new());
        }
        let hidden = |(part, seen): (Part, Sign)| Some(Hidden { part, why: seen.err()? });
        let hidden: Vec<_> = signs.into_iter().filter_map(hidden).collect();
        let outcome = if hidden.is_empty() { Outcome::Matches } else { Outcome::Unknown };
        (outcome, hidden)
    }
}

impl Recorded {
    /// Whether a field of that name, in lower case, has a value that matches.
    fn field(&self, name: &str, value: &Expression) -> Sign {
        // Fields between the node and its clients are left out of records, name and all.
        if name.starts_with("octoprox-") {
            return Err(Why::Redacted);
        }
        let named = self.fields.iter().filter(|(field, _)| field.eq_ignore_ascii_case(name));
        let mut seen = Ok(false);
        for (_, text) in named {
            match self.matches(value, text.as_bytes()) {
                Ok(true) => return Ok(true),
                Ok(false) => {}
                unknown => seen = unknown,
            }
        }
        seen
    }

    fn body(&self, body: &Expression) -> Sign {
        match &self.content {
            Kept::Nothing => Err(Why::NotKept),
            Kept::Whole(text) => self.matches(body, &text[..text.len().min(BODY_PREFIX)]),
            Kept::Beginning(text) if text.len() >= BODY_PREFIX => {
                self.matches(body, &text[..BODY_PREFIX])
            }
            Kept::Beginning(text) => {
                let is_there = self.readings(text).all(|text| body.matches_already(&text));
                if is_there { Ok(true) } else { Err(Why::Cut) }
            }
        }
    }

    /// Whether a text matches, however the secrets in it read.
    fn matches(&self, expression: &Expression, text: &[u8]) -> Sign {
        if !self.is_marked(text) {
            return Ok(expression.matches(text));
        }
        let is_seen = self.readings(text).all(|text| expression.matches(&text));
        if is_seen { Ok(true) } else { Err(Why::Redacted) }
    }

    fn is_marked(&self, text: &[u8]) -> bool {
        text.windows(self.mark.len()).any(|part| part == self.mark.as_bytes())
    }

    /// The text as it is and, where something was taken out of it, with other things in its place.
    fn readings(&self, text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
        let fillers = if self.is_marked(text) { &FILLERS[..] } else { &[] };
        let written = String::from_utf8_lossy(text).into_owned();
        let filled =
            fillers.iter().map(move |filler| written.replace(self.mark, filler).into_bytes());
        std::iter::once(text.to_vec()).chain(filled)
    }

    /// As of an answer that is judged on its way: a length that is announced, or what had come when
    /// it ended within the beginning that is looked at.
    fn has_size(&self, (least, most): (u64, u64)) -> bool {
        let named = |(name, _): &&(String, String)| name.eq_ignore_ascii_case("content-length");
        let announced = self.fields.iter().find(named).and_then(|(_, value)| value.parse().ok());
        let size = match announced {
            Some(announced) => announced,
            None if self.size <= MOST_RAW as u64 => self.size,
            None => return MOST_RAW as u64 >= least && most == u64::MAX,
        };
        (least..=most).contains(&size)
    }
}

#[cfg(test)]
mod tests {
    use model::BanRule;
    use model::ban::{self, Actions};

    use super::*;

    fn says(signs: ban::Signs, answer: &Recorded) -> (Outcome, Vec<Hidden>) {
        let rule = BanRule {
            name: "r".to_owned(),
            enabled: true,
            domains: Vec::new(),
            signs,
            actions: Actions::default(),
            dry_run: false,
            max_share: 100,
        };
        let bans = Bans::compile(&[rule]).unwrap();
        let said = bans.recall(&Host::parse("a.test").unwrap(), answer).remove(0);
        (said.outcome, said.hidden)
    }

    fn recorded(status: u16, fields: &[(&str, &str)], content: Kept) -> Recorded {
        let field = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let size = match &content {
            Kept::Whole(bytes) => bytes.len() as u64,
            _ => 1000,
        };
        let fields = fields.iter().map(field).collect();
        Recorded { status, fields, size, content, mark: "[redacted]" }
    }

    fn body(pattern: &str) -> ban::Signs {
        ban::Signs { body: Some(pattern.to_owned()), ..ban::Signs::default() }
    }

    fn header(name: &str, value: &str) -> ban::Signs {
        let header = Some((name.to_owned(), value.to_owned()));
        ban::Signs { header, ..ban::Signs::default() }
    }

    fn hidden(part: Part, why: Why) -> (Outcome, Vec<Hidden>) {
        (Outcome::Unknown, vec![Hidden { part, why }])
    }

    const MATCHES: (Outcome, Vec<Hidden>) = (Outcome::Matches, Vec::new());
    const DIFFERS: (Outcome, Vec<Hidden>) = (Outcome::Differs, Vec::new());

    #[test]
    fn a_body_tells_as_much_as_is_kept_of_it() {
        let whole = recorded(200, &[], Kept::Whole(b"<title>captcha".to_vec()));
        assert_eq!(says(body("captcha"), &whole), MATCHES);
        assert_eq!(says(body("welcome"), &whole), DIFFERS);
        let cut = recorded(200, &[], Kept::Beginning(b"<title>captcha and more".to_vec()));
        assert_eq!(says(body("captcha"), &cut), MATCHES);
        assert_eq!(says(body("welcome"), &cut), hidden(Part::Body, Why::Cut));
        let all = recorded(200, &[], Kept::Beginning(vec![b'a'; BODY_PREFIX]));
        assert_eq!(says(body("welcome"), &all), DIFFERS, "nobody looks further");
        let nothing = recorded(200, &[], Kept::Nothing);
        assert_eq!(says(body("captcha"), &nothing), hidden(Part::Body, Why::NotKept));
        let also = ban::Signs { status: vec![(403, 403)], ..body("captcha") };
        assert_eq!(says(also, &nothing), DIFFERS, "the status is enough");
    }

    #[test]
    fn no_rule_is_said_to_match_or_to_differ_by_what_was_taken_out() {
        let text = br#"{"token":"[redacted]","page":"captcha"}"#.to_vec();
        let answer = recorded(200, &[], Kept::Whole(text));
        assert_eq!(says(body("captcha"), &answer), MATCHES);
        assert_eq!(says(body(r#"^.*"token":"[^"]+".*captcha"#), &answer), MATCHES);
        for pattern in ["welcome", "redacted", r#""token":"\w+""#] {
            assert_eq!(
                says(body(pattern), &answer),
                hidden(Part::Body, Why::Redacted),
                "{pattern}"
            );
        }
        let fields = [("X-Auth-Token", "[redacted]"), ("Set-Cookie", "ban=[redacted]; Path=/")];
        let answer = recorded(200, &fields, Kept::Nothing);
        assert_eq!(
            says(header("x-auth-token", ""), &answer),
            MATCHES,
            "only the field is asked for"
        );
        assert_eq!(says(header("set-cookie", "^ban="), &answer), MATCHES);
        assert_eq!(says(header("x-other", ""), &answer), DIFFERS);
        for (name, value) in
            [("x-auth-token", "abc"), ("set-cookie", "ban=1"), ("octoprox-exit", "")]
        {
            let part = Part::Field(name.to_owned());
            assert_eq!(says(header(name, value), &answer), hidden(part, Why::Redacted), "{name}");
        }
    }

    #[test]
    fn redirects_and_sizes_are_as_on_the_way() {
        let to = |text| [("Location", text), ("Content-Length", "7")];
        let redirect =
            |text: &str| ban::Signs { redirect: Some(text.to_owned()), ..ban::Signs::default() };
        let moved = recorded(302, &to("/captcha?token=[redacted]"), Kept::Nothing);
        assert_eq!(says(redirect("^/captcha"), &moved), MATCHES);
        let field = Part::Field("location".to_owned());
        assert_eq!(says(redirect("token=a"), &moved), hidden(field, Why::Redacted));
        let fine = recorded(200, &to("/captcha"), Kept::Nothing);
        assert_eq!(says(redirect("captcha"), &fine), DIFFERS);
        let size = |least, most| ban::Signs { size: Some((least, most)), ..ban::Signs::default() };
        assert_eq!(says(size(7, 7), &fine), MATCHES, "as announced");
        let unannounced = recorded(200, &[], Kept::Nothing);
        assert_eq!(
            (says(size(1000, 1000), &unannounced), says(size(0, 9), &unannounced)),
            (MATCHES, DIFFERS)
        );
        let large = Recorded { size: 1 << 20, ..unannounced };
        assert_eq!(
            (says(size(10, u64::MAX), &large), says(size(1 << 20, 1 << 21), &large)),
            (MATCHES, DIFFERS)
        );
    }
}
