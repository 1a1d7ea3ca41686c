//! `-key-value-key-value`, and the one flag `-debug`.

use crate::ask::{self, BadParameter, Wish};

pub(super) fn read(rest: &str, wish: &mut Wish) -> Result<(), BadParameter> {
    let mut words = match rest.strip_prefix('-') {
        Some(words) => words.split('-').peekable(),
        None => return Ok(()),
    };
    while let Some(key) = words.next() {
        let key = key.to_ascii_lowercase();
        // A flag has no value; what follows it is the next key.
        if key == "debug" && words.peek().is_none_or(|next| ask::is_key(&next.to_ascii_lowercase()))
        {
            wish.set("debug", "on")?;
            continue;
        }
        wish.set(&key, words.next().unwrap_or_default())?;
    }
    Ok(())
}
