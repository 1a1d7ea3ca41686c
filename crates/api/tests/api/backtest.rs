//! Ban rules tried on recorded exchanges.

use capture::{Prefix, Record, Request, Response, Scheme};
use model::exchange::{Blame, ExchangeKind};
use model::{ProjectId, ProxyId, Target};
use serde_json::{Value, json};

use crate::world::{Answer, World};

struct Scene {
    world: World,
    project: String,
    exits: [ProxyId; 2],
}

/// An answer as it was recorded.
#[derive(Clone, Copy)]
struct Page<'a> {
    status: u16,
    fields: &'a [(&'a str, &'a str)],
    body: &'a str,
    /// Bytes of the body that were not kept.
    more: u64,
}

const PAGE: Page<'static> = Page { status: 200, fields: &[], body: "welcome", more: 0 };

impl Scene {
    async fn set() -> Self {
        let world = World::new().await;
        let project = world.project("shop").await;
        let line =
            "http://192.0.2.1:80\nhttp://192.0.2.2:80\nhttp://192.0.2.3:80\nhttp://192.0.2.4:80";
        let id = world.connector(&project, "list").await;
        let path = format!("{project}/proxies/upload?connector_id={id}");
        let fields = [("content-type", "text/plain")];
        let imported = world.call("editor", ("POST", &path), &fields, line).await;
        assert_eq!(imported.status, 200, "{imported:?}");
        Self { world, project, exits: [ProxyId::new(), ProxyId::new()] }
    }

    /// Keeps a record of an answer that came through one of the exits: its number.
    fn keep(&self, exit: usize, page: Option<Page<'_>>) -> u64 {
        let project: ProjectId = self.project.rsplit('/').next().unwrap().parse().unwrap();
        let target = Target::parse("shop.example:443").unwrap();
        let request = Request::made_of(
            ("GET", "/", "h2"),
            (Scheme::Https, &target),
            [].into_iter(),
            Prefix::default(),
        );
        let response = page.map(|page| {
            let fields =
                page.fields.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
            let size = page.body.len() as u64 + page.more;
            let (bytes, is_cut) = (page.body.as_bytes(), page.more > 0);
            let prefix = Prefix { bytes, size, is_cut, is_decoded: false };
            Response::made_of((page.status, b"", "HTTP/1.1"), fields, prefix)
        });
        let record = Record {
            id: 0,
            started_at: self.world.clock.now(),
            project,
            kind: ExchangeKind::Http,
            client: [192, 0, 2, 7].into(),
            target,
            request,
            response,
            exit: Some(self.exits[exit]),
            session: None,
            attempts: 1,
            status: page.map_or(502, |page| page.status),
            blame: page.is_none().then_some(Blame::Exit),
            banned_by: None,
            tags: Vec::new(),
            timings: capture::Timings::default(),
            bytes_sent: 1,
            bytes_received: 2,
            protocols: capture::Protocols::default(),
            client_tls: None,
            sent_tls: None,
            sent_http2: None,
            tries: Vec::new(),
        };
        self.world.recorder.keep(1000, record).unwrap()
    }

    async fn test(&self, rules: Value, captures: Value) -> Answer {
        let body = json!({"rules": rules, "captures": captures});
        self.world.post("viewer", &format!("{}/bans/test", self.project), &body).await
    }
}

fn captcha() -> Value {
    json!([{"name": "captcha", "signs": {"body": "captcha"}, "max_share": 30}])
}

#[tokio::test]
async fn rules_are_tried_on_what_was_recorded() {
    let scene = Scene::set().await;
    let banned = Page { body: "a captcha", ..PAGE };
    let ids = [
        scene.keep(0, Some(banned)),
        scene.keep(1, Some(PAGE)),
        scene.keep(1, Some(banned)),
        scene.keep(0, Some(Page { status: 403, ..PAGE })),
        scene.keep(0, None),
    ];
    let rules = json!([
        {"name": "watch", "signs": {"status": ["403"]}, "dry_run": true},
        {"name": "captcha", "signs": {"body": "captcha"}, "max_share": 30},
        {"name": "later", "signs": {"status": ["200"]}},
        {"name": "elsewhere", "domains": ["=other.example"], "signs": {"status": ["100-999"]}},
    ]);
    let tried = scene.test(rules.clone(), json!({"ids": ids})).await;
    assert_eq!(tried.status, 200, "{tried:?}");
    let tried = tried.json();
    let verdicts = tried["captures"].as_array().unwrap();
    let seen: Vec<_> = verdicts.iter().map(|one| (&one["id"], &one["banned_by"])).collect();
    let named = |name: &str| json!(name);
    let expected = [
        (json!(ids[4]), Value::Null),
        (json!(ids[3]), Value::Null),
        (json!(ids[2]), named("captcha")),
        (json!(ids[1]), named("later")),
        (json!(ids[0]), named("captcha")),
    ];
    assert_eq!(seen, expected.iter().map(|(id, rule)| (id, rule)).collect::<Vec<_>>());
    assert_eq!(
        (&verdicts[0]["status"], &verdicts[1]["counted_by"]),
        (&Value::Null, &json!(["watch"]))
    );
    assert_eq!(
        (&verdicts[2]["node"], &verdicts[2]["exit"]),
        (&json!("node-1"), &json!(scene.exits[1].to_string()))
    );
    let mut exits: Vec<_> = scene.exits.iter().map(ToString::to_string).collect();
    exits.sort();
    let rule = |name: &str, banned: u32, exits: Value, share: f64, is_capped: bool| {
        json!({"name": name, "banned": banned, "unknown": 0, "exits": exits,
            "share_percent": share, "host_share_percent": share, "is_capped": is_capped})
    };
    let expected = json!([
        rule("watch", 1, json!([scene.exits[0].to_string()]), 25.0, false),
        rule("captcha", 2, json!(exits), 50.0, true),
        rule("later", 1, json!([scene.exits[1].to_string()]), 25.0, false),
        rule("elsewhere", 0, json!([]), 0.0, false),
    ]);
    assert_eq!((&tried["rules"], &tried["unanswered"]), (&expected, &json!([])));
}

