//! One of two databases: connects, migrates under a lock, runs statements.

mod sqlite;
mod postgres;
mod address;
mod migrations;

use futures_util::TryStreamExt;
use sqlx::postgres::PgRow;
use sqlx::sqlite::{Sqlite, SqliteRow};
use sqlx::{FromRow, SqlSafeStr, SqlitePool};

use crate::arguments::{Argument, pack};
use crate::error::StoreError;
use crate::settings::Settings;

pub(crate) use postgres::{Begin, PgTransaction, Server};

type Result<T, E = StoreError> = std::result::Result<T, E>;

/// A row type that both databases can give: in practice tuples of text, numbers, bytes, truths.
pub(crate) trait Row:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{}

/// Pools of connections.
#[derive(Debug, Clone)]
pub(crate) enum Database {
    /// One writer, because a file has one; readers do not wait for it (WAL).
    Sqlite {
        writer: SqlitePool,
        readers: SqlitePool,
    },
    Postgres(Server),
}

/// A transaction.
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(PgTransaction),
}

// === impl Database ===

impl Database {
    pub(crate) async fn open(settings: &Settings) -> Result<Self> {
        match settings.url.expose().split_once(':') {
            Some(("sqlite", _)) => sqlite::open(settings).await,
            Some(("postgres" | "postgresql", _)) => {
                let server = Server::open(settings).await?;
                migrations::postgres(&server).await?;
                Ok(Self::Postgres(server))
            }
            _ => Err(unusable("its URL must begin with sqlite:// or postgres://")),
        }
    }

    pub(crate) async fn begin(&self, begin: Begin) -> Result<Transaction> {
        Ok(match self {
            Self::Sqlite { readers, .. } if begin.only_reads() => {
                Transaction::Sqlite(readers.begin().await?)
            }
            Self::Sqlite { writer, .. } => {
                Transaction::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Self::Postgres(server) => Transaction::Postgres(server.begin(begin).await?),
        })
    }

    pub(crate) async fn fetch<T: Row>(
        &self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
    ) -> Result<Vec<T>> {
        match self {
            Self::Sqlite { readers, .. } => {
                let arguments = pack::<Sqlite>(arguments)?;
                Ok(sqlx::query_as_with(sql, arguments).fetch_all(readers).await?)
            }
            Self::Postgres(server) => server.fetch(sql.into_sql_str(), &arguments).await,
        }
    }
}

// === impl Transaction ===

impl Transaction {
    /// Runs a statement and says how many rows it touched.
    pub(crate) async fn execute(
        &mut self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
    ) -> Result<u64> {
        match self {
            Self::Sqlite(transaction) => {
                let arguments = pack::<Sqlite>(arguments)?;
                let done = sqlx::query_with(sql, arguments).execute(&mut **transaction).await?;
                Ok(done.rows_affected())
            }
            Self::Postgres(transaction) => transaction.execute(sql, arguments).await,
        }
    }

    pub(crate) async fn fetch<T: Row>(
        &mut self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
    ) -> Result<Vec<T>> {
        let mut rows = Vec::new();
        self.each(sql, arguments, |row| {
            rows.push(row);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    /// Hands over row after row, without holding them all.
    pub(crate) async fn each<T: Row>(
        &mut self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
        mut take: impl FnMut(T) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Sqlite(transaction) => {
                let arguments = pack::<Sqlite>(arguments)?;
                let mut rows = sqlx::query_as_with(sql, arguments).fetch(&mut **transaction);
                while let Some(row) = rows.try_next().await? {
                    take(row)?;
                }
                Ok(())
            }
            Self::Postgres(transaction) => transaction.each(sql, arguments, take).await,
        }
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(transaction) => Ok(transaction.commit().await?),
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }
}

fn unusable(why: impl std::fmt::Display) -> StoreError {
    StoreError::Unusable(why.to_string())
}

/// How much longer than for a connection a writer waits for those before it: one of them may be
/// importing a hundred thousand proxies.
const WRITERS_WAIT: u32 = 8;
