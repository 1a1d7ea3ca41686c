//! Whatever nodes tell one another in lines, as sealed bytes.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{Lines, Result, corrupt, each_line};
use crate::vault::Vault;

#[derive(Serialize, Deserialize)]
enum Line<T> {
    Row(T),
    End,
}

/// Seals rows; only who asks for the same `about` can open them.
///
/// # Errors
/// When a row is no JSON, or there is no randomness to be had.
pub fn seal<T: Serialize>(vault: &Vault, about: &str, rows: &[T]) -> Result<Vec<u8>> {
    let mut lines = Lines::new();
    for row in rows {
        lines.push(&Line::Row(row))?;
    }
    lines.push(&Line::<()>::End)?;
    lines.seal(vault, about)
}

/// Opens them.
///
/// # Errors
/// [`StoreError::SealedElsewhere`](crate::StoreError::SealedElsewhere) for another secret key,
/// [`StoreError::Corrupt`](crate::StoreError::Corrupt) for whatever else it may be.
pub fn open<T: DeserializeOwned>(vault: &Vault, about: &str, sealed: &[u8]) -> Result<Vec<T>> {
    let (mut rows, mut is_whole) = (Vec::new(), false);
    each_line(vault, about, sealed, |line: Line<T>| {
        match line {
            Line::Row(row) if !is_whole => rows.push(row),
            Line::End if !is_whole => is_whole = true,
            Line::Row(_) | Line::End => return Err(corrupt("its lines are in disorder")),
        }
        Ok(())
    })?;
    if is_whole { Ok(rows) } else { Err(corrupt("it ends too early")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_open_as_they_were_sealed_and_for_the_same_question_only() {
        let vault = Vault::new([1; 32]);
        let rows = ["a".to_owned(), "b\n".to_owned()];
        let sealed = seal(&vault, "question", &rows).unwrap();
        assert_eq!(open::<String>(&vault, "question", &sealed).unwrap(), rows);
        assert!(open::<String>(&vault, "another", &sealed).is_err());
        assert!(open::<String>(&Vault::new([2; 32]), "question", &sealed).is_err());
        assert!(open::<u64>(&vault, "question", &sealed).is_err());
        let none = seal::<u64>(&vault, "question", &[]).unwrap();
        assert!(open::<u64>(&vault, "question", &none).unwrap().is_empty());
    }
}