#[tokio::test]
async fn the_latest_and_those_that_fit_are_found() {
    let scene = Scene::set().await;
    let banned = Page { body: "a captcha", ..PAGE };
    let pages = [banned, PAGE, banned, Page { status: 403, ..PAGE }];
    let ids = pages.map(|page| scene.keep(0, Some(page)));
    for (captures, count) in [
        (json!({"latest": 2}), 2),
        (json!({"matching": {"status": "403"}}), 1),
        (json!({"latest": 500, "matching": {"status": "2xx"}}), 3),
        (json!({"ids": [ids[0], ids[0]], "latest": 1}), 2),
        (json!({}), 0),
    ] {
        let tried = scene.test(captcha(), captures.clone()).await.json();
        assert_eq!(tried["captures"].as_array().unwrap().len(), count, "{captures}");
    }
    // Without rules those of the project are tried.
    let own = json!({"bans": captcha()});
    assert_eq!(scene.world.patch("editor", &scene.project, "*", &own).await.status, 200);
    let path = format!("{}/bans/test", scene.project);
    let tried = scene.world.post("viewer", &path, &json!({"captures": {"latest": 5}})).await.json();
    assert_eq!(
        (&tried["rules"][0]["name"], &tried["rules"][0]["banned"]),
        (&json!("captcha"), &json!(2))
    );
}

#[tokio::test]
async fn what_a_record_does_not_have_is_said_to_be_unknown() {
    let scene = Scene::set().await;
    let json = &[("Content-Type", "application/json")][..];
    let cookie = &[("Set-Cookie", "ban=1; Path=/")][..];
    let gzip = &[("Content-Encoding", "gzip")][..];
    let parts = &[("Content-Type", "multipart/mixed; boundary=x")][..];
    let signed = r#"{"token":"abc","page":"welcome"}"#;
    let body = json!({"body": "captcha"});
    let header = json!({"header": {"name": "Set-Cookie", "value": "ban=1"}});
    let cases = [
        (Page { body: "beginn", more: 100, ..PAGE }, &body, "body", "cut"),
        (Page { body: "", more: 100, ..PAGE }, &body, "body", "not_kept"),
        (Page { fields: gzip, ..PAGE }, &body, "body", "coded"),
        (Page { fields: parts, ..PAGE }, &body, "body", "multipart"),
        (Page { fields: json, body: signed, ..PAGE }, &body, "body", "redacted"),
        (Page { fields: cookie, ..PAGE }, &header, "headers/set-cookie", "redacted"),
    ];
    for (page, signs, part, why) in cases {
        let id = scene.keep(0, Some(page));
        let rules =
            json!([{"name": "r", "signs": signs}, {"name": "all", "signs": {"status": ["200"]}}]);
        let tried = scene.test(rules, json!({"ids": [id]})).await.json();
        let verdict = &tried["captures"][0];
        assert_eq!(
            (&verdict["banned_by"], &verdict["undecided"]),
            (&Value::Null, &json!(true)),
            "{why}"
        );
        assert_eq!(verdict["unknown"], json!([{"rule": "r", "part": part, "why": why}]));
        assert_eq!(
            (&tried["rules"][0]["unknown"], &tried["rules"][0]["banned"]),
            (&json!(1), &json!(0))
        );
    }
    // What is there is enough where the rule does not look further.
    let id = scene.keep(0, Some(Page { body: "a captcha, and", more: 100, ..PAGE }));
    let tried = scene.test(captcha(), json!({"ids": [id]})).await.json();
    assert_eq!(tried["captures"][0]["banned_by"], "captcha");
}

#[tokio::test]
async fn records_that_are_not_there_are_named() {
    let scene = Scene::set().await;
    let id = scene.keep(0, Some(PAGE));
    for (captures, pointer) in [
        (json!({"ids": [id, 7, id]}), "/captures/ids/1"),
        (json!({"ids": vec![id; 501]}), "/captures/ids"),
        (json!({"latest": 0}), "/captures/latest"),
        (json!({"latest": 501}), "/captures/latest"),
        (json!({"matching": {"status": "6"}}), "/captures/matching/status"),
        (json!({"matching": {"hots": "a"}}), "/captures/matching/hots"),
        (json!({"last": 1}), "/captures/last"),
    ] {
        let refused = scene.test(captcha(), captures.clone()).await;
        assert_eq!(refused.status, 422, "{captures} {refused:?}");
        let errors = refused.json()["errors"].clone();
        assert_eq!(errors.as_array().unwrap().len(), 1, "{errors}");
        assert_eq!(errors[0]["pointer"], pointer);
    }
    // Those of another project are not there either.
    let other = scene.world.project("other").await;
    let body = json!({"rules": captcha(), "captures": {"ids": [id]}});
    let refused = scene.world.post("viewer", &format!("{other}/bans/test"), &body).await;
    assert_eq!(refused.json()["errors"][0]["pointer"], "/captures/ids/0");
}
