//! Postgres: one server or several of which one writes, directly or through PgBouncer.
//!
//! Every statement belongs to a transaction and none is prepared under a name, so it does not matter
//! that a pooler gives each transaction another session. Every wait has an end: see [`Server::watch`].

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{BoxStream, FuturesUnordered};
use futures_util::{StreamExt, TryStreamExt};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions, Postgres};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgPool, SqlSafeStr, SqlStr};
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use super::{Row, WRITERS_WAIT, address};
use crate::arguments::{Argument, pack};
use crate::error::StoreError;
use crate::settings::Settings;

type Result<T, E = sqlx::Error> = std::result::Result<T, E>;

/// How long a connection that lay idle may take to show that it still leads to a server that writes.
const PING: Duration = Duration::from_millis(500);
/// How long a statement may take until somebody asks whether the server is still there.
const DOUBT: Duration = Duration::from_millis(750);
/// How long the server may take to answer that.
const PULSE: Duration = Duration::from_millis(1_500);
/// How long to wait for a connection before the other hosts are asked who writes.
const LOOK_AROUND: Duration = Duration::from_millis(250);
/// Attempts at what may be repeated.
const ATTEMPTS: u32 = 3;

/// A pool of connections to whichever of the hosts writes.
#[derive(Clone)]
pub(crate) struct Server {
    pool: PgPool,
    hosts: Arc<[PgConnectOptions]>,
    /// Whoever looks for the host that writes; one at a time is enough.
    looking: Arc<Mutex<()>>,
    acquire_timeout: Duration,
    statement_timeout: Duration,
}

/// What a transaction is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Begin {
    /// One statement that reads.
    Read,
    /// Many that see one state; long ones.
    Snapshot,
    /// Writing.
    Write,
    /// Writing what only the holder of a lease may: if it is paused, its successor does not wait.
    Fenced,
    /// Changing the tables, for as long as it takes.
    Migrate,
}

/// A transaction.
pub(crate) struct PgTransaction {
    inner: sqlx::Transaction<'static, Postgres>,
    server: Server,
    limit: Option<Duration>,
}

// === impl Server ===

impl std::fmt::Debug for Server {
    /// The options would show the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").field("hosts", &self.hosts.len()).finish_non_exhaustive()
    }
}

impl Server {
    pub(super) async fn open(settings: &Settings) -> Result<Self, StoreError> {
        let hosts = address::parse(settings.url.expose())?;
        let first = hosts.first().ok_or_else(|| super::unusable("its URL names no host"))?.clone();
        let pool = PgPoolOptions::new()
            .acquire_timeout(settings.acquire_timeout)
            .max_connections(settings.pool_size)
            .max_lifetime(settings.max_lifetime)
            .idle_timeout(settings.idle_timeout)
            .test_before_acquire(false)
            .before_acquire(|connection, _| {
                Box::pin(async { Ok(timeout(PING, writes(connection)).await.is_ok_and(is_true)) })
            })
            .after_connect(|connection, _| Box::pin(must_write(connection)))
            // A connection that hangs is not waited for: its place in the pool is wanted.
            .after_release(|connection, _| {
                Box::pin(async {
                    Ok(timeout(PULSE, connection.ping()).await.is_ok_and(|p| p.is_ok()))
                })
            })
            .connect_lazy_with(first);
        let server = Self {
            pool,
            hosts: hosts.into(),
            looking: Arc::default(),
            acquire_timeout: settings.acquire_timeout,
            statement_timeout: settings.statement_timeout,
        };
        server.begin(Begin::Read).await?;
        Ok(server)
    }

    pub(crate) async fn begin(&self, begin: Begin) -> Result<PgTransaction, StoreError> {
        let mut attempts = self.attempts();
        loop {
            match self.begin_with(begin).await {
                Err(error) if attempts.again(&error).await => {}
                done => {
                    let limit = begin.limit(self);
                    return Ok(PgTransaction { inner: done?, server: self.clone(), limit });
                }
            }
        }
    }

    /// Runs one statement that reads. What is read is repeated when the connection breaks.
    pub(super) async fn fetch<T: Row>(
        &self,
        sql: SqlStr,
        arguments: &[Argument],
    ) -> Result<Vec<T>, StoreError> {
        let mut attempts = self.attempts();
        loop {
            match self.fetch_once(sql.clone(), arguments.to_vec()).await {
                Err(error) if attempts.again(&error).await => {}
                fetched => return Ok(fetched?),
            }
        }
    }

