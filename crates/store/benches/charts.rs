//! How long charts take over a month of 100,000 proxies: `make bench-charts`, which says `full`. Without
//! that word there are 1,000, which tells only that everything still works.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::io::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use model::{Clock, ConnectorId, ProjectId, ProxyId};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use store::usage::{self, About, Kept, Level, Wanted};
use store::{Settings, Store, Vault};
use testbed::postgres::Postgres;
use tokio::time::Instant;

/// Proxies where it is to be measured, and where it is only to be tried.
const PROXIES: [u32; 2] = [100_000, 1_000];
/// Rows of each proxy: every minute of each would be more than most disks hold, and charts of other
/// things do not read them.
const ROWS_OF_PROXY: u32 = 40;
const CONNECTORS: usize = 20;
const HOSTS: usize = 51;
const TIMES: usize = 9;
const NOW: u64 = 1_800_000_000 / 86_400 * 86_400;
const MONTH: u64 = 30 * 86_400;

const PROJECT: u128 = 0x0199_0000_0000_7000_8000_0000_0000_0001;
const CONNECTOR: u128 = 0x0199_0000_0000_7000_8000_0000_0001_0000;
const PROXY: u128 = 0x0199_0000_0000_7000_8000_0000_1000_0000;

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH + Duration::from_secs(NOW)
}

