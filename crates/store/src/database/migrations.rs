//! Brings the tables up to date, once, however many nodes start at once.

use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use super::postgres::{Begin, Server};
use super::{Result, unusable};
use crate::arguments::arguments;

type File = (i64, &'static str, &'static str);

/// The files of one database; both have the same.
macro_rules! files {
    ($folder:literal) => {
        &[
            file!($folder, 20_261_121_000_000, "20261121000000_initial"),
            file!($folder, 20_261_122_000_000, "20261122000000_lease_create"),
            file!($folder, 20_261_122_000_100, "20261122000100_usage_add_seconds"),
            file!($folder, 20_261_122_000_200, "20261122000200_installation_add_forgotten"),
            file!($folder, 20_261_122_000_300, "20261122000300_roots_create"),
            file!($folder, 20_261_123_000_000, "20261123000000_usage_series_create"),
            file!($folder, 20_261_123_000_100, "20261123000100_usage_days_create"),
            file!($folder, 20_261_123_001_000, "20261123001000_audit_create"),
            file!($folder, 20_261_123_001_100, "20261123001100_keys_create"),
            file!($folder, 20_261_123_001_110, "20261123001110_log_filters_create"),
            file!($folder, 20_261_124_000_000, "20261124000000_alerts_create"),
            file!($folder, 20_261_124_000_100, "20261124000100_webhooks_create"),
            file!($folder, 20_261_124_000_200, "20261124000200_rents_create"),
        ]
    };
}

macro_rules! file {
    ($folder:literal, $version:literal, $name:literal) => {
        (
            $version,
            $name,
            include_str!(concat!("../../../../migrations/", $folder, "/", $name, ".sql")),
        )
    };
}

const SQLITE: &[File] = files!("sqlite");
const POSTGRES: &[File] = files!("postgres");

/// For a file of which this process holds the lock. What a newer version has added is no mistake: the
/// older one goes on beside it while a cluster is upgraded.
pub(super) fn sqlite() -> Migrator {
    let mut migrator = Migrator::with_migrations(SQLITE.iter().map(migration).collect());
    migrator.set_ignore_missing(true);
    migrator
}

/// Any number, as long as it stays: what nodes that open the same database wait for.
const LOCK: i64 = 0x6f63_746f_7072_6f78;

/// Everything in one transaction, whose end is the end of the lock. A lock of the session would not
/// hold behind a pooler that hands the session to somebody else between two transactions.
pub(super) async fn postgres(server: &Server) -> Result<()> {
    let mut transaction = server.begin(Begin::Migrate).await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", arguments![LOCK]).await?;
    transaction.execute(TABLE, vec![]).await?;
    let select = "SELECT version, checksum FROM _sqlx_migrations";
    let applied = transaction.fetch::<(i64, Vec<u8>)>(select, vec![]).await?;
    for file in POSTGRES {
        let migration = migration(file);
        match applied.iter().find(|(version, _)| *version == migration.version) {
            Some((_, checksum)) if *checksum == *migration.checksum => continue,
            Some(_) => return Err(unusable(format!("migration {} has been changed", file.1))),
            None => {}
        }
        transaction.run(file.2).await?;
        let (version, checksum) = (migration.version, migration.checksum.to_vec());
        let arguments = arguments![version, migration.description.to_string(), checksum];
        transaction.execute(APPLIED, arguments).await?;
    }
    transaction.commit().await
}

/// The table in which sqlx keeps what has been applied.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS _sqlx_migrations (version BIGINT PRIMARY KEY, \
     description TEXT NOT NULL, installed_on TIMESTAMPTZ NOT NULL DEFAULT now(), \
     success BOOLEAN NOT NULL, checksum BYTEA NOT NULL, execution_time BIGINT NOT NULL)";
const APPLIED: &str = "INSERT INTO _sqlx_migrations \
     (version, description, success, checksum, execution_time) VALUES ($1, $2, TRUE, $3, -1)";

fn migration((version, name, sql): &File) -> Migration {
    let kind = MigrationType::Simple;
    let description = name.split_once('_').map_or(*name, |(_version, rest)| rest);
    Migration::new(*version, description.into(), kind, (*sql).into_sql_str(), false)
}