    async fn fetch_once<T: Row>(&self, sql: SqlStr, arguments: Vec<Argument>) -> Result<Vec<T>> {
        let mut transaction = self.begin_with(Begin::Read).await?;
        let arguments = pack::<Postgres>(arguments)?;
        let query = sqlx::query_as_with(sql, arguments).persistent(false);
        // The pool ends the transaction when it takes the connection back; nobody waits for that.
        self.watch(Begin::Read.limit(self), query.fetch_all(&mut *transaction)).await
    }

    fn attempts(&self) -> Attempts {
        Attempts { made: 1, until: Instant::now() + self.acquire_timeout }
    }

    /// Begins on a connection of the pool. If that takes long, or fails at once, and there are other
    /// hosts, they are asked which of them writes, and whichever does is where the pool connects to
    /// from then on.
    async fn begin_with(&self, begin: Begin) -> Result<sqlx::Transaction<'static, Postgres>> {
        let sql = begin.sql(self);
        let begin = || {
            let connected = self.pool.begin_with(AssertSqlSafe(sql.clone()));
            self.watch(None, Box::pin(connected))
        };
        if self.hosts.len() == 1 {
            return begin().await;
        }
        tokio::select! {
            done = begin() => match done {
                // Whatever stands where the server was may take connections only to close them.
                Err(error) if is_passing(&error) => {
                    let _found = timeout(PING, Box::pin(self.find_writer())).await;
                }
                done => return done,
            },
            () = Box::pin(self.look_around()) => {}
        }
        begin().await
    }

    /// Returns once a host that writes has been found.
    async fn look_around(&self) {
        loop {
            sleep(LOOK_AROUND).await;
            if self.find_writer().await {
                return;
            }
        }
    }

    /// Asks every host whether it writes, and has the pool connect to one that does.
    async fn find_writer(&self) -> bool {
        let _one_at_a_time = self.looking.lock().await;
        let asked: FuturesUnordered<_> = self.hosts.iter().cloned().map(if_it_writes).collect();
        let found = asked.filter_map(std::future::ready).next().await;
        found.map(|host| self.pool.set_connect_options(host)).is_some()
    }

    /// Waits for `work`, but not for a server that is gone without a word: whenever it takes long,
    /// somebody else asks the server for a sign of life. So a lock, a long import or a slow disk is
    /// waited for up to `limit`, and a machine that hangs for two seconds.
    async fn watch<T>(
        &self,
        limit: Option<Duration>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let end = limit.map(|limit| Instant::now() + limit);
        let mut work = std::pin::pin!(work);
        loop {
            let doubt = async {
                sleep(DOUBT).await;
                // Rare, and large.
                Box::pin(self.is_alive()).await
            };
            let alive = tokio::select! {
                done = &mut work => return done,
                alive = doubt => alive,
            };
            if !alive || end.is_some_and(|end| Instant::now() >= end) {
                return Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
            }
        }
    }

    /// Whether the server says anything at all to somebody new.
    async fn is_alive(&self) -> bool {
        let options = self.pool.connect_options();
        match timeout(PULSE, options.connect()).await {
            Ok(Ok(_) | Err(sqlx::Error::Database(_))) => true,
            Ok(Err(_)) | Err(_) => false,
        }
    }
}

/// The host, if it says in time that it writes.
async fn if_it_writes(host: PgConnectOptions) -> Option<PgConnectOptions> {
    let ask = async { writes(&mut host.connect().await?).await };
    timeout(PULSE, ask).await.is_ok_and(is_true).then_some(host)
}

/// Whether changes can be made through this connection: not to a standby, nor to a server that is
/// being taken out of service.
async fn writes(connection: &mut PgConnection) -> Result<bool> {
    const ASK: &str =
        "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool";
    // Without arguments it is one message in one transaction, whatever lies in between.
    let row = sqlx::raw_sql(ASK).fetch_one(connection).await?;
    Ok(!sqlx::Row::try_get::<bool, _>(&row, 0)?)
}

async fn must_write(connection: &mut PgConnection) -> Result<()> {
    if writes(connection).await? {
        return Ok(());
    }
    Err(sqlx::Error::Configuration("this server only reads".into()))
}

fn is_true(writes: Result<bool>) -> bool {
    writes.unwrap_or(false)
}

