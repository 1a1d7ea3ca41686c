//! Users and webhooks as sealed bytes, and whose installation they are of.

use model::{User, Webhook};
use serde::{Deserialize, Serialize};

use super::{Lines, Result, corrupt, each_line};
use crate::vault::Vault;
use crate::{users, webhooks};

#[derive(Serialize, Deserialize)]
enum Line {
    /// By what the installation's secret key is known.
    Key(Vec<u8>),
    User(users::Row),
    Webhook(webhooks::Row<String>),
    End,
}

/// Who may change an installation, and who is told of it.
#[derive(Default)]
pub(crate) struct People {
    /// By what the secret key of its installation is known.
    pub(crate) key: Vec<u8>,
    pub(crate) users: Vec<User>,
    pub(crate) webhooks: Vec<Webhook>,
}

/// Seals them so that they open as being `about` the same only.
pub(crate) fn seal(
    vault: &Vault,
    about: &str,
    key: Vec<u8>,
    (users, webhooks): (&[User], &[Webhook]),
) -> Result<Vec<u8>> {
    let mut lines = Lines::new();
    lines.push(&Line::Key(key))?;
    for user in users {
        lines.push(&Line::User(users::write_row(user)?))?;
    }
    for webhook in webhooks {
        lines.push(&Line::Webhook(webhooks::write_open(webhook)?))?;
    }
    lines.push(&Line::End)?;
    lines.seal(vault, about)
}

/// Opens what [`seal`] has sealed about the same.
pub(crate) fn open(vault: &Vault, about: &str, sealed: &[u8]) -> Result<People> {
    let (mut key, mut people, mut is_whole) = (None, People::default(), false);
    each_line(vault, about, sealed, |line: Line| {
        if is_whole || key.is_some() == matches!(line, Line::Key(_)) {
            return Err(corrupt("its lines are in disorder"));
        }
        match line {
            Line::Key(mark) => key = Some(mark),
            Line::User(row) => people.users.push(users::read_row(row)?),
            Line::Webhook(row) => people.webhooks.push(webhooks::read_open(row)?),
            Line::End => is_whole = true,
        }
        Ok(())
    })?;
    let key = key.filter(|_| is_whole).ok_or_else(|| corrupt("it ends too early"))?;
    Ok(People { key, ..people })
}
