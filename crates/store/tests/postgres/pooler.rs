//! Nodes that start at once, directly and through PgBouncer, and all they do behind it.

use model::Counters;
use store::usage::{Level, UsageRow, add, thin, totals};
use store::{Store, configuration, fence, projects};
use uuid::Uuid;

use crate::server::{Server, open};

const TRUST: &str = "local all all trust\nhost all all 127.0.0.1/32 trust\n\
                     local replication all trust\nhost replication all 127.0.0.1/32 trust\n";

async fn opened(url: String) -> Store {
    open(&url).await.unwrap()
}

async fn start_together(url: &str, nodes: usize) -> Vec<Store> {
    let start = |_| {
        #[expect(clippy::disallowed_methods, reason = "a test has no tracker")]
        tokio::spawn(opened(url.to_owned()))
    };
    let starting: Vec<_> = (0..nodes).map(start).collect();
    let mut stores = Vec::new();
    for store in starting {
        stores.push(store.await.unwrap());
    }
    stores
}

fn is_migrated_once(server: &Server) {
    let files =
        std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres"));
    let applied = server.sql("SELECT COUNT(*) FROM _sqlx_migrations WHERE success");
    assert_eq!(applied.trim(), files.unwrap().count().to_string());
    assert_eq!(server.sql("SELECT COUNT(*) FROM installation").trim(), "1");
}

#[tokio::test]
async fn nodes_that_start_at_once_on_an_empty_server_migrate_it_once() {
    let server = Server::start(TRUST, &[]).await;
    let stores = start_together(&server.url(), 3).await;
    is_migrated_once(&server);
    assert_eq!(stores.len(), 3);
    // A newer node has been here: an older one still starts.
    server.sql(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (20990101000000, 'later', TRUE, '', -1)",
    );
    open(&server.url()).await.unwrap();
}

/// What a node does in its life; `n` tells nodes apart.
async fn work(store: Store, n: u32) {
    let boot = Uuid::now_v7();
    for round in 0..10 {
        let name = format!("p{n}-{round}");
        let password = store.vault().login_key().digest(b"password");
        let spec = model::project::ProjectSpec::new(name.clone(), name, password);
        let mut change = store.change().await.unwrap();
        let project = projects::create(&mut change, spec).await.unwrap();
        let revision = change.commit().await.unwrap();
        let found = projects::find(&store, project.id).await.unwrap();
        assert_eq!(found.unwrap().revision, revision);
        let counters = Counters { requests: 1, ..Counters::default() };
        let minute = store.clock().now();
        let row = UsageRow {
            minute,
            project: project.id,
            connector: None,
            proxy: None,
            counters,
            cost_nanos: 0,
        };
        assert!(add(&store, boot, round + 1, &[row]).await.unwrap());
        let used = totals(&store, project.id, Level::Project, minute).await.unwrap();
        assert_eq!(used[0].counters.requests, 1);
        let picture = configuration::load(&store, None).await.unwrap();
        assert!(picture.projects.iter().any(|row| row.id == project.id));
        let epoch = fence::mint(&store, &format!("lease{n}"), "a").await.unwrap();
        let mut fenced = store.fenced(&epoch).await.unwrap();
        assert_eq!(thin(&mut fenced, 100).await.unwrap(), 0);
        fenced.commit().await.unwrap();
        // A transaction that is given up must not leave anything to whoever is next on its session.
        drop(store.change().await.unwrap());
    }
}

#[tokio::test]
async fn everything_works_through_pgbouncer_in_transaction_mode() {
    let server = Server::start(TRUST, &[]).await;
    let pooler = server.pooler().await;
    let stores = start_together(&pooler.url(), 3).await;
    is_migrated_once(&server);
    let working = stores.into_iter().zip(0..).flat_map(|(store, n)| {
        (0..2).map(move |task| (store.clone(), n * 2 + task)).collect::<Vec<_>>()
    });
    let working = working.map(|(store, n)| {
        #[expect(clippy::disallowed_methods, reason = "a test has no tracker")]
        tokio::spawn(work(store, n))
    });
    for task in working.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(server.sql("SELECT COUNT(*) FROM projects").trim(), "60");
    // They shared two sessions, and changed no setting of either.
    let sessions = "SELECT COUNT(*) FROM pg_stat_activity WHERE client_addr IS NULL \
                    AND backend_type = 'client backend' AND pid <> pg_backend_pid()";
    assert!(server.sql(sessions).trim().parse::<u32>().unwrap() <= 2);
}