/// Whether the same may work on another connection.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(error) => error.kind() != std::io::ErrorKind::TimedOut,
        sqlx::Error::BeginFailed | sqlx::Error::Protocol(_) => true,
        // Shut down, crashed, starting, lost, read-only, in this order (Appendix A of the manual).
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            matches!(&*code, "57P01" | "57P02" | "57P03" | "25006") || code.starts_with("08")
        }),
        _ => false,
    }
}

/// Attempts at what may be repeated, within the time that a connection may be waited for.
struct Attempts {
    made: u32,
    until: Instant,
}

impl Attempts {
    /// Whether to try again, after a pause that is never the same for two nodes.
    async fn again(&mut self, error: &sqlx::Error) -> bool {
        if self.made == ATTEMPTS || Instant::now() >= self.until || !is_passing(error) {
            return false;
        }
        let chance = u64::from(uuid::Uuid::new_v4().as_bytes()[0]);
        sleep(Duration::from_millis(u64::from(self.made) * (20 + chance / 2))).await;
        self.made += 1;
        true
    }
}

// === impl Begin ===

impl Begin {
    /// The beginning of a transaction, with the limits that the server itself keeps: it is the server
    /// that must end what a node has left behind.
    fn sql(self, server: &Server) -> String {
        let begin = match self {
            // What a server gives a sort by default puts the rows of a chart on its disk, for twice
            // the time.
            Self::Read => "BEGIN READ ONLY; SET LOCAL work_mem = '64MB'",
            Self::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
            Self::Write | Self::Fenced | Self::Migrate => "BEGIN",
        };
        let idle = match self {
            Self::Fenced => Duration::from_secs(2),
            _ => Duration::from_secs(10),
        };
        let lock = match self {
            Self::Migrate => Duration::ZERO,
            _ => server.acquire_timeout * WRITERS_WAIT,
        };
        let limit = self.limit(server).unwrap_or_default();
        format!(
            "{begin}; SET LOCAL statement_timeout = {}; SET LOCAL lock_timeout = {}; \
             SET LOCAL idle_in_transaction_session_timeout = {}",
            limit.as_millis(),
            lock.as_millis(),
            idle.as_millis()
        )
    }

    pub(super) const fn only_reads(self) -> bool {
        matches!(self, Self::Read | Self::Snapshot)
    }

    /// How long a statement may take; `None`: as long as the server is there.
    fn limit(self, server: &Server) -> Option<Duration> {
        match self {
            Self::Read | Self::Write | Self::Fenced => Some(server.statement_timeout),
            Self::Snapshot => Some(server.statement_timeout * 5),
            Self::Migrate => None,
        }
    }
}

// === impl PgTransaction ===

impl PgTransaction {
    pub(crate) async fn execute(
        &mut self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
    ) -> Result<u64, StoreError> {
        let arguments = pack::<Postgres>(arguments)?;
        let query = sqlx::query_with(sql, arguments).persistent(false);
        let done = self.server.watch(self.limit, query.execute(&mut *self.inner)).await?;
        Ok(done.rows_affected())
    }

    /// Runs a file of statements.
    pub(super) async fn run(&mut self, sql: &'static str) -> Result<(), StoreError> {
        let run = sqlx::raw_sql(sql).execute(&mut *self.inner);
        self.server.watch(self.limit, run).await?;
        Ok(())
    }

    pub(super) async fn fetch<T: Row>(
        &mut self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
    ) -> Result<Vec<T>, StoreError> {
        let mut rows = Vec::new();
        self.each(sql, arguments, |row| {
            rows.push(row);
            Ok(())
        })
        .await?;
        Ok(rows)
    }

    pub(crate) async fn each<T: Row>(
        &mut self,
        sql: impl SqlSafeStr,
        arguments: Vec<Argument>,
        take: impl FnMut(T) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let arguments = pack::<Postgres>(arguments)?;
        let query = sqlx::query_as_with(sql, arguments).persistent(false);
        let rows = query.fetch(&mut *self.inner);
        self.server.watch(self.limit, hand_over(rows, take)).await?
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.server.watch(self.limit, self.inner.commit()).await?)
    }
}

/// Fails with what the database says, or ends with what `take` says.
async fn hand_over<T>(
    mut rows: BoxStream<'_, Result<T>>,
    mut take: impl FnMut(T) -> Result<(), StoreError>,
) -> Result<Result<(), StoreError>> {
    while let Some(row) = rows.try_next().await? {
        if let Err(error) = take(row) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}
