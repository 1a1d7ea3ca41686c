//! What projects say of the inside of tunnels: every field as it is taken and shown, every mistake,
//! and rules that are tried on answers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::world::{Answer, World};

/// A certificate of nobody.
const PEM: &str = include_str!("root.pem");

fn full() -> Value {
    json!({
        "interception": {
            "mode": "override_ua", "browser": "random", "unknown": "refuse",
            "bypass": ["*.bank.example", "192.0.2.7"], "extra_roots": PEM,
            "unverified": ["=self.example"],
        },
        "bans": [
            {
                "name": "captcha", "enabled": false, "domains": ["shop.example"],
                "signs": {
                    "status": ["403", "500-599"],
                    "header": {"name": "Server", "value": "^wall"},
                    "redirect": "/captcha",
                    "size": {"least": 10, "most": 20_000},
                    "body": "(?i)are you a robot",
                },
                "actions": {
                    "retry": false, "mark_seconds": 600, "quarantine_seconds": 60,
                    "rotate_session": true, "tag": "wall", "replay_unsafe": true,
                },
                "dry_run": true, "max_share": 20,
            },
            {
                "name": "tiny", "enabled": true, "domains": [],
                "signs": {
                    "status": [], "header": null, "redirect": null,
                    "size": {"least": 1, "most": null}, "body": null,
                },
                "actions": {
                    "retry": true, "mark_seconds": null, "quarantine_seconds": null,
                    "rotate_session": false, "tag": null, "replay_unsafe": false,
                },
                "dry_run": false, "max_share": 33,
            },
        ],
        "rewrites": {
            "request": [
                {"action": "set", "name": "Accept-Language", "value": "de"},
                {"action": "remove", "name": "Cookie"},
            ],
            "response": [{"action": "remove", "name": "Set-Cookie"}],
            "user_agent": {"mode": "session", "values": ["One/1", "Two/2"]},
            "block": [
                {"hosts": ["ads.example"], "paths": ["/a/*"], "content_types": ["image/*"]},
            ],
        },
        "inspection": {"permille": 7, "keep": 70, "body_bytes": 700},
    })
}

