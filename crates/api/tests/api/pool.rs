//! Sums over proxies, what is done to many of them, and tests by hand.

use api::Sighting;
use model::proxy::Status;
use serde_json::{Value, json};

use crate::world::World;

/// Six proxies: what this node knows of each, `None` where it has not loaded it. The fifth is off.
const KNOWN: [Option<(Status, bool)>; 6] = [
    Some((Status::Healthy, false)),
    Some((Status::Healthy, true)),
    Some((Status::Degraded, false)),
    Some((Status::Unhealthy, false)),
    None,
    None,
];

/// A project with those, and their identifiers. The first three are in Germany.
async fn pool(world: &World) -> (String, String, Vec<String>) {
    let project = world.project("shop").await;
    let list = world.connector(&project, "list").await;
    let mut ids = Vec::new();
    for (n, known) in KNOWN.into_iter().enumerate() {
        let country = if n < 3 { json!("de") } else { Value::Null };
        let proxy = json!({"connector_id": list, "host": format!("192.0.2.{n}"), "port": 1,
            "country": country, "enabled": n != 4});
        let made = world.post("editor", &format!("{project}/proxies"), &proxy).await;
        assert_eq!(made.status, 201, "{made:?}");
        let id = made.json()["id"].as_str().unwrap().to_owned();
        if let Some((status, is_resting)) = known {
            world.live.exits.lock().unwrap().push(Sighting {
                exit: id.parse().unwrap(),
                connector: list.parse().unwrap(),
                country: (n < 3).then(|| "DE".parse().unwrap()),
                status,
                is_resting,
            });
        }
        ids.push(id);
    }
    (project, list, ids)
}

fn statuses(counts: &[(&str, u64)]) -> Value {
    let mut all = json!({"healthy": 0, "degraded": 0, "unhealthy": 0, "unknown": 0,
        "quarantined": 0, "disabled": 0, "initializing": 0, "draining": 0, "terminating": 0});
    for (status, count) in counts {
        all[*status] = (*count).into();
    }
    all
}

