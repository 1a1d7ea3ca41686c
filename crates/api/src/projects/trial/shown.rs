//! What matters of a recorded exchange, from how it is shown: that way it is the same from every node.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use capture::Withheld;
use model::{Host, Target};
use rules::{Kept, Recorded};
use serde::Deserialize;

/// A recorded exchange.
#[derive(Debug, Deserialize)]
pub(super) struct Capture {
    pub(super) id: u64,
    pub(super) node: String,
    target: String,
    kind: String,
    pub(super) url: String,
    pub(super) exit: Option<String>,
    status: u16,
    blame: Option<String>,
    banned_by: Option<String>,
    request: Asked,
    pub(super) response: Option<Seen>,
}

#[derive(Debug, Deserialize)]
struct Asked {
    fields: Vec<Line>,
}

/// An answer.
#[derive(Debug, Deserialize)]
pub(super) struct Seen {
    pub(super) status: u16,
    fields: Vec<Line>,
    content: Body,
}

#[derive(Debug, Deserialize)]
struct Line {
    name: String,
    value: String,
}

#[derive(Debug, Deserialize)]
struct Body {
    size: u64,
    text: String,
    encoding: Option<String>,
    truncated: bool,
    withheld: Option<String>,
}

impl Capture {
    /// Whom rules call the target: inside of a tunnel to an address, the name that is asked for.
    pub(super) fn host(&self) -> Option<Host> {
        let mut fields = self.request.fields.iter();
        let named = fields.find(|field| field.name.eq_ignore_ascii_case("host"));
        let named = named.filter(|_| self.kind == "intercepted");
        let named = named.and_then(|field| Target::parse_or(&field.value, 443).ok());
        named.or_else(|| Target::parse(&self.target).ok()).map(|target| target.host)
    }

    /// The answer as rules are tried on it, with `mark` wherever a secret was. `None`: there was none.
    pub(super) fn recorded(&self, mark: &'static str) -> Option<Recorded> {
        let seen = self.response.as_ref()?;
        let field = |line: &Line| (line.name.clone(), line.value.clone());
        Some(Recorded {
            status: seen.status,
            fields: seen.fields.iter().map(field).collect(),
            size: seen.content.size,
            content: self.kept(seen),
            mark,
        })
    }

    fn kept(&self, seen: &Seen) -> Kept {
        let Body { text, encoding, truncated, withheld, .. } = &seen.content;
        // What the client was not given was not read either.
        let is_unread = self.status != seen.status;
        let bytes = match encoding {
            Some(_) => STANDARD.decode(text).unwrap_or_default(),
            None => text.clone().into_bytes(),
        };
        let broke_off = self.blame.is_some() && self.banned_by.is_none();
        match (is_unread || withheld.is_some(), *truncated || broke_off) {
            (true, _) => Kept::Nothing,
            (false, true) if bytes.is_empty() => Kept::Nothing,
            (false, true) => Kept::Beginning(bytes),
            (false, false) => Kept::Whole(bytes),
        }
    }

    /// Why nothing of the content is kept.
    pub(super) fn withheld(&self) -> Option<Withheld> {
        self.response.as_ref()?.content.withheld.as_deref()?.parse().ok()
    }
}
