//! One of two databases: connects, migrates under a lock, runs statements.

use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str::FromStr;

use futures_util::TryStreamExt;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgRow, Postgres};
use sqlx::sqlite::{
    Sqlite, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{FromRow, PgPool, SqlSafeStr, SqlitePool};

use crate::arguments::{Argument, pack};
use crate::error::StoreError;
use crate::settings::Settings;

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
    Postgres(PgPool),
}

/// A transaction.
pub(crate) enum Transaction {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

// === impl Database ===

impl Database {
    pub(crate) async fn open(settings: &Settings) -> Result<Self> {
        match settings.url.expose().split_once(':') {
            Some(("sqlite", _)) => open_sqlite(settings).await,
            Some(("postgres" | "postgresql", _)) => open_postgres(settings).await,
            _ => Err(unusable("its URL must begin with sqlite:// or postgres://")),
        }
    }

    /// A transaction that writes.
    pub(crate) async fn write(&self) -> Result<Transaction> {
        Ok(match self {
            Self::Sqlite { writer, .. } => {
                Transaction::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)
            }
            Self::Postgres(pool) => Transaction::Postgres(pool.begin().await?),
        })
    }

    /// A transaction that sees one state of the database however long it reads.
    pub(crate) async fn snapshot(&self) -> Result<Transaction> {
        const POSTGRES: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        Ok(match self {
            Self::Sqlite { readers, .. } => Transaction::Sqlite(readers.begin().await?),
            Self::Postgres(pool) => Transaction::Postgres(pool.begin_with(POSTGRES).await?),
        })
    }

    pub(crate) async fn fetch<T: Row>(
        &self,
        sql: &'static str,
        arguments: Vec<Argument>,
    ) -> Result<Vec<T>> {
        match self {
            Self::Sqlite { readers, .. } => {
                let arguments = pack::<Sqlite>(arguments)?;
                Ok(sqlx::query_as_with(sql, arguments).fetch_all(readers).await?)
            }
            Self::Postgres(pool) => {
                let arguments = pack::<Postgres>(arguments)?;
                Ok(sqlx::query_as_with(sql, arguments).fetch_all(pool).await?)
            }
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
            Self::Postgres(transaction) => {
                let arguments = pack::<Postgres>(arguments)?;
                let done = sqlx::query_with(sql, arguments).execute(&mut **transaction).await?;
                Ok(done.rows_affected())
            }
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
            }
            Self::Postgres(transaction) => {
                let arguments = pack::<Postgres>(arguments)?;
                let mut rows = sqlx::query_as_with(sql, arguments).fetch(&mut **transaction);
                while let Some(row) = rows.try_next().await? {
                    take(row)?;
                }
            }
        }
        Ok(())
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(transaction) => Ok(transaction.commit().await?),
            Self::Postgres(transaction) => Ok(transaction.commit().await?),
        }
    }
}

// === opening ===

fn unusable(why: impl std::fmt::Display) -> StoreError {
    StoreError::Unusable(why.to_string())
}

/// How much longer than others a writer waits, in a database that has room for one.
const WRITERS_WAIT: u32 = 8;

async fn open_sqlite(settings: &Settings) -> Result<Database> {
    let url = settings.url.expose();
    let options = SqliteConnectOptions::from_str(url).map_err(unusable)?;
    let path = options.get_filename().to_owned();
    let named = url.split('?').next().unwrap_or(url).trim_start_matches("sqlite:");
    if matches!(named.trim_start_matches("//"), "" | ":memory:") || url.contains("mode=memory") {
        return Err(unusable("SQLite needs a file: sqlite:///path/to/octoprox.db"));
    }
    let options = options
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Normal)
        .foreign_keys(true)
        .busy_timeout(settings.acquire_timeout);
    // Held until the end of this function: nobody else migrates the same file meanwhile.
    let _lock =
        tokio::task::spawn_blocking(move || locked_file(&path)).await.map_err(unusable)??;
    let pool = SqlitePoolOptions::new().acquire_timeout(settings.acquire_timeout);
    // Writers queue here, and one of them may be importing a hundred thousand proxies.
    let patience = settings.acquire_timeout * WRITERS_WAIT;
    let writer = pool.clone().max_connections(1).acquire_timeout(patience);
    let writer = writer.connect_with(options.clone()).await?;
    migrator(SQLITE).run(&writer).await.map_err(unusable)?;
    let readers = pool.max_connections(settings.pool_size.clamp(1, 16));
    let readers = readers.connect_with(options.read_only(true)).await?;
    Ok(Database::Sqlite { writer, readers })
}

/// The file of the database, made for nobody else to read if it is not there; waits while another
/// node opens it. The lock goes with the handle.
fn locked_file(path: &Path) -> Result<std::fs::File> {
    let named = |error: std::io::Error| unusable(format!("{}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(named)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(path).map_err(named)?;
    file.lock().map_err(named)?;
    Ok(file)
}

async fn open_postgres(settings: &Settings) -> Result<Database> {
    let parsed = PgConnectOptions::from_str(settings.url.expose());
    // The parser's message may quote the URL, and with it the password.
    let options =
        parsed.map_err(|_quotes| unusable("its URL cannot be read as a postgres:// URL"))?;
    let options = options.application_name("octoprox");
    let pool = PgPoolOptions::new()
        .acquire_timeout(settings.acquire_timeout)
        .max_connections(settings.pool_size)
        .test_before_acquire(true)
        .connect_with(options)
        .await?;
    migrator(POSTGRES).run(&pool).await.map_err(unusable)?;
    Ok(Database::Postgres(pool))
}

// === migrations ===

type File = (i64, &'static str, &'static str);

/// The files of one database; both have the same.
macro_rules! files {
    ($folder:literal) => {
        &[
            file!($folder, 20_261_121_000_000, "20261121000000_initial"),
            file!($folder, 20_261_122_000_000, "20261122000000_lease_create"),
            file!($folder, 20_261_122_000_100, "20261122000100_usage_add_seconds"),
            file!($folder, 20_261_122_000_200, "20261122000200_installation_add_forgotten"),
        ]
    };
}

macro_rules! file {
    ($folder:literal, $version:literal, $name:literal) => {
        (
            $version,
            $name,
            include_str!(concat!("../../../migrations/", $folder, "/", $name, ".sql")),
        )
    };
}

const SQLITE: &[File] = files!("sqlite");
const POSTGRES: &[File] = files!("postgres");

fn migrator(files: &[File]) -> Migrator {
    let migration = |(version, name, sql): &File| {
        let kind = MigrationType::Simple;
        let description = name.split_once('_').map_or(*name, |(_version, rest)| rest);
        Migration::new(*version, description.into(), kind, (*sql).into_sql_str(), false)
    };
    Migrator::with_migrations(files.iter().map(migration).collect())
}
