//! Backups and tables: who gets them, what is in them, and what a broken one does.

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::world::{Answer, World};

const PASSPHRASE: &str = "canary-päss-phrase";

async fn filled() -> (World, String) {
    let world = World::new().await;
    let project = world.project("home").await;
    let connector = world.connector(&project, "list").await;
    for (host, tag) in [("p1.example.com", "fast"), ("p2.example.com", "slow")] {
        let (username, password) = ("=cmd('x')", "canary-proxy");
        let body = json!({"connector_id": connector, "host": host, "port": 3128, "tags": [tag],
            "username": username, "password": password, "country": "DE"});
        let answer = world.post("admin", &format!("{project}/proxies"), &body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
    }
    (world, project)
}

async fn export(world: &World) -> Vec<u8> {
    let body = json!({"passphrase": PASSPHRASE});
    let answer = world.post("admin", "/api/v1/backup/export", &body).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.field("content-disposition").contains("octoprox-2027-01-15.backup"));
    assert!(!answer.text.contains("canary"));
    answer.bytes
}

async fn import(world: &World, query: &str, passphrase: &str, file: &[u8]) -> Answer {
    let passphrase = STANDARD.encode(passphrase);
    let fields =
        [("backup-passphrase", &*passphrase), ("content-type", "application/octet-stream")];
    let path = format!("/api/v1/backup/import{query}");
    world.call("admin", ("POST", &path), &fields, Body::from(file.to_vec())).await
}

#[tokio::test]
async fn a_backup_undoes_what_came_after_it() {
    let (world, project) = filled().await;
    let file = export(&world).await;
    let later = world.project("later").await;
    let deleted = world.delete("admin", &format!("{project}/proxies?tag=fast"), "").await;
    assert_eq!(deleted.status, 200, "{deleted:?}");
    let trial = import(&world, "?dry_run=true", PASSPHRASE, &file).await;
    assert_eq!(trial.status, 200, "{trial:?}");
    assert_eq!(trial.json()["proxies"], 2);
    assert_eq!(world.get("admin", &later).await.status, 200, "a dry run changed something");
    let done = import(&world, "", PASSPHRASE, &file).await;
    assert_eq!(done.status, 200, "{done:?}");
    let told = done.json();
    assert_eq!((&told["projects"], &told["connectors"]), (&json!(1), &json!(1)));
    assert_eq!((&told["users"], &told["passwords_lost"]), (&json!(3), &json!([])));
    assert_eq!(world.get("admin", &later).await.status, 404);
    let list = world.get("admin", &format!("{project}/proxies")).await.json();
    assert_eq!(list["total"], 2);
    // Everybody else has to come in anew.
    assert_eq!(world.get("editor", "/api/v1/projects").await.status, 401);
}

#[tokio::test]
async fn only_administrators_have_to_do_with_backups() {
    let (world, _) = filled().await;
    let body = json!({"passphrase": PASSPHRASE});
    for (user, status) in [("", 401), ("viewer", 403), ("editor", 403)] {
        let answer = world.post(user, "/api/v1/backup/export", &body).await;
        assert_eq!(answer.status, status, "{user}");
        let answer = world.call(user, ("POST", "/api/v1/backup/import"), &[], "x").await;
        assert_eq!(answer.status, status, "{user}");
    }
}

/// Row W08.
#[tokio::test]
async fn a_broken_backup_is_refused_and_changes_nothing() {
    let (world, project) = filled().await;
    let file = export(&world).await;
    let before = world.get("admin", &format!("{project}/proxies")).await.text;
    let revision = world.store.revision().await.unwrap();
    let mut changed = file.clone();
    *changed.last_mut().unwrap() ^= 1;
    // The line in front is part of what is sealed.
    let mut redated = file.clone();
    let year = redated.windows(4).position(|window| window == b"2027").unwrap();
    redated[year + 3] = b'8';
    let newer = String::from_utf8_lossy(&file).replace("\"version\":1", "\"version\":2");
    let cases = [
        (&b""[..], "is no backup"),
        (b"../../etc/cron.d/x\n* * * * * root id", "is no backup"),
        (b"{\"format\":\"tar\",\"version\":1,\"program\":\"\",\"created_at\":\"\",\"salt\":\"\"}\n", "is no"),
        (newer.as_bytes(), "is of version 2, this node reads version 1"),
        (&file[..file.len() - 1], "is damaged, or not whole"),
        (&file[..150], "is damaged, or not whole"),
        (&changed, "is damaged, or not whole"),
        (&redated, "is damaged, or not whole"),
    ];
    for (file, why) in cases {
        let refused = import(&world, "", PASSPHRASE, file).await;
        assert_eq!(refused.status, 422, "{refused:?}");
        assert!(refused.text.contains(why), "{refused:?}");
    }
    let refused = import(&world, "", "another-passphrase", &file).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], "Backup-Passphrase", "{refused:?}");
    for short in ["", "seven77"] {
        assert_eq!(import(&world, "", short, &file).await.status, 422);
    }
    let refused = import(&world, "", PASSPHRASE, &vec![b'x'; (1 << 20) + 1]).await;
    assert_eq!(refused.status, 413, "{refused:?}");
    assert_eq!(world.get("admin", &format!("{project}/proxies")).await.text, before);
    assert_eq!(world.store.revision().await.unwrap(), revision);
}

/// Row W10.
#[tokio::test]
async fn a_table_holds_no_formula_and_no_password() {
    let (world, project) = filled().await;
    let answer = world.get("viewer", &format!("{project}/proxies.csv?tag=fast")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.field("content-type"), "text/csv; charset=utf-8; header=present");
    let lines: Vec<_> = answer.text.split("\r\n").collect();
    assert_eq!(lines.len(), 3, "{answer:?}");
    assert!(lines[0].starts_with("id,connector_id,protocol,host,port,username"));
    assert!(lines[1].contains(",p1.example.com,3128,\"'=cmd('x')\",true,DE,"), "{answer:?}");
    assert!(!answer.text.contains("canary"));
    assert_eq!(world.get("", &format!("{project}/proxies.csv")).await.status, 401);
}
