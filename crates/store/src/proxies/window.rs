//! Proxies in any order, from any place in it: what a table shows that somebody scrolls.

use std::str::FromStr;

use model::{ProjectId, Proxy, ProxyId};
use sqlx::AssertSqlSafe;

use super::{COLUMNS, FILTERED, Filter, Logins, Result, Row, read_row, total};
use crate::arguments::arguments;
use crate::page::Listed;
use crate::store::Store;
use crate::stored::parse;

/// What a list is sorted by; where two are alike, the older one comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order(&'static str);

/// Part of a sorted list.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// How the list is sorted.
    pub order: Order,
    /// Rows before it.
    pub offset: u32,
    /// Rows at most: 1-1000.
    pub limit: u32,
}

/// Not an order that there is.
#[derive(Debug, thiserror::Error)]
#[error("must be one of created, host, country, connector, or - and one of them")]
pub struct BadOrder;

impl Order {
    const ALL: [&str; 8] =
        ["created", "-created", "host", "-host", "country", "-country", "connector", "-connector"];
}

impl Default for Order {
    fn default() -> Self {
        Self("created")
    }
}

impl FromStr for Order {
    type Err = BadOrder;

    fn from_str(text: &str) -> std::result::Result<Self, BadOrder> {
        Self::ALL.into_iter().find(|known| *known == text).map(Self).ok_or(BadOrder)
    }
}

/// That part of the proxies of a project which the filter lets through, their passwords opened.
/// What comes and goes meanwhile moves the rows behind it.
///
/// # Errors
/// [`crate::StoreError::Unavailable`].
pub async fn window(
    store: &Store,
    project: ProjectId,
    filter: &Filter,
    window: Window,
) -> Result<Listed<Proxy>> {
    // Rows are sorted before they are joined with anything wide; identifiers grow with time.
    let select = format!("SELECT {COLUMNS} {FILTERED} {SORTED} LIMIT $9 OFFSET $10");
    let total = total(store, project, filter).await?;
    let mut arguments = filter.arguments(project);
    let Window { order, offset, limit } = window;
    arguments.extend(arguments![order.0.to_owned(), i64::from(limit), i64::from(offset)]);
    let rows = store.fetch::<Row>(AssertSqlSafe(select), arguments).await?;
    let mut logins = Logins::default();
    let read = |row| read_row(store.vault(), &mut logins, row);
    let items = rows.into_iter().map(read).collect::<Result<Vec<_>>>()?;
    let total = total.first().map_or(0, |(total,)| total.cast_unsigned());
    Ok(Listed { items, next: None, total })
}

/// All of them in that order.
///
/// # Errors
/// [`crate::StoreError::Unavailable`].
pub async fn sorted(
    store: &Store,
    project: ProjectId,
    filter: &Filter,
    order: Order,
) -> Result<Vec<ProxyId>> {
    let select = format!("SELECT p.id {FILTERED} {SORTED}");
    let mut arguments = filter.arguments(project);
    arguments.extend(arguments![order.0.to_owned()]);
    let rows = store.fetch::<(String,)>(AssertSqlSafe(select), arguments).await?;
    rows.into_iter().map(|(id,)| parse("proxy", &id)).collect()
}

/// `$8` is an [`Order`].
const SORTED: &str = "ORDER BY CASE $8 WHEN 'host' THEN p.host WHEN 'country' THEN COALESCE(p.country, '') \
     WHEN 'connector' THEN c.name_key END, \
     CASE $8 WHEN '-host' THEN p.host WHEN '-country' THEN COALESCE(p.country, '') \
     WHEN '-connector' THEN c.name_key WHEN '-created' THEN p.id END DESC, p.id";
