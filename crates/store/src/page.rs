//! Pages of a list, in the order of identifiers: the order of creation.

use uuid::Uuid;

use crate::error::StoreError;

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// The last identifier of the page before; `None`: from the beginning.
    pub after: Option<Uuid>,
    /// Rows at most: 1-1000.
    pub limit: u32,
}

/// A part of a list.
#[derive(Debug, Clone)]
pub struct Listed<T> {
    /// The rows.
    pub items: Vec<T>,
    /// What the next page comes after; `None`: this was the last.
    pub next: Option<Uuid>,
    /// Rows in the whole list.
    pub total: u64,
}

impl Default for Page {
    fn default() -> Self {
        Self { after: None, limit: 100 }
    }
}

impl Page {
    /// Identifiers are compared as text; the empty text comes before all of them.
    pub(crate) fn after(&self) -> String {
        self.after.map(|id| id.to_string()).unwrap_or_default()
    }

    /// One row more than wanted is read, to know whether there is a next page.
    pub(crate) fn fetch_limit(&self) -> i64 {
        i64::from(self.limit) + 1
    }

    /// Makes the page of `rows`, which were read with [`Page::fetch_limit`].
    pub(crate) fn listed<R, T>(
        &self,
        mut rows: Vec<R>,
        total: &[(i64,)],
        read: impl Fn(R) -> Result<(Uuid, T), StoreError>,
    ) -> Result<Listed<T>, StoreError> {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let read: Vec<(Uuid, T)> = rows.into_iter().map(read).collect::<Result<_, _>>()?;
        let next = read.last().filter(|_| more).map(|(id, _)| *id);
        let total = total.first().map_or(0, |(total,)| total.cast_unsigned());
        Ok(Listed { items: read.into_iter().map(|(_, item)| item).collect(), next, total })
    }
}
