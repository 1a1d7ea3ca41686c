//! Servers that hang, break off, or hand over to a standby.

use std::time::Duration;

use rustix::process::Signal;
use store::{Store, StoreError, fence};
use testbed::clock::{SOON, eventually};
use testbed::weather::{Home, Weather};
use tokio::time::Instant;

use crate::server::{Server, open, told};

const TRUST: &str = "local all all trust\nhost all all 127.0.0.1/32 trust\n\
                     local replication all trust\nhost replication all 127.0.0.1/32 trust\n";

/// What somebody who asks the API waits for at most.
const PATIENCE: Duration = Duration::from_secs(3);

async fn write(store: &Store) -> Result<(), StoreError> {
    store.change().await?.commit().await.map(|_revision| ())
}

/// Fails within the patience of whoever asks, and as something that passes.
async fn fails_soon<T>(what: &str, work: impl Future<Output = Result<T, StoreError>>) {
    let start = Instant::now();
    let error = work.await.err().unwrap();
    let took = start.elapsed();
    assert!(matches!(error, StoreError::Unavailable(_)), "{what}: {}", told(&error));
    assert!(took < PATIENCE, "{what}: {took:?}");
}

#[tokio::test]
async fn a_server_that_hangs_is_given_up_in_time_and_taken_back() {
    let server = Server::start(TRUST, &[]).await;
    let store = open(&server.url()).await.unwrap();
    // Several connections that will hang.
    let (a, b) = tokio::join!(store.change(), store.revision());
    b.unwrap();
    let mut change = a.unwrap();
    let under_way = store.fenced(&fence::mint(&store, "x", "a").await.unwrap()).await.unwrap();
    server.signal(Signal::STOP);
    fails_soon("a read", store.revision()).await;
    fails_soon("a write", write(&store)).await;
    fails_soon(
        "a statement under way",
        store::users::other_admins(&mut change, model::UserId::new()),
    )
    .await;
    fails_soon("a commit", under_way.commit()).await;
    drop(change);
    server.signal(Signal::CONT);
    eventually("it is there again", SOON, || async { write(&store).await.ok() }).await.unwrap();
}

#[tokio::test]
async fn a_long_wait_for_a_server_that_lives_is_not_cut() {
    let server = Server::start(TRUST, &[]).await;
    let store = open(&server.url()).await.unwrap();
    // Longer than a server that hangs would be given; and it is the server that says when it is over.
    let sleeper = std::thread::spawn({
        let url = server.url();
        move || {
            let sql =
                "BEGIN; UPDATE installation SET revision = revision; SELECT pg_sleep(5); COMMIT";
            std::process::Command::new("psql").args([&url, "-qc", sql]).output().unwrap()
        }
    });
    let locked = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    eventually("the row is locked", SOON, || async {
        (server.sql(locked).trim() == "1").then_some(())
    })
    .await
    .unwrap();
    let start = Instant::now();
    write(&store).await.unwrap();
    assert!(start.elapsed() > PATIENCE, "{:?}", start.elapsed());
    assert!(sleeper.join().unwrap().status.success());
}

#[tokio::test]
async fn a_holder_that_sleeps_amid_its_writing_does_not_keep_its_successor_waiting() {
    let server = Server::start(TRUST, &[]).await;
    let (asleep, awake) = (open(&server.url()).await.unwrap(), open(&server.url()).await.unwrap());
    let old = fence::mint(&asleep, "metrics_compactor", "a").await.unwrap();
    let fenced = asleep.fenced(&old).await.unwrap();
    let start = Instant::now();
    let new = fence::mint(&awake, "metrics_compactor", "b").await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    assert_eq!(new.number(), 2);
    assert!(fenced.commit().await.is_err());
    assert!(matches!(asleep.fenced(&old).await, Err(StoreError::Fenced)));
}

#[tokio::test]
async fn connections_that_were_cut_are_replaced_without_anybody_noticing() {
    let server = Server::start(TRUST, &[]).await;
    let store = open(&server.url()).await.unwrap();
    let cut = "SELECT COUNT(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity \
               WHERE application_name = 'octoprox'";
    for _ in 0..10 {
        let (read, write) = tokio::join!(store.revision(), write(&store));
        read.unwrap();
        write.unwrap();
        assert!(server.sql(cut).trim().parse::<u32>().unwrap() > 0);
    }
}

/// Until the standby has everything that the primary had written by now: what it lacks is lost with it.
async fn catches_up(standby: &Server, primary: &Server) {
    let written = primary.sql("SELECT pg_current_wal_lsn()");
    let has_it = format!("SELECT pg_last_wal_replay_lsn() >= '{}'", written.trim());
    eventually("the standby has it", SOON, || async {
        (standby.sql(&has_it).trim() == "t").then_some(())
    })
    .await
    .unwrap();
}

/// The primary is lost with `signal`, the standby promoted: who knows both goes on writing.
async fn fails_over(signal: Signal) {
    let primary = Server::start(TRUST, &[]).await;
    let standby = primary.standby().await;
    let (a, b) = (standby.port, primary.port);
    let url = format!(
        "postgres://postgres@127.0.0.1:{a},127.0.0.1:{b}/postgres?target_session_attrs=read-write"
    );
    let store = open(&url).await.unwrap();
    // More than one connection of the pool leads to the primary.
    let changes = tokio::join!(store.revision(), store.revision(), write(&store));
    changes.2.unwrap();
    let before = store.revision().await.unwrap();
    let at = "SELECT revision FROM installation";
    catches_up(&standby, &primary).await;
    primary.signal(signal);
    fails_soon("a write without a primary", write(&store)).await;
    standby.promote();
    let promoted = Instant::now();
    eventually("a write", Duration::from_secs(20), || async { write(&store).await.ok() })
        .await
        .unwrap();
    assert!(promoted.elapsed() < Duration::from_secs(5), "{:?}", promoted.elapsed());
    assert_eq!(store.revision().await.unwrap().0, before.0 + 1);
    // From here on it is as if there had never been another one.
    write(&store).await.unwrap();
    assert_eq!(standby.sql(at).trim(), (before.0 + 2).to_string());
}

#[tokio::test]
async fn a_standby_takes_over_from_a_primary_that_died() {
    fails_over(Signal::KILL).await;
}

#[tokio::test]
async fn a_standby_takes_over_from_a_primary_that_hangs() {
    fails_over(Signal::STOP).await;
}

#[tokio::test]
async fn a_standby_takes_over_although_something_still_accepts_for_the_primary() {
    let primary = Server::start(TRUST, &[]).await;
    let standby = primary.standby().await;
    let home = |server: &Server| Home::Tcp(([127, 0, 0, 1], server.port).into());
    let (a, b) = (Weather::before(home(&primary)), Weather::before(home(&standby)));
    let (a, b) = (a.await.unwrap(), b.await.unwrap());
    let (to_primary, to_standby) = (a.address(), b.address());
    let store = open(&format!("postgres://postgres@{to_primary},{to_standby}/postgres")).await;
    let store = store.unwrap();
    write(&store).await.unwrap();
    catches_up(&standby, &primary).await;
    primary.signal(Signal::KILL);
    fails_soon("a write without a primary", write(&store)).await;
    standby.promote();
    eventually("a write", SOON, || async { write(&store).await.ok() }).await.unwrap();
}

#[tokio::test]
async fn a_standby_alone_is_not_written_to() {
    let primary = Server::start(TRUST, &[]).await;
    drop(open(&primary.url()).await.unwrap());
    let standby = primary.standby().await;
    fails_soon("opening", open(&standby.url())).await;
}
