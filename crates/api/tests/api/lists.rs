//! Pages, filters, uploads, bulk deletion, usage.

use serde_json::json;

use crate::world::World;

#[tokio::test]
async fn a_list_comes_in_pages() {
    let world = World::new().await;
    for n in 0..5 {
        world.project(&format!("p{n}")).await;
    }
    let first = world.get("viewer", "/api/v1/projects?limit=3").await.json();
    assert_eq!((first["items"].as_array().unwrap().len(), &first["total"]), (3, &json!(5)));
    let next = first["next"].as_str().unwrap();
    let path = format!("/api/v1/projects?limit=3&after={next}");
    let second = world.get("viewer", &path).await.json();
    assert_eq!((second["items"][0]["name"].as_str(), second["next"].as_str()), (Some("p3"), None));
    let found = world.get("viewer", "/api/v1/projects?search=P4").await.json();
    assert_eq!(found["total"], 1);
    for query in ["limit=0", "limit=1001", "after=x", "limit=x"] {
        let answer = world.get("viewer", &format!("/api/v1/projects?{query}")).await;
        assert!([400, 422].contains(&answer.status.as_u16()), "{query}: {answer:?}");
        assert_eq!(answer.field("content-type"), "application/problem+json", "{query}");
    }
}

#[tokio::test]
async fn an_upload_creates_what_it_can_read_and_says_why_not_the_rest() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let connector = world.connector(&project, "list").await;
    let path =
        format!("{project}/proxies/upload?connector_id={connector}&tags=gold,new&country=us");
    let list = "# a list\n\
        192.0.2.1:8080\n\
        192.0.2.2:8080:user:canary-a\n\
        user:canary-b@192.0.2.3:8080\n\
        socks5://us%40er:canary-c@[2001:db8::1]:1080\n\
        192.0.2.1:8080\n\
        canary-host:notaport\n\
        ftp://canary-d@192.0.2.4:1\n";
    let answer = world.call("editor", ("POST", &path), &[], list).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let report = answer.json();
    assert_eq!(
        (&report["read"], &report["created"], &report["duplicates"], &report["refused"]),
        (&json!(5), &json!(4), &json!(1), &json!(2))
    );
    assert_eq!(
        (&report["errors"][0]["line"], &report["errors"][1]["line"]),
        (&json!(7), &json!(8))
    );
    assert!(!answer.text.contains("canary"), "{}", answer.text);
    let again = world.call("editor", ("POST", &path), &[], list).await.json();
    assert_eq!((&again["created"], &again["duplicates"]), (&json!(0), &json!(5)));
    let csv = "host,port,username,password,country\n192.0.2.9,1,u,p,de\n";
    let report = world.call("editor", ("POST", &path), &[], csv).await.json();
    assert_eq!(report["created"], 1, "{report}");
    let array = r#"[{"host":"192.0.2.10","port":1},"http://192.0.2.11:1"]"#;
    let report = world.call("editor", ("POST", &path), &[], array).await.json();
    assert_eq!(report["created"], 2, "{report}");
    let all = format!("{project}/proxies");
    for (query, count) in [
        ("", 7),
        ("?country=de", 1),
        ("?country=us", 6),
        ("?tag=gold", 7),
        ("?protocol=socks5", 1),
        ("?search=192.0.2.1", 3),
        ("?enabled=false", 0),
    ] {
        let listed = world.get("viewer", &format!("{all}{query}")).await;
        assert_eq!(listed.json()["total"], count, "{query}");
        assert!(!listed.text.contains("canary"));
    }
    assert_eq!(world.delete("editor", &all, "*").await.status, 422, "not without saying so");
    let gone = world.delete("editor", &format!("{all}?protocol=socks5"), "*").await.json();
    assert_eq!(gone["deleted"], 1);
    let gone = world.delete("editor", &format!("{all}?all=true"), "*").await.json();
    assert_eq!(gone["deleted"], 6);
}

#[tokio::test]
async fn an_upload_that_is_too_large_or_misdirected_changes_nothing() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let connector = world.connector(&project, "list").await;
    let before = world.store.revision().await.unwrap();
    let path = format!("{project}/proxies/upload?connector_id={connector}");
    let list = "192.0.2.1:8080\n".repeat(100_000);
    assert_eq!(world.call("editor", ("POST", &path), &[], list).await.status, 413);
    let wrong = format!("{path}&format=xml");
    assert_eq!(world.call("editor", ("POST", &wrong), &[], "a:1").await.status, 422);
    assert_eq!(world.call("viewer", ("POST", &path), &[], "a:1").await.status, 403);
    let direct = json!({"name": "direct", "kind": "direct"});
    let direct = world.post("editor", &format!("{project}/connectors"), &direct).await.json();
    let before = before.0 + 1;
    let id = direct["id"].as_str().unwrap();
    let path = format!("{project}/proxies/upload?connector_id={id}");
    assert_eq!(world.call("editor", ("POST", &path), &[], "a:1").await.status, 422);
    assert_eq!(world.store.revision().await.unwrap().0, before);
}

