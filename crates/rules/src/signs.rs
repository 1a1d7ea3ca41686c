//! The signs of one rule, compiled: whether an answer has them, as far as is known.

use model::ban;

use crate::answer::Examined;
use crate::error::Mistakes;
use crate::expression::Expression;
use crate::field;

/// Whether something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Yes,
    No,
    /// More content may tell.
    NotYet,
}

impl From<bool> for Known {
    fn from(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }
}

/// What an answer must have, all of it.
#[derive(Debug, Default)]
pub(crate) struct Signs {
    status: Vec<(u16, u16)>,
    pub(crate) header: Option<(String, Expression)>,
    pub(crate) redirect: Option<Expression>,
    pub(crate) size: Option<(u64, u64)>,
    pub(crate) body: Option<Expression>,
}

impl Signs {
    /// Compiles them; places of mistakes begin with `place`.
    pub(crate) fn compile(signs: &ban::Signs, place: &str, mistakes: &mut Mistakes) -> Self {
        for (n, (first, last)) in signs.status.iter().enumerate() {
            if first > last || *first < 100 || *last > 999 {
                mistakes.note(
                    format!("{place}/status/{n}"),
                    "must be a status from 100 to 999, or a range such as 500-599",
                );
            }
        }
        if let Some((least, most)) = signs.size.filter(|(least, most)| least > most) {
            mistakes.note(format!("{place}/size"), format!("{least} is more than {most}"));
        }
        let mut expression = |pattern: Option<&String>, name: &str| {
            let compiled = Expression::compile(pattern?);
            mistakes.take(compiled, || format!("{place}/{name}"))
        };
        let redirect = expression(signs.redirect.as_ref(), "redirect");
        let body = expression(signs.body.as_ref(), "body");
        let value = expression(signs.header.as_ref().map(|(_, value)| value), "header/value");
        let header = signs.header.as_ref().and_then(|(name, _)| {
            mistakes.take(field::name(name), || format!("{place}/header/name"));
            Some((name.clone(), value?))
        });
        Self { status: signs.status.clone(), header, redirect, size: signs.size, body }
    }

    /// The cheap signs go first: content is decoded only for answers that have all the others.
    pub(crate) fn seen(&self, answer: &Examined<'_>) -> Known {
        if !self.in_head(answer) {
            return Known::No;
        }
        match (self.size_seen(answer), self.body.as_ref()) {
            (Known::No, _) => Known::No,
            (size, None) => size,
            (size, Some(body)) => match (body_seen(body, answer), size) {
                (Known::No, _) => Known::No,
                (Known::Yes, size) => size,
                (Known::NotYet, _) => Known::NotYet,
            },
        }
    }

    pub(crate) fn has_status(&self, status: u16) -> bool {
        self.status.is_empty()
            || self.status.iter().any(|(first, last)| (*first..=*last).contains(&status))
    }

    fn in_head(&self, examined: &Examined<'_>) -> bool {
        let answer = &examined.answer;
        let has_status = self.has_status(answer.status);
        let matches = |name: &str, value: &Expression| {
            answer.fields.get_all(name).any(|found| value.matches(found))
        };
        let redirects = |target| (300..400).contains(&answer.status) && matches("location", target);
        has_status
            && self.header.as_ref().is_none_or(|(name, value)| matches(name, value))
            && self.redirect.as_ref().is_none_or(redirects)
    }

    fn size_seen(&self, examined: &Examined<'_>) -> Known {
        let Some((least, most)) = self.size else { return Known::Yes };
        let come = examined.raw.len() as u64;
        match examined.answer.announced {
            Some(announced) => (least..=most).contains(&announced).into(),
            None if examined.ended => (least..=most).contains(&come).into(),
            None if come > most => Known::No,
            None if come >= least && most == u64::MAX => Known::Yes,
            None if examined.full() => Known::No,
            None => Known::NotYet,
        }
    }
}

fn body_seen(body: &Expression, examined: &Examined<'_>) -> Known {
    match examined.text() {
        None => Known::No,
        Some(text) if text.fixed => body.matches(&text.bytes).into(),
        Some(text) if body.matches_already(&text.bytes) => Known::Yes,
        Some(_) => Known::NotYet,
    }
}
