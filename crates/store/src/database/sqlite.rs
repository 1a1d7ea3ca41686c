//! SQLite: a file, one writer, readers that do not wait for it.

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str::FromStr;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use super::migrations;
use super::{Database, Result, WRITERS_WAIT, unusable};
use crate::settings::Settings;

pub(super) async fn open(settings: &Settings) -> Result<Database> {
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
        tokio::task::spawn_blocking(move || locked_folder(&path)).await.map_err(unusable)??;
    // A file does not go away: no connection is asked whether it is still there.
    let pool = SqlitePoolOptions::new()
        .test_before_acquire(false)
        .acquire_timeout(settings.acquire_timeout);
    // Writers queue here, and one of them may be importing a hundred thousand proxies.
    let patience = settings.acquire_timeout * WRITERS_WAIT;
    let writer = pool.clone().max_connections(1).acquire_timeout(patience);
    let writer = writer.connect_with(options.clone()).await?;
    migrations::sqlite().run(&writer).await.map_err(unusable)?;
    let readers = pool.max_connections(settings.pool_size.clamp(1, 16));
    let readers = readers.connect_with(options.read_only(true)).await?;
    Ok(Database::Sqlite { writer, readers })
}

/// Makes the file of the database, for nobody else to read, if it is not there, and locks its folder;
/// waits while another node opens it. The lock goes with the handle.
///
/// A file that is there is not touched: to close it would end every lock that SQLite has on it in
/// this process, and then the next program that looks into the database takes itself for the only
/// one and removes the log that this one goes on to write to.
fn locked_folder(path: &Path) -> Result<File> {
    let named = |error: std::io::Error| unusable(format!("{}: {error}", path.display()));
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(named)?;
    let lock = File::open(folder).map_err(named)?;
    lock.lock().map_err(named)?;
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(named(error)),
        _ => Ok(lock),
    }
}