#[tokio::test]
async fn usage_is_asked_for_by_level_and_time() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let path = format!("{project}/usage");
    let usage = world.get("viewer", &path).await.json();
    assert_eq!(usage["items"], json!([]));
    let id = project.rsplit('/').next().unwrap().parse().unwrap();
    let counters = model::Counters { requests: 3, failures: 1, ..model::Counters::default() };
    let minute = world.clock.now();
    let row = store::usage::UsageRow {
        minute,
        project: id,
        connector: None,
        proxy: None,
        counters,
        cost_nanos: 0,
    };
    store::usage::add(&world.store, uuid::Uuid::now_v7(), 1, &[row]).await.unwrap();
    let usage = world.get("viewer", &path).await.json();
    assert_eq!(
        (&usage["items"][0]["requests"], &usage["items"][0]["failures"]),
        (&json!(3), &json!(1))
    );
    let none = world.get("viewer", &format!("{path}?level=connectors")).await.json();
    assert_eq!(none["items"], json!([]));
    let later = world.get("viewer", &format!("{path}?since=2099-01-01T00:00:00Z")).await.json();
    assert_eq!(later["items"], json!([]));
    for query in ["level=x", "since=yesterday"] {
        let answer = world.get("viewer", &format!("{path}?{query}")).await;
        assert_eq!(answer.status, 422, "{query}");
    }
}

fn measured(requests: u64) -> model::Measures {
    let mut numbers = [0; model::Measures::COUNT];
    // Requests, failures, bytes, cost, successes, failures of the target, answers of 2xx and 5xx,
    // and how long the successes took.
    let counts = [(0, requests), (1, 1), (2, 10), (3, 90), (5, requests), (6, 2_500_000)];
    let endings =
        [(7, requests - 1), (10, 1), (14, requests - 1), (17, 1), (18 + 10, requests - 1)];
    for (at, number) in counts.into_iter().chain(endings) {
        numbers[at] = number;
    }
    model::Measures::from_numbers(numbers)
}

#[tokio::test]
async fn a_chart_has_the_points_that_fit_and_tells_whose_fault_it_was() {
    use store::usage::{About, Rows, SeriesRow};

    let world = World::new().await;
    let project = world.project("shop").await;
    let id = Some(project.rsplit('/').next().unwrap().parse().unwrap());
    let now = world.clock.now();
    let row = |about, subject: &str, ago| SeriesRow {
        minute: now - std::time::Duration::from_mins(ago),
        project: if about == About::Fleet { None } else { id },
        about,
        subject: subject.to_owned(),
        measures: measured(5),
    };
    let kinds = [
        (About::Fleet, ""),
        (About::Project, ""),
        (About::Host, "a.example"),
        (About::Host, ""),
        (About::Country, "DE"),
    ];
    let rows =
        kinds.iter().flat_map(|(about, subject)| [30, 90].map(|ago| row(*about, subject, ago)));
    let rows: Vec<_> = rows.collect();
    let rows = Rows { totals: &[], series: &rows };
    store::usage::add(&world.store, uuid::Uuid::now_v7(), 1, rows).await.unwrap();
    let path = format!("{project}/usage/series");
    for path in [path.as_str(), "/api/v1/usage/series"] {
        let usage = world.get("viewer", path).await.json();
        assert_eq!(usage["step_seconds"], 300, "{usage}");
        assert_eq!(usage["series"][0]["points"].as_array().unwrap().len(), 2);
        let totals = &usage["series"][0]["totals"];
        assert_eq!((&totals["requests"], &totals["cost_micros"]), (&json!(10), &json!(5_000)));
        assert_eq!(totals["cost_per_success_micros"], 625.0);
        assert_eq!(
            (&totals["outcomes"]["target"], &totals["statuses"]["5xx"]),
            (&json!(2), &json!(2))
        );
        assert!(totals["latency_ms"]["p99"].as_f64().unwrap() > 1.0 && totals.get("at").is_none());
    }
    let hosts = world.get("viewer", &format!("{path}?level=hosts&step=86400")).await.json();
    let named = |at: usize| hosts["series"][at]["host"].clone();
    let mut hosts_seen = [named(0), named(1)].map(|name| name.as_str().unwrap().to_owned());
    hosts_seen.sort();
    assert_eq!(hosts_seen, ["a.example", "others"]);
    for (query, length) in [("country=de", 1), ("host=others", 1), ("level=connectors", 0)] {
        let found = world.get("viewer", &format!("{path}?{query}")).await.json();
        assert_eq!(found["series"].as_array().unwrap().len(), length, "{query}");
    }
    let year = "from=2020-01-01T00:00:00Z&step=60";
    for query in ["level=x", "step=7", "host=a&country=DE", "proxy_id=x", "level=hosts&country=DE"]
    {
        assert_eq!(world.get("viewer", &format!("{path}?{query}")).await.status, 422, "{query}");
    }
    let long = world.get("viewer", &format!("{path}?{year}")).await;
    assert!(long.status == 422 || long.json()["step_seconds"] == 86_400);
}

#[tokio::test]
async fn prices_and_caps_are_kept_and_checked() {
    let world = World::new().await;
    let project = world.project("shop").await;
    let cap = json!({"measure": "bytes", "limit": 100_000_000, "period": "day", "action": "block"});
    let prices = json!({"per_gb_micros": 3_500_000});
    let connector = json!({"name": "list", "prices": prices, "caps": [cap]});
    let path = format!("{project}/connectors");
    let made = world.post("editor", &path, &connector).await.json();
    assert_eq!(made["prices"]["per_gb_micros"], 3_500_000, "{made}");
    assert_eq!(
        (&made["caps"][0]["status"], &made["caps"][0]["action"]),
        (&json!(509), &json!("block"))
    );
    for (field, value) in [("status", json!(500)), ("limit", json!(0)), ("period", json!("year"))] {
        let mut wrong = cap.clone();
        wrong[field] = value;
        let body = json!({"name": "other", "caps": [wrong]});
        let answer = world.post("editor", &path, &body).await;
        assert_eq!(answer.status, 422, "{field}");
        assert_eq!(answer.json()["errors"][0]["pointer"], format!("/caps/0/{field}"));
    }
}