fn id(number: u128) -> String {
    let hex = format!("{number:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// Rows as a month leaves them: minutes, hours, six hours, as they are kept where nobody says otherwise.
fn times() -> String {
    let kept = Kept::default();
    let [minutes, hours] = [kept.minutes, kept.hours].map(|kept| kept.as_secs());
    let tiers = [(60, 0, minutes), (3_600, minutes, hours), (21_600, hours, MONTH)];
    let series = tiers.map(|(step, youngest, oldest)| {
        format!(
            "SELECT at * 1000 AS minute, {step}::BIGINT AS seconds FROM generate_series(\
             {}::BIGINT, {}, {step}) AS at",
            NOW - oldest,
            NOW - youngest - step
        )
    });
    series.join(" UNION ALL ")
}

async fn fill(url: &str, proxies: u32) {
    let mut database = PgConnection::connect(url).await.unwrap();
    let names = model::Measures::NAMES.map(|_| "(minute / 60000 % 97 + 3)").join(", ");
    let latencies = ["(minute / 60000 % 13)"; model::Measures::BUCKETS].join(", ");
    let (times, project) = (times(), id(PROJECT));
    let of = |project: &str, level: &str, subjects: &str| {
        format!(
            "INSERT INTO usage_series SELECT '{project}', '{level}', subject, minute, seconds, \
             {names}, {latencies} FROM ({times}) t, ({subjects}) s"
        )
    };
    let connectors =
        (0..CONNECTORS).map(|at| format!("SELECT '{}' AS subject", id(CONNECTOR + at as u128)));
    let connectors = connectors.collect::<Vec<_>>().join(" UNION ALL ");
    let many =
        |count: usize| format!("SELECT 'n' || n AS subject FROM generate_series(1, {count}) AS n");
    let whole = "SELECT '' AS subject";
    let mut statements = vec![
        of("", "fleet", whole),
        of(&project, "project", whole),
        of(&project, "connector", &connectors),
        of(&project, "host", &many(HOSTS)),
        of(&project, "country", &many(HOSTS)),
    ];
    let rows = |connector: &str, proxy: &str, from: &str| {
        format!(
            "INSERT INTO usage SELECT minute, '{project}', {connector}, {proxy}, 9, 1, 1000, 9000, \
             90000, seconds, 500 FROM {from}"
        )
    };
    statements.push(rows("''", "''", &format!("({times}) t")));
    statements.push(rows("subject", "''", &format!("({times}) t, ({connectors}) s")));
    let connector = format!(
        "overlay('{}' placing lpad(to_hex(65536 + n % {CONNECTORS}), 12, '0') from 25)",
        id(CONNECTOR)
    );
    let proxy =
        format!("overlay('{}' placing lpad(to_hex(268435456 + n), 12, '0') from 25)", id(PROXY));
    let each = format!(
        "generate_series(0, {}) AS n, (SELECT * FROM ({times}) t ORDER BY minute % 3571 LIMIT {ROWS_OF_PROXY}) u",
        proxies - 1
    );
    statements.push(rows(&connector, &proxy, &each));
    statements.push("ANALYZE".to_owned());
    for statement in statements {
        database.execute(AssertSqlSafe(statement)).await.unwrap();
    }
}

struct Charts {
    store: Store,
    out: std::io::Stdout,
}

impl Charts {
    async fn measure<F: Future<Output = usize>>(&mut self, name: &str, ask: impl Fn(Store) -> F) {
        let mut took = Vec::new();
        let mut points = 0;
        for _ in 0..TIMES {
            let begun = Instant::now();
            points = ask(self.store.clone()).await;
            took.push(begun.elapsed());
        }
        took.sort();
        let (median, worst) = (took[TIMES / 2].as_millis(), took[TIMES - 1].as_millis());
        writeln!(self.out, "{name:30} {points:6} points, median {median:5} ms, worst {worst:5} ms")
            .unwrap();
    }

    async fn chart(&mut self, days: u64, about: About) {
        let until = now();
        let from = until - Duration::from_hours(24 * days);
        let step = match days {
            1 => 300,
            7 => 3_600,
            _ => 21_600,
        };
        let project = (about != About::Fleet).then(|| id(PROJECT).parse().unwrap());
        let wanted = Wanted { project, about, subject: None, from, until, step, most: 12 };
        let asked = |store: Store| {
            let wanted = wanted.clone();
            async move {
                let found = usage::series(&store, &wanted).await.unwrap();
                found.iter().map(|series| series.points.len()).sum()
            }
        };
        self.measure(&format!("{days} days by {about}"), asked).await;
    }
}

#[tokio::main]
async fn main() {
    let postgres = Postgres::start().await.unwrap();
    let clock = Clock::held(now());
    let settings = Settings::new(postgres.url());
    let store = Store::open(&settings, Vault::new([7; 32]), clock).await.unwrap();
    let begun = Instant::now();
    let is_full = std::env::args().any(|argument| argument == "full");
    let proxies = if is_full { PROXIES[0] } else { PROXIES[1] };
    fill(&postgres.url(), proxies).await;
    let mut charts = Charts { store, out: std::io::stdout() };
    let rows = proxies * ROWS_OF_PROXY;
    let took = begun.elapsed().as_secs();
    writeln!(charts.out, "{proxies} proxies, {rows} rows of them, filled in {took} s").unwrap();
    for days in [1, 7, 30] {
        for about in About::ALL {
            charts.chart(days, *about).await;
        }
    }
    let until = now();
    let from = until - Duration::from_hours(24 * 30);
    let project: ProjectId = id(PROJECT).parse().unwrap();
    let (connector, proxy): (ConnectorId, ProxyId) =
        (id(CONNECTOR).parse().unwrap(), id(PROXY).parse().unwrap());
    let (about, subject, step) = (About::Project, None, 21_600);
    let wanted = Wanted { project: Some(project), about, subject, from, until, step, most: 1 };
    let one = |store: Store| {
        let wanted = wanted.clone();
        async move {
            usage::proxy_series(&store, (connector, proxy), &wanted).await.unwrap().points.len()
        }
    };
    charts.measure("30 days of one proxy", one).await;
    for (name, level) in [("project", Level::Project), ("connectors", Level::Connectors)] {
        let totals = |store: Store| async move {
            usage::totals(&store, project, level, from).await.unwrap().len()
        };
        charts.measure(&format!("30 days, totals of {name}"), totals).await;
    }
}
