//! What a client writes into its username: an account, and parameters behind it.
//!
//! Ours is `account(-key-value)*`, parameters in any order. The account is the longest that exists:
//! one may itself contain hyphens. Other vendors' grammars are understood where a project says that
//! its clients write one; then the account is the project's username exactly as the vendor would
//! have it in front of the parameters, prefix included.

use std::sync::Arc;

use model::policy::Dialect;

use crate::ask::{BadParameter, Wish};
use crate::roster::{ProjectEntry, Roster};

mod native;
mod hyphens;
mod positional;
mod password;
mod semicolons;

/// A login that has been taken apart, but not yet checked.
#[derive(Debug)]
pub struct Login<'a> {
    /// The project whose account was named.
    pub project: Arc<ProjectEntry>,
    /// The password, without parameters where a dialect puts them there.
    pub password: &'a str,
    /// The parameters.
    pub wish: Wish,
}

/// Why a username cannot be used. Nothing of what the client sent is in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadUsername {
    /// No project has that account.
    #[error("there is no such account")]
    UnknownAccount,
    /// A parameter is not understood.
    #[error(transparent)]
    Parameter(#[from] BadParameter),
}

/// Takes a username and a password apart.
///
/// # Errors
/// [`BadUsername`]. A parameter that is not understood is never passed over: the request would go
/// where its sender did not want it to.
pub fn read<'a>(
    roster: &Roster,
    username: &str,
    password: &'a str,
) -> Result<Login<'a>, BadUsername> {
    let (project, rest) = account(roster, username).ok_or(BadUsername::UnknownAccount)?;
    let mut wish = Wish::default();
    let mut password = password;
    match project.spec.dialect {
        Dialect::IpRoyal if rest.is_empty() => password = password::read(password, &mut wish)?,
        Dialect::IpRoyal => return Err(BadUsername::UnknownAccount),
        dialect => read_parameters(dialect, rest, &mut wish)?,
    }
    wish.check()?;
    Ok(Login { project, password, wish })
}

/// Reads what a client of the project would write behind its account, or behind its password where
/// the project's dialect wants it there; the separator in front may be left out.
///
/// # Errors
/// [`BadParameter`].
pub fn parameters(project: &ProjectEntry, text: &str) -> Result<Wish, BadParameter> {
    let mut wish = Wish::default();
    let dialect = project.spec.dialect;
    let separator = match dialect {
        Dialect::IpRoyal => "_",
        Dialect::DataImpulse => "__",
        _ => "-",
    };
    let is_bare = !text.is_empty() && !text.starts_with(separator);
    let text = if is_bare { format!("{separator}{text}") } else { text.to_owned() };
    if dialect == Dialect::IpRoyal {
        let rest = password::read(&text, &mut wish)?;
        rest.is_empty().then_some(()).ok_or(BadParameter::Unknown)?;
    } else {
        read_parameters(dialect, &text, &mut wish)?;
    }
    wish.check()?;
    Ok(wish)
}

fn read_parameters(dialect: Dialect, rest: &str, wish: &mut Wish) -> Result<(), BadParameter> {
    match dialect {
        // Those of the last one stand behind the password.
        Dialect::Native | Dialect::IpRoyal => native::read(rest, wish),
        Dialect::BrightData => hyphens::read(&hyphens::BRIGHT_DATA, rest, wish),
        Dialect::Oxylabs => hyphens::read(&hyphens::OXYLABS, rest, wish),
        Dialect::Decodo => hyphens::read(&hyphens::DECODO, rest, wish),
        Dialect::Soax => hyphens::read(&hyphens::SOAX, rest, wish),
        Dialect::Webshare => positional::webshare(rest, wish),
        Dialect::NetNut => positional::netnut(rest, wish),
        Dialect::DataImpulse => semicolons::read(rest, wish),
    }
}

/// The longest account that the username begins with, up to its end or to a separator; and what is
/// left, with the separator.
fn account<'u>(roster: &Roster, username: &'u str) -> Option<(Arc<ProjectEntry>, &'u str)> {
    if let Some(project) = roster.account(username) {
        return Some((Arc::clone(project), ""));
    }
    let ends = username.match_indices(['-', '_']).map(|(at, _)| at).rev();
    ends.filter(|at| !username[at + 1..].is_empty() || username[*at..].len() == 1).find_map(|at| {
        let (account, rest) = username.split_at(at);
        let project = roster.account(account)?;
        let separates = match project.spec.dialect {
            Dialect::DataImpulse => rest.starts_with("__"),
            _ => rest.starts_with('-'),
        };
        separates.then(|| (Arc::clone(project), rest))
    })
}

/// Keys in a vendor's spelling, and ours.
type Keys = &'static [(&'static str, &'static str)];

/// Our key for a vendor's.
fn translate(keys: Keys, key: &str) -> Option<&'static str> {
    keys.iter().find(|(theirs, _)| *theirs == key).map(|(_, ours)| *ours)
}

#[cfg(test)]
mod tests;