#[tokio::test]
async fn proxies_are_summed_up_by_what_they_are_and_where() {
    let world = World::new().await;
    let (project, list, _ids) = pool(&world).await;
    let all = [("healthy", 1), ("quarantined", 1), ("degraded", 1), ("unhealthy", 1)];
    let all = statuses(&[&all[..], &[("unknown", 1), ("disabled", 1)]].concat());
    let germany = statuses(&[("healthy", 1), ("quarantined", 1), ("degraded", 1)]);
    let elsewhere = statuses(&[("unhealthy", 1), ("unknown", 1), ("disabled", 1)]);
    let summary = world.get("viewer", &format!("{project}/proxies/summary")).await;
    let expected = json!({"node": "node-1", "total": 6, "statuses": all,
        "countries": [{"country": null, "total": 3, "statuses": elsewhere},
            {"country": "DE", "total": 3, "statuses": germany}],
        "connectors": [{"connector_id": list, "total": 6, "statuses": all}]});
    assert_eq!(summary.json(), expected);
    let other = world.project("other").await;
    world.live.exits.lock().unwrap().clear();
    let summary = world.get("viewer", &format!("{other}/proxies/summary")).await.json();
    assert_eq!((&summary["total"], &summary["countries"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn a_list_is_filtered_by_what_proxies_are() {
    let world = World::new().await;
    let (project, list, ids) = pool(&world).await;
    let all = format!("{project}/proxies");
    for (query, expected) in [
        ("status=healthy", vec![0]),
        ("status=quarantined", vec![1]),
        ("status=degraded", vec![2]),
        ("status=unhealthy", vec![3]),
        ("status=disabled", vec![4]),
        ("status=unknown", vec![5]),
        ("status=unknown&enabled=true", vec![5]),
        ("status=unknown&enabled=false", vec![]),
        ("status=disabled&enabled=true", vec![]),
        ("status=disabled&enabled=false", vec![4]),
        ("status=healthy&country=us", vec![]),
        ("status=healthy&country=de", vec![0]),
        ("status=draining", vec![]),
    ] {
        let shown = world.get("viewer", &format!("{all}?{query}")).await.json();
        let items = shown["items"].as_array().unwrap();
        let found: Vec<_> = items.iter().map(|item| item["id"].as_str().unwrap()).collect();
        let expected: Vec<_> = expected.into_iter().map(|n: usize| ids[n].as_str()).collect();
        assert_eq!((&found, &shown["total"]), (&expected, &json!(expected.len())), "{query}");
        let table = world.get("viewer", &format!("{project}/proxies.csv?{query}")).await.text;
        assert_eq!(table.lines().count(), 1 + expected.len(), "{query}: {table}");
        for item in items {
            assert!(query.contains(item["status"].as_str().unwrap()), "{query}: {item}");
        }
    }
    let wrong = world.get("viewer", &format!("{all}?status=dead")).await;
    assert_eq!(wrong.json()["errors"][0]["pointer"], "?status", "{wrong:?}");
    // In pages, too.
    let more = json!({"connector_id": list, "host": "192.0.2.99", "port": 1});
    world.post("editor", &all, &more).await;
    let first = world.get("viewer", &format!("{all}?status=unknown&limit=1")).await.json();
    assert_eq!((&first["items"][0]["id"], &first["total"]), (&json!(ids[5]), &json!(2)));
    let after = first["next"].as_str().unwrap();
    let second = world.get("viewer", &format!("{all}?status=unknown&limit=1&after={after}")).await;
    let second = second.json();
    assert_eq!(
        (&second["items"][0]["host"], &second["next"]),
        (&json!("192.0.2.99"), &Value::Null)
    );
    // And nothing else is deleted than what is listed.
    let gone = world.delete("editor", &format!("{all}?status=unhealthy"), "*").await.json();
    assert_eq!(gone["deleted"], 1);
    assert_eq!(world.get("viewer", &format!("{all}/{}", ids[3])).await.status, 404);
}

#[tokio::test]
async fn one_request_does_the_same_to_many_proxies() {
    let world = World::new().await;
    let (project, _list, ids) = pool(&world).await;
    let path = format!("{project}/proxies/bulk");
    let act = async |body: Value| {
        let answer = world.post("editor", &path, &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let done = answer.json();
        [&done["matched"], &done["changed"], &done["unknown"]].map(|n| n.as_u64().unwrap())
    };
    let listed = async |query: &str| {
        let path = format!("{project}/proxies?{query}");
        world.get("viewer", &path).await.json()["total"].as_u64().unwrap()
    };
    let nobody = model::ProxyId::new().to_string();
    let some = json!([ids[0], ids[5], ids[0], nobody]);
    let rest = json!({"action": "quarantine", "seconds": 60, "ids": some});
    assert_eq!(act(rest).await, [2, 1, 1], "one is not loaded yet");
    assert_eq!(listed("status=quarantined").await, 2);
    let release = json!({"action": "release", "filter": {"status": "quarantined"}});
    assert_eq!(act(release).await, [2, 2, 0]);
    assert_eq!(listed("status=quarantined").await, 0);
    let off = json!({"action": "disable", "filter": {"country": "de"}});
    assert_eq!((act(off.clone()).await, act(off).await), ([3, 3, 0], [3, 0, 0]));
    assert_eq!(listed("enabled=false").await, 4);
    assert_eq!(act(json!({"action": "enable", "all": true})).await, [6, 4, 0]);
    let one = world.get("viewer", &format!("{project}/proxies/{}", ids[0])).await.json();
    assert_eq!((&one["enabled"], &one["version"]), (&json!(true), &json!(3)));
    assert_eq!(act(json!({"action": "delete", "ids": [ids[0], ids[1]]})).await, [2, 2, 0]);
    assert_eq!(listed("").await, 4);
    let revision = world.store.revision().await.unwrap();
    assert_eq!(act(json!({"action": "delete", "ids": [ids[0]]})).await, [0, 0, 1]);
    assert_eq!(world.store.revision().await.unwrap(), revision, "nothing, and so no change");
    let log = world.get("admin", "/api/v1/audit?limit=5").await.json();
    let ops: Vec<_> = log["items"].as_array().unwrap().iter().map(|entry| &entry["op"]).collect();
    assert_eq!(ops, ["removed", "updated", "updated", "released", "quarantined"], "{log}");
    assert!(log["items"][4].to_string().contains("1 proxies"), "{log}");
}

#[tokio::test]
async fn what_many_are_meant_by_must_be_clear() {
    let world = World::new().await;
    let (project, _list, ids) = pool(&world).await;
    let path = format!("{project}/proxies/bulk");
    for (body, pointer) in [
        (json!({"action": "burn", "all": true}), "/action"),
        (json!({"action": "delete"}), "/ids"),
        (json!({"action": "delete", "ids": [ids[0]], "all": true}), "/ids"),
        (json!({"action": "delete", "ids": ["x"]}), "/ids/0"),
        (json!({"action": "delete", "filter": {}}), "/filter"),
        (json!({"action": "delete", "filter": {"status": "dead"}}), "/filter/status"),
        (json!({"action": "quarantine", "all": true}), "/seconds"),
        (json!({"action": "quarantine", "all": true, "seconds": 0}), "/seconds"),
        (json!({"action": "release", "all": true, "seconds": 5}), "/seconds"),
    ] {
        let answer = world.post("editor", &path, &body).await;
        assert_eq!(answer.json()["errors"][0]["pointer"], pointer, "{body} {answer:?}");
    }
    let misspelt = json!({"action": "delete", "filter": {"contry": "de"}});
    assert_eq!(world.post("editor", &path, &misspelt).await.status, 422);
    let all = json!({"action": "delete", "all": true});
    assert_eq!(world.post("viewer", &path, &all).await.status, 403);
    let listed = world.get("viewer", &format!("{project}/proxies")).await.json();
    assert_eq!(listed["total"], 6);
}

#[tokio::test]
async fn exits_are_tested_by_hand() {
    let world = World::new().await;
    let (project, _list, ids) = pool(&world).await;
    let path = |id: &str| format!("{project}/proxies/{id}/test");
    let good = world.post("editor", &path(&ids[0]), &json!({})).await.json();
    let expected = json!({"proxy_id": ids[0], "node": "node-1", "ok": true, "latency_ms": 12.0,
        "exit_ip": "192.0.2.9", "error": null, "detail": null, "status": "healthy"});
    assert_eq!(good, expected);
    let bad = world.post("editor", &path(&ids[3]), &json!({})).await.json();
    assert_eq!((&bad["ok"], &bad["error"]), (&json!(false), &json!("connection_refused")));
    assert_eq!(world.post("viewer", &path(&ids[0]), &json!({})).await.status, 403);
    let nobody = model::ProxyId::new().to_string();
    assert_eq!(world.post("editor", &path(&nobody), &json!({})).await.status, 404);
    let many = format!("{project}/proxies/test");
    let tests = json!({"ids": [ids[0], ids[2], ids[0], nobody]});
    let tests = world.post("editor", &many, &tests).await.json();
    assert_eq!(tests["items"].as_array().unwrap().len(), 2, "{tests}");
    assert_eq!(tests["unknown"], json!([nobody]));
    for wrong in [vec![], vec![&ids[0]; 51]] {
        assert_eq!(world.post("editor", &many, &json!({"ids": wrong})).await.status, 422);
    }
    let log = world.get("admin", "/api/v1/audit?limit=3").await.json();
    assert_eq!(
        (&log["items"][0]["op"], &log["items"][1]["op"]),
        (&json!("tested"), &json!("tested"))
    );
}
