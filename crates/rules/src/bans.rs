//! The ban rules of a project, compiled, and what they say of an answer.

use compact_str::CompactString;
use model::ban::{Actions, BanRule};
use model::{DomainRule, Host};
use smallvec::SmallVec;

use crate::answer::{Answer, Examined};
use crate::error::{BadRules, Mistakes};
use crate::signs::{Known, Signs};

/// The rules of a project that are on, in their order.
#[derive(Debug, Default)]
pub struct Bans(Vec<Rule>);

/// One rule.
#[derive(Debug)]
pub struct Rule {
    /// Its place in the list that was compiled.
    pub index: usize,
    /// What counters and records call it.
    pub name: CompactString,
    /// What is done about a ban.
    pub actions: Actions,
    /// 1-100 %, see [`BanRule::max_share`].
    pub max_share: u8,
    /// See [`BanRule::dry_run`].
    pub dry_run: bool,
    domains: Vec<DomainRule>,
    signs: Signs,
}

/// What the rules say of an answer.
#[derive(Debug, Default)]
pub struct Judgement<'r> {
    /// The first rule that matches and is not dry. What there is stays, whatever comes.
    pub banned: Option<&'r Rule>,
    /// Dry rules before it that match; complete once nothing is undecided.
    pub dry: SmallVec<[&'r Rule; 1]>,
    /// More content could change it: read on and ask again. Never with a whole content, with
    /// [`MOST_RAW`](crate::MOST_RAW) bytes of one, or once an answer is banned. Each asking decodes from the
    /// beginning, so twice as much is better than a little more.
    pub undecided: bool,
}

impl Bans {
    /// Compiles the rules. Those that are off are looked at, too, but left out.
    ///
    /// # Errors
    /// Every sign that cannot be compiled, with its place in `rules`; rules without any sign.
    pub fn compile(rules: &[BanRule]) -> Result<Self, BadRules> {
        let mut mistakes = Mistakes::default();
        let mut compiled = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            let place = format!("{index}/signs");
            if rule.signs == model::ban::Signs::default() {
                mistakes.note(place.clone(), "must have at least one sign");
            }
            let signs = Signs::compile(&rule.signs, &place, &mut mistakes);
            if rule.enabled {
                compiled.push(Rule::new(index, rule, signs));
            }
        }
        mistakes.none_or(Self(compiled))
    }

    /// Those that are on, in their order.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.0.iter()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether any rule is about answers of `host`, dry ones included.
    #[must_use]
    pub fn concern(&self, host: &Host) -> bool {
        self.about(host).next().is_some()
    }

    /// Whether a rule about `host` may have requests sent again that may change something there.
    #[must_use]
    pub fn replay_unsafe(&self, host: &Host) -> bool {
        self.about(host)
            .any(|rule| rule.actions.replay_unsafe && rule.actions.retry && !rule.dry_run)
    }

    /// What the rules say of an answer of `host`. The first one that matches counts, so that no
    /// later one bans while an earlier one is undecided. Dry rules hide no others, and are not
    /// waited for when the answer is banned.
    #[must_use]
    pub fn judge<'r>(&'r self, host: &Host, answer: &Answer<'_>) -> Judgement<'r> {
        let examined = Examined::new(*answer);
        let mut judgement = Judgement::default();
        for rule in self.about(host) {
            match (rule.signs.seen(&examined), rule.dry_run) {
                (Known::No, _) => {}
                (Known::Yes, true) => judgement.dry.push(rule),
                (Known::Yes, false) => {
                    judgement.banned = Some(rule);
                    judgement.undecided = false;
                    break;
                }
                (Known::NotYet, true) => judgement.undecided = true,
                (Known::NotYet, false) => {
                    judgement.undecided = true;
                    break;
                }
            }
        }
        judgement
    }

    pub(crate) fn about(&self, host: &Host) -> impl Iterator<Item = &Rule> {
        self.0.iter().filter(move |rule| rule.is_about(host))
    }
}

impl Rule {
    pub(crate) fn signs(&self) -> &Signs {
        &self.signs
    }

    fn new(index: usize, rule: &BanRule, signs: Signs) -> Self {
        Self {
            index,
            name: CompactString::from(&rule.name),
            actions: rule.actions.clone(),
            max_share: rule.max_share,
            dry_run: rule.dry_run,
            domains: rule.domains.clone(),
            signs,
        }
    }

    fn is_about(&self, host: &Host) -> bool {
        self.domains.is_empty() || self.domains.iter().any(|domain| domain.matches(host))
    }
}

#[cfg(test)]
mod tests;
