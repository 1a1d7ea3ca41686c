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
    let row =
        store::usage::UsageRow { minute, project: id, connector: None, proxy: None, counters };
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
