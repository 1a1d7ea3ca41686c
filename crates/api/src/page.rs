//! Pages of a list.

use serde::{Deserialize, Serialize};
use store::{Listed, Page};
use utoipa::{IntoParams, ToSchema};

use crate::problem::{Answer, Problem};
use crate::query::parsed;

/// Which part of a list is wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Paging {
    /// Rows at most: 1-1000, 100 if absent.
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// Which rows of a noun with names are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Search {
    /// Part of the name, whatever the case.
    pub(crate) search: Option<String>,
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Paged<T> {
    /// The rows, in the order of their creation.
    pub(crate) items: Vec<T>,
    /// What to pass as `after` for the next page; `null` on the last.
    pub(crate) next: Option<String>,
    /// Rows in the whole list.
    pub(crate) total: u64,
}

/// The rows of a page of which so many are wanted: 1-1000, 100 where nobody says.
pub(crate) fn rows<T: PartialOrd + From<u16>>(limit: Option<T>) -> Answer<T> {
    let limit = limit.unwrap_or_else(|| 100.into());
    if !(T::from(1)..=T::from(1000)).contains(&limit) {
        return Err(Problem::mistake("?limit", "must be from 1 to 1000"));
    }
    Ok(limit)
}

impl Paging {
    pub(crate) fn page(&self) -> Answer<Page> {
        let limit = rows(self.limit)?;
        Ok(Page { after: parsed("?after", self.after.as_deref())?, limit })
    }
}

impl<T> Paged<T> {
    pub(crate) fn of<R>(listed: Listed<R>, view: impl FnMut(R) -> T) -> Self {
        Self {
            items: listed.items.into_iter().map(view).collect(),
            next: listed.next.map(|id| id.to_string()),
            total: listed.total,
        }
    }
}