fn pointers(answer: &Answer) -> Vec<String> {
    let problem = answer.json();
    let errors = problem["errors"].as_array().unwrap_or_else(|| panic!("{answer:?}"));
    errors.iter().map(|error| error["pointer"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_field_comes_back_as_it_was_taken() {
    let world = World::new().await;
    let mut body = full();
    for (name, value) in [("name", "shop"), ("username", "shop"), ("password", "12345678")] {
        body[name] = value.into();
    }
    let made = world.post("editor", "/api/v1/projects", &body).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = made.field("location").to_owned();
    let shown = world.get("viewer", &path).await.json();
    for (field, value) in full().as_object().unwrap() {
        assert_eq!(&shown[field], value, "{field}");
    }
    // What is shown is taken back, and a change of one field leaves the others alone.
    let again = world.patch("editor", &path, "\"1\"", &full()).await;
    assert_eq!(again.status, 200, "{again:?}");
    let change = json!({"interception": {"mode": "plain", "extra_roots": null},
        "rewrites": {"user_agent": {"mode": "keep"}}, "bans": [], "inspection": {"keep": 8}});
    let changed = world.patch("editor", &path, "\"2\"", &change).await.json();
    assert_eq!(changed["interception"]["mode"], "plain");
    assert_eq!(changed["interception"]["extra_roots"], Value::Null);
    assert_eq!(changed["interception"]["unverified"], json!(["=self.example"]));
    assert_eq!(changed["rewrites"]["user_agent"], json!({"mode": "keep", "values": []}));
    assert_eq!(changed["rewrites"]["block"], full()["rewrites"]["block"]);
    assert_eq!(changed["bans"], json!([]));
    assert_eq!(changed["inspection"], json!({"permille": 7, "keep": 8, "body_bytes": 700}));
}

#[tokio::test]
async fn what_is_not_mentioned_is_off() {
    let world = World::new().await;
    let path = world.project("shop").await;
    let shown = world.get("viewer", &path).await.json();
    let expected = json!({"mode": "off", "browser": "chrome", "unknown": "tunnel", "bypass": [],
        "extra_roots": null, "unverified": []});
    assert_eq!(shown["interception"], expected);
    assert_eq!(shown["bans"], json!([]));
    let expected = json!({"request": [], "response": [], "block": [],
        "user_agent": {"mode": "keep", "values": []}});
    assert_eq!(shown["rewrites"], expected);
    assert_eq!(shown["inspection"], json!({"permille": 0, "keep": 1000, "body_bytes": 0}));
    let rule = json!({"bans": [{"name": "r", "signs": {"body": "x"}}]});
    let rule = world.patch("editor", &path, "*", &rule).await.json()["bans"][0].clone();
    assert_eq!((&rule["enabled"], &rule["dry_run"]), (&json!(true), &json!(false)));
    assert_eq!((&rule["actions"]["retry"], &rule["max_share"]), (&json!(true), &json!(33)));
}

fn many(count: usize, entry: Value) -> Value {
    Value::Array(vec![entry; count])
}

/// Each change of a project is refused, at the place that stands beside it.
async fn refused(cases: impl IntoIterator<Item = (Value, &str)>) {
    let world = World::new().await;
    let path = world.project("shop").await;
    for (change, pointer) in cases {
        let refused = world.patch("editor", &path, "\"1\"", &change).await;
        assert_eq!(refused.status, 422, "{change} {refused:?}");
        assert!(pointers(&refused).contains(&pointer.to_owned()), "{pointer} {}", refused.text);
    }
}

#[tokio::test]
async fn wrong_interception_and_inspection_are_refused() {
    let inside = |field: &str, value: Value| json!({"interception": {field: value}});
    let recorded = |field: &str, value: u32| json!({"inspection": {field: value}});
    let key = format!("{PEM}-----BEGIN PRIVATE KEY-----");
    refused([
        (inside("mode", json!("on")), "/interception/mode"),
        (inside("browser", json!("lynx")), "/interception/browser"),
        (inside("unknown", json!("drop")), "/interception/unknown"),
        (inside("bypass", json!(["ok.example", "a b"])), "/interception/bypass/1"),
        (inside("bypass", many(10_001, json!("*"))), "/interception/bypass"),
        (inside("unverified", many(257, json!("*"))), "/interception/unverified"),
        (inside("extra_roots", json!("none")), "/interception/extra_roots"),
        (inside("extra_roots", json!(key)), "/interception/extra_roots"),
        (inside("extra_roots", json!(PEM.repeat(1000))), "/interception/extra_roots"),
        (inside("modes", json!("off")), "/interception/modes"),
        (recorded("permille", 1001), "/inspection/permille"),
        (recorded("keep", 0), "/inspection/keep"),
        (recorded("body_bytes", 65_537), "/inspection/body_bytes"),
    ])
    .await;
}

#[tokio::test]
async fn wrong_ban_rules_are_refused() {
    let rule = |field: &str, value: Value| {
        let mut rule = json!({"name": "r", "signs": {"body": "x"}});
        rule[field] = value;
        json!({ "bans": [rule] })
    };
    let sign = |field: &str, value: Value| rule("signs", json!({field: value}));
    let acting = |field: &str, value: Value| rule("actions", json!({field: value}));
    let ban = json!({"name": "r", "signs": {"body": "x"}});
    let too_many: Vec<_> =
        (0..101).map(|n| json!({"name": format!("r{n}"), "signs": {"body": "x"}})).collect();
    refused([
        (json!({ "bans": too_many }), "/bans"),
        (json!({"bans": [ban, ban]}), "/bans/1/name"),
        (json!({"bans": [{"name": "r"}]}), "/bans/0"),
        (rule("name", json!("a b")), "/bans/0/name"),
        (rule("max_share", json!(0)), "/bans/0/max_share"),
        (rule("domains", json!(["127.1"])), "/bans/0/domains/0"),
        (rule("signs", json!({})), "/bans/0/signs"),
        (sign("status", json!(["403", "5xx"])), "/bans/0/signs/status/1"),
        (sign("status", json!(["600-500"])), "/bans/0/signs/status/0"),
        (sign("status", many(65, json!("403"))), "/bans/0/signs/status"),
        (sign("header", json!({"name": "a b"})), "/bans/0/signs/header/name"),
        (sign("header", json!({"name": "a", "value": "["})), "/bans/0/signs/header/value"),
        (sign("redirect", json!("(")), "/bans/0/signs/redirect"),
        (sign("size", json!({"least": 2, "most": 1})), "/bans/0/signs/size"),
        (sign("body", json!("a{2,1}")), "/bans/0/signs/body"),
        (sign("body", json!(r"\w{2000}")), "/bans/0/signs/body"),
        (acting("mark_seconds", json!(0)), "/bans/0/actions/mark_seconds"),
        (acting("quarantine_seconds", json!(86_401)), "/bans/0/actions/quarantine_seconds"),
        (acting("tag", json!("x".repeat(65))), "/bans/0/actions/tag"),
        (acting("tag", json!("")), "/bans/0/actions/tag"),
    ])
    .await;
}

#[tokio::test]
async fn what_is_wrong_with_an_expression_is_told() {
    let world = World::new().await;
    let path = world.project("shop").await;
    let rule = json!({"bans": [{"name": "r", "signs": {"body": "(captcha"}}]});
    let unclosed = world.patch("editor", &path, "\"1\"", &rule).await;
    let detail = unclosed.json()["errors"][0]["detail"].clone();
    assert_eq!(detail, "is not a regular expression: unclosed group");
}

#[tokio::test]
async fn wrong_rewrites_are_refused() {
    let rewrite = |field: &str, value: Value| json!({"rewrites": {field: value}});
    let block = |field: &str, value: Value| rewrite("block", json!([{field: value}]));
    let set = |name: &str, value: &str| json!([{"action": "set", "name": name, "value": value}]);
    let remove = many(65, json!({"action": "remove", "name": "A"}));
    let agents = |value: Value| rewrite("user_agent", value);
    refused([
        (rewrite("request", set("Host", "x")), "/rewrites/request/0/name"),
        (rewrite("response", set("A", "a\r\nb: c")), "/rewrites/response/0/value"),
        (rewrite("request", remove), "/rewrites/request"),
        (rewrite("request", json!([{"action": "add", "name": "A"}])), "/rewrites/request/0/action"),
        (agents(json!({"mode": "some"})), "/rewrites/user_agent/mode"),
        (agents(json!({"mode": "fixed"})), "/rewrites/user_agent/values"),
        (agents(json!({"mode": "session"})), "/rewrites/user_agent/values"),
        (agents(json!({"mode": "request", "values": ["a", ""]})), "/rewrites/user_agent/values/1"),
        (rewrite("block", json!([{}])), "/rewrites/block/0"),
        (block("hosts", json!(["x y"])), "/rewrites/block/0/hosts/0"),
        (block("paths", json!(["/", ""])), "/rewrites/block/0/paths/1"),
        (block("content_types", many(257, json!("a/b"))), "/rewrites/block/0/content_types"),
    ])
    .await;
}

fn answer(status: u16, headers: &Value, body: &[u8]) -> Value {
    json!({"host": "www.shop.example", "status": status, "headers": headers,
        "body_base64": STANDARD.encode(body)})
}

#[tokio::test]
async fn rules_are_tried_on_answers_without_a_change() {
    let world = World::new().await;
    let path = world.project("shop").await;
    let test = format!("{path}/bans/test");
    let rules = json!([
        {"name": "dry", "signs": {"status": ["400-499"]}, "dry_run": true},
        {"name": "robot", "signs": {"body": "(?i)are you a robot"}},
        {"name": "elsewhere", "domains": ["=other.example"], "signs": {"status": ["100-999"]}},
    ]);
    // "Are you a robot?", gzipped by gzip(1).
    let gzipped = STANDARD.decode(ROBOT).unwrap();
    let answers = json!([
        answer(403, &json!([["Content-Encoding", "gzip"]]), &gzipped),
        answer(200, &json!([]), b"Welcome"),
        answer(404, &json!([]), b"Not found"),
        answer(200, &json!([["Content-Length", "5000"]]), b"the beginning"),
        {"host": "other.example", "status": 204},
    ]);
    let body = json!({"rules": rules, "answers": answers});
    let tried = world.post("viewer", &test, &body).await;
    assert_eq!(tried.status, 200, "{tried:?}");
    let verdict = |banned: Value, counted: Value, undecided: bool| json!({"banned_by": banned, "counted_by": counted, "undecided": undecided});
    let expected = json!([
        verdict(json!("robot"), json!(["dry"]), false),
        verdict(Value::Null, json!([]), false),
        verdict(Value::Null, json!(["dry"]), false),
        verdict(Value::Null, json!([]), true),
        verdict(json!("elsewhere"), json!([]), false),
    ]);
    assert_eq!(tried.json()["answers"], expected);
    assert_eq!(world.get("viewer", &path).await.field("etag"), "\"1\"");
    // Without rules those of the project are tried.
    let own = json!({"bans": [{"name": "own", "signs": {"status": ["404"]}}]});
    assert_eq!(world.patch("editor", &path, "\"1\"", &own).await.status, 200);
    let tried = world.post("viewer", &test, &json!({ "answers": answers })).await.json();
    let banned: Vec<_> = tried["answers"].as_array().unwrap().iter().collect();
    assert_eq!((&banned[0]["banned_by"], &banned[2]["banned_by"]), (&Value::Null, &json!("own")));
}

/// What `printf 'Are you a robot?' | gzip -n | base64` says.
const ROBOT: &str = "H4sIAAAAAAAAA3MsSlWozC9VSFQoyk/KL7EHAOMPzDAQAAAA";

#[tokio::test]
async fn trials_are_bounded_and_checked() {
    let world = World::new().await;
    let path = world.project("shop").await;
    let test = format!("{path}/bans/test");
    let one = |value: Value| json!({ "answers": [value] });
    let large = vec![b'x'; 600 << 10];
    for (body, pointer) in [
        (json!({"answers": vec![answer(200, &json!([]), b""); 101]}), "/answers"),
        (
            json!({"answers": [answer(200, &json!([]), &large), answer(200, &json!([]), &large)]}),
            "/answers",
        ),
        (one(answer(99, &json!([]), b"")), "/answers/0/status"),
        (one(answer(200, &json!([["a", "b"], ["a b", "c"]]), b"")), "/answers/0/headers/1"),
        (one(answer(200, &json!([["a", "b\r\nc: d"]]), b"")), "/answers/0/headers/0"),
        (one(answer(200, &Value::Array(vec![json!(["a", "b"]); 101]), b"")), "/answers/0/headers"),
        (one(json!({"host": "127.1", "status": 200})), "/answers/0/host"),
        (one(json!({"host": "a", "status": 200, "body_base64": "*"})), "/answers/0/body_base64"),
        (
            json!({"answers": [], "rules": [{"name": "r", "signs": {"body": "("}}]}),
            "/rules/0/signs/body",
        ),
        (json!({"answers": [], "rule": []}), "/rule"),
    ] {
        let refused = world.post("viewer", &test, &body).await;
        assert_eq!(refused.status, 422, "{pointer} {refused:?}");
        assert!(pointers(&refused).contains(&pointer.to_owned()), "{pointer} {}", refused.text);
    }
    assert_eq!(world.post("", &test, &json!({"answers": []})).await.status, 401);
    let nowhere = "/api/v1/projects/00000000-0000-7000-8000-000000000000/bans/test";
    assert_eq!(world.post("viewer", nowhere, &json!({"answers": []})).await.status, 404);
}

#[tokio::test]
async fn the_document_describes_what_is_inside() {
    let world = World::empty().await;
    let document = world.get("", "/api/openapi.json").await.json();
    let schemas = &document["components"]["schemas"];
    let settings = &schemas["ProjectSettings"];
    let required = settings["required"].as_array().unwrap();
    assert_eq!(required, &[json!("name"), json!("username")]);
    for (schema, fields) in [
        ("ProjectSettings", &["interception", "bans", "rewrites", "inspection"][..]),
        ("InterceptionSettings", &["mode", "extra_roots", "unverified"]),
        ("BanSettings", &["signs", "actions", "max_share"]),
        ("SignSettings", &["status", "header", "redirect", "size", "body"]),
        ("ActionSettings", &["mark_seconds", "quarantine_seconds", "replay_unsafe"]),
        ("RewriteSettings", &["request", "response", "user_agent", "block"]),
        ("InspectionSettings", &["permille", "keep", "body_bytes"]),
        ("Trial", &["rules", "answers"]),
    ] {
        for field in fields {
            assert!(!schemas[schema]["properties"][field].is_null(), "{schema} {field}");
        }
    }
    assert_eq!(schemas["Change"]["oneOf"].as_array().unwrap().len(), 2);
    assert_eq!(schemas["BanSettings"]["required"], json!(["name", "signs"]));
}

#[tokio::test]
async fn browsers_are_refused_where_there_are_none() {
    let (with, without) = (World::new().await, World::without_browsers().await);
    for (mode, has_browsers) in [("match_ua", true), ("override_ua", true), ("plain", false)] {
        let project = json!({
            "name": mode, "username": mode, "password": "correct horse",
            "interception": {"mode": mode},
        });
        let made = with.post("admin", "/api/v1/projects", &project).await;
        assert_eq!(made.status, 201, "{mode}: {}", made.json());
        let made = without.post("admin", "/api/v1/projects", &project).await;
        assert_eq!(made.status, if has_browsers { 422 } else { 201 }, "{mode}: {}", made.json());
        let text = made.json().to_string();
        let named = text.contains("interception/mode") && text.contains("no browser identities");
        assert_eq!(named, has_browsers, "{text}");
    }
}
