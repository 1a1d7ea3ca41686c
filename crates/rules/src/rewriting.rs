//! The rewrites of a project, compiled.

use model::rewrite::{Block, FieldChange, Rewrites};
use model::{DomainRule, Host};

use crate::error::{BadRules, Mistakes};
use crate::field;
use crate::glob::Glob;
use crate::user_agents::UserAgents;

/// What a project changes in messages, and what it does not let through.
#[derive(Debug, Default)]
pub struct Rewriting {
    request: Vec<FieldChange>,
    response: Vec<FieldChange>,
    user_agents: UserAgents,
    blocks: Vec<Blocked>,
}

#[derive(Debug)]
struct Blocked {
    hosts: Vec<DomainRule>,
    paths: Vec<Glob>,
    content_types: Vec<Glob>,
}

impl Rewriting {
    /// Compiles what a project says.
    ///
    /// # Errors
    /// Every field that cannot be changed, every name, value or pattern that cannot be, and blocks
    /// that name nothing (they would block everything), with their places in `rewrites`.
    pub fn compile(rewrites: &Rewrites) -> Result<Self, BadRules> {
        let mut mistakes = Mistakes::default();
        check(&rewrites.request, "request", &mut mistakes);
        check(&rewrites.response, "response", &mut mistakes);
        let user_agents = UserAgents::compile(&rewrites.user_agent, &mut mistakes);
        let blocks = rewrites.block.iter().enumerate();
        let blocks = blocks.map(|(n, block)| Blocked::compile(block, n, &mut mistakes)).collect();
        mistakes.none_or(Self {
            request: rewrites.request.clone(),
            response: rewrites.response.clone(),
            user_agents,
            blocks,
        })
    }

    /// Whether messages go on as they came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.request.is_empty()
            && self.response.is_empty()
            && self.blocks.is_empty()
            && matches!(self.user_agents, UserAgents::Keep)
    }

    /// What stands in `User-Agent`; `None`: what the client sent. For each session one that depends
    /// on nothing but its name and the list, so that every node chooses the same; without a session
    /// for each `connection`; or by `random`, any number.
    #[must_use]
    pub fn user_agent(&self, session: Option<&str>, connection: u64, random: u64) -> Option<&str> {
        self.user_agents.choose(session, connection, random)
    }

    /// Changes of a request's fields, in their order.
    #[must_use]
    pub fn request(&self) -> &[FieldChange] {
        &self.request
    }

    /// Changes of an answer's fields, in their order.
    #[must_use]
    pub fn response(&self) -> &[FieldChange] {
        &self.response
    }

    /// Whether a request is answered here. `path` is the path as sent, without its query.
    #[must_use]
    pub fn blocks(&self, host: &Host, path: &str) -> bool {
        let mut blocks = self.blocks.iter().filter(|block| block.content_types.is_empty());
        blocks.any(|block| block.is_about(host, path))
    }

    /// Whether an answer is cut off before its content. `content_type` is the field's value; an
    /// answer without one is not cut off.
    #[must_use]
    pub fn blocks_content(&self, host: &Host, path: &str, content_type: Option<&[u8]>) -> bool {
        let mut blocks = self.blocks.iter().filter(|block| !block.content_types.is_empty());
        let Some(value) = content_type.filter(|_| blocks.clone().next().is_some()) else {
            return false;
        };
        let essence = value.split(|byte| *byte == b';').next().unwrap_or_default();
        let essence = essence.trim_ascii().to_ascii_lowercase();
        blocks.any(|block| {
            block.content_types.iter().any(|glob| glob.matches(&essence))
                && block.is_about(host, path)
        })
    }
}

fn check(changes: &[FieldChange], list: &str, mistakes: &mut Mistakes) {
    for (n, change) in changes.iter().enumerate() {
        let (FieldChange::Set { name, .. } | FieldChange::Remove { name }) = change;
        mistakes.take(field::changeable(name), || format!("{list}/{n}/name"));
        if let FieldChange::Set { value, .. } = change {
            mistakes.take(field::value(value), || format!("{list}/{n}/value"));
        }
    }
}

impl Blocked {
    fn compile(block: &Block, n: usize, mistakes: &mut Mistakes) -> Self {
        if *block == Block::default() {
            mistakes.note(format!("block/{n}"), "must name hosts, paths or content types");
        }
        let content_types: Vec<_> =
            block.content_types.iter().map(|pattern| pattern.to_ascii_lowercase()).collect();
        let mut globs = |patterns: &[String], list: &str| {
            let compiled = patterns.iter().enumerate().filter_map(|(at, pattern)| {
                mistakes.take(Glob::compile(pattern), || format!("block/{n}/{list}/{at}"))
            });
            compiled.collect()
        };
        let paths = globs(&block.paths, "paths");
        let content_types = globs(&content_types, "content_types");
        Self { hosts: block.hosts.clone(), paths, content_types }
    }

    fn is_about(&self, host: &Host, path: &str) -> bool {
        (self.hosts.is_empty() || self.hosts.iter().any(|rule| rule.matches(host)))
            && (self.paths.is_empty()
                || self.paths.iter().any(|glob| glob.matches(path.as_bytes())))
    }
}

#[cfg(test)]
mod tests;
